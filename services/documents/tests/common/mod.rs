//! Documents as it is served, on a database and a folder of the test's own; consent's log beside it; and people who call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
mod consent;

use chrono::{DateTime, Utc};
use holdfast_access::{Claims, RoleAssignment, TokenSigner, TokenVerifier};
use holdfast_documents::{
    config::{ObjectStoreSettings, Settings},
    janitor::Janitor,
    objects::Objects,
};
use holdfast_eventlog::{Envelope, EventLog, Parts, Source};
use holdfast_host::{
    Host, PeerLog, Tls, TokenKeys,
    authority::Authority,
    client::{Outgoing, channel},
    retry::Retry,
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl, PeerSettings},
};
use holdfast_proto::{
    Word,
    access::v1::AccessRecorded,
    consent::v1::Narrowing,
    documents::v1::{documents_service_client::DocumentsServiceClient, download_document_response::Part, *},
};
#[allow(unused_imports, reason = "each test file uses its part")]
pub use holdfast_testkit::refusal::{metadata, reason, reason_at};
use holdfast_testkit::{FakeClock, TestDatabase, database, servers};
use holdfast_types::{
    AccountId, Action, Category, Clock, GrantId, Ids, PatientId, Service, SystemClock, SystemIds, TenantId,
};
use sha2::{Digest, Sha256};
use std::{fmt::Debug, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;
use uuid::Uuid;

pub type Client = DocumentsServiceClient<InterceptedService<Channel, Outgoing>>;

pub struct World {
    pub clock: FakeClock,
    pub database: TestDatabase,
    pub consent: consent::Consent,
    pub store: ObjectStoreSettings,
    pub peers: PeerLog,
    signer: TokenSigner,
    channel: Channel,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// With a folder as its object store.
pub async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let url = Some(Url::from_directory_path(dir.path().join("objects")).unwrap());
    world_with(dir, ObjectStoreSettings { url, ..ObjectStoreSettings::default() }).await
}

pub async fn world_with(dir: tempfile::TempDir, store: ObjectStoreSettings) -> World {
    holdfast_host::tls::install_crypto();
    let clock = FakeClock::monday_noon();
    let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(clock.clone()), Arc::new(SystemIds));
    let stop = CancellationToken::new();
    let migrations = holdfast_documents::migrations();
    let database = database("documents", &migrations.views, &migrations.feeds).await;
    // The handshake looks at the real clock.
    let authority = Authority::create(&dir.path().join("tls"), SystemClock.now()).unwrap();
    let tls = |role: &str| Tls::load(&authority.role(role).unwrap()).unwrap();
    let bind =
        |role: &str| Host::bind(SocketAddr::from(([127, 0, 0, 1], 0)), tls(role), Arc::clone(&ids)).unwrap();
    let address = |host: &Host| Url::parse(&format!("https://{}", host.address())).unwrap();
    let master_key = dir.path().join("master.key");
    std::fs::write(&master_key, "07".repeat(32)).unwrap();
    let prefix = format!("documents-{}", SystemIds.next().simple());
    let consent_host = bind("consent");
    let peers = PeerSettings { consent: Some(address(&consent_host)), ..PeerSettings::default() };
    let consent = consent::Consent::start(consent_host, Arc::clone(&time), &prefix, stop.clone()).await;
    let settings = Settings {
        common: CommonSettings {
            tls: authority.role("documents").unwrap().into(),
            peers,
            database: DatabaseSettings {
                serve: DatabaseUrl::of(database.url.clone()),
                keys: KeysDatabaseUrl::of(database.keys_url.clone()),
                master_key_file: Some(master_key),
                ..DatabaseSettings::default()
            },
            nats: NatsUrl::of(servers().nats_url.clone()),
            bus_prefix: prefix,
            ..CommonSettings::default()
        },
        object_store: store.clone(),
    };
    let signer = TokenSigner::from_seed(&[1; 32]).unwrap();
    let keys = TokenKeys::Own(TokenVerifier::new(&[signer.public_key()]).unwrap());
    let host = bind("documents");
    let at = address(&host);
    let serving = holdfast_documents::serve_with_keys(settings, keys, host, time, ids, stop.clone());
    tokio::spawn(async move { serving.await.unwrap() });
    let open = |role: &str| channel(Service::Documents, &at, &tls(role)).unwrap();
    let peers = PeerLog::new(Service::Documents, open("audit"));
    World { clock, database, consent, store, peers, signer, channel: open("gateway"), stop, dir }
}

/// Somebody who calls, with the roles that their token says.
#[derive(Clone)]
pub struct Person {
    pub account: AccountId,
    pub roles: Vec<RoleAssignment>,
}

pub fn person(number: u128) -> Person {
    Person { account: AccountId::new(Uuid::from_u128(number)), roles: Vec::new() }
}

pub fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(0x7E1))
}

impl World {
    pub fn token(&self, person: &Person, issued: DateTime<Utc>) -> String {
        let iat = issued.timestamp();
        let (account, roles) = (person.account, person.roles.clone());
        self.signer.sign(&Claims { account, session: None, roles, iat, exp: iat + 300 }).unwrap()
    }

    /// Who has heard all that consent has said so far.
    pub fn as_(&self, person: &Person) -> Client {
        let outgoing = Outgoing::new().bearer(self.token(person, self.clock.now()).into());
        self.with(outgoing.after(self.consent.said().into_iter().map(Into::into)))
    }

    pub fn with(&self, outgoing: Outgoing) -> Client {
        DocumentsServiceClient::with_interceptor(self.channel.clone(), outgoing)
    }

    /// A record of a child, held by the person as a parent.
    pub async fn record_of(&self, parent: &Person) -> PatientId {
        let patient = PatientId::new(SystemIds.next());
        self.consent.open_record(patient, parent.account).await;
        self.heard().await;
        patient
    }

    pub async fn share(
        &self,
        patient: PatientId,
        with: &Person,
        categories: &[Category],
        actions: &[Action],
    ) -> GrantId {
        self.share_part(patient, with, categories, actions, None).await
    }

    /// A part of the categories, if one is named.
    pub async fn share_part(
        &self,
        patient: PatientId,
        with: &Person,
        categories: &[Category],
        actions: &[Action],
        part: Option<Narrowing>,
    ) -> GrantId {
        let now = self.clock.now();
        let grant = self.consent.give(patient, with.account, categories, actions, now, part).await;
        self.heard().await;
        grant
    }

    /// Consent says that a paper was erased. Whoever asks next asks after it was heard.
    pub async fn erase(&self, patient: PatientId, document: &str) {
        self.consent.erase_document(patient, document, self.clock.now()).await;
        self.heard().await;
    }

    /// All that consent has said. The feed's first connection may take longer than one call waits.
    async fn heard(&self) {
        let client = self.as_(&person(0));
        // Refused before anything is looked at: it only waits.
        let asked = || {
            let mut client = client.clone();
            async move { client.get_upload(GetUploadRequest { upload_id: "none".into() }).await }
        };
        assert_eq!(refusal(patiently(asked).await), "ID_MALFORMED");
    }

    /// Everything on the log of documents, as the other services hear it.
    pub async fn envelopes(&self) -> Vec<Envelope> {
        let mut all = Vec::new();
        for (lane, _) in self.peers.heads().await.unwrap() {
            all.extend(self.peers.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    pub async fn event_types(&self) -> Vec<String> {
        let own = |envelope: &Envelope| envelope.header.stream.aggregate() != "access";
        self.envelopes().await.into_iter().filter(own).map(|envelope| envelope.header.event_type).collect()
    }

    /// The access events of one operation.
    pub async fn looks(&self, operation: &str) -> Vec<AccessRecorded> {
        let payloads = self.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
        let looks = payloads.filter_map(|payload| payload.to_msg::<AccessRecorded>().ok());
        looks.filter(|look| look.operation == operation).collect()
    }

    /// The log of documents, from beside the service.
    pub fn log(&self) -> EventLog {
        let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(self.clock.clone()), Arc::new(SystemIds));
        let keys = self.database.keys(Arc::clone(&time), Arc::clone(&ids));
        EventLog::start(Parts {
            service: "documents".to_owned(),
            pool: self.database.pool.clone(),
            keys: keys.clone(),
            clock: time,
            ids,
            projections: vec![Arc::new(holdfast_documents::views::Documents::new(keys))],
            publish: Arc::new(holdfast_documents::publish),
            committers: 1,
        })
    }

    /// What the service does once a minute, done now.
    pub async fn sweep(&self) -> u32 {
        Janitor::new(self.log(), Objects::open(&self.store).unwrap()).sweep().await.unwrap()
    }

    /// The files of the object store, in the order of their names.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().join("objects")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

pub fn request_id() -> String {
    SystemIds.next().to_string()
}

pub fn start(patient: PatientId, media_type: &str, content: &[u8]) -> StartUploadRequest {
    StartUploadRequest {
        request_id: request_id(),
        patient_id: patient.to_string(),
        title: "Hearing test, spring".into(),
        media_type: media_type.into(),
        size_bytes: content.len() as i64,
        sha256: Sha256::digest(content).to_vec().into(),
        category: 0,
    }
}

/// In messages of 300 KiB, which fit into no part evenly.
pub fn messages(upload: &str, offset: usize, content: &[u8]) -> Vec<AppendUploadRequest> {
    let mut messages: Vec<AppendUploadRequest> = content
        .chunks(300 * 1024)
        .map(|chunk| AppendUploadRequest { chunk: chunk.to_vec().into(), ..AppendUploadRequest::default() })
        .collect();
    if messages.is_empty() {
        messages.push(AppendUploadRequest::default());
    }
    messages[0].upload_id = upload.into();
    messages[0].offset_bytes = offset as i64;
    messages
}

pub async fn append(
    client: &mut Client,
    upload: &str,
    offset: usize,
    content: &[u8],
) -> Result<Response<Upload>, Status> {
    client.append_upload(tokio_stream::iter(messages(upload, offset, content))).await
}

pub fn complete(upload: &str) -> CompleteUploadRequest {
    CompleteUploadRequest { request_id: request_id(), upload_id: upload.into() }
}

pub fn withdraw(document: &Document) -> WithdrawDocumentRequest {
    WithdrawDocumentRequest {
        request_id: request_id(),
        patient_id: document.patient_id.clone(),
        document_id: document.document_id.clone(),
        reason: "belongs to a sibling".into(),
        etag: document.etag.clone(),
    }
}

/// All of it at once, in a category.
pub async fn upload(
    client: &mut Client,
    patient: PatientId,
    category: Category,
    media_type: &str,
    content: &[u8],
) -> Document {
    let begin = StartUploadRequest { category: category.to_proto(), ..start(patient, media_type, content) };
    let begun = client.start_upload(begin).await.unwrap().into_inner();
    append(client, &begun.upload_id, 0, content).await.unwrap();
    client.complete_upload(complete(&begun.upload_id)).await.unwrap().into_inner().document.unwrap()
}

pub fn one(document: &Document) -> GetDocumentRequest {
    let Document { patient_id, document_id, .. } = document.clone();
    GetDocumentRequest { patient_id, document_id, as_of_time: None }
}

pub fn list(patient: PatientId) -> ListDocumentsRequest {
    ListDocumentsRequest { patient_id: patient.to_string(), ..ListDocumentsRequest::default() }
}

/// The document, the bytes that came, and how the stream ended.
pub async fn download(
    client: &mut Client,
    document: &Document,
) -> Result<(Document, Vec<u8>, Result<(), Status>), Status> {
    let Document { patient_id, document_id, .. } = document.clone();
    let mut parts =
        client.download_document(DownloadDocumentRequest { patient_id, document_id }).await?.into_inner();
    let Some(Part::Document(first)) = parts.message().await?.unwrap().part else {
        panic!("no document first")
    };
    let mut content = Vec::new();
    loop {
        match parts.message().await {
            Ok(Some(DownloadDocumentResponse { part: Some(Part::Chunk(chunk)) })) => {
                assert!(chunk.len() <= 256 * 1024);
                content.extend_from_slice(&chunk);
            }
            Ok(Some(other)) => panic!("{other:?}"),
            Ok(None) => return Ok((first, content, Ok(()))),
            Err(status) => return Ok((first, content, Err(status))),
        }
    }
}

/// A text of that many bytes.
pub fn text(bytes: usize) -> Vec<u8> {
    b"The child said eleven new words this week.\n".iter().copied().cycle().take(bytes).collect()
}

/// The reason that a call was refused with.
pub fn refusal<T: Debug>(result: Result<Response<T>, Status>) -> &'static str {
    reason(&result.expect_err("not refused"))
}

/// What is not there yet is asked for again, as a good client does.
pub async fn patiently<T, F: Future<Output = Result<T, Status>>>(
    call: impl FnMut() -> F,
) -> Result<T, Status> {
    let (first_delay, delay_max) = (Duration::from_millis(20), Duration::from_millis(250));
    Retry { attempts_max: 100, first_delay, delay_max }.idempotent(call).await
}

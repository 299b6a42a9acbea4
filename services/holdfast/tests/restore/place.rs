//! An installation of its own, as its family and an operator reach it, and what lies in its data directory.
use holdfast_access::{Claims, RoleAssignment, TokenSigner};
use holdfast_eventlog::{Envelope, Source as _};
use holdfast_host::{PeerLog, Tls, authority::Authority, client, retry::Retry};
use holdfast_proto::{
    Word as _,
    audit::v1::{self as audit, audit_service_client::AuditServiceClient},
    consent::v1::{
        self as consent, consent_service_client::ConsentServiceClient,
        erasure_service_client::ErasureServiceClient,
    },
    documents::v1::{self as documents, documents_service_client::DocumentsServiceClient},
    records::v1::{self as records, records_service_client::RecordsServiceClient},
};
use holdfast_testkit::{refusal::reason, service::patiently};
use holdfast_types::{AccountId, Clock, Ids, Relationship, Role, Service, SystemClock, SystemIds, TenantId};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;
use uuid::Uuid;

/// What the family wrote, and nobody else: a goal and a paper.
pub(crate) const GOAL: &str = "Says two words at breakfast";
pub(crate) const PAPER: &str = "The left ear hears less than the right one";
/// What a backup is made of: the databases with keys and all, the object store, and what the bus stores.
const KEPT: [&str; 3] = ["postgres", "objects", "nats"];
/// The published log, which others have seen: it is not set back.
pub(crate) const LOG: &str = "log";

type Through = InterceptedService<Channel, client::Outgoing>;

pub(crate) struct Place {
    pub(crate) data: PathBuf,
}

fn request_id() -> String {
    SystemIds.next().to_string()
}

impl Place {
    fn tls(&self, role: Service) -> Tls {
        let authority = Authority::create(&self.data.join("certificates"), SystemClock.now()).unwrap();
        Tls::load(&authority.role(role.as_str()).unwrap()).unwrap()
    }

    fn channel(&self, service: Service, role: Service) -> Channel {
        let port = fs::read_to_string(self.data.join(format!("{service}.port"))).unwrap();
        let address = Url::parse(&format!("https://127.0.0.1:{}", port.trim())).unwrap();
        client::channel(service, &address, &self.tls(role)).unwrap()
    }

    /// What a call of an account carries, signed with the installation's own key.
    fn outgoing(&self, account: u128, role: Option<Role>) -> client::Outgoing {
        let signer =
            TokenSigner::from_pkcs8(&fs::read(self.data.join("secrets/token.key")).unwrap()).unwrap();
        let iat = SystemClock.now().timestamp();
        let tenant = TenantId::new(Uuid::nil());
        let roles = role.map(|role| RoleAssignment { role, tenant, practice: None }).into_iter().collect();
        let account = AccountId::new(Uuid::from_u128(account));
        let token = signer.sign(&Claims { account, session: None, roles, iat, exp: iat + 300 }).unwrap();
        client::Outgoing::new().bearer(token.into())
    }

    pub(crate) fn consent(&self) -> ConsentServiceClient<Through> {
        let channel = self.channel(Service::Consent, Service::Gateway);
        ConsentServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    pub(crate) fn erasures(&self, account: u128, role: Option<Role>) -> ErasureServiceClient<Through> {
        let channel = self.channel(Service::Consent, Service::Gateway);
        ErasureServiceClient::with_interceptor(channel, self.outgoing(account, role))
    }

    pub(crate) fn records(&self) -> RecordsServiceClient<Through> {
        let channel = self.channel(Service::Records, Service::Gateway);
        RecordsServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    /// A record with a goal in it.
    pub(crate) async fn open(&self) -> String {
        let open = consent::OpenRecordRequest {
            request_id: request_id(),
            relationship: Relationship::Parent.to_proto(),
            ..Default::default()
        };
        let opened = self.consent().open_record(open).await.unwrap().into_inner();
        let goal = r#"{"resourceType":"Goal","id":"words","lifecycleStatus":"active","description":{"text":"TEXT"},"subject":{"reference":"Patient/self"}}"#;
        let fhir_json = goal.replace("TEXT", GOAL).into_bytes().into();
        let item = records::NewItem { fhir_json, source_key: String::new() };
        let create = records::CreateItemRequest {
            request_id: request_id(),
            patient_id: opened.patient_id.clone(),
            item: Some(item),
        };
        let after = self.outgoing(1, None).after(opened.position);
        let channel = self.channel(Service::Records, Service::Gateway);
        let client = RecordsServiceClient::with_interceptor(channel, after);
        let send = || {
            let (mut client, create) = (client.clone(), create.clone());
            async move { client.create_item(create).await }
        };
        // A busy machine may be a while in hearing of the record.
        Retry::default().idempotent(send).await.unwrap();
        opened.patient_id
    }

    pub(crate) async fn goals(&self, patient_id: &str) -> Result<usize, Status> {
        let list = records::ListItemsRequest { patient_id: patient_id.to_owned(), ..Default::default() };
        Ok(self.records().list_items(list).await?.into_inner().items.len())
    }

    pub(crate) fn documents(&self) -> DocumentsServiceClient<Through> {
        let channel = self.channel(Service::Documents, Service::Gateway);
        DocumentsServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    /// A paper in a record.
    pub(crate) async fn hand_in(&self, patient_id: &str) -> String {
        let begin = documents::StartUploadRequest {
            request_id: request_id(),
            patient_id: patient_id.to_owned(),
            title: "Hearing test".into(),
            media_type: "text/plain".into(),
            size_bytes: PAPER.len() as i64,
            ..Default::default()
        };
        let upload_id = loop {
            match self.documents().start_upload(begin.clone()).await {
                Ok(started) => break started.into_inner().upload_id,
                // Documents has not heard of the record yet.
                Err(status) => assert_eq!(reason(&status), "NOT_PERMITTED", "{status:?}"),
            }
        };
        let bytes = documents::AppendUploadRequest {
            upload_id: upload_id.clone(),
            offset_bytes: 0,
            chunk: PAPER.as_bytes().to_vec().into(),
        };
        self.documents().append_upload(futures::stream::iter([bytes])).await.unwrap();
        let complete = documents::CompleteUploadRequest { request_id: request_id(), upload_id };
        let completed = self.documents().complete_upload(complete).await.unwrap().into_inner();
        completed.document.unwrap().document_id
    }

    /// What comes of a paper.
    pub(crate) async fn download(&self, patient_id: &str, document_id: &str) -> Result<String, Status> {
        let (patient_id, document_id) = (patient_id.to_owned(), document_id.to_owned());
        let asked = documents::DownloadDocumentRequest { patient_id, document_id };
        let mut parts = self.documents().download_document(asked).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(part) = parts.message().await? {
            if let Some(documents::download_document_response::Part::Chunk(chunk)) = part.part {
                bytes.extend_from_slice(&chunk);
            }
        }
        Ok(String::from_utf8(bytes).unwrap())
    }

    /// Until a paper is erased for its holder.
    pub(crate) async fn paper_erased(&self, patient_id: &str, document_id: &str) {
        loop {
            match self.download(patient_id, document_id).await {
                Ok(_) => {}
                Err(status) if reason(&status) == "CONTENT_ERASED" => return,
                Err(status) => assert_eq!(reason(&status), "UNRECORDABLE", "{status:?}"),
            }
        }
    }

    /// Until a record is erased for its holder.
    pub(crate) async fn erased(&self, patient: &str) {
        loop {
            match self.goals(patient).await {
                Ok(_) => {}
                Err(status) if reason(&status) == "CONTENT_ERASED" => return,
                Err(status) => assert_eq!(reason(&status), "UNRECORDABLE", "{status:?}"),
            }
        }
    }

    /// All of a record, or one paper of it.
    pub(crate) async fn erase(&self, patient: &str, paper: &str) {
        let (patient_id, document_id) = (patient.to_owned(), paper.to_owned());
        let ask = consent::RequestErasureRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            document_id: document_id.clone(),
        };
        self.erasures(1, None).request_erasure(ask).await.unwrap();
        let grounds = consent::Grounds { authority: "the holder's wish".into(), reason: "moved away".into() };
        let retention = consent::Retention {
            rule: "default".into(),
            birth_date: "1980-05-05".into(),
            last_service_date: "2010-05-05".into(),
        };
        let carry_out = consent::CarryOutErasureRequest {
            request_id: request_id(),
            patient_id,
            grounds: Some(grounds),
            retention: Some(retention),
            document_id,
        };
        self.erasures(2, Some(Role::Operator)).carry_out_erasure(carry_out).await.unwrap();
    }

    /// Until the ledger holds so many erasures.
    pub(crate) async fn noted(&self, count: usize) {
        let lines =
            || fs::read_to_string(self.data.join("erasures.jsonl")).unwrap_or_default().lines().count();
        while lines() < count {
            tokio::task::yield_now().await;
        }
        assert_eq!(lines(), count);
    }

    /// The newest checkpoint of the transparency log, kept as an outsider would, once it is of more entries than that.
    pub(crate) async fn checkpoint(&self, beyond: u64, copy: &Path) -> u64 {
        let published = self.data.join(format!("{LOG}/checkpoint"));
        loop {
            let size = size_of(&published);
            if size > beyond {
                fs::copy(published, copy).unwrap();
                return size;
            }
            tokio::task::yield_now().await;
        }
    }

    /// What an outsider makes of a published log, or of a part of it, who kept older checkpoints of it.
    pub(crate) fn verify(&self, log: &str, export: &Path, older: &[&Path]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["audit", "verify", "--key"])
            .arg(self.data.join(log).join("verifier.key"))
            .arg("--export")
            .arg(export)
            .args(older.iter().flat_map(|older| [Path::new("--older"), older]))
            .output()
            .unwrap()
    }

    /// The proof of all that the log holds of a record, as its holder takes it home, from checkpoints that were seen.
    pub(crate) async fn proof(&self, patient_id: &str, older_sizes: &[u64]) -> Vec<u8> {
        let channel = self.channel(Service::Audit, Service::Gateway);
        let client = AuditServiceClient::with_interceptor(channel, self.outgoing(1, None));
        let asked = audit::DownloadPatientProofRequest {
            patient_id: patient_id.to_owned(),
            older_sizes: older_sizes.into(),
        };
        let taken = || {
            let (mut client, asked) = (client.clone(), asked.clone());
            async move {
                let mut parts = client.download_patient_proof(asked).await?.into_inner();
                let mut bytes = Vec::new();
                while let Some(part) = parts.message().await? {
                    bytes.extend_from_slice(&part.content);
                }
                Ok(bytes)
            }
        };
        patiently(taken).await.unwrap()
    }

    /// Everything on the log of records, as its peers read it.
    pub(crate) async fn log(&self) -> Vec<Envelope> {
        let log = PeerLog::new(Service::Records, self.channel(Service::Records, Service::Audit));
        let mut all = Vec::new();
        for (lane, _) in log.heads().await.unwrap() {
            all.extend(log.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    pub(crate) fn back_up(&self, to: &Path) {
        fs::create_dir(to).unwrap();
        KEPT.iter().for_each(|name| copy(&self.data.join(name), &to.join(name)));
    }

    /// In the place of what is there.
    pub(crate) fn restore(&self, from: &Path) {
        KEPT.iter().for_each(|name| copy(&from.join(name), &self.data.join(name)));
    }

    /// Files of the object store and of the bus in which one of the texts stands.
    pub(crate) fn readable(&self, texts: &[&str]) -> Vec<PathBuf> {
        let stands = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let mut found = files(&self.data.join("objects"));
        assert!(!found.is_empty(), "papers lie there, sealed");
        found.extend(files(&self.data.join("nats")));
        found.retain(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            texts.iter().any(|text| stands(&bytes, text))
        });
        found
    }
}

/// Entries of a published checkpoint; 0 where there is none yet.
fn size_of(checkpoint: &Path) -> u64 {
    let note = fs::read_to_string(checkpoint).unwrap_or_default();
    note.lines().nth(1).map_or(0, |size| size.parse().unwrap())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

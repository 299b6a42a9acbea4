//! A backup from before an erasure is restored: what it brings back is erased again before anything is served, and every proof holds.
#![cfg(test)]

#[path = "../telemetry/installation.rs"]
#[expect(dead_code, reason = "nobody signs in here")]
mod installation;

use holdfast_access::{Claims, RoleAssignment, TokenSigner};
use holdfast_consent::ledger::Ledger;
use holdfast_eventlog::{Envelope, MasterKey, Source as _};
use holdfast_host::{PeerLog, Tls, authority::Authority, client, retry::Retry};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        self as consent, consent_service_client::ConsentServiceClient,
        erasure_service_client::ErasureServiceClient,
    },
    documents::v1::{self as documents, documents_service_client::DocumentsServiceClient},
    records::v1::{self as records, records_service_client::RecordsServiceClient},
};
use holdfast_testkit::refusal::reason;
use holdfast_types::{AccountId, Clock, Ids, Relationship, Role, Service, SystemClock, SystemIds, TenantId};
use installation::Installation;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};
use url::Url;
use uuid::Uuid;

type Through = InterceptedService<Channel, client::Outgoing>;

struct Place {
    data: PathBuf,
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

    fn consent(&self) -> ConsentServiceClient<Through> {
        let channel = self.channel(Service::Consent, Service::Gateway);
        ConsentServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    fn erasures(&self, account: u128, role: Option<Role>) -> ErasureServiceClient<Through> {
        let channel = self.channel(Service::Consent, Service::Gateway);
        ErasureServiceClient::with_interceptor(channel, self.outgoing(account, role))
    }

    fn records(&self) -> RecordsServiceClient<Through> {
        let channel = self.channel(Service::Records, Service::Gateway);
        RecordsServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    /// A record with a goal in it.
    async fn open(&self) -> String {
        let open = consent::OpenRecordRequest {
            request_id: request_id(),
            relationship: Relationship::Parent.to_proto(),
            ..Default::default()
        };
        let opened = self.consent().open_record(open).await.unwrap().into_inner();
        let goal =
            br#"{"resourceType":"Goal","id":"words","lifecycleStatus":"active","description":{"text":"two words"},"subject":{"reference":"Patient/self"}}"#;
        let item = records::NewItem { fhir_json: goal.to_vec().into(), source_key: String::new() };
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

    async fn goals(&self, patient_id: &str) -> Result<usize, Status> {
        let list = records::ListItemsRequest { patient_id: patient_id.to_owned(), ..Default::default() };
        Ok(self.records().list_items(list).await?.into_inner().items.len())
    }

    fn documents(&self) -> DocumentsServiceClient<Through> {
        let channel = self.channel(Service::Documents, Service::Gateway);
        DocumentsServiceClient::with_interceptor(channel, self.outgoing(1, None))
    }

    /// A paper in a record.
    async fn hand_in(&self, patient_id: &str) -> String {
        let begin = documents::StartUploadRequest {
            request_id: request_id(),
            patient_id: patient_id.to_owned(),
            title: "Hearing test".into(),
            media_type: "text/plain".into(),
            size_bytes: 5,
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
            chunk: b"words".to_vec().into(),
        };
        self.documents().append_upload(futures::stream::iter([bytes])).await.unwrap();
        let complete = documents::CompleteUploadRequest { request_id: request_id(), upload_id };
        let completed = self.documents().complete_upload(complete).await.unwrap().into_inner();
        completed.document.unwrap().document_id
    }

    /// How many bytes come of a paper.
    async fn download(&self, patient_id: &str, document_id: &str) -> Result<usize, Status> {
        let (patient_id, document_id) = (patient_id.to_owned(), document_id.to_owned());
        let asked = documents::DownloadDocumentRequest { patient_id, document_id };
        let mut parts = self.documents().download_document(asked).await?.into_inner();
        let mut bytes = 0;
        while let Some(part) = parts.message().await? {
            if let Some(documents::download_document_response::Part::Chunk(chunk)) = part.part {
                bytes += chunk.len();
            }
        }
        Ok(bytes)
    }

    /// Until a paper is erased for its holder.
    async fn paper_erased(&self, patient_id: &str, document_id: &str) {
        loop {
            match self.download(patient_id, document_id).await {
                Ok(_) => {}
                Err(status) if reason(&status) == "CONTENT_ERASED" => return,
                Err(status) => assert_eq!(reason(&status), "UNRECORDABLE", "{status:?}"),
            }
        }
    }

    /// Until a record is erased for its holder.
    async fn erased(&self, patient: &str) {
        loop {
            match self.goals(patient).await {
                Ok(_) => {}
                Err(status) if reason(&status) == "CONTENT_ERASED" => return,
                Err(status) => assert_eq!(reason(&status), "UNRECORDABLE", "{status:?}"),
            }
        }
    }

    /// All of a record, or one paper of it.
    async fn erase(&self, patient: &str, paper: &str) {
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
    async fn noted(&self, count: usize) {
        let lines =
            || fs::read_to_string(self.data.join("erasures.jsonl")).unwrap_or_default().lines().count();
        while lines() < count {
            tokio::task::yield_now().await;
        }
        assert_eq!(lines(), count);
    }

    /// The newest checkpoint of the transparency log, kept as an outsider would.
    async fn checkpoint(&self, copy: &Path) {
        let published = self.data.join("log/checkpoint");
        while !published.exists() {
            tokio::task::yield_now().await;
        }
        fs::copy(published, copy).unwrap();
    }

    /// What an outsider makes of the published log who kept an older checkpoint of it.
    fn verify(&self, older: &Path) -> Output {
        let log = self.data.join("log");
        Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["audit", "verify", "--key"])
            .arg(log.join("verifier.key"))
            .arg("--export")
            .arg(log)
            .arg("--older")
            .arg(older)
            .output()
            .unwrap()
    }

    /// Everything on the log of records, as its peers read it.
    async fn log(&self) -> Vec<Envelope> {
        let log = PeerLog::new(Service::Records, self.channel(Service::Records, Service::Audit));
        let mut all = Vec::new();
        for (lane, _) in log.heads().await.unwrap() {
            all.extend(log.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    /// The databases of everything, keys and all, put in the place of those that are there.
    fn copy(&self, from: &Path, to: &Path) {
        let _ = fs::remove_dir_all(to);
        assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    }
}

/// The ledger as anybody checks it who has the public key.
fn list(ledger: &Path, key: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["erasures", "list", "--erasure-ledger-key", key, "--erasure-ledger"])
        .arg(ledger)
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_erased_again_before_anything_is_served_and_every_proof_holds() {
    let root = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let place = Place { data: root.path().join("data") };
    let (databases, backup) = (place.data.join("postgres"), root.path().join("backup"));
    let (ledger, away) = (place.data.join("erasures.jsonl"), root.path().join("erasures.jsonl"));

    let up = Installation::up(&place.data, &[]).await;
    let (gone, kept) = (place.open().await, place.open().await);
    let (shed, stays) = (place.hand_in(&kept).await, place.hand_in(&kept).await);
    let before = place.log().await;
    let seen = root.path().join("checkpoint");
    place.checkpoint(&seen).await;
    up.down().await;
    place.copy(&databases, &backup);

    let up = Installation::up(&place.data, &[]).await;
    assert_eq!(place.goals(&gone).await.unwrap(), 1);
    place.erase(&gone, "").await;
    place.erased(&gone).await;
    assert_eq!(place.download(&kept, &shed).await.unwrap(), 5);
    place.erase(&kept, &shed).await;
    place.paper_erased(&kept, &shed).await;
    place.noted(2).await;
    up.down().await;

    let master = MasterKey::read(&place.data.join("secrets/consent-master.key")).unwrap();
    let key = Ledger::new(ledger.clone(), &master).unwrap().public_key().unwrap();
    let listed = list(&ledger, &key.to_string());
    assert!(listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains(&gone), "{listed:?}");
    let other = Ledger::new(ledger.clone(), &MasterKey::new([7; 32])).unwrap().public_key().unwrap();
    assert!(!list(&ledger, &other.to_string()).status.success(), "signed by another installation");

    // The backup alone brings everything back: this is what the ledger is for.
    place.copy(&backup, &databases);
    fs::rename(&ledger, &away).unwrap();
    let up = Installation::up(&place.data, &[]).await;
    assert_eq!(place.goals(&gone).await.unwrap(), 1);
    // But for the paper's bytes, which may have been removed with it meanwhile.
    let get = documents::GetDocumentRequest {
        patient_id: kept.clone(),
        document_id: shed.clone(),
        ..Default::default()
    };
    let title = place.documents().get_document(get).await.unwrap().into_inner().title;
    assert_eq!(title, "Hearing test");
    up.down().await;

    place.copy(&backup, &databases);
    fs::rename(&away, &ledger).unwrap();
    let up = Installation::up(&place.data, &[]).await;
    // From the first answer on: either its key is gone, or the erasure was heard again.
    let first = place.goals(&gone).await.unwrap_err();
    assert!(["CONTENT_ERASED", "UNRECORDABLE"].contains(&reason(&first)), "{first:?}");
    let first = place.download(&kept, &shed).await.unwrap_err();
    assert!(["CONTENT_ERASED", "UNRECORDABLE"].contains(&reason(&first)), "{first:?}");
    place.erased(&gone).await;
    place.paper_erased(&kept, &shed).await;
    assert_eq!(place.goals(&kept).await.unwrap(), 1, "nobody else is touched");
    assert_eq!(place.download(&kept, &stays).await.unwrap(), 5, "nor the other paper");
    let get = consent::GetErasureRequest { patient_id: gone.clone(), ..Default::default() };
    let shown = place.erasures(1, None).get_erasure(get).await.unwrap().into_inner();
    assert_eq!(shown.state(), consent::ErasureState::Erased);
    let after = place.log().await;
    let patient: Uuid = gone.parse().unwrap();
    for Envelope { header, leaf, .. } in &before {
        let again = after.iter().find(|envelope| envelope.header.event_id == header.event_id).unwrap();
        assert_eq!((&again.header, &again.leaf, &again.header.leaf()), (header, leaf, leaf));
        assert!(header.subject != patient || again.public_payload.is_none());
    }
    place.noted(2).await;
    up.down().await;
    let verified = place.verify(&seen);
    assert!(verified.status.success(), "{verified:?}");
    assert!(
        String::from_utf8_lossy(&verified.stdout).contains("earlier checkpoints continued 1"),
        "{verified:?}"
    );

    // A ledger that somebody has cut is no ledger: nothing is served on top of it.
    fs::write(&ledger, "{}\n").unwrap();
    let up = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["up", "--no-demo", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(&place.data)
        .arg("--tools-dir")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools"))
        .output()
        .unwrap();
    assert!(!up.status.success());
    assert!(
        String::from_utf8_lossy(&up.stderr)
            .contains("the erasure ledger is not what was signed from line 1 on")
    );
}

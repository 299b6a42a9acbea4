//! Holders are told by mail that their record was opened in an emergency: each once, at once, and nothing of anybody.
use crate::world::*;
use chrono::DateTime;
use holdfast_eventlog::{Envelope, Header, Source, SourceError, StreamName, Subject};
use holdfast_host::{Host, LogReader, Readiness, Services, Tls, authority::Authority};
use holdfast_identity::Settings;
use holdfast_proto::consent::v1::{Grant, GrantTaken, Grantee, HolderAdded, RecordOpened, grantee};
use holdfast_proto::{Word as _, timestamp};
use holdfast_types::{
    AccountId, Action, Actor, Basis, Category, Clock as _, EventId, PatientId, Purpose, Relationship,
    SystemClock, SystemIds, TenantId,
};
use prost_types::Any;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);
const SUBJECT: &str = "Subject: Holdfast: opened in an emergency";

/// Consent's log, as far as a test has it say something.
#[derive(Clone, Default)]
struct Consent(Arc<Mutex<Vec<Envelope>>>);

#[async_trait::async_trait]
impl Source for Consent {
    fn service(&self) -> &str {
        "consent"
    }

    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        let said = self.0.lock().unwrap();
        Ok(said.last().map(|last| (last.header.lane, last.header.lane_seq)).into_iter().collect())
    }

    async fn read_lane(&self, _: u16, after_seq: u64, _: u32) -> Result<Vec<Envelope>, SourceError> {
        let said = self.0.lock().unwrap();
        Ok(said.iter().filter(|one| one.header.lane_seq > after_seq).cloned().collect())
    }
}

fn patient() -> PatientId {
    PatientId::new(Uuid::from_u128(0xA1))
}

impl Consent {
    fn says(&self, event_type: &str, payload: Any) {
        let mut said = self.0.lock().unwrap();
        let lane_seq = said.len() as u64 + 1;
        let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let header = Header {
            service: "consent".to_owned(),
            lane: Subject::Patient(patient()).lane(),
            lane_seq,
            event_id: EventId::new(Uuid::from_u128(u128::from(lane_seq))),
            tenant: TenantId::new(Uuid::nil()),
            stream: StreamName::new("grant", Uuid::from_u128(u128::from(lane_seq))),
            revision: 1,
            event_type: event_type.to_owned(),
            schema_version: 1,
            subject: patient().uuid(),
            patient: Some(patient()),
            actor: Actor::Anonymous,
            on_behalf_of: None,
            purpose: Purpose::EmergencyTreatment,
            correlation: Uuid::nil(),
            causation: None,
            traceparent: None,
            occurred: at,
            recorded: at,
            key_id: Uuid::nil(),
            by_right: None,
            payload_sha256: [0; 32],
        };
        said.push(Envelope { leaf: header.leaf(), header, public_payload: Some(payload) });
    }

    fn holder(&self, account_id: &str) {
        let (patient_id, account_id) = (patient().to_string(), account_id.to_owned());
        let added = HolderAdded { patient_id, account_id, relationship: Relationship::Parent.to_proto() };
        self.says("record.holder-added", Any::from_msg(&added).unwrap());
    }

    /// A grant of that number; one that a holder gave is told in other words.
    fn taken(&self, number: u128) {
        let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let by = AccountId::new(Uuid::from_u128(7)).to_string();
        let grant = Grant {
            grant_id: Uuid::from_u128(number).to_string(),
            patient_id: patient().to_string(),
            grantee: Some(Grantee { kind: Some(grantee::Kind::AccountId(by)), role: 0 }),
            categories: vec![Category::Allergies.to_proto()],
            actions: vec![Action::Read.to_proto()],
            purposes: vec![Purpose::EmergencyTreatment.to_proto()],
            from_time: Some(timestamp(at)),
            revision: 1,
            basis: Basis::Emergency.to_proto(),
            ..Grant::default()
        };
        self.says("grant.taken", Any::from_msg(&GrantTaken { grant: Some(grant) }).unwrap());
    }

    /// Where the settings' own authority is believed.
    fn serve(&self, settings: &mut Settings, stop: CancellationToken) {
        let file = settings.common.tls.cert_file.clone().unwrap();
        let folder = file.ancestors().find(|folder| folder.ends_with("tls")).unwrap().to_owned();
        let authority = Authority::create(&folder, SystemClock.now()).unwrap();
        let tls = Tls::load(&authority.role("consent").unwrap()).unwrap();
        let host = Host::bind("127.0.0.1:0".parse().unwrap(), tls, Arc::new(SystemIds)).unwrap();
        settings.common.peers.consent = Some(Url::parse(&format!("https://{}", host.address())).unwrap());
        let services = Services::new().with(LogReader::new(self.clone()).into_server());
        tokio::spawn(async move {
            let readiness = Readiness::new(["postgres"], []).await;
            host.serve(services, readiness, stop).await.unwrap();
        });
    }
}

impl World {
    async fn account_of(&self, email: &str) -> String {
        let session = self.sign_in(email).await.session_secret;
        self.issue(&session).await.unwrap().account.unwrap().account_id
    }

    /// To whom it was told, once there are so many.
    async fn told_when(&self, count: usize) -> Vec<String> {
        let told = || {
            let files = std::fs::read_dir(self.mail_folder()).unwrap().map(|file| file.unwrap().path());
            let mails = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
            let texts = mails.map(|path| std::fs::read_to_string(path).unwrap());
            texts.filter(|text| text.contains(SUBJECT)).collect::<Vec<_>>()
        };
        let arrived = async {
            loop {
                let told = told();
                if told.len() >= count {
                    return told;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.unwrap()
    }
}

fn to<'a>(told: &'a [String], email: &str) -> Vec<&'a String> {
    told.iter().filter(|mail| mail.contains(email)).collect()
}

#[tokio::test]
async fn every_holder_is_told_once_of_each_emergency_and_nobody_else_is() {
    let (consent, stop) = (Consent::default(), CancellationToken::new());
    let world = world_with(|settings| consent.serve(settings, stop.clone())).await;
    let rosa = world.account_of("rosa@example.org").await;
    let luis = world.account_of("luis@example.org").await;
    world.account_of("somebody@example.org").await;
    let opened = RecordOpened { patient_id: patient().to_string(), tenant_id: String::new() };
    consent.says("record.opened", Any::from_msg(&opened).unwrap());
    consent.holder(&rosa);
    consent.taken(1);
    let first = world.told_when(1).await;
    assert_eq!((first.len(), to(&first, "rosa@example.org").len()), (1, 1));
    assert!(first[0].contains("without asking first") && !first[0].contains("http"), "{}", first[0]);
    assert!(!first[0].contains(&patient().to_string()) && !first[0].contains(&rosa));
    consent.holder(&luis);
    // An app has no address, and holds nobody up.
    consent.holder(&Uuid::from_u128(9).to_string());
    consent.taken(2);
    let all = world.told_when(3).await;
    assert_eq!((to(&all, "rosa@example.org").len(), to(&all, "luis@example.org").len()), (2, 1));
    assert_eq!(all.len(), 3, "the first is not told again");
    stop.cancel();
}

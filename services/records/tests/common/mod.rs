//! Records as a role of its own on real PostgreSQL and NATS, hearing a consent log that says what a test wants it to say.
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]
mod asking;

#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use asking::*;
use holdfast_access::{Claims, RoleAssignment, TokenSigner, TokenVerifier};
use holdfast_eventlog::{
    Append, Bus, Context, DecodeError, Envelope, Event, EventLog, Opened, Parts, Relay, Source, StreamAppend,
    Subject, rebuild, schema::Migrator,
};
use holdfast_host::{
    Host, LogReader, PeerLog, Readiness, Services, Tls, TokenKeys,
    authority::Authority,
    client::Outgoing,
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl, PeerSettings},
};
use holdfast_proto::{
    Word,
    access::v1::AccessRecorded,
    consent::v1 as consent,
    records::v1::{
        self as pb, proposal_service_client::ProposalServiceClient,
        records_service_client::RecordsServiceClient,
    },
    timestamp,
    r#type::v1 as shared,
};
use holdfast_records::{RecordViews, config::Settings};
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use holdfast_testkit::refusal::{metadata, place, reason, reason_at};
use holdfast_testkit::{FakeClock, TestDatabase, database, servers};
use holdfast_types::*;
use prost::Name;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io::Read as _,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

pub type Client = RecordsServiceClient<InterceptedService<Channel, Outgoing>>;
pub type Proposals = ProposalServiceClient<InterceptedService<Channel, Outgoing>>;

/// What the consent log says, as it is published.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Said {
    #[serde(rename = "record.said")]
    Said { type_url: String, value: Vec<u8> },
}

impl Event for Said {
    const AGGREGATE: &'static str = "record";
    fn event_type(&self) -> &'static str {
        "record.said"
    }
}

fn publish(opened: &Opened) -> Result<Option<prost_types::Any>, DecodeError> {
    let Said::Said { type_url, value } = opened.decode()?;
    Ok(Some(prost_types::Any { type_url, value }))
}

#[derive(Debug, Clone)]
pub struct Person {
    pub account: AccountId,
    pub roles: Vec<RoleAssignment>,
}

pub struct World {
    pub clock: FakeClock,
    pub database: TestDatabase,
    consent: EventLog,
    heard: Mutex<HashMap<u16, shared::Position>>,
    signer: TokenSigner,
    channel: Channel,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
pub fn patient() -> PatientId {
    PatientId::new(id(0xA))
}
pub fn tenant() -> TenantId {
    TenantId::new(id(0xB))
}
pub fn practice() -> PracticeId {
    PracticeId::new(id(0xC))
}
pub fn parent() -> Person {
    Person { account: AccountId::new(id(1)), roles: vec![] }
}
pub fn therapist() -> Person {
    person(2, Role::Therapist)
}
pub fn administrator() -> Person {
    person(3, Role::PracticeAdministrator)
}
pub fn stranger() -> Person {
    Person { account: AccountId::new(id(4)), roles: vec![] }
}
pub fn person(number: u128, role: Role) -> Person {
    let held = RoleAssignment { role, tenant: tenant(), practice: Some(practice()) };
    Person { account: AccountId::new(id(number)), roles: vec![held] }
}

/// A record with its parent, whose demographics are not known yet.
pub async fn world() -> World {
    let world = start().await;
    world.open(patient(), &parent()).await;
    world
}

async fn start() -> World {
    holdfast_host::tls::install_crypto();
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), SystemClock.now()).unwrap();
    let role = |service: Service| authority.role(service.as_str()).unwrap();
    let (clock, stop) = (FakeClock::monday_noon(), CancellationToken::new());
    let any_port = ([127, 0, 0, 1], 0).into();
    let prefix = format!("t{}", SystemIds.next().simple());

    let nothing = Migrator::with_migrations(Vec::new());
    let heard = database("consent", &nothing, &[]).await;
    let consent = EventLog::start(Parts {
        service: "consent".to_owned(),
        pool: heard.pool.clone(),
        keys: heard.keys(Arc::new(clock.clone()), Arc::new(SystemIds)),
        clock: Arc::new(clock.clone()),
        ids: Arc::new(SystemIds),
        projections: Vec::new(),
        publish: Arc::new(publish),
        committers: 1,
    });
    let bus = Bus::connect(&servers().nats_url, &prefix).await.unwrap();
    tokio::spawn(Relay::new(consent.clone(), bus).run(stop.clone()));
    let host =
        Host::bind(any_port, Tls::load(&role(Service::Consent)).unwrap(), Arc::new(SystemIds)).unwrap();
    let consent_url = format!("https://localhost:{}", host.address().port()).parse().unwrap();
    let reader = Services::new().with(LogReader::new(consent.clone()).into_server());
    let readiness = Readiness::new([""; 0], [""; 0]).await;
    tokio::spawn(host.serve(reader, readiness, stop.clone()));

    let migrations = holdfast_records::migrations();
    let database = database("records", &migrations.views, &migrations.feeds).await;
    let master_key_file = dir.path().join("master.key");
    std::fs::write(&master_key_file, hex::encode([7; 32])).unwrap();
    let settings = Settings {
        common: CommonSettings {
            peers: PeerSettings { consent: Some(consent_url), ..PeerSettings::default() },
            tls: role(Service::Records).into(),
            database: DatabaseSettings {
                serve: DatabaseUrl::of(database.url.clone()),
                keys: KeysDatabaseUrl::of(database.keys_url.clone()),
                master_key_file: Some(master_key_file),
                ..DatabaseSettings::default()
            },
            nats: NatsUrl::of(servers().nats_url.clone()),
            bus_prefix: prefix,
            ..CommonSettings::default()
        },
    };
    let tls = Tls::load(&role(Service::Records)).unwrap();
    let host = Host::bind(any_port, tls.clone(), Arc::new(SystemIds)).unwrap();
    let url = format!("https://localhost:{}", host.address().port()).parse().unwrap();
    let channel = holdfast_host::client::channel(Service::Records, &url, &tls).unwrap();
    let signer = TokenSigner::from_seed(&[9; 32]).unwrap();
    let keys = TokenKeys::Own(TokenVerifier::new(&[signer.public_key()]).unwrap());
    let (its_clock, its_stop) = (Arc::new(clock.clone()), stop.clone());
    tokio::spawn(holdfast_records::serve_with(
        settings,
        keys,
        host,
        its_clock,
        Arc::new(SystemIds),
        its_stop,
    ));
    World { clock, database, consent, heard: Mutex::default(), signer, channel, stop, _dir: dir }
}

impl World {
    /// Consent says something of a patient; every later call builds on it.
    pub async fn say<M: Name>(&self, patient: PatientId, message: &M) {
        let any = prost_types::Any::from_msg(message).unwrap();
        let said = Said::Said { type_url: any.type_url, value: any.value };
        let context = Context {
            tenant: tenant(),
            actor: Actor::Service(Service::Consent),
            on_behalf_of: None,
            purpose: Purpose::Operations,
            correlation: id(1),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let streams = vec![StreamAppend::of(SystemIds.next(), 0, &[said]).unwrap()];
        let append = Append { subject: Subject::Patient(patient), context, request: None, streams };
        let position: shared::Position = self.consent.append(append).await.unwrap().position.into();
        self.heard.lock().unwrap().insert(u16::try_from(position.lane).unwrap(), position);
        // The feed's first connection, or the database's, may take longer than one call waits.
        for _ in 0..30 {
            let asked = pb::BatchGetPatientsRequest { patient_ids: vec![] };
            match self.client(&stranger()).batch_get_patients(asked).await {
                Ok(_) => return,
                Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
            }
        }
        panic!("consent is never heard");
    }

    /// A record and who holds it.
    pub async fn open(&self, patient: PatientId, holder: &Person) {
        let opened =
            consent::RecordOpened { patient_id: patient.to_string(), tenant_id: tenant().to_string() };
        self.say(patient, &opened).await;
        let added = consent::HolderAdded {
            patient_id: patient.to_string(),
            account_id: holder.account.to_string(),
            relationship: Relationship::Parent.to_proto(),
        };
        self.say(patient, &added).await;
    }

    /// The holder shares categories with a person.
    pub async fn share(&self, to: &Person, categories: &[Category], actions: &[Action]) {
        let grant = self.grant(to, categories, actions);
        self.say(patient(), &consent::GrantGiven { grant: Some(grant) }).await;
    }

    /// The same with one category; answers with the grant's id.
    pub async fn share_alone(&self, to: &Person, category: Category) -> String {
        let grant = self.grant(to, &[category], &[Action::Read]);
        let id = grant.grant_id.clone();
        self.say(patient(), &consent::GrantGiven { grant: Some(grant) }).await;
        id
    }

    /// The holder shares a part of categories with a person, to read. Answers with the grant's id.
    pub async fn share_part(
        &self,
        to: &Person,
        categories: &[Category],
        narrowing: consent::Narrowing,
    ) -> String {
        let grant = self.grant(to, categories, &[Action::Read]);
        let id = grant.grant_id.clone();
        let grant = Some(consent::Grant { narrowing: Some(narrowing), ..grant });
        self.say(patient(), &consent::GrantGivenInPart { grant }).await;
        id
    }

    pub async fn revoke(&self, grant_id: String) {
        let revoked_time = Some(timestamp(self.clock.now()));
        let patient_id = patient().to_string();
        let revoked = consent::GrantRevoked {
            grant_id,
            patient_id,
            revoked_time,
            revision: 2,
            ..consent::GrantRevoked::default()
        };
        self.say(patient(), &revoked).await;
    }

    fn grant(&self, to: &Person, categories: &[Category], actions: &[Action]) -> consent::Grant {
        consent::Grant {
            grant_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            grantee: Some(consent::Grantee {
                kind: Some(consent::grantee::Kind::AccountId(to.account.to_string())),
                role: 0,
            }),
            categories: categories.iter().map(|word| word.to_proto()).collect(),
            actions: actions.iter().map(|word| word.to_proto()).collect(),
            purposes: vec![Purpose::Treatment.to_proto()],
            from_time: Some(timestamp(self.clock.now())),
            revision: 1,
            ..consent::Grant::default()
        }
    }

    pub fn token(&self, person: &Person) -> String {
        let iat = self.clock.now().timestamp();
        let roles = person.roles.clone();
        self.signer
            .sign(&Claims { account: person.account, session: None, roles, iat, exp: iat + 300 })
            .unwrap()
    }

    pub fn client(&self, person: &Person) -> Client {
        self.client_with(Outgoing::new().bearer(self.token(person).into()))
    }

    pub fn client_with(&self, outgoing: Outgoing) -> Client {
        let outgoing = outgoing.after(self.heard.lock().unwrap().values().cloned());
        RecordsServiceClient::with_interceptor(self.channel.clone(), outgoing)
    }

    pub fn proposals(&self, person: &Person) -> Proposals {
        self.proposals_with(Outgoing::new().bearer(self.token(person).into()))
    }

    pub fn proposals_with(&self, outgoing: Outgoing) -> Proposals {
        let outgoing = outgoing.after(self.heard.lock().unwrap().values().cloned());
        ProposalServiceClient::with_interceptor(self.channel.clone(), outgoing)
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Everything on the log of records, as the other services hear it.
    pub async fn envelopes(&self) -> Vec<Envelope> {
        let log = PeerLog::new(Service::Records, self.channel());
        let mut all = Vec::new();
        for (lane, _) in log.heads().await.unwrap() {
            all.extend(log.read_lane(lane, 0, 1000).await.unwrap());
        }
        all
    }

    /// The access events of one operation.
    pub async fn looks(&self, operation: &str) -> Vec<AccessRecorded> {
        let payloads = self.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
        let looks = payloads.filter_map(|payload| payload.to_msg::<AccessRecorded>().ok());
        looks.filter(|look| look.operation == operation).collect()
    }

    /// The read models, made anew from the log beside the live ones and swapped in.
    pub async fn rebuild(&self) -> u64 {
        let (clock, ids) = (Arc::new(self.clock.clone()), Arc::new(SystemIds));
        let views = RecordViews::new(self.database.keys(clock.clone(), ids.clone()));
        let log = EventLog::start(Parts {
            service: "records".to_owned(),
            pool: self.database.pool.clone(),
            keys: self.database.keys(clock.clone(), ids.clone()),
            clock,
            ids,
            projections: Vec::new(),
            publish: Arc::new(holdfast_records::publish),
            committers: 1,
        });
        let TestDatabase { owner_url, serving_role, .. } = &self.database;
        let migrations = holdfast_records::migrations().views;
        rebuild(&log, owner_url, serving_role, &migrations, &views, |_| ()).await.unwrap()
    }
}

pub fn listing() -> pb::ListItemsRequest {
    pb::ListItemsRequest { patient_id: patient().to_string(), ..pb::ListItemsRequest::default() }
}

pub fn count(counts: &[pb::CategoryCount]) -> i32 {
    counts.iter().map(|counted| counted.count).sum()
}

pub const SMALL: &[u8] = include_bytes!("../../../../crates/fhir/tests/fixtures/small_transaction.json");

/// A goal as a person writes it.
pub fn goal(id: &str, text: &str) -> String {
    format!(
        r#"{{"resourceType":"Goal","id":"{id}","lifecycleStatus":"active","description":{{"text":"{text}"}},"subject":{{"reference":"Patient/self"}},"startDate":"2026-01-05"}}"#
    )
}

/// A file of the shared test data.
pub fn unpack(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("bz2") => {
            bzip2_rs::DecoderReader::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
        }
        Some("xz") => lzma_rs::xz_decompress(&mut packed.as_slice(), &mut plain).unwrap(),
        _ => plain = packed,
    }
    plain
}

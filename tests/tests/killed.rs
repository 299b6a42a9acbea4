//! `kill -9` at every step of an answer, of each service as a process of its own: whatever a client was answered or refused before is on
//! the log of the service that goes on.
#![cfg(test)]
use holdfast_access::views::{self, ConsentFact};
use holdfast_eventlog::Source as _;
use holdfast_host::{Migrations, client::Outgoing};
use holdfast_identity::IdentitySettings;
use holdfast_proto::{
    audit::v1::{ListPatientEntriesRequest, audit_service_client::AuditServiceClient},
    consent::v1::{ListGrantsRequest, consent_service_client::ConsentServiceClient},
    documents::v1::{ListDocumentsRequest, documents_service_client::DocumentsServiceClient},
    identity::v1::{SearchDirectoryRequest, identity_service_client::IdentityServiceClient},
    messaging::v1::{ListThreadsRequest, messaging_service_client::MessagingServiceClient},
    records::v1::{ListItemsRequest, records_service_client::RecordsServiceClient},
};
use holdfast_testkit::{
    TestDatabase,
    network::{Network, Start},
    refusal::reason,
    service::{Person, patiently, person, silent, tenant},
};
use holdfast_types::{Ids as _, PatientId, Relationship, Role, Service, SystemClock, SystemIds};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, Stdio},
    sync::Arc,
};
use tokio::task::JoinSet;
use tonic::{Code, Status, transport::Channel};
use url::Url;
use uuid::Uuid;

const SIGABRT: i32 = 6;
const SERVICE: &str = "HOLDFAST_TEST_KILLED_SERVICE";
const DATABASE: [&str; 2] = ["HOLDFAST_TEST_KILLED_DATABASE", "HOLDFAST_TEST_KILLED_KEYS"];
const READERS: usize = 6;
/// From the permit to the answer.
const STEPS: [&str; 7] = [
    "gate.permitted",
    "append.lanes_taken",
    "append.inserted",
    "append.commands_inserted",
    "append.projected",
    "append.committed",
    "gate.recorded",
];
/// PKCS #8 of an Ed25519 seed (RFC 8410 section 7), before the seed.
const ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

fn patient() -> PatientId {
    PatientId::new(Uuid::from_u128(0xA1))
}

fn mother() -> Person {
    person(1)
}

fn stranger() -> Person {
    person(2).with(Role::Therapist, None)
}

/// Whose logs a service hears.
fn heard_by(service: Service) -> Vec<Service> {
    let heard = |peer: &Service| match service {
        Service::Audit => true,
        Service::Messaging => [Service::Consent, Service::Identity].contains(peer),
        _ => *peer == Service::Consent,
    };
    Service::WITH_LOG.iter().copied().filter(|peer| *peer != service && heard(peer)).collect()
}

fn migrations(service: Service) -> Migrations {
    match service {
        Service::Identity => holdfast_identity::migrations(),
        Service::Records => holdfast_records::migrations(),
        Service::Documents => holdfast_documents::migrations(),
        Service::Consent => holdfast_consent::migrations(),
        Service::Messaging => holdfast_messaging::migrations(),
        Service::Audit => holdfast_audit::migrations(),
        Service::Gateway => panic!("the gateway keeps nothing"),
    }
}

async fn serve(service: Service, network: &Network, start: Start) {
    let Start { settings: common, keys, host, clock, ids, stop } = start;
    match service {
        Service::Identity => {
            let (token_key, mails) = (network.folder("token-key"), network.folder("mail"));
            std::fs::write(&token_key, [ED25519_PREFIX.as_slice(), &[1; 32]].concat()).unwrap();
            let (token_key_file, mail_dir) = (Some(token_key), Some(mails));
            let identity = IdentitySettings { token_key_file, mail_dir, ..IdentitySettings::default() };
            let settings = holdfast_identity::Settings { common, identity };
            holdfast_identity::serve(&settings, host, clock, ids, None, stop).await.unwrap();
        }
        Service::Records => {
            let settings = holdfast_records::config::Settings { common };
            holdfast_records::serve_with(settings, keys, host, clock, ids, stop).await.unwrap();
        }
        Service::Documents => {
            let objects = Url::from_directory_path(network.folder("objects")).unwrap();
            let object_store =
                holdfast_documents::config::ObjectStoreSettings { url: Some(objects), ..Default::default() };
            let settings = holdfast_documents::config::Settings { common, object_store };
            holdfast_documents::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        }
        Service::Consent => {
            let settings = holdfast_consent::config::Settings { common, ..Default::default() };
            holdfast_consent::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        }
        Service::Messaging => {
            let settings = holdfast_messaging::config::Settings { common };
            holdfast_messaging::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        }
        Service::Audit => {
            let settings = holdfast_audit::config::Settings { common, ..Default::default() };
            holdfast_audit::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
        }
        Service::Gateway => panic!("the gateway keeps nothing"),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process for the other tests to kill"]
async fn the_service_that_is_killed() {
    let told = |name| std::env::var(name).ok();
    let (Some(service), Some(mut network)) =
        (told(SERVICE), Network::of_another_process(Arc::new(SystemClock)))
    else {
        return;
    };
    let service: Service = service.parse().unwrap();
    let [url, keys_url] = DATABASE.map(|name| told(name).unwrap());
    let start = network.start(service, url, keys_url);
    let said = format!("\nat https://{}\n", start.host.address());
    std::io::stdout().lock().write_all(said.as_bytes()).unwrap();
    serve(service, &network, start).await;
}

struct World {
    service: Service,
    network: Network,
    database: TestDatabase,
    /// To the process that serves it now.
    channel: Channel,
    /// The peers' logs.
    _silent: Vec<holdfast_eventlog::EventLog>,
}

async fn world(service: Service) -> World {
    let mut network = Network::new(Arc::new(SystemClock));
    let mut logs = Vec::new();
    for peer in heard_by(service) {
        logs.push(silent(&mut network, Arc::new(SystemClock), peer).await);
    }
    let (start, database) = network.prepare(service, &migrations(service)).await;
    drop(start);
    if service != Service::Identity {
        let mut conn = database.pool.acquire().await.unwrap();
        let (patient, account, relationship) = (patient(), mother().account, Relationship::Parent);
        for fact in [
            ConsentFact::RecordOpened { patient, tenant: tenant() },
            ConsentFact::HolderAdded { patient, account, relationship },
        ] {
            views::apply(&mut conn, &fact).await.unwrap();
        }
    }
    let channel = network.channel(service);
    World { service, network, database, channel, _silent: logs }
}

/// Ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl World {
    /// Served by a process that dies at that place.
    fn started(&mut self, fault: &str) -> Running {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_service_that_is_killed", "--ignored", "--nocapture"])
            .envs(self.network.told())
            .env(SERVICE, self.service.as_str())
            .env(DATABASE[0], &self.database.url)
            .env(DATABASE[1], &self.database.keys_url)
            .env("HOLDFAST_FAULT", fault)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.strip_prefix("at ")?.to_owned())).unwrap();
        self.network.is_at(self.service, Url::parse(&address).unwrap());
        self.channel = self.network.channel(self.service);
        Running(child)
    }

    /// Whether somebody was answered or refused; an error where nobody was.
    async fn ask(&self, by: &Person, question: Uuid) -> Result<bool, Status> {
        let (channel, patient_id) = (self.channel.clone(), patient().to_string());
        let saying: Outgoing = self.network.outgoing(by).correlation(question);
        let answer = match self.service {
            Service::Identity => {
                let mut client = IdentityServiceClient::with_interceptor(channel, saying);
                client.search_directory(SearchDirectoryRequest::default()).await.map(|_| ())
            }
            Service::Records => {
                let mut client = RecordsServiceClient::with_interceptor(channel, saying);
                let asked = ListItemsRequest { patient_id, ..Default::default() };
                client.list_items(asked).await.map(|_| ())
            }
            Service::Documents => {
                let mut client = DocumentsServiceClient::with_interceptor(channel, saying);
                let asked = ListDocumentsRequest { patient_id, ..Default::default() };
                client.list_documents(asked).await.map(|_| ())
            }
            Service::Consent => {
                let mut client = ConsentServiceClient::with_interceptor(channel, saying);
                let asked = ListGrantsRequest { patient_id, ..Default::default() };
                client.list_grants(asked).await.map(|_| ())
            }
            Service::Messaging => {
                let mut client = MessagingServiceClient::with_interceptor(channel, saying);
                let asked = ListThreadsRequest { patient_id, ..Default::default() };
                client.list_threads(asked).await.map(|_| ())
            }
            Service::Audit => {
                let mut client = AuditServiceClient::with_interceptor(channel, saying);
                let asked = ListPatientEntriesRequest { patient_id, ..Default::default() };
                client.list_patient_entries(asked).await.map(|_| ())
            }
            Service::Gateway => panic!("the gateway speaks no gRPC"),
        };
        match answer {
            Ok(()) => Ok(true),
            Err(status) if status.code() == Code::PermissionDenied => {
                assert!(["NOT_PERMITTED", "CONSENT_STALE"].contains(&reason(&status)), "{status:?}");
                Ok(false)
            }
            Err(status) => Err(status),
        }
    }

    /// When it returns, the service answers; nobody has looked at anything.
    async fn ready(&self) {
        let asked = || async {
            let heads = self.network.log(self.service).heads().await;
            heads.map_err(|error| Status::unavailable(error.to_string()))
        };
        patiently(asked).await.unwrap();
    }

    /// What a client is told question by question until nobody answers any more.
    async fn read(self: Arc<Self>, by: Person) -> Vec<(Uuid, bool)> {
        let mut told = Vec::new();
        loop {
            let question = SystemIds.next();
            match self.ask(&by, question).await {
                Ok(answered) => told.push((question, answered)),
                Err(_) => return told,
            }
        }
    }
}

/// What clients were told before the process died there, by question.
async fn told_before_dying_at(world: &mut Arc<World>, fault: &str) -> BTreeMap<Uuid, bool> {
    let mut dying = Arc::get_mut(world).unwrap().started(fault);
    world.ready().await;
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let by = if reader % 2 == 0 { mother() } else { stranger() };
        readers.spawn(Arc::clone(world).read(by));
    }
    let told = readers.join_all().await.into_iter().flatten().collect();
    assert_eq!(dying.0.wait().unwrap().signal(), Some(SIGABRT), "{fault}");
    told
}

async fn nobody_is_told_anything_that_is_not_on_the_log(service: Service) {
    let mut world = Arc::new(world(service).await);
    let mut told = BTreeMap::new();
    for step in STEPS {
        told.extend(told_before_dying_at(&mut world, &format!("{step}:25")).await);
    }
    let kinds: BTreeSet<bool> = told.values().copied().collect();
    // Whoever is signed in may look people up.
    let expected = if service == Service::Identity { vec![true] } else { vec![false, true] };
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);

    let _again = Arc::get_mut(&mut world).unwrap().started("");
    world.ready().await;
    let (log, mut recorded) = (world.network.log(service), BTreeMap::new());
    for (lane, head) in log.heads().await.unwrap() {
        let mut after = 0;
        while after < head {
            let envelopes = log.read_lane(lane, after, 1000).await.unwrap();
            after += envelopes.len() as u64;
            recorded.extend(envelopes.into_iter().map(|one| (one.header.correlation, one.header.event_type)));
        }
    }
    for (question, answered) in told {
        let expected = if answered { "access.permitted" } else { "access.refused" };
        assert_eq!(recorded.get(&question).map(String::as_str), Some(expected), "{question}");
    }
    let question = SystemIds.next();
    assert!(world.ask(&mother(), question).await.unwrap(), "it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_records_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Records).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_documents_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Documents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_messaging_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Messaging).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_audit_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Audit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_consent_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Consent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_identity_whatever_was_told_before_it_died_is_on_its_log() {
    nobody_is_told_anything_that_is_not_on_the_log(Service::Identity).await;
}

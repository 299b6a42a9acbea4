//! Five services' logs served over mutual TLS, a nats-server, and audit hearing them: as in production, on ports of their own.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]
mod key_set;
mod proof;

use chrono::{DateTime, Utc};
use holdfast_access::{Claims, RoleAssignment, TokenSigner};
use holdfast_audit::{
    ServeError,
    config::{DOWNLOAD_ENTRIES_MAX_DEFAULT, Settings, WitnessAddress},
};
use holdfast_eventlog::{
    Append, Bus, Context, EventLog, NewEvent, Parts, Position, Relay, StreamAppend, StreamName, Subject,
    schema::Migrator,
};
use holdfast_host::{
    Host, LogReader, Readiness, Services, Tls,
    authority::Authority,
    client::Outgoing,
    retry::Retry,
    settings::{CommonSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl},
};
use holdfast_objects::AwsVariables;
use holdfast_proto::{audit::v1::audit_service_client::AuditServiceClient, consent::v1 as consent};
use holdfast_supervise::{Nats, NatsSettings};
use holdfast_testkit::{TestDatabase, database};
pub use holdfast_testkit::{binaries, refusal::reason};
use holdfast_types::*;
use prost::Message;
use prost_types::Any;
use secrecy::SecretString;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};
use url::Url;
use uuid::Uuid;

pub type Client = AuditServiceClient<InterceptedService<Channel, Outgoing>>;

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128((0x8000 << 64) | number)
}
pub fn tenant() -> TenantId {
    TenantId::new(id(0x7E))
}
pub fn other_tenant() -> TenantId {
    TenantId::new(id(0x7F))
}
pub fn patient(number: u128) -> PatientId {
    PatientId::new(id(0xA000 + number))
}
/// Holds every record that `open_record` opens.
pub fn parent() -> AccountId {
    AccountId::new(id(0xB001))
}
pub fn stranger() -> AccountId {
    AccountId::new(id(0xB002))
}
pub fn officer() -> AccountId {
    AccountId::new(id(0xB003))
}

/// Where audit keeps its tables.
pub struct AuditDatabase {
    pub url: String,
    pub keys_url: String,
    pub superuser_url: String,
}

impl AuditDatabase {
    pub async fn of_this_run() -> Self {
        let migrations = holdfast_audit::migrations();
        let TestDatabase { url, keys_url, superuser_url, .. } =
            database("audit", &migrations.views, &migrations.feeds).await;
        Self { url, keys_url, superuser_url }
    }
}

/// The logs of the other services.
pub struct Sources {
    pub dir: tempfile::TempDir,
    pub nats: Nats,
    pub logs: BTreeMap<Service, (EventLog, TestDatabase)>,
    /// Of the transparency log.
    pub witnesses: Vec<WitnessAddress>,
    pub store: Option<(Url, AwsVariables)>,
    pub download_entries_max: u32,
    signer: TokenSigner,
    stop: CancellationToken,
    peers: BTreeMap<Service, Url>,
}

pub struct World {
    pub sources: Sources,
    pub database: AuditDatabase,
    address: Url,
    ended: JoinHandle<Result<(), ServeError>>,
}

/// One event as its service would append it.
pub struct Fact {
    pub service: Service,
    pub subject: Subject,
    pub tenant: TenantId,
    pub actor: Actor,
    pub aggregate: &'static str,
    pub event_type: &'static str,
    pub public: Option<Any>,
}

impl Fact {
    pub fn of(
        service: Service,
        patient: PatientId,
        aggregate: &'static str,
        event_type: &'static str,
    ) -> Self {
        Self {
            service,
            subject: Subject::Patient(patient),
            tenant: tenant(),
            actor: Actor::Account(parent()),
            aggregate,
            event_type,
            public: None,
        }
    }
}

pub async fn world() -> World {
    Sources::start().await.heard_by(AuditDatabase::of_this_run().await).await
}

impl Sources {
    /// Their logs can be read; nothing is published yet.
    pub async fn start() -> Self {
        holdfast_host::tls::install_crypto();
        let dir = tempfile::Builder::new().prefix("holdfast-audit-").tempdir().unwrap();
        // Of the test's own: the streams of six services reserve six gigabytes.
        let nats = Nats::start(&binaries(), &dir.path().join("nats"), NatsSettings::default()).unwrap();
        let signer = TokenSigner::from_seed(&[5; 32]).unwrap();
        let stop = CancellationToken::new();
        let (mut logs, mut peers) = (BTreeMap::new(), BTreeMap::new());
        for service in Service::WITH_LOG.iter().copied().filter(|service| *service != Service::Audit) {
            let database = database("source", &Migrator::with_migrations(Vec::new()), &[]).await;
            let log = log(service, &database);
            let host = host(dir.path(), service);
            peers.insert(service, address(&host));
            let mut services = Services::new().with(LogReader::new(log.clone()).into_server());
            if service == Service::Identity {
                services = services.with(key_set::KeySetOnly::of(signer.public_key()));
            }
            let readiness = Readiness::new(["postgres"], []).await;
            tokio::spawn(host.serve(services, readiness, stop.clone()));
            logs.insert(service, (log, database));
        }
        let download_entries_max = DOWNLOAD_ENTRIES_MAX_DEFAULT;
        Self {
            dir,
            nats,
            logs,
            witnesses: Vec::new(),
            store: None,
            download_entries_max,
            signer,
            stop,
            peers,
        }
    }

    pub fn log(&self, service: Service) -> &EventLog {
        &self.logs[&service].0
    }

    /// Publishes from now on, to an audit service that keeps its tables there.
    pub async fn heard_by(self, database: AuditDatabase) -> World {
        for (log, _) in self.logs.values() {
            let bus = Bus::connect(&self.nats.url(), "holdfast").await.unwrap();
            tokio::spawn(Relay::new(log.clone(), bus).run(self.stop.clone()));
        }
        let host = host(self.dir.path(), Service::Audit);
        let address = address(&host);
        let mut common = CommonSettings {
            tls: role_files(self.dir.path(), Service::Audit).into(),
            nats: NatsUrl::of(self.nats.url()),
            ..CommonSettings::default()
        };
        common.database.serve = DatabaseUrl::of(database.url.clone());
        common.database.keys = KeysDatabaseUrl::of(database.keys_url.clone());
        let master_key = self.dir.path().join("master.key");
        std::fs::write(&master_key, hex::encode([7; 32])).unwrap();
        common.database.master_key_file = Some(master_key);
        let peer = |service| self.peers.get(&service).cloned();
        common.peers.identity = peer(Service::Identity);
        common.peers.records = peer(Service::Records);
        common.peers.documents = peer(Service::Documents);
        common.peers.consent = peer(Service::Consent);
        common.peers.messaging = peer(Service::Messaging);
        let (log, download_entries_max) = (self.log_settings(), self.download_entries_max);
        let settings = Settings { common, log, download_entries_max, ..Settings::default() };
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let ended = tokio::spawn(holdfast_audit::serve(settings, host, clock, ids, self.stop.clone()));
        World { sources: self, database, address, ended }
    }

    pub async fn tell(&self, fact: Fact) -> Position {
        let Fact { service, subject, tenant, actor, aggregate, event_type, public } = fact;
        let payload = public.map(|any| any.encode_to_vec()).unwrap_or_default();
        let event = NewEvent::encoded(event_type, payload);
        let stream = StreamName::new(aggregate, SystemIds.next());
        let context = Context {
            tenant,
            actor,
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: SystemIds.next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let streams =
            vec![StreamAppend { stream, expected_revision: 0, events: vec![event], own_key: false }];
        self.log(service).append(Append { subject, context, request: None, streams }).await.unwrap().position
    }

    /// Held by `parent()`.
    pub async fn open_record(&self, patient: PatientId, tenant: TenantId) -> Position {
        let opened = consent::RecordOpened { patient_id: patient.to_string(), tenant_id: tenant.to_string() };
        let added = consent::HolderAdded {
            patient_id: patient.to_string(),
            account_id: parent().to_string(),
            relationship: holdfast_proto::Word::to_proto(Relationship::Parent),
        };
        let fact = |event_type, public: Any| Fact {
            tenant,
            public: Some(public),
            ..Fact::of(Service::Consent, patient, "record", event_type)
        };
        self.tell(fact("record.opened", Any::from_msg(&opened).unwrap())).await;
        self.tell(fact("record.holder-added", Any::from_msg(&added).unwrap())).await
    }
}

impl World {
    pub fn token(&self, account: AccountId, roles: &[(Role, TenantId)]) -> String {
        let now = SystemClock.now().timestamp();
        self.token_for(&self.sources.signer, account, roles, now)
    }

    pub fn token_for(
        &self,
        signer: &TokenSigner,
        account: AccountId,
        roles: &[(Role, TenantId)],
        issued: i64,
    ) -> String {
        let roles = roles.iter().map(|(role, tenant)| RoleAssignment {
            role: *role,
            tenant: *tenant,
            practice: None,
        });
        let claims =
            Claims { account, session: None, roles: roles.collect(), iat: issued, exp: issued + 300 };
        signer.sign(&claims).unwrap()
    }

    pub fn signer(&self) -> &TokenSigner {
        &self.sources.signer
    }

    /// Answered after the positions have been heard.
    pub fn client(&self, token: Option<String>, after: &[Position]) -> Client {
        let mut outgoing = Outgoing::new().after(after.iter().cloned().map(Into::into));
        if let Some(token) = token {
            outgoing = outgoing.bearer(SecretString::from(token));
        }
        AuditServiceClient::with_interceptor(self.channel(), outgoing)
    }

    fn channel(&self) -> Channel {
        let tls = tls(self.sources.dir.path(), Service::Audit).anonymous_client("localhost");
        let endpoint = Endpoint::from_shared(self.address.to_string()).unwrap().tls_config(tls).unwrap();
        // Whoever reads slowly is waited for.
        endpoint.initial_stream_window_size(1 << 16).initial_connection_window_size(1 << 16).connect_lazy()
    }

    pub fn as_parent(&self, after: &[Position]) -> Client {
        self.client(Some(self.token(parent(), &[])), after)
    }

    pub fn as_officer(&self, after: &[Position]) -> Client {
        self.client(Some(self.token(officer(), &[(Role::ComplianceOfficer, tenant())])), after)
    }

    /// All that the logs hold now, audit's own among them, is in the history.
    pub async fn caught_up(&self) {
        let mut heads = Vec::new();
        for (service, (log, _)) in &self.sources.logs {
            let of = |(lane, seq)| Position { service: service.as_str().to_owned(), lane, seq };
            heads.extend(log.heads().await.unwrap().into_iter().map(of));
        }
        let own: Vec<(i32, i64)> =
            self.superuser_rows("SELECT lane, last_seq FROM log.lanes WHERE last_seq > 0").await;
        heads.extend(own.into_iter().map(|(lane, seq)| Position {
            service: "audit".to_owned(),
            lane: u16::try_from(lane).unwrap(),
            seq: u64::try_from(seq).unwrap(),
        }));
        for heads in heads.chunks(16) {
            // Refused before anything is read: it only waits.
            let client = self.as_parent(heads);
            let unbounded = holdfast_proto::audit::v1::SearchEntriesRequest {
                tenant_id: tenant().to_string(),
                ..Default::default()
            };
            let asked = || {
                let (mut client, unbounded) = (client.clone(), unbounded.clone());
                async move { client.search_entries(unbounded).await }
            };
            let outcome = patiently(asked).await;
            assert_eq!(reason(&outcome.unwrap_err()), "SEARCH_UNBOUNDED");
        }
    }

    pub async fn superuser_rows<R>(&self, sql: &'static str) -> Vec<R>
    where
        R: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        use sqlx::Connection;
        let mut conn = sqlx::PgConnection::connect(&self.database.superuser_url).await.unwrap();
        let rows = sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        rows
    }

    pub async fn end(self) {
        self.sources.stop.cancel();
        self.ended.await.unwrap().unwrap();
    }
}

/// What is not there yet is asked for again, as a good client does.
pub async fn patiently<T, F: Future<Output = Result<T, Status>>>(
    call: impl FnMut() -> F,
) -> Result<T, Status> {
    let (first_delay, delay_max) = (Duration::from_millis(20), Duration::from_millis(250));
    Retry { attempts_max: 100, first_delay, delay_max }.idempotent(call).await
}

/// As the database's superuser, who can do what no service can.
pub async fn tamper(database: &str, sql: String) {
    use sqlx::Connection;
    let mut conn = sqlx::PgConnection::connect(database).await.unwrap();
    let outcome = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    assert_eq!(outcome.rows_affected(), 1, "one row is tampered with");
    conn.close().await.unwrap();
}

fn log(service: Service, database: &TestDatabase) -> EventLog {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    EventLog::start(Parts {
        service: service.as_str().to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|opened| {
            Ok(Any::decode(opened.payload.clone()).ok().filter(|any| !any.type_url.is_empty()))
        }),
        committers: 2,
    })
}

fn role_files(dir: &Path, role: Service) -> holdfast_host::authority::RoleFiles {
    Authority::create(&dir.join("authority"), SystemClock.now()).unwrap().role(role.as_str()).unwrap()
}

fn tls(dir: &Path, role: Service) -> Tls {
    Tls::load(&role_files(dir, role)).unwrap()
}

fn host(dir: &Path, role: Service) -> Host {
    Host::bind(([127, 0, 0, 1], 0).into(), tls(dir, role), Arc::new(SystemIds)).unwrap()
}

fn address(host: &Host) -> Url {
    format!("https://127.0.0.1:{}", host.address().port()).parse().unwrap()
}

pub fn time(timestamp: Option<&prost_types::Timestamp>) -> DateTime<Utc> {
    holdfast_proto::time(timestamp.unwrap()).unwrap()
}

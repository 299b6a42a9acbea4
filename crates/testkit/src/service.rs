//! One service as it is served: mutual TLS, a database of the test's own, tokens of a key of the test's own, and consent as the test tells it.
use crate::{FakeClock, TestDatabase, database, servers};
use holdfast_access::{Claims, RoleAssignment, TokenSigner, TokenVerifier, views::ConsentFact};
use holdfast_eventlog::{Envelope, Source};
use holdfast_host::{
    Host, Migrations, PeerLog, Tls, TokenKeys,
    authority::Authority,
    client::{Outgoing, channel},
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl},
};
use holdfast_proto::access::v1::AccessRecorded;
use holdfast_types::{AccountId, Clock, Ids, PracticeId, Role, Service, SystemClock, SystemIds, TenantId};
use std::{net::SocketAddr, sync::Arc};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use url::Url;
use uuid::Uuid;

/// What a service is started with.
pub struct Start {
    pub settings: CommonSettings,
    pub keys: TokenKeys,
    pub host: Host,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub stop: CancellationToken,
}

pub struct Served {
    pub clock: FakeClock,
    pub database: TestDatabase,
    pub channel: Channel,
    /// The service's log as its peers read it.
    pub log: PeerLog,
    signer: TokenSigner,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts `service` by `serve`. Where it hears consent, consent is an empty log that the test owns, so the feed is fresh.
pub async fn served<F>(service: Service, migrations: Migrations, serve: impl FnOnce(Start) -> F) -> Served
where
    F: Future<Output = ()> + Send + 'static,
{
    holdfast_host::tls::install_crypto();
    let clock = FakeClock::monday_noon();
    let database = database(service.as_str(), &migrations.views, &migrations.feeds).await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    // The handshake looks at the real clock.
    let authority = Authority::create(&dir.path().join("tls"), SystemClock.now()).expect("an authority");
    let tls = |role: Service| {
        Tls::load(&authority.role(role.as_str()).expect("a certificate")).expect("certificates")
    };
    let master_key = dir.path().join("master.key");
    std::fs::write(&master_key, "07".repeat(32)).expect("a file");
    let stop = CancellationToken::new();
    let consent = silent_consent(tls(Service::Consent), &clock, &stop).await;
    let signer = TokenSigner::from_seed(&[1; 32]).expect("a key");
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let host = Host::bind(local, tls(service), Arc::clone(&ids)).expect("a port");
    let address = https(host.address());
    let mut settings = CommonSettings {
        tls: authority.role(service.as_str()).expect("a certificate").into(),
        database: DatabaseSettings {
            serve: DatabaseUrl::of(database.url.clone()),
            keys: KeysDatabaseUrl::of(database.keys_url.clone()),
            master_key_file: Some(master_key),
            ..DatabaseSettings::default()
        },
        nats: NatsUrl::of(servers().nats_url.clone()),
        bus_prefix: format!("test-{}", SystemIds.next().simple()),
        ..CommonSettings::default()
    };
    settings.peers.consent = Some(consent);
    let start = Start {
        settings,
        keys: TokenKeys::Own(TokenVerifier::new(&[signer.public_key()]).expect("a key")),
        host,
        clock: Arc::new(clock.clone()),
        ids,
        stop: stop.clone(),
    };
    tokio::spawn(serve(start));
    let open = |role| channel(service, &address, &tls(role)).expect("an address");
    let log = PeerLog::new(service, open(Service::Audit));
    Served { clock, database, channel: open(Service::Gateway), log, signer, stop, _dir: dir }
}

/// A log named consent with nothing in it.
async fn silent_consent(tls: Tls, clock: &FakeClock, stop: &CancellationToken) -> Url {
    let nothing = holdfast_eventlog::schema::Migrator::with_migrations(Vec::new());
    let database = database("consent_silent", &nothing, &[]).await;
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(clock.clone()), Arc::new(SystemIds));
    let log = holdfast_eventlog::EventLog::start(holdfast_eventlog::Parts {
        service: Service::Consent.as_str().to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::clone(&ids)),
        clock,
        ids: Arc::clone(&ids),
        projections: Vec::new(),
        publish: Arc::new(|_| Ok(None)),
        committers: 1,
    });
    let host = Host::bind(SocketAddr::from(([127, 0, 0, 1], 0)), tls, ids).expect("a port");
    let address = https(host.address());
    let services = holdfast_host::Services::new().with(holdfast_host::LogReader::new(log).into_server());
    let stop = stop.clone();
    tokio::spawn(async move {
        let readiness = holdfast_host::Readiness::new(["postgres"], []).await;
        host.serve(services, readiness, stop).await.expect("served");
        drop(database);
    });
    address
}

fn https(address: SocketAddr) -> Url {
    Url::parse(&format!("https://{address}")).expect("an address")
}

/// Somebody who calls, with the roles that their token says.
#[derive(Debug, Clone)]
pub struct Person {
    pub account: AccountId,
    pub roles: Vec<RoleAssignment>,
}

pub fn person(number: u128) -> Person {
    Person { account: AccountId::new(Uuid::from_u128(number)), roles: Vec::new() }
}

impl Person {
    #[must_use]
    pub fn with(mut self, role: Role, practice: Option<PracticeId>) -> Self {
        self.roles.push(RoleAssignment { role, tenant: tenant(), practice });
        self
    }
}

pub fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(0x7E1))
}

pub fn practice() -> PracticeId {
    PracticeId::new(Uuid::from_u128(0xB1))
}

impl Served {
    /// What a call of this person carries.
    pub fn outgoing(&self, person: &Person) -> Outgoing {
        let iat = self.clock.now().timestamp();
        let (account, roles) = (person.account, person.roles.clone());
        let token = self.signer.sign(&Claims { account, session: None, roles, iat, exp: iat + 300 });
        Outgoing::new().bearer(token.expect("a token").into())
    }

    /// Tells the service what consent would have told it.
    pub async fn consent_says(&self, facts: &[ConsentFact]) {
        let mut conn = self.database.pool.acquire().await.expect("a connection");
        for fact in facts {
            holdfast_access::views::apply(&mut conn, fact).await.expect("applied");
        }
    }

    /// Everything on the service's log, as the other services hear it.
    pub async fn envelopes(&self) -> Vec<Envelope> {
        let mut all = Vec::new();
        for (lane, _) in self.log.heads().await.expect("heads") {
            all.extend(self.log.read_lane(lane, 0, 1000).await.expect("a lane"));
        }
        all
    }

    /// The access events of one operation.
    pub async fn looks(&self, operation: &str) -> Vec<AccessRecorded> {
        let payloads = self.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
        let looks = payloads.filter_map(|payload| payload.to_msg::<AccessRecorded>().ok());
        looks.filter(|look| look.operation == operation).collect()
    }
}

//! Services as they are served beside each other: certificates of one authority, one bus, a database for each, tokens of one key.
use crate::{TestDatabase, database_on, servers, service::Person};
use chrono::{DateTime, Utc};
use holdfast_access::{Claims, Shown, TokenSigner, TokenVerifier};
use holdfast_host::{
    Host, Migrations, PeerLog, Tls, TokenKeys,
    authority::Authority,
    client::{Outgoing, channel},
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl, PeerSettings},
};
use holdfast_types::{Clock, Ids, Service, SystemClock, SystemIds};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use url::Url;

/// What a service is started with.
pub struct Start {
    pub settings: CommonSettings,
    pub keys: TokenKeys,
    pub host: Host,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub stop: CancellationToken,
}

/// Its services are told to stop when it is dropped.
pub struct Network {
    postgres_superuser_url: String,
    nats_url: String,
    clock: Arc<dyn Clock>,
    authority: Authority,
    signer: TokenSigner,
    peers: PeerSettings,
    prefix: String,
    stop: CancellationToken,
    dir: PathBuf,
    /// None in another process than the one that made it.
    _own: Option<tempfile::TempDir>,
}

/// What another process is told that serves in a network.
const FOLDER: &str = "HOLDFAST_TEST_NETWORK";
const SERVERS: [&str; 2] = ["HOLDFAST_TEST_NETWORK_POSTGRES", "HOLDFAST_TEST_NETWORK_NATS"];
const PREFIX: &str = "HOLDFAST_TEST_NETWORK_PREFIX";
const PEERS: &str = "HOLDFAST_TEST_NETWORK_PEERS";

impl Drop for Network {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Network {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::on(servers().postgres_superuser_url.clone(), servers().nats_url.clone(), clock)
    }

    /// On servers that the test may stop.
    pub fn on(postgres_superuser_url: String, nats_url: String, clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("master.key"), "07".repeat(32)).expect("a file");
        let prefix = format!("test-{}", SystemIds.next().simple());
        let (path, peers) = (dir.path().to_owned(), PeerSettings::default());
        Self::of(path, Some(dir), [postgres_superuser_url, nats_url], prefix, peers, clock)
    }

    fn of(
        dir: PathBuf,
        own: Option<tempfile::TempDir>,
        [postgres_superuser_url, nats_url]: [String; 2],
        prefix: String,
        peers: PeerSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        holdfast_host::tls::install_crypto();
        // The handshake looks at the real clock.
        let authority = Authority::create(&dir.join("tls"), SystemClock.now()).expect("an authority");
        let signer = TokenSigner::from_seed(&[1; 32]).expect("a key");
        let stop = CancellationToken::new();
        Self {
            postgres_superuser_url,
            nats_url,
            clock,
            authority,
            signer,
            peers,
            prefix,
            stop,
            dir,
            _own: own,
        }
    }

    /// What another process has to be told to serve in this network, as its environment.
    pub fn told(&self) -> [(&'static str, String); 5] {
        let PeerSettings { identity, records, documents, consent, messaging, audit } = &self.peers;
        let peers = [identity, records, documents, consent, messaging, audit];
        let peers = peers.map(|peer| peer.as_ref().map(Url::to_string).unwrap_or_default());
        [
            (FOLDER, self.dir.to_str().expect("a path").to_owned()),
            (SERVERS[0], self.postgres_superuser_url.clone()),
            (SERVERS[1], self.nats_url.clone()),
            (PREFIX, self.prefix.clone()),
            (PEERS, peers.join(" ")),
        ]
    }

    /// The network that another process has told of; none where nobody has.
    pub fn of_another_process(clock: Arc<dyn Clock>) -> Option<Self> {
        let told = |name| std::env::var(name).ok();
        let (dir, prefix, peers) = (told(FOLDER)?, told(PREFIX)?, told(PEERS)?);
        let mut peers = peers.split(' ').map(|peer| Url::parse(peer).ok());
        let mut peer = || peers.next().flatten();
        let peers = PeerSettings {
            identity: peer(),
            records: peer(),
            documents: peer(),
            consent: peer(),
            messaging: peer(),
            audit: peer(),
        };
        let servers = [told(SERVERS[0])?, told(SERVERS[1])?];
        Some(Self::of(dir.into(), None, servers, prefix, peers, clock))
    }

    /// Databases and a port for a service. Those prepared before are its peers.
    pub async fn prepare(&mut self, service: Service, migrations: &Migrations) -> (Start, TestDatabase) {
        let Migrations { views, feeds } = migrations;
        let database = database_on(&self.postgres_superuser_url, service.as_str(), views, feeds).await;
        let start = self.start(service, database.url.clone(), database.keys_url.clone());
        (start, database)
    }

    /// A port for a service that keeps its tables there.
    pub fn start(&mut self, service: Service, url: String, keys_url: String) -> Start {
        let host = self.bind(service);
        let settings = CommonSettings {
            tls: self.authority.role(service.as_str()).expect("a certificate").into(),
            peers: self.peers.clone(),
            database: DatabaseSettings {
                serve: DatabaseUrl::of(url),
                keys: KeysDatabaseUrl::of(keys_url),
                master_key_file: Some(self.folder("master.key")),
                ..DatabaseSettings::default()
            },
            nats: NatsUrl::of(self.nats_url.clone()),
            bus_prefix: self.prefix.clone(),
            ..CommonSettings::default()
        };
        Start {
            settings,
            keys: TokenKeys::Own(TokenVerifier::new(&[self.signer.public_key()]).expect("a key")),
            host,
            clock: Arc::clone(&self.clock),
            ids: Arc::new(SystemIds),
            stop: self.stop(),
        }
    }

    /// Of the gateway, which keeps nothing and listens where it is told.
    pub fn gateway(&self) -> CommonSettings {
        let tls = self.authority.role(Service::Gateway.as_str()).expect("a certificate").into();
        CommonSettings { tls, peers: self.peers.clone(), ..CommonSettings::default() }
    }

    /// A port, which is the service's address from now on.
    pub fn bind(&mut self, service: Service) -> Host {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let host = Host::bind(local, self.tls(service), Arc::new(SystemIds)).expect("a port");
        let address = Url::parse(&format!("https://{}", host.address())).expect("an address");
        self.is_at(service, address);
        host
    }

    /// Where another process serves it.
    pub fn is_at(&mut self, service: Service, address: Url) {
        let known = match service {
            Service::Identity => &mut self.peers.identity,
            Service::Records => &mut self.peers.records,
            Service::Documents => &mut self.peers.documents,
            Service::Consent => &mut self.peers.consent,
            Service::Messaging => &mut self.peers.messaging,
            Service::Audit => &mut self.peers.audit,
            Service::Gateway => panic!("the gateway speaks no gRPC"),
        };
        *known = Some(address);
    }

    /// To a service, as the gateway comes.
    pub fn channel(&self, service: Service) -> Channel {
        self.channel_as(Service::Gateway, service)
    }

    /// A service's log as its peers read it.
    pub fn log(&self, service: Service) -> PeerLog {
        PeerLog::new(service, self.channel_as(Service::Audit, service))
    }

    fn channel_as(&self, role: Service, service: Service) -> Channel {
        let address = self.peers.of(service).expect("a service of this network");
        channel(service, address, &self.tls(role)).expect("an address")
    }

    fn tls(&self, role: Service) -> Tls {
        Tls::load(&self.authority.role(role.as_str()).expect("a certificate")).expect("certificates")
    }

    /// What a call of this person carries, for the next five minutes.
    pub fn outgoing(&self, person: &Person) -> Outgoing {
        Outgoing::new().bearer(self.token(person, self.clock.now()).into())
    }

    /// Of a session that has just shown a second factor.
    pub fn outgoing_shown(&self, person: &Person) -> Outgoing {
        let now = self.clock.now();
        let shown =
            Shown { amr: vec!["otp"], auth_time: now.timestamp(), second_time: Some(now.timestamp()) };
        let token = self.signer.sign_shown(&claims(person, now), Some(&shown)).expect("a token");
        Outgoing::new().bearer(token.into())
    }

    pub fn token(&self, person: &Person, issued: DateTime<Utc>) -> String {
        self.signer.sign(&claims(person, issued)).expect("a token")
    }

    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// A place of the test's own.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Of a token that lives five minutes.
pub fn claims(person: &Person, issued: DateTime<Utc>) -> Claims {
    let iat = issued.timestamp();
    let (account, roles) = (person.account, person.roles.clone());
    Claims { account, session: None, roles, iat, exp: iat + 300 }
}

//! Health as a probe sees it, while each thing that a role stands on goes away under it and comes back.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a test")]
use holdfast_access::{TokenSigner, TokenVerifier, views::MIGRATIONS as CONSENT_VIEW};
use holdfast_eventlog::{
    Databases, Envelope, Source, SourceError,
    schema::{self, Migrator},
};
use holdfast_host::{
    Blueprint, ConsentView, Ground, Host, LogReader, Readiness, Services, Tls, TokenKeys,
    authority::Authority,
    settings::{CommonSettings, DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, NatsUrl},
    tls::install_crypto,
};
use holdfast_supervise::{Nats, NatsSettings, Postgres, PostgresSettings};
use holdfast_testkit::binaries;
use holdfast_types::{Clock as _, Service, SystemClock, SystemIds};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    task::{JoinHandle, block_in_place},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

const PATIENCE: Duration = Duration::from_secs(120);
const PASSWORD: &str = "testing";

/// Consent, of which nothing was heard because it said nothing.
struct Silent;

#[async_trait::async_trait]
impl Source for Silent {
    fn service(&self) -> &str {
        "consent"
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Ok(Vec::new())
    }
    async fn read_lane(&self, _: u16, _: u64, _: u32) -> Result<Vec<Envelope>, SourceError> {
        Ok(Vec::new())
    }
}

fn tls(authority: &Authority, role: Service) -> Tls {
    Tls::load(&authority.role(role.as_str()).unwrap()).unwrap()
}

fn host(authority: &Authority, role: Service, port: u16) -> Host {
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    Host::bind(listen, tls(authority, role), Arc::new(SystemIds)).unwrap().with_drain_limit(Duration::ZERO)
}

/// Answers as consent until told to stop.
async fn consent(host: Host) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let services = Services::new().with(LogReader::new(Silent).into_server());
    let readiness = Readiness::new([""; 0], []).await;
    let serving = host.serve(services, readiness, stop.clone());
    (stop, tokio::spawn(async move { serving.await.unwrap() }))
}

/// A role that hears consent, on servers of the test's own.
async fn settings(
    dir: &Path,
    authority: &Authority,
    postgres: &Postgres,
    nats: &Nats,
    consent_port: u16,
) -> CommonSettings {
    let databases = Databases {
        name: "records".to_owned(),
        owner_password: PASSWORD.to_owned(),
        serving_password: PASSWORD.to_owned(),
        keys_password: PASSWORD.to_owned(),
    };
    schema::provision(&postgres.superuser_url(), &databases).await.unwrap();
    let url = |role: &str, database: &str| {
        format!("postgres://{role}:{PASSWORD}@127.0.0.1:{}/{database}", postgres.port())
    };
    let no_views = Migrator::with_migrations(Vec::new());
    schema::migrate(&url("records_owner", "records"), "records", &no_views, &[&CONSENT_VIEW]).await.unwrap();
    schema::migrate_keys(&url("records_owner", "records_keys"), "records_keys").await.unwrap();
    let master_key = dir.join("master.key");
    std::fs::write(&master_key, "07".repeat(32)).unwrap();
    let mut settings = CommonSettings {
        tls: authority.role("records").unwrap().into(),
        database: DatabaseSettings {
            serve: DatabaseUrl::of(url("records", "records")),
            keys: KeysDatabaseUrl::of(url("records_keys", "records_keys")),
            master_key_file: Some(master_key),
            ..DatabaseSettings::default()
        },
        nats: NatsUrl::of(nats.url()),
        consent_stale_seconds_max: 2,
        ..CommonSettings::default()
    };
    settings.peers.consent = Some(format!("https://127.0.0.1:{consent_port}").parse().unwrap());
    settings
}

struct Probe(Channel);

impl Probe {
    async fn is(&self, name: &str) -> ServingStatus {
        let request = HealthCheckRequest { service: name.to_owned() };
        HealthClient::new(self.0.clone()).check(request).await.unwrap().into_inner().status()
    }

    async fn becomes(&self, name: &str, wanted: ServingStatus) {
        let request = HealthCheckRequest { service: name.to_owned() };
        let watched = async {
            let mut said = HealthClient::new(self.0.clone()).watch(request).await.unwrap().into_inner();
            while said.message().await.unwrap().unwrap().status() != wanted {}
        };
        timeout(PATIENCE, watched).await.unwrap_or_else(|_| panic!("`{name}` does not become {wanted:?}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_away_under_a_role_is_down_by_name_and_up_again_when_it_is_back() {
    use ServingStatus::{NotServing, Serving};
    install_crypto();
    let dir = tempfile::tempdir().unwrap();
    let mut postgres =
        Postgres::start(&binaries(), &dir.path().join("postgres"), PostgresSettings::default()).unwrap();
    let mut nats = Nats::start(&binaries(), &dir.path().join("nats"), NatsSettings::default()).unwrap();
    let authority = Authority::create(&dir.path().join("tls"), SystemClock.now()).unwrap();
    let of_consent = host(&authority, Service::Consent, 0);
    let consent_port = of_consent.address().port();
    let (consent_stop, consent_ended) = consent(of_consent).await;
    let settings = settings(dir.path(), &authority, &postgres, &nats, consent_port).await;
    let signer = TokenSigner::from_seed(&[1; 32]).unwrap();
    let blueprint = Blueprint {
        service: Service::Records,
        projections: Vec::new(),
        publish: Arc::new(|_| Ok(None)),
        consent: ConsentView::Feed,
        feeds: Vec::new(),
        keys: TokenKeys::Own(TokenVerifier::new(&[signer.public_key()]).unwrap()),
    };
    let stop = CancellationToken::new();
    let ground =
        Ground::start(&settings, blueprint, Arc::new(SystemClock), Arc::new(SystemIds), &stop).await.unwrap();
    let of_records = host(&authority, Service::Records, 0);
    let url = format!("https://{}", of_records.address());
    let served = tokio::spawn(ground.serve(of_records, Services::new(), stop.clone()));
    let app = tls(&authority, Service::Records).anonymous_client("localhost");
    let probe = Probe(Endpoint::from_shared(url).unwrap().tls_config(app).unwrap().connect_lazy());
    for name in ["postgres", "nats", "key-set", "feed/consent", ""] {
        probe.becomes(name, Serving).await;
    }

    block_in_place(|| nats.kill());
    probe.becomes("nats", NotServing).await;
    assert_eq!(probe.is("").await, Serving, "the bus only carries");
    block_in_place(|| nats.start_again()).unwrap();
    probe.becomes("nats", Serving).await;

    consent_stop.cancel();
    consent_ended.await.unwrap();
    probe.becomes("feed/consent", NotServing).await;
    probe.becomes("", NotServing).await;
    assert_eq!(probe.is("postgres").await, Serving);
    let (consent_stop, _) = consent(host(&authority, Service::Consent, consent_port)).await;
    probe.becomes("feed/consent", Serving).await;
    probe.becomes("", Serving).await;

    block_in_place(|| postgres.kill());
    probe.becomes("postgres", NotServing).await;
    probe.becomes("", NotServing).await;
    assert_eq!(probe.is("live").await, Serving, "it is not the process that is ill");
    block_in_place(|| postgres.start_again()).unwrap();
    probe.becomes("postgres", Serving).await;
    probe.becomes("", Serving).await;
    stop.cancel();
    consent_stop.cancel();
    served.await.unwrap().unwrap();
}

//! A role that really answers over mutual TLS on a port of its own, for the tests of this folder.
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
use holdfast_eventlog::{Envelope, Header, Source, SourceError};
use holdfast_host::{
    Host, HostError, LogReader, Readiness, Services, Tls, authority::Authority, rpc::Limits,
};
use holdfast_types::{Actor, Clock as _, EventId, Purpose, Service, SystemClock, SystemIds, TenantId};
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use url::Url;
use uuid::Uuid;

pub fn tls(dir: &Path, role: Service) -> Tls {
    let authority = Authority::create(dir, SystemClock.now()).unwrap();
    Tls::load(&authority.role(role.as_str()).unwrap()).unwrap()
}

/// Three events in lane 5; answers only once it is let go, if it is told to hold.
#[derive(Default)]
pub struct Lane {
    pub hold: AtomicBool,
    pub asked: Notify,
    pub let_go: Notify,
}

pub fn envelope(lane_seq: u64) -> Envelope {
    let time = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let id = Uuid::from_u128(lane_seq.into());
    let header = Header {
        service: "consent".into(),
        lane: 5,
        lane_seq,
        event_id: EventId::new(id),
        tenant: TenantId::new(id),
        stream: format!("grant/{id}").parse().unwrap(),
        revision: lane_seq,
        event_type: "grant.given".into(),
        schema_version: 1,
        subject: id,
        patient: None,
        actor: Actor::Anonymous,
        on_behalf_of: None,
        purpose: Purpose::Treatment,
        correlation: id,
        causation: None,
        traceparent: None,
        occurred: time,
        recorded: time,
        key_id: id,
        by_right: None,
        payload_sha256: [7; 32],
    };
    Envelope { leaf: header.leaf(), header, public_payload: None }
}

struct Shared(Arc<Lane>);

#[async_trait::async_trait]
impl Source for Shared {
    fn service(&self) -> &str {
        "consent"
    }

    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        if self.0.hold.load(Ordering::SeqCst) {
            self.0.asked.notify_one();
            self.0.let_go.notified().await;
        }
        Ok(vec![(5, 3)])
    }

    async fn read_lane(&self, lane: u16, after_seq: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        let last = (after_seq + u64::from(limit)).min(3);
        Ok(if lane == 5 { (after_seq + 1..=last).map(envelope).collect() } else { vec![] })
    }
}

pub struct Served {
    pub dir: tempfile::TempDir,
    pub url: Url,
    pub lane: Arc<Lane>,
    pub readiness: Readiness,
    pub stop: CancellationToken,
    pub ended: JoinHandle<Result<(), HostError>>,
}

/// Consent's event log, with the given limits.
pub async fn serve(limits: Limits) -> Served {
    holdfast_host::tls::install_crypto();
    let dir = tempfile::tempdir().unwrap();
    let tls = tls(dir.path(), Service::Consent);
    let host = Host::bind(([127, 0, 0, 1], 0).into(), tls, Arc::new(SystemIds)).unwrap().with_limits(limits);
    let url = format!("https://127.0.0.1:{}", host.address().port()).parse().unwrap();
    let lane = Arc::new(Lane::default());
    let services = Services::new().with(LogReader::new(Shared(lane.clone())).into_server());
    let readiness = Readiness::new(["postgres"], ["nats"]).await;
    let stop = CancellationToken::new();
    let ended = tokio::spawn(host.serve(services, readiness.clone(), stop.clone()));
    Served { dir, url, lane, readiness, stop, ended }
}

impl Served {
    /// As another role.
    pub fn peer(&self, role: Service) -> Channel {
        holdfast_host::client::channel(Service::Consent, &self.url, &tls(self.dir.path(), role)).unwrap()
    }

    /// As an app: TLS without a certificate of its own.
    pub fn app(&self) -> Channel {
        let tls = tls(self.dir.path(), Service::Consent).anonymous_client("localhost");
        Endpoint::from_shared(self.url.to_string()).unwrap().tls_config(tls).unwrap().connect_lazy()
    }
}

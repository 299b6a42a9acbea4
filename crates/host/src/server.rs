//! One role's gRPC server: its services, health, reflection and limits on one port with TLS, stopped gracefully.
use crate::{
    health::Readiness,
    rpc::{Limits, RpcLayer},
    tls::Tls,
    turned_away::TurnedAway,
};
use holdfast_types::Ids;
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    server::NamedService,
    service::RoutesBuilder,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::server::HealthService;
use tower::Service;

/// Largest message a service takes. It is what tonic's generated servers take unless told otherwise.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const STREAMS_PER_CONNECTION_MAX: u32 = 256;
const HEADER_BYTES_MAX: u32 = 64 * 1024;
/// What a peer sends before it is told that more is wanted, by stream and by connection; and in one frame: a file comes in few of them.
const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const FRAME_BYTES_MAX: u32 = 256 * 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the contracts' descriptors cannot be read")]
    Descriptors(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the server failed")]
    Serve(#[source] tonic::transport::Error),
}

/// Health alone, without TLS, for probes that speak none: whether the role is ready, and nothing else.
pub async fn serve_health(
    listen: SocketAddr,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), HostError> {
    let incoming =
        TcpIncoming::bind(listen).map_err(|source| HostError::Listen { address: listen, source })?;
    let health = HealthService::from_health_reporter(readiness.reporter());
    Server::builder()
        .add_service(tonic_health::pb::health_server::HealthServer::new(health))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await
        .map_err(HostError::Serve)
}

/// The gRPC services of one role.
#[derive(Debug, Default)]
pub struct Services {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
}

impl Services {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self.names.push(S::NAME);
        self
    }
}

/// A role that has its port, and is not answering yet.
pub struct Host {
    incoming: TcpIncoming,
    address: SocketAddr,
    tls: Tls,
    limits: Limits,
    ids: Arc<dyn Ids>,
    drain_limit: Duration,
    turned_away: Option<Arc<TurnedAway>>,
}

impl Host {
    /// Takes the port; port 0 takes any that is free. Inside a tokio runtime.
    pub fn bind(listen: SocketAddr, tls: Tls, ids: Arc<dyn Ids>) -> Result<Self, HostError> {
        let failed = |source| HostError::Listen { address: listen, source };
        let incoming = TcpIncoming::bind(listen).map_err(failed)?.with_nodelay(Some(true));
        let address = incoming.local_addr().map_err(failed)?;
        Ok(Self {
            incoming,
            address,
            tls,
            limits: Limits::default(),
            ids,
            drain_limit: Duration::from_secs(10),
            turned_away: None,
        })
    }

    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long calls in hand may go on once the role is told to stop.
    #[must_use]
    pub fn with_drain_limit(mut self, limit: Duration) -> Self {
        self.drain_limit = limit;
        self
    }

    /// Where those are counted who are turned away.
    #[must_use]
    pub(crate) fn counting(mut self, turned_away: Arc<TurnedAway>) -> Self {
        self.turned_away = Some(turned_away);
        self
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until told to stop: then it is no longer ready, takes no new connection, lets the calls in hand end, and
    /// drops what has not ended in time.
    pub async fn serve(
        self,
        services: Services,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> Result<(), HostError> {
        let Services { mut routes, names } = services;
        let layer = RpcLayer::new(self.limits, self.ids, self.turned_away)
            .map_err(|error| HostError::Descriptors(error.into()))?;
        let unreadable = |error: tonic_reflection::server::Error| HostError::Descriptors(error.into());
        routes.add_service(reflection(&names).build_v1().map_err(unreadable)?);
        // What tools in the field still ask for: the same messages under the older name.
        routes.add_service(reflection(&names).build_v1alpha().map_err(unreadable)?);
        let health = HealthService::from_health_reporter(readiness.reporter());
        routes.add_service(tonic_health::pb::health_server::HealthServer::new(health));
        let draining = CancellationToken::new();
        let server = Server::builder()
            .tls_config(self.tls.server().timeout(HANDSHAKE_TIMEOUT))
            .map_err(HostError::Serve)?
            .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_frame_size(FRAME_BYTES_MAX)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .layer(layer)
            .add_routes(routes.routes())
            .serve_with_incoming_shutdown(self.incoming, draining.clone().cancelled_owned());
        let overdue = async {
            stop.cancelled().await;
            readiness.stop().await;
            draining.cancel();
            tokio::time::sleep(self.drain_limit).await;
        };
        tokio::select! {
            ended = server => ended.map_err(HostError::Serve),
            () = overdue => {
                tracing::warn!("calls in hand did not end in time and were dropped");
                Ok(())
            }
        }
    }
}

fn reflection(names: &[&'static str]) -> tonic_reflection::server::Builder<'static> {
    let described = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(holdfast_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health")
        .with_service_name("grpc.reflection.v1.ServerReflection")
        .with_service_name("grpc.reflection.v1alpha.ServerReflection");
    names.iter().fold(described, |reflection, name| reflection.with_service_name(*name))
}

//! `holdfast serve <role>`: one role of the installation, as its own process.
use anyhow::Result;
use clap::Subcommand;
use holdfast_host::{Host, LogStyle, Telemetry, settings::CommonSettings, shutdown};
use holdfast_identity::Announce;
use holdfast_types::{Clock, Ids, SystemClock, SystemIds};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Each role's settings are its flags; `holdfast serve <role> --help` lists them.
#[derive(Subcommand)]
pub(crate) enum Role {
    Identity(holdfast_identity::config::Settings),
    Records(holdfast_records::config::Settings),
    Documents(holdfast_documents::config::Settings),
    Consent(holdfast_consent::config::Settings),
    Messaging(holdfast_messaging::config::Settings),
    Audit(holdfast_audit::config::Settings),
    Gateway(holdfast_gateway::config::Settings),
}

impl Role {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Identity(_) => "identity",
            Self::Records(_) => "records",
            Self::Documents(_) => "documents",
            Self::Consent(_) => "consent",
            Self::Messaging(_) => "messaging",
            Self::Audit(_) => "audit",
            Self::Gateway(_) => "gateway",
        }
    }

    const fn common(&self) -> &CommonSettings {
        match self {
            Self::Identity(settings) => &settings.common,
            Self::Records(settings) => &settings.common,
            Self::Documents(settings) => &settings.common,
            Self::Consent(settings) => &settings.common,
            Self::Messaging(settings) => &settings.common,
            Self::Audit(settings) => &settings.common,
            Self::Gateway(settings) => &settings.common,
        }
    }

    /// Answers on a port that is taken already, until told to stop.
    /// `announce` hears of each sign-in link where mails go to a folder.
    pub(crate) async fn answer(
        self,
        host: Bound,
        announce: Option<Announce>,
        stop: CancellationToken,
    ) -> Result<()> {
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
        match (self, host) {
            (Self::Identity(settings), Bound::Grpc(host)) => {
                holdfast_identity::serve(&settings, host, clock, ids, announce, stop).await?;
            }
            (Self::Records(settings), Bound::Grpc(host)) => {
                holdfast_records::serve(settings, host, clock, ids, stop).await?;
            }
            (Self::Documents(settings), Bound::Grpc(host)) => {
                holdfast_documents::serve(settings, host, clock, ids, stop).await?;
            }
            (Self::Consent(settings), Bound::Grpc(host)) => {
                holdfast_consent::serve(settings, host, clock, ids, stop).await?;
            }
            (Self::Messaging(settings), Bound::Grpc(host)) => {
                holdfast_messaging::serve(settings, host, clock, ids, stop).await?;
            }
            (Self::Audit(settings), Bound::Grpc(host)) => {
                holdfast_audit::serve(settings, host, clock, ids, stop).await?;
            }
            (Self::Gateway(settings), Bound::Http(listener)) => {
                holdfast_gateway::serve(settings, listener, clock, ids, stop).await?;
            }
            (role, _) => anyhow::bail!("the port of {} is of the wrong kind", role.name()),
        }
        Ok(())
    }
}

/// A role's port.
#[expect(clippy::large_enum_variant, reason = "seven are made, once")]
pub(crate) enum Bound {
    Grpc(Host),
    Http(tokio::net::TcpListener),
}

pub(crate) async fn run(role: Role) -> Result<()> {
    let common = role.common().clone();
    let endpoint = common.telemetry.otlp_endpoint.as_ref();
    let telemetry = Telemetry::start(role.name(), LogStyle::Json, &common.telemetry.log, endpoint)?;
    let stop = shutdown::on_signal()?;
    let bound = match role {
        Role::Gateway(_) => Bound::Http(tokio::net::TcpListener::bind(common.listen).await?),
        _ => Bound::Grpc(Host::bind(common.listen, common.tls.load()?, Arc::new(SystemIds))?),
    };
    tracing::info!(role = role.name(), "starting");
    let outcome = role.answer(bound, None, stop).await;
    telemetry.shutdown().await;
    outcome
}

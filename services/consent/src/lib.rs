//! Consent: who stands how towards a record, and what its holder shares.
//!
//! A record is opened with its first holder; holders name further holders, give grants and revoke them. Both aggregates live on the
//! patient's lane, so that what consent says of one patient is heard in the order in which it was decided. The other services
//! hear it through the public events and decide by themselves; consent decides on the same tables, which it keeps for itself.
mod api;
mod app;
pub mod config;
pub mod domain;
mod message;
mod public;
pub mod views;

use app::App;
use holdfast_host::{Blueprint, ConsentView, Ground, GroundError, Host, Migrations, Services, TokenKeys};
use holdfast_types::{Clock, Ids, Service};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use public::publish;

/// The tables of this service. It hears nobody, so it has no feeds.
pub fn migrations() -> Migrations {
    Migrations { views: views::migrations(), feeds: Vec::new() }
}

/// Answers until told to stop.
pub async fn serve(
    settings: config::Settings,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), GroundError> {
    serve_with_keys(settings, TokenKeys::OfIdentity, host, clock, ids, stop).await
}

/// The same with public keys that are known beforehand.
pub async fn serve_with_keys(
    settings: config::Settings,
    keys: TokenKeys,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), GroundError> {
    let blueprint = Blueprint {
        service: Service::Consent,
        projections: vec![Arc::new(views::Consent)],
        publish: Arc::new(publish),
        consent: ConsentView::Own,
        feeds: Vec::new(),
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, clock, ids, &stop).await?;
    let app = App::new(ground.log().clone(), ground.gate().clone());
    let services = Services::new().with(api::service(ground.clone(), app));
    ground.serve(host, services, stop).await
}

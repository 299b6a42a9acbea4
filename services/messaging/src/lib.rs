//! Messaging: threads between a family and a care team, about one record.
//!
//! A thread is addressed to a practice. The record's holders read and write all of its threads; others those of practices at which
//! they hold a role, as far as a grant of the category `messages` reaches them. A live stream asks the gate again for every message
//! and every second, so it ends when the access ends.
mod api;
mod app;
pub mod config;
pub mod domain;
mod public;
pub mod views;

use app::App;
use holdfast_access::views::Erasure;
use holdfast_eventlog::schema::Migrator;
use holdfast_host::{
    Blueprint, ConsentView, Ground, GroundError, Host, Migrations, Services, TokenKeys, data_keys,
};
use holdfast_types::{Clock, Ids, Service};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use public::publish;

static FEEDS: Migrator = sqlx::migrate!("migrations/feeds");

/// The tables of this service. Of the others it hears consent, and from identity which practices there are.
pub fn migrations() -> Migrations {
    Migrations {
        views: sqlx::migrate!("migrations/views"),
        feeds: vec![&holdfast_access::views::MIGRATIONS, &FEEDS],
    }
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
    let data_keys = data_keys(&settings.common, &clock, &ids)?;
    let blueprint = Blueprint {
        service: Service::Messaging,
        projections: vec![Arc::new(views::Threads::new(data_keys.clone()))],
        publish: Arc::new(publish),
        consent: ConsentView::Feed,
        feeds: vec![
            (Service::Consent, Arc::new(Erasure::new(data_keys, views::OF_PATIENT))),
            (Service::Identity, Arc::new(views::Practices)),
        ],
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, clock, ids, &stop).await?;
    let app = App::new(ground.clone());
    let services = Services::new().with(api::service(ground.clone(), app, stop.clone()));
    ground.serve(host, services, stop).await
}

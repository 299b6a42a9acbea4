//! Records: patients, and what is known of them by category, with source, provenance, freshness and history.
//!
//! A record holds items: FHIR R4 resources, each with a stream of its own that begins with what its source said and keeps
//! every later word. All of a patient's streams share one lane, so a file is taken in by one append, all or nothing. Items
//! are named after the patient, their source and their key inside it: the same file again meets the same streams, and says
//! nothing new. What is read is read by permit, and leaves when its access event is committed.
mod api;
mod app;
pub mod config;
pub mod domain;
mod public;
mod views;

use app::App;
use config::Settings;
use holdfast_access::views::Erasure;
use holdfast_eventlog::{KeyRing, MasterKey, schema};
use holdfast_host::{Blueprint, ConsentView, Ground, GroundError, Host, Migrations, Services, TokenKeys};
use holdfast_types::{Clock, Ids, Service};
use secrecy::ExposeSecret;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use public::publish;
pub use views::RecordViews;

/// The read models need a few keys at a time, inside an append.
const KEY_CONNECTIONS_MAX: u32 = 2;

/// The tables of this service: its own, and the view of consent.
pub fn migrations() -> Migrations {
    Migrations { views: views::migrations(), feeds: vec![&CONSENT] }
}

static CONSENT: schema::Migrator = holdfast_access::views::MIGRATIONS;

/// Answers until told to stop; tokens are verified with identity's key set.
pub async fn serve(
    settings: Settings,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), GroundError> {
    serve_with(settings, TokenKeys::OfIdentity, host, clock, ids, stop).await
}

/// Answers until told to stop; tokens are verified with the given keys.
pub async fn serve_with(
    settings: Settings,
    keys: TokenKeys,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), GroundError> {
    let keys_of_data = key_ring(&settings, Arc::clone(&clock), Arc::clone(&ids))?;
    let views = RecordViews::new(keys_of_data.clone());
    let blueprint = Blueprint {
        service: Service::Records,
        projections: vec![Arc::new(views)],
        publish: Arc::new(publish),
        consent: ConsentView::Feed,
        feeds: vec![(Service::Consent, Arc::new(Erasure::new(keys_of_data, views::OF_PATIENT)))],
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, clock, ids, &stop).await?;
    let app = App::new(ground.log().clone(), ground.gate().clone());
    let services = Services::new()
        .with(api::service(ground.clone(), app.clone()))
        .with(api::proposals::service(ground.clone(), app));
    ground.serve(host, services, stop).await
}

fn key_ring(settings: &Settings, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<KeyRing, GroundError> {
    let database = &settings.common.database;
    let pool = schema::connect(database.keys.required()?.expose_secret(), KEY_CONNECTIONS_MAX)?;
    Ok(KeyRing::new(pool, MasterKey::read(database.master_key_file()?)?, clock, ids))
}

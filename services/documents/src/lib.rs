//! Documents: papers and media of a record, sealed in an object store.
//!
//! A document comes in by an upload that can be gone on with where it broke off: announced, its parts kept as they arrive, completed
//! when size, digest and kind are what was announced. Every part is sealed under the document's own key, to its place, before it
//! leaves the process. A download is on the log before its first byte, and ends when the access ends.
mod api;
mod app;
pub mod config;
pub mod domain;
pub mod janitor;
pub mod keys;
pub mod objects;
mod public;
pub mod views;

use app::App;
use holdfast_access::views::Erasure;
use holdfast_host::{
    Blueprint, ConsentView, Ground, GroundError, Host, Migrations, Services, TokenKeys, data_keys,
};
use holdfast_types::{Clock, Ids, Service};
use janitor::Janitor;
use objects::{Objects, StoreError};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use public::publish;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the ground of the service gives way")]
    Ground(#[from] GroundError),
    #[error("the object store cannot be used")]
    Store(#[source] StoreError),
}

/// The tables of this service. Of the others it hears consent alone.
pub fn migrations() -> Migrations {
    Migrations {
        views: views::migrations(),
        feeds: vec![&holdfast_access::views::MIGRATIONS, &views::PROGRESS],
    }
}

/// Answers until told to stop.
pub async fn serve(
    settings: config::Settings,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
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
) -> Result<(), ServeError> {
    let objects = Objects::open(&settings.object_store).map_err(ServeError::Store)?;
    let data_keys = data_keys(&settings.common, &clock, &ids)?;
    let blueprint = Blueprint {
        service: Service::Documents,
        projections: vec![Arc::new(views::Documents::new(data_keys.clone()))],
        publish: Arc::new(publish),
        consent: ConsentView::Feed,
        feeds: vec![
            (Service::Consent, Arc::new(Erasure::new(data_keys.clone(), views::OF_PATIENT))),
            (Service::Consent, Arc::new(views::ErasedPapers::new(data_keys))),
        ],
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, clock, ids, &stop).await?;
    ground.tasks().spawn(Janitor::new(ground.log().clone(), objects.clone()).run(stop.clone()));
    let app = App::new(ground.clone(), objects, stop.clone());
    let services = Services::new().with(api::service(ground.clone(), app));
    Ok(ground.serve(host, services, stop).await?)
}

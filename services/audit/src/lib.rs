//! Audit: every envelope of every service, for the patient ("Who looked") and the compliance officer.
//!
//! It hears all six logs, its own among them, and keeps one row per envelope. Its own log holds nothing but its access events: each
//! answer of audit is a look as well, recorded before it leaves. Once in a while, and when asked, it reads every log again
//! and compares it, leaf by leaf, with what was heard. It writes the transparency log, which proves to anybody that nothing was
//! left out or changed since. It holds no health data.
mod api;
mod app;
pub mod config;
pub mod domain;
pub mod sequencer;
pub mod told;
mod verifier;
pub mod views;

use app::{App, Downloads, Prover};
use config::{LogSettingsError, WitnessAddress};
use holdfast_access::{PoliciesError, PolicySets};
use holdfast_eventlog::{Lease, Reaction};
use holdfast_host::{Blueprint, ConsentView, Feed, Ground, GroundError, Host, Services, TokenKeys};
use holdfast_translog::SigningKey;
use holdfast_types::{Clock, Ids, Service};
use sequencer::{Cosigner, Sequencer, Shelf, Tables};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use verifier::Verifier;

pub use views::migrations;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the ground of the service gives way")]
    Ground(#[from] GroundError),
    #[error("the transparency log cannot be kept")]
    Log(#[source] LogSettingsError),
    #[error("a policy set that is kept cannot be loaded")]
    Policies(#[source] PoliciesError),
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

/// The same with another source of the keys that verify tokens.
pub async fn serve_with_keys(
    settings: config::Settings,
    keys: TokenKeys,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let log = settings.log.open().map_err(ServeError::Log)?;
    let sets = PolicySets::load().map_err(ServeError::Policies)?;
    let blueprint = Blueprint {
        service: Service::Audit,
        projections: Vec::new(),
        publish: Arc::new(|opened| holdfast_access::publish(opened).transpose()),
        consent: ConsentView::Feed,
        feeds: Service::WITH_LOG.iter().map(|service| feed(*service, &clock)).collect(),
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, Arc::clone(&clock), ids, &stop).await?;
    let verifier = Arc::new(Verifier::of(&ground)?);
    ground.tasks().spawn(Arc::clone(&verifier).run(settings.verify_interval(), stop.clone()));
    let shelf = log.as_ref().map(|(shelf, _)| shelf.clone());
    let prover = log.as_ref().map(|(shelf, key)| {
        let tables = Tables::new(ground.log().pool().clone());
        Arc::new(Prover::new(tables, shelf.clone(), key.verifier().clone(), stop.clone()))
    });
    if let Some((shelf, key)) = log {
        let witnesses = settings.log.all_witnesses().map_err(ServeError::Log)?;
        sequence(&ground, &witnesses, shelf, key, clock, &stop)?;
    } else {
        tracing::warn!("no transparency log is kept: HOLDFAST_AUDIT_TILES is not set");
    }
    let downloads = Downloads::new(settings.download_entries_max, stop.clone());
    let app = App::new(ground.clone(), verifier, prover, downloads, sets);
    let services = Services::new().with(api::service(app.clone())).with(api::replay::service(app));
    let services = services.with(api::log::service(ground.clone(), shelf));
    Ok(ground.serve(host, services, stop).await?)
}

/// Writes the log, and has it cosigned.
fn sequence(
    ground: &Ground,
    witnesses: &[WitnessAddress],
    shelf: Shelf,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<(), ServeError> {
    let pool = ground.log().pool().clone();
    let log = key.verifier().clone();
    let sequencer = Sequencer::new(Tables::new(pool.clone()), shelf.clone(), key, clock);
    for witness in witnesses {
        let (tables, shelf) = (Tables::new(pool.clone()), shelf.clone());
        let cosigner = Cosigner::new(witness.clone(), log.clone(), tables, shelf);
        let cosigner = cosigner.map_err(|error| ServeError::Log(LogSettingsError::Client(error)))?;
        ground.tasks().spawn(cosigner.run(sequencer.newest(), stop.clone()));
    }
    let lease = Lease::new(pool, sequencer::LEASE, ground.ids().next());
    ground.tasks().spawn(sequencer.run(lease, stop.clone()));
    Ok(())
}

fn feed(service: Service, clock: &Arc<dyn Clock>) -> Feed {
    let index: Arc<dyn Reaction> = Arc::new(views::Index::of(service, Arc::clone(clock)));
    (service, index)
}

//! Consent: who stands how towards a record, what its holder shares, and whether its content is kept.
//!
//! A record is opened with its first holder; holders name further holders, give grants and revoke them. Both aggregates live on the
//! patient's lane, so that what consent says of one patient is heard in the order in which it was decided. The other services
//! hear it through the public events and decide by themselves; consent decides on the same tables, which it keeps for itself.
//!
//! In an emergency a therapist of the record's network takes a grant that no holder gave; it ends by itself, and an officer reviews it.
//!
//! What is shared by a link is shared by a grant, too, with an account that its bearer is; consent counts how often the link is opened and
//! how often somebody guesses.
//!
//! A practice treats the person of a record when both have agreed; what its care team then sees are grants like any other, of what the
//! practice's policy says and the family agreed to.
//!
//! Who acts for the person is an aggregate of dated facts with their evidence. Each of its events carries the whole list of who holds which
//! rooms from when to when, reckoned ahead: on a birthday the gates decide otherwise by themselves.
//!
//! A further aggregate, on the same lane, is the erasure of the record's content, with the legal holds that forbid it. Consent's own key of the
//! patient is kept: who shared what with whom, and who had what destroyed by what right, is evidence and no content.
mod api;
mod app;
pub mod config;
pub mod domain;
pub mod ledger;
mod message;
mod missing;
mod public;
mod repeat;
mod secrets;
pub mod views;

use app::App;
use domain::authority::{Rules, RulesError};
use holdfast_eventlog::{KeyError, MasterKey};
use holdfast_host::{
    Blueprint, ConsentView, Feed, Ground, GroundError, Host, Migrations, Services, TokenKeys,
};
use holdfast_types::{Clock, Ids, Service};
use ledger::{Ledger, LedgerError};
use secrets::Secrets;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use public::publish;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the ground of the service gives way")]
    Ground(#[from] GroundError),
    #[error("the erasure ledger cannot be used")]
    Ledger(#[from] LedgerError),
    #[error("the secrets of links cannot be derived")]
    Secrets(#[source] KeyError),
    #[error("the rules of authority cannot be used")]
    Rules(#[source] RulesError),
    #[error("the network's own rules of authority cannot be read")]
    OwnRules(#[source] std::io::Error),
}

/// The tables of this service. It hears nobody but itself, so it has no feeds.
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
    let (ledger, rules, secrets) = (ledger(&settings)?, rules(&settings)?, secrets(&settings)?);
    let blueprint = Blueprint {
        service: Service::Consent,
        projections: vec![Arc::new(views::Consent)],
        publish: Arc::new(publish),
        consent: ConsentView::Own,
        feeds: ledger.clone().into_iter().map(noted).collect(),
        keys,
    };
    let ground = Ground::start(&settings.common, blueprint, clock, ids, &stop).await?;
    match ledger {
        Some(ledger) => {
            let entries = ledger.entries()?;
            tracing::info!(key = %ledger.public_key()?, erasures = entries.len(), "the erasure ledger was checked");
            ground.tasks().spawn(repeat::repeat(ground.log().clone(), entries, stop.clone()));
            ground.tasks().spawn(missing::note_again(ground.log().clone(), ledger, stop.clone()));
        }
        None => tracing::warn!(
            "HOLDFAST_ERASURE_LEDGER is not set: a restored backup will bring back what was erased since"
        ),
    }
    let app = App::new(ground.log().clone(), ground.gate().clone(), Arc::new(rules), Arc::new(secrets));
    let authorities = api::authority::service(ground.clone(), app.clone());
    let erasures = api::erasure::service(ground.clone(), app.clone(), settings.retention);
    let emergencies = api::emergency::service(ground.clone(), app.clone());
    let visits = api::visit::service(ground.clone(), app.clone(), settings.visit.lasts());
    let links = api::links::service(ground.clone(), app.clone());
    let treatments = api::treatment::service(ground.clone(), app.clone());
    ground.tasks().spawn(app.clone().keep_narrow(stop.clone()));
    let services = Services::new().with(api::service(ground.clone(), app)).with(authorities);
    let services = services.with(erasures).with(emergencies).with(visits).with(links).with(treatments);
    Ok(ground.serve(host, services, stop).await?)
}

fn ledger(settings: &config::Settings) -> Result<Option<Ledger>, ServeError> {
    let Some(path) = &settings.erasure_ledger else { return Ok(None) };
    Ok(Some(Ledger::new(path.clone(), &master(settings)?)?))
}

fn secrets(settings: &config::Settings) -> Result<Secrets, ServeError> {
    Secrets::derive(&master(settings)?).map_err(ServeError::Secrets)
}

fn master(settings: &config::Settings) -> Result<MasterKey, ServeError> {
    let master_key_file = settings.common.database.master_key_file().map_err(GroundError::from)?;
    Ok(MasterKey::read(master_key_file).map_err(GroundError::from)?)
}

/// Those of the table, and the rows that the network adds.
fn rules(settings: &config::Settings) -> Result<Rules, ServeError> {
    let rules = Rules::of_the_table().map_err(ServeError::Rules)?;
    let Some(path) = &settings.authority_rules else { return Ok(rules) };
    let own = std::fs::read_to_string(path).map_err(ServeError::OwnRules)?;
    rules.and(&own).map_err(ServeError::Rules)
}

/// Its own log is heard like another's.
fn noted(ledger: Ledger) -> Feed {
    (Service::Consent, Arc::new(views::Noted(ledger)))
}

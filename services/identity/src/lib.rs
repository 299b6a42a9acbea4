//! Identity: tenants and practices, accounts apart from records, roles, signing in by an e-mailed link or a passkey, second factors,
//! sessions, the tokens by which every other service knows who asks, and notices by mail. Addresses and names are sealed, and so are the
//! secrets of authenticator apps; of every other secret only its SHA-256 is kept.
mod api;
mod app;
pub mod config;
mod domain;
mod letter;
mod mail;
mod provider;
mod public;
mod secret;
mod views;

pub use config::{ConfigError, IdentitySettings, SecondFactor, Settings};
pub use mail::Announce;

use app::App;
use chrono::TimeDelta;
use config::RelyingParty;
use holdfast_access::TokenVerifier;
use holdfast_eventlog::{KeyError, KeyRing, MasterKey, Projection, Reaction, SchemaError, schema};
use holdfast_host::{
    Blueprint, ConsentView, Feed, Ground, GroundError, Host, Migrations, Services, TokenKeys, client,
};
use holdfast_types::{Clock, Ids, Service, TenantId};
use mail::Outbox;
use secrecy::ExposeSecret as _;
use secret::{Email, Secrets};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use views::{Projections, Views};

/// The tenant of whoever belongs to none: families, operators.
const FREE_STANDING: TenantId = TenantId::new(Uuid::nil());
/// Connections to the key database that the read models use.
const KEY_CONNECTIONS_MAX: u32 = 4;

pub fn migrations() -> Migrations {
    Migrations { views: views::VIEWS, feeds: vec![&views::ACCESS, &views::BESIDE_THE_LOG] }
}

/// What fills the tables of `views` from the log.
pub fn projection(keys: KeyRing, master: &MasterKey) -> Result<Arc<dyn Projection>, KeyError> {
    Ok(Arc::new(Projections::new(keys, Arc::new(Secrets::derive(master)?))))
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the settings cannot be used")]
    Config(#[from] ConfigError),
    #[error("the keys cannot be used")]
    Key(#[source] KeyError),
    #[error("the key database's settings cannot be used")]
    Schema(#[source] SchemaError),
    #[error("the mail settings cannot be used")]
    Mail(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("sign-in providers cannot be asked")]
    Client(#[source] reqwest::Error),
    #[error("HOLDFAST_OPERATOR_EMAIL is not an e-mail address")]
    OperatorEmail,
    #[error("the service cannot be started or has failed")]
    Ground(#[source] GroundError),
}

/// Answers until told to stop. `announce` hears of mails that go into the folder.
pub async fn serve(
    settings: &Settings,
    host: Host,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    announce: Option<Announce>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let Settings { common, identity } = settings;
    let signer = identity.signer()?;
    let outbox = outbox(settings, Arc::clone(&ids), announce)?;
    let operator =
        identity.operator_email.as_deref().map(|text| Email::parse(text).ok_or(ServeError::OperatorEmail));
    let operator = operator.transpose()?;
    let master = common.database.master_key_file().map_err(ConfigError::Setting)?;
    let master = MasterKey::read(master).map_err(ServeError::Key)?;
    let secrets = Arc::new(Secrets::derive(&master).map_err(ServeError::Key)?);
    // The read models are sealed; their keys are the log's, read through connections of their own.
    let keys = common.database.keys.required().map_err(ConfigError::Setting)?;
    let keys = schema::connect(keys.expose_secret(), KEY_CONNECTIONS_MAX).map_err(ServeError::Schema)?;
    let keys = KeyRing::new(keys, master, Arc::clone(&clock), Arc::clone(&ids));
    let verifier = TokenVerifier::new(&[signer.public_key()]).map_err(ConfigError::TokenKey)?;
    let blueprint = Blueprint {
        service: Service::Identity,
        projections: vec![Arc::new(Projections::new(keys.clone(), Arc::clone(&secrets)))],
        publish: Arc::new(public::publish),
        // Nobody's record is read here; the tables are there, and empty.
        consent: ConsentView::Own,
        feeds: consent_feed(settings),
        keys: TokenKeys::Own(verifier),
    };
    let ground = Ground::start(common, blueprint, clock, ids, &stop).await.map_err(ServeError::Ground)?;
    let app = Arc::new(App {
        views: Views::new(ground.log().pool().clone(), keys),
        secrets,
        signer,
        outbox: Arc::new(outbox),
        relying_party: RelyingParty::at(&common.public_url),
        providers: provider::Providers::new(&common.public_url).map_err(ServeError::Client)?,
        operator_second_factor: identity.operator_second_factor.unwrap_or(SecondFactor::Required),
        session_life: identity.session_life(),
        links_per_network_max: identity.links_per_network_max.into(),
        issuer: identity.issuer(&common.public_url),
        access_review_interval: TimeDelta::days(identity.access_review_days.into()),
        ground: ground.clone(),
    });
    if let Some(operator) = operator
        && app.ensure_operator(&operator).await.is_err()
    {
        ground.tasks().spawn(appoint(Arc::clone(&app), operator, stop.clone()));
    }
    ground.tasks().spawn(Arc::clone(&app).tell_of_emergencies(stop.clone()));
    let invitations = api::invitation::service(Arc::clone(&app));
    let services = Services::new().with(api::reviews::service(Arc::clone(&app))).with(invitations);
    let services = services.with(api::service(app, consent(settings, &ground)?));
    ground.serve(host, services, stop).await.map_err(ServeError::Ground)
}

/// Consent opens links.
fn consent(settings: &Settings, ground: &Ground) -> Result<Option<api::Consent>, ServeError> {
    let address = settings.common.peers.consent.as_ref();
    let channel = address.map(|address| client::channel(Service::Consent, address, ground.tls())).transpose();
    Ok(channel.map_err(|error| ServeError::Ground(error.into()))?.map(api::Consent::at))
}

/// Consent tells whose record was opened in an emergency.
fn consent_feed(settings: &Settings) -> Vec<Feed> {
    if settings.common.peers.consent.is_none() {
        tracing::warn!(
            "HOLDFAST_CONSENT_ADDR is not set: nobody is told by mail that a record was opened, and no link is"
        );
        return Vec::new();
    }
    vec![(Service::Consent, reaction_to_consent())]
}

/// What identity makes of consent's events.
pub fn reaction_to_consent() -> Arc<dyn Reaction> {
    Arc::new(views::ToTell)
}

/// Tried until the database is there.
async fn appoint(app: Arc<App>, operator: Email, stop: CancellationToken) {
    const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(2);
    while let Err(error) = app.ensure_operator(&operator).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the first operator cannot be given the role yet"
        );
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETRY_AFTER) => {}
        }
    }
}

fn outbox(settings: &Settings, ids: Arc<dyn Ids>, announce: Option<Announce>) -> Result<Outbox, ServeError> {
    let Settings { common, identity } = settings;
    let from = identity.mail_from(&common.public_url)?;
    match identity.smtp_url().map_err(ConfigError::Setting)? {
        Some(url) => Outbox::smtp(from, &url).map_err(|error| ServeError::Mail(error.into())),
        None => {
            let dir = identity.mail_dir().map_err(ConfigError::Setting)?;
            Ok(Outbox::folder(from, dir, ids, announce))
        }
    }
}

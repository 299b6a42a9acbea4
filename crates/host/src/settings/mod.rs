//! The settings that every role shares: by flag, by environment, or made in code. Each secret has a `_FILE` twin.
mod secret;

use crate::{
    authority::RoleFiles,
    tls::{Tls, TlsError},
};
use clap::Args;
use holdfast_types::Service;
use secret::secret_setting;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use url::Url;

pub use secret::SettingError;

pub const LISTEN_DEFAULT: &str = "127.0.0.1:7100";
pub const BUS_PREFIX_DEFAULT: &str = "holdfast";
pub const LOG_DEFAULT: &str = "info";
pub const PUBLIC_URL_DEFAULT: &str = "http://localhost:8080";
pub const CONSENT_STALE_SECONDS_DEFAULT: u16 = 10;
pub const DOOR_LOG_SECONDS_DEFAULT: u16 = 60;

#[derive(Debug, Clone, Args)]
pub struct CommonSettings {
    /// Address and port to answer on; port 0 takes any free one.
    #[arg(id = "HOLDFAST_LISTEN", long = "listen", env = "HOLDFAST_LISTEN", default_value = LISTEN_DEFAULT,
        value_name = "ADDRESS:PORT", help_heading = "Network")]
    pub listen: SocketAddr,
    /// Address and port for health probes without TLS, which answers nothing else; none unless set.
    #[arg(
        id = "HOLDFAST_HEALTH_LISTEN",
        long = "health-listen",
        env = "HOLDFAST_HEALTH_LISTEN",
        value_name = "ADDRESS:PORT",
        help_heading = "Network"
    )]
    pub health_listen: Option<SocketAddr>,
    /// Where people reach the pages: goes into mails and cookies.
    #[arg(id = "HOLDFAST_PUBLIC_URL", long = "public-url", env = "HOLDFAST_PUBLIC_URL",
        default_value = PUBLIC_URL_DEFAULT, value_parser = public_url, value_name = "URL", help_heading = "Network")]
    pub public_url: Url,
    #[command(flatten, next_help_heading = "Network")]
    pub peers: PeerSettings,
    #[command(flatten, next_help_heading = "Certificates")]
    pub tls: TlsSettings,
    #[command(flatten, next_help_heading = "Database")]
    pub database: DatabaseSettings,
    #[command(flatten, next_help_heading = "Bus")]
    pub nats: NatsUrl,
    /// First word of every stream and subject on the bus, where several installations share one.
    #[arg(id = "HOLDFAST_BUS_PREFIX", long = "bus-prefix", env = "HOLDFAST_BUS_PREFIX",
        default_value = BUS_PREFIX_DEFAULT, value_name = "WORD", help_heading = "Bus")]
    pub bus_prefix: String,
    #[command(flatten, next_help_heading = "Telemetry")]
    pub telemetry: TelemetrySettings,
    /// How old the feed of consent may be before everybody but a record's holders is refused, 1 to 300.
    #[arg(id = "HOLDFAST_CONSENT_STALE_SECONDS_MAX", long = "consent-stale-seconds-max",
        env = "HOLDFAST_CONSENT_STALE_SECONDS_MAX", default_value_t = CONSENT_STALE_SECONDS_DEFAULT,
        value_parser = clap::value_parser!(u16).range(1..=300), value_name = "SECONDS", help_heading = "Access")]
    pub consent_stale_seconds_max: u16,
    /// How often it is put on the service's log how many callers were turned away and why, 1 to 3600; what was counted since the
    /// last time is lost when the process is killed.
    #[arg(id = "HOLDFAST_DOOR_LOG_SECONDS", long = "door-log-seconds", env = "HOLDFAST_DOOR_LOG_SECONDS",
        default_value_t = DOOR_LOG_SECONDS_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=3600),
        value_name = "SECONDS", help_heading = "Access")]
    pub door_log_seconds: u16,
    /// What is asked of whoever has a second factor before they open a record to somebody else or save the history as a file: `asked`,
    /// to have shown it in the last 10 minutes; `waived`, nothing. Where nothing is said, `asked`; where `up` loads the demo network,
    /// `waived`.
    #[arg(id = "HOLDFAST_STEP_UP", long = "step-up", env = "HOLDFAST_STEP_UP", value_enum,
        default_value_t = StepUp::Asked, value_name = "POLICY", help_heading = "Access")]
    pub step_up: StepUp,
}

/// Whether who has a second factor shows it again before what nobody is to do on a device that was left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StepUp {
    Asked,
    Waived,
}

impl Default for CommonSettings {
    /// What holds when nothing is set.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7100)),
            health_listen: None,
            public_url: default_public_url(),
            peers: PeerSettings::default(),
            tls: TlsSettings::default(),
            database: DatabaseSettings::default(),
            nats: NatsUrl::default(),
            bus_prefix: BUS_PREFIX_DEFAULT.to_owned(),
            telemetry: TelemetrySettings::default(),
            consent_stale_seconds_max: CONSENT_STALE_SECONDS_DEFAULT,
            door_log_seconds: DOOR_LOG_SECONDS_DEFAULT,
            step_up: StepUp::Asked,
        }
    }
}

impl CommonSettings {
    pub fn consent_stale_max(&self) -> Duration {
        Duration::from_secs(self.consent_stale_seconds_max.into())
    }

    pub fn door_log_interval(&self) -> Duration {
        Duration::from_secs(self.door_log_seconds.into())
    }
}

/// Where the other services are.
#[derive(Debug, Clone, Default, Args)]
pub struct PeerSettings {
    /// Address of the identity service, e.g. https://identity:7100.
    #[arg(id = "HOLDFAST_IDENTITY_ADDR", long = "identity-addr", env = "HOLDFAST_IDENTITY_ADDR", value_parser = peer_url, value_name = "URL")]
    pub identity: Option<Url>,
    /// Address of the records service.
    #[arg(id = "HOLDFAST_RECORDS_ADDR", long = "records-addr", env = "HOLDFAST_RECORDS_ADDR", value_parser = peer_url, value_name = "URL")]
    pub records: Option<Url>,
    /// Address of the documents service.
    #[arg(id = "HOLDFAST_DOCUMENTS_ADDR", long = "documents-addr", env = "HOLDFAST_DOCUMENTS_ADDR", value_parser = peer_url, value_name = "URL")]
    pub documents: Option<Url>,
    /// Address of the consent service.
    #[arg(id = "HOLDFAST_CONSENT_ADDR", long = "consent-addr", env = "HOLDFAST_CONSENT_ADDR", value_parser = peer_url, value_name = "URL")]
    pub consent: Option<Url>,
    /// Address of the messaging service.
    #[arg(id = "HOLDFAST_MESSAGING_ADDR", long = "messaging-addr", env = "HOLDFAST_MESSAGING_ADDR", value_parser = peer_url, value_name = "URL")]
    pub messaging: Option<Url>,
    /// Address of the audit service.
    #[arg(id = "HOLDFAST_AUDIT_ADDR", long = "audit-addr", env = "HOLDFAST_AUDIT_ADDR", value_parser = peer_url, value_name = "URL")]
    pub audit: Option<Url>,
}

impl PeerSettings {
    pub fn of(&self, service: Service) -> Result<&Url, SettingError> {
        let (address, name) = match service {
            Service::Identity => (&self.identity, "HOLDFAST_IDENTITY_ADDR"),
            Service::Records => (&self.records, "HOLDFAST_RECORDS_ADDR"),
            Service::Documents => (&self.documents, "HOLDFAST_DOCUMENTS_ADDR"),
            Service::Consent => (&self.consent, "HOLDFAST_CONSENT_ADDR"),
            Service::Messaging => (&self.messaging, "HOLDFAST_MESSAGING_ADDR"),
            Service::Audit => (&self.audit, "HOLDFAST_AUDIT_ADDR"),
            Service::Gateway => (&None, "the gateway's address"),
        };
        address.as_ref().ok_or(SettingError::Missing { name })
    }
}

/// What this role shows of itself, and whom it believes.
#[derive(Debug, Clone, Default, Args)]
pub struct TlsSettings {
    /// Certificate of this role, PEM; its names include the role's own, e.g. `records`.
    #[arg(
        id = "HOLDFAST_TLS_CERT_FILE",
        long = "tls-cert-file",
        env = "HOLDFAST_TLS_CERT_FILE",
        value_name = "PATH"
    )]
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(
        id = "HOLDFAST_TLS_KEY_FILE",
        long = "tls-key-file",
        env = "HOLDFAST_TLS_KEY_FILE",
        value_name = "PATH"
    )]
    pub key_file: Option<PathBuf>,
    /// Certificate of the installation's authority, PEM.
    #[arg(
        id = "HOLDFAST_TLS_CA_FILE",
        long = "tls-ca-file",
        env = "HOLDFAST_TLS_CA_FILE",
        value_name = "PATH"
    )]
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsSettingsError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the certificates cannot be loaded")]
    Load(#[source] TlsError),
}

impl TlsSettings {
    pub fn load(&self) -> Result<Tls, TlsSettingsError> {
        let path = |path: &Option<PathBuf>, name| path.clone().ok_or(SettingError::Missing { name });
        let files = RoleFiles {
            cert: path(&self.cert_file, "HOLDFAST_TLS_CERT_FILE")?,
            key: path(&self.key_file, "HOLDFAST_TLS_KEY_FILE")?,
            ca: path(&self.ca_file, "HOLDFAST_TLS_CA_FILE")?,
        };
        Tls::load(&files).map_err(TlsSettingsError::Load)
    }
}

impl From<RoleFiles> for TlsSettings {
    fn from(files: RoleFiles) -> Self {
        Self { cert_file: Some(files.cert), key_file: Some(files.key), ca_file: Some(files.ca) }
    }
}

secret_setting! {
    /// PostgreSQL database of the event log and its read models, as the role that serves: it can append, and change nothing.
    DatabaseUrl, "database-url", "HOLDFAST_DATABASE_URL"
}
secret_setting! {
    /// The same database as its owner; used to migrate only.
    MigrateDatabaseUrl, "migrate-database-url", "HOLDFAST_MIGRATE_DATABASE_URL"
}
secret_setting! {
    /// PostgreSQL database of the data keys, apart from the events.
    KeysDatabaseUrl, "keys-database-url", "HOLDFAST_KEYS_DATABASE_URL"
}
secret_setting! {
    /// The same database as its owner; used to migrate only.
    MigrateKeysDatabaseUrl, "migrate-keys-database-url", "HOLDFAST_MIGRATE_KEYS_DATABASE_URL"
}
secret_setting! {
    /// NATS server with JetStream, with its credentials, e.g. nats://user:password@host:4222.
    NatsUrl, "nats-url", "HOLDFAST_NATS_URL"
}

/// The service's own databases.
#[derive(Debug, Clone, Default, Args)]
pub struct DatabaseSettings {
    #[command(flatten)]
    pub serve: DatabaseUrl,
    #[command(flatten)]
    pub migrate: MigrateDatabaseUrl,
    #[command(flatten)]
    pub keys: KeysDatabaseUrl,
    #[command(flatten)]
    pub migrate_keys: MigrateKeysDatabaseUrl,
    /// File with the master key, 64 hexadecimal digits, from which the keys that wrap data keys are derived.
    #[arg(
        id = "HOLDFAST_MASTER_KEY_FILE",
        long = "master-key-file",
        env = "HOLDFAST_MASTER_KEY_FILE",
        value_name = "PATH"
    )]
    pub master_key_file: Option<PathBuf>,
}

impl DatabaseSettings {
    pub fn master_key_file(&self) -> Result<&PathBuf, SettingError> {
        self.master_key_file.as_ref().ok_or(SettingError::Missing { name: "HOLDFAST_MASTER_KEY_FILE" })
    }
}

#[derive(Debug, Clone, Args)]
pub struct TelemetrySettings {
    /// OpenTelemetry collector, OTLP over gRPC, e.g. http://collector:4317. Nothing is sent when it is not set.
    #[arg(id = "HOLDFAST_OTLP_ENDPOINT", long = "otlp-endpoint", env = "HOLDFAST_OTLP_ENDPOINT", value_parser = http_url, value_name = "URL")]
    pub otlp_endpoint: Option<Url>,
    /// What is logged, e.g. `info` or `warn,holdfast_records=debug`.
    #[arg(id = "HOLDFAST_LOG", long = "log", env = "HOLDFAST_LOG", default_value = LOG_DEFAULT, value_name = "FILTER")]
    pub log: String,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self { otlp_endpoint: None, log: LOG_DEFAULT.to_owned() }
    }
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("expected http:// or https:// and a host".to_owned()),
    }
}

fn peer_url(text: &str) -> Result<Url, String> {
    http_url(text).and_then(|url| match url.scheme() {
        "https" => Ok(url),
        _ => Err("services meet by TLS only: expected https://".to_owned()),
    })
}

/// An origin: links are made by adding a path to it.
fn public_url(text: &str) -> Result<Url, String> {
    http_url(text).and_then(|url| match (url.path(), url.query(), url.fragment()) {
        ("/", None, None) => Ok(url),
        _ => Err("expected a URL without path, query or fragment".to_owned()),
    })
}

#[expect(clippy::expect_used, reason = "the text is a constant, and a test parses it")]
fn default_public_url() -> Url {
    Url::parse(PUBLIC_URL_DEFAULT).expect("a constant URL")
}

#[cfg(test)]
mod tests;

//! Identity's settings: what every service has, the token key, mail, and how long sessions last.
use chrono::TimeDelta;
use clap::Args;
use holdfast_access::{KeyError, TokenSigner};
use holdfast_host::settings::{CommonSettings, SettingError};
use lettre::message::Mailbox;
use secrecy::SecretString;
use std::{io, path::PathBuf};
use url::Url;

const MAIL_DIR: &str = "HOLDFAST_MAIL_DIR";
const SMTP_URL: &str = "HOLDFAST_SMTP_URL";
const TOKEN_KEY_FILE: &str = "HOLDFAST_TOKEN_KEY_FILE";
const SMTP_URL_BYTES_MAX: usize = 4096;
/// A whole clinic may be behind one address.
const LINKS_PER_NETWORK_DEFAULT: u16 = 60;

#[derive(Debug, Clone, Args)]
pub struct Settings {
    #[command(flatten)]
    pub common: CommonSettings,
    #[command(flatten, next_help_heading = "Identity")]
    pub identity: IdentitySettings,
}

#[derive(Debug, Clone, Args)]
pub struct IdentitySettings {
    /// Private key that signs access tokens: Ed25519, PKCS #8, PEM, as `openssl genpkey -algorithm ed25519` makes it.
    #[arg(id = TOKEN_KEY_FILE, long = "token-key-file", env = TOKEN_KEY_FILE, value_name = "PATH")]
    pub token_key_file: Option<PathBuf>,
    /// Mail server, with its credentials, e.g. smtps://user:password@mail.example:465.
    #[arg(id = SMTP_URL, long = "smtp-url", env = SMTP_URL, hide_env_values = true, value_name = "SECRET",
        value_parser = secret)]
    pub smtp_url: Option<SecretString>,
    /// The same, read from a file.
    #[arg(
        id = "HOLDFAST_SMTP_URL_FILE",
        long = "smtp-url-file",
        env = "HOLDFAST_SMTP_URL_FILE",
        value_name = "PATH"
    )]
    pub smtp_url_file: Option<PathBuf>,
    /// Folder that mails are written to where no mail server is set.
    #[arg(id = MAIL_DIR, long = "mail-dir", env = MAIL_DIR, value_name = "PATH")]
    pub mail_dir: Option<PathBuf>,
    /// Sender of mails, e.g. `Holdfast <no-reply@holdfast.example>`; otherwise `no-reply` at the public URL's host.
    #[arg(id = "HOLDFAST_MAIL_FROM", long = "mail-from", env = "HOLDFAST_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<Mailbox>,
    /// After how many days a session ends, whatever happens, 1 to 90.
    #[arg(id = "HOLDFAST_SESSION_DAYS_MAX", long = "session-days-max", env = "HOLDFAST_SESSION_DAYS_MAX",
        default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=90), value_name = "DAYS")]
    pub session_days_max: u16,
    /// After how many hours without use a session ends, 1 to 720.
    #[arg(id = "HOLDFAST_SESSION_IDLE_HOURS_MAX", long = "session-idle-hours-max", env = "HOLDFAST_SESSION_IDLE_HOURS_MAX",
        default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=720), value_name = "HOURS")]
    pub session_idle_hours_max: u16,
    /// Sign-in links that may be asked for from one network address within ten minutes, 5 to 10000; to one mailbox it is 5.
    #[arg(id = "HOLDFAST_LINKS_PER_NETWORK_MAX", long = "links-per-network-max", env = "HOLDFAST_LINKS_PER_NETWORK_MAX",
        default_value_t = LINKS_PER_NETWORK_DEFAULT, value_parser = clap::value_parser!(u16).range(5..=10_000), value_name = "COUNT")]
    pub links_per_network_max: u16,
    /// Name of this installation, by which programs address what they sign to get tokens (`aud`); otherwise the public URL.
    #[arg(id = "HOLDFAST_ISSUER", long = "issuer", env = "HOLDFAST_ISSUER", value_name = "NAME")]
    pub issuer: Option<String>,
    /// After how many days a tenant's roles are to be reviewed again, 7 to 400.
    #[arg(id = "HOLDFAST_ACCESS_REVIEW_DAYS", long = "access-review-days", env = "HOLDFAST_ACCESS_REVIEW_DAYS",
        default_value_t = 90, value_parser = clap::value_parser!(u16).range(7..=400), value_name = "DAYS")]
    pub access_review_days: u16,
    /// Address of the installation's first operator: its account holds the role from the start, and again after every start.
    #[arg(
        id = "HOLDFAST_OPERATOR_EMAIL",
        long = "operator-email",
        env = "HOLDFAST_OPERATOR_EMAIL",
        value_name = "ADDRESS"
    )]
    pub operator_email: Option<String>,
    /// What is asked of operators, who belong to no tenant: `required`, their role holds only in sessions that have shown a second
    /// factor; `invited`, whoever has none is invited to set one up. Where nothing is said, `required`; where `up` loads the demo
    /// network, `invited`.
    #[arg(
        id = "HOLDFAST_OPERATOR_SECOND_FACTOR",
        long = "operator-second-factor",
        env = "HOLDFAST_OPERATOR_SECOND_FACTOR",
        value_name = "POLICY"
    )]
    pub operator_second_factor: Option<SecondFactor>,
}

/// What is asked of those who hold roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SecondFactor {
    Required,
    Invited,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the token key file `{path}` cannot be read")]
    TokenKeyFile { path: PathBuf, source: io::Error },
    #[error("the token key cannot be used")]
    TokenKey(#[source] KeyError),
    #[error("no sender can be made of the public URL's host; set HOLDFAST_MAIL_FROM")]
    Sender(#[source] lettre::address::AddressError),
}

impl Default for IdentitySettings {
    /// What holds when nothing is set.
    fn default() -> Self {
        Self {
            token_key_file: None,
            smtp_url: None,
            smtp_url_file: None,
            mail_dir: None,
            mail_from: None,
            session_days_max: 30,
            session_idle_hours_max: 12,
            links_per_network_max: LINKS_PER_NETWORK_DEFAULT,
            issuer: None,
            access_review_days: 90,
            operator_email: None,
            operator_second_factor: None,
        }
    }
}

/// As whom passkeys know the installation (WebAuthn Level 3, section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    pub id: String,
    pub origin: String,
}

impl RelyingParty {
    pub(crate) fn at(public_url: &Url) -> Self {
        let id = public_url.host_str().unwrap_or_default().to_owned();
        Self { id, origin: public_url.origin().ascii_serialization() }
    }
}

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLife {
    pub life: TimeDelta,
    pub idle: TimeDelta,
}

impl IdentitySettings {
    pub(crate) fn signer(&self) -> Result<TokenSigner, ConfigError> {
        let path = self.token_key_file.as_ref().ok_or(SettingError::Missing { name: TOKEN_KEY_FILE })?;
        let file =
            std::fs::read(path).map_err(|source| ConfigError::TokenKeyFile { path: path.clone(), source })?;
        TokenSigner::from_pkcs8(&file).map_err(ConfigError::TokenKey)
    }

    /// None: mails go to the folder.
    pub(crate) fn smtp_url(&self) -> Result<Option<SecretString>, SettingError> {
        match (&self.smtp_url, &self.smtp_url_file) {
            (Some(_), Some(_)) => Err(SettingError::Both { name: SMTP_URL }),
            (Some(url), None) => Ok(Some(url.clone())),
            (None, None) => Ok(None),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|source| SettingError::File {
                    name: SMTP_URL,
                    path: path.clone(),
                    source,
                })?;
                let url = text.trim_end_matches(['\r', '\n']);
                if url.is_empty() || url.len() > SMTP_URL_BYTES_MAX {
                    return Err(SettingError::Size { name: SMTP_URL, path: path.clone() });
                }
                Ok(Some(url.into()))
            }
        }
    }

    pub(crate) fn mail_dir(&self) -> Result<PathBuf, SettingError> {
        self.mail_dir.clone().ok_or(SettingError::Missing { name: MAIL_DIR })
    }

    pub(crate) fn mail_from(&self, public_url: &Url) -> Result<Mailbox, ConfigError> {
        match &self.mail_from {
            Some(from) => Ok(from.clone()),
            None => {
                let host = public_url.host_str().unwrap_or("localhost");
                let address = lettre::Address::new("no-reply", host).map_err(ConfigError::Sender)?;
                Ok(Mailbox::new(Some("Holdfast".to_owned()), address))
            }
        }
    }

    pub(crate) fn issuer(&self, public_url: &Url) -> String {
        self.issuer.clone().unwrap_or_else(|| public_url.as_str().trim_end_matches('/').to_owned())
    }

    pub(crate) fn session_life(&self) -> SessionLife {
        SessionLife {
            life: TimeDelta::days(self.session_days_max.into()),
            idle: TimeDelta::hours(self.session_idle_hours_max.into()),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that clap wants of a parser")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};
    use secrecy::ExposeSecret as _;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        settings: Settings,
    }

    fn parsed(arguments: &[&str]) -> Result<IdentitySettings, clap::Error> {
        let arguments = ["identity"].iter().chain(arguments);
        Command::try_parse_from(arguments).map(|command| command.settings.identity)
    }

    #[test]
    fn nothing_set_is_what_the_default_says_and_every_setting_says_what_it_is() {
        assert_eq!(format!("{:?}", parsed(&[]).unwrap()), format!("{:?}", IdentitySettings::default()));
        for argument in Command::command().get_arguments() {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
        }
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        for arguments in [
            ["--session-days-max", "0"],
            ["--session-days-max", "91"],
            ["--session-idle-hours-max", "0"],
            ["--links-per-network-max", "4"],
            ["--access-review-days", "6"],
            ["--mail-from", "nobody"],
            ["--operator-second-factor", "never"],
        ] {
            assert!(parsed(&arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn the_mail_servers_url_comes_from_its_value_or_its_file_and_never_shows() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "smtps://a:hunter2@mail.example\n").unwrap();
        let path = file.path().to_str().unwrap();
        let settings = parsed(&["--smtp-url-file", path]).unwrap();
        assert_eq!(settings.smtp_url().unwrap().unwrap().expose_secret(), "smtps://a:hunter2@mail.example");
        let both = parsed(&["--smtp-url-file", path, "--smtp-url", "smtp://hunter2@x"]).unwrap();
        assert!(matches!(both.smtp_url(), Err(SettingError::Both { .. })));
        assert!(!format!("{both:?}").contains("hunter2"));
    }

    #[test]
    fn passkeys_know_the_installation_by_its_host_and_where_its_pages_are() {
        let at = |url: &str| RelyingParty::at(&Url::parse(url).unwrap());
        let of = |id: &str, origin: &str| RelyingParty { id: id.into(), origin: origin.into() };
        assert_eq!(at("https://holdfast.example/x"), of("holdfast.example", "https://holdfast.example"));
        assert_eq!(at("http://localhost:8080"), of("localhost", "http://localhost:8080"));
    }

    #[test]
    fn programs_address_the_installation_by_its_public_url_unless_said_otherwise() {
        let url = Url::parse("https://holdfast.example/").unwrap();
        assert_eq!(IdentitySettings::default().issuer(&url), "https://holdfast.example");
        assert_eq!(parsed(&["--issuer", "urn:holdfast:a"]).unwrap().issuer(&url), "urn:holdfast:a");
    }

    #[test]
    fn mail_comes_from_the_public_host_unless_said_otherwise() {
        let url = Url::parse("https://holdfast.example").unwrap();
        let sender = |settings: IdentitySettings| settings.mail_from(&url).unwrap().to_string();
        assert_eq!(sender(IdentitySettings::default()), "Holdfast <no-reply@holdfast.example>");
        assert_eq!(sender(parsed(&["--mail-from", "care@example.org"]).unwrap()), "care@example.org");
    }
}

//! The databases of one run: the log with its keys, and the listener's own.
use holdfast_eventlog::{
    Databases, SchemaError,
    schema::{self, Migrator},
};
use serde::{Deserialize, Serialize};
use url::Url;

/// Addresses of the serving roles. They hold passwords: not for logs.
#[derive(Clone, Serialize, Deserialize)]
pub struct Place {
    pub log_url: String,
    pub keys_url: String,
    pub listener_url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the server's address is none")]
    Address(#[source] url::ParseError),
    #[error("the databases cannot be made")]
    Schema(#[from] SchemaError),
}

/// Both databases have both, so that one description serves them.
pub fn migrations() -> (&'static Migrator, &'static Migrator) {
    (&crate::views::VIEWS, &crate::views::FEEDS)
}

impl Place {
    /// Makes and migrates the databases, as the superuser of a private server. `password` is that of every role made.
    pub async fn prepare(superuser_url: &str, password: &str) -> Result<Self, PlaceError> {
        let superuser = Url::parse(superuser_url).map_err(PlaceError::Address)?;
        let at = |role: &str, database: &str| {
            let mut url = superuser.clone();
            url.set_path(database);
            // Only an address without a host refuses these.
            let _ = url.set_username(role);
            let _ = url.set_password(Some(password));
            url.to_string()
        };
        let (views, feeds) = migrations();
        for name in ["tally", "listener"] {
            let databases = Databases {
                name: name.to_owned(),
                owner_password: password.to_owned(),
                serving_password: password.to_owned(),
                keys_password: password.to_owned(),
            };
            schema::provision(superuser_url, &databases).await?;
            let (owner, keys) = (format!("{name}_owner"), format!("{name}_keys"));
            schema::migrate(&at(&owner, name), name, views, &[feeds]).await?;
            schema::migrate_keys(&at(&owner, &keys), &keys).await?;
        }
        Ok(Self {
            log_url: at("tally", "tally"),
            keys_url: at("tally_keys", "tally_keys"),
            listener_url: at("listener", "listener"),
        })
    }
}

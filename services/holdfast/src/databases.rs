//! The databases of the services: made and migrated, all on one machine or one on request.
use anyhow::{Context, Result, anyhow};
use clap::Args;
use holdfast_eventlog::{Databases, schema};
use holdfast_host::{
    Migrations,
    settings::{DatabaseSettings, DatabaseUrl, KeysDatabaseUrl, MigrateDatabaseUrl, MigrateKeysDatabaseUrl},
};
use holdfast_supervise::Postgres;
use holdfast_types::Service;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

/// The databases of one service, and how an operator reaches them: as they are set, or as the `up` of a data directory runs them.
#[derive(Args)]
pub(crate) struct Reached {
    /// The service whose databases they are.
    pub(crate) service: Service,
    /// The data directory of the `up` that runs, where no database is named.
    #[arg(long, default_value = ".holdfast", value_name = "PATH")]
    data_dir: PathBuf,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Reached {
    pub(crate) fn settings(&self) -> Result<DatabaseSettings> {
        if self.database.serve.required().is_ok() {
            return Ok(self.database.clone());
        }
        of_data_dir(&self.data_dir, self.service).with_context(|| {
            format!(
                "name the databases of {} by HOLDFAST_DATABASE_URL and such, or the directory",
                self.service
            )
        })
    }
}

fn of_data_dir(dir: &Path, service: Service) -> Result<DatabaseSettings> {
    let (name, owner, keys) = names(service);
    let url = |database: &str, role: &str| Postgres::url_in(&dir.join("postgres"), database, role);
    Ok(DatabaseSettings {
        serve: DatabaseUrl::of(url(&name, &name)?),
        migrate: MigrateDatabaseUrl::of(url(&name, &owner)?),
        keys: KeysDatabaseUrl::of(url(&keys, &keys)?),
        migrate_keys: MigrateKeysDatabaseUrl::of(url(&keys, &owner)?),
        master_key_file: Some(dir.join("secrets").join(master_key(service))),
    })
}

/// The database, which is also its serving role; its owner; the key database, which is also its role.
fn names(service: Service) -> (String, String, String) {
    (service.to_string(), format!("{service}_owner"), format!("{service}_keys"))
}

/// The file of the secrets that holds it.
pub(crate) fn master_key(service: Service) -> String {
    format!("{service}-master.key")
}

#[derive(Args)]
pub(crate) struct MigrateArgs {
    /// The service whose databases they are.
    service: Service,
    #[command(flatten)]
    database: DatabaseSettings,
}

pub(crate) fn migrations(service: Service) -> Result<Migrations> {
    Ok(match service {
        Service::Identity => holdfast_identity::migrations(),
        Service::Records => holdfast_records::migrations(),
        Service::Documents => holdfast_documents::migrations(),
        Service::Consent => holdfast_consent::migrations(),
        Service::Messaging => holdfast_messaging::migrations(),
        Service::Audit => holdfast_audit::migrations(),
        Service::Gateway => return Err(anyhow!("the gateway has no database")),
    })
}

/// `holdfast migrate <service>`.
pub(crate) async fn migrate_one(args: MigrateArgs) -> Result<()> {
    migrate(args.service, &args.database).await?;
    println!("{}: migrated", args.service);
    Ok(())
}

/// The roles that serve are the users of the serving URLs: they are given what they may do.
pub(crate) async fn migrate(service: Service, settings: &DatabaseSettings) -> Result<()> {
    let Migrations { views, feeds } = migrations(service)?;
    let role = user(settings.serve.required()?.expose_secret())?;
    let keys_role = user(settings.keys.required()?.expose_secret())?;
    schema::migrate(settings.migrate.required()?.expose_secret(), &role, &views, &feeds)
        .await
        .with_context(|| format!("the database of {service}"))?;
    schema::migrate_keys(settings.migrate_keys.required()?.expose_secret(), &keys_role)
        .await
        .with_context(|| format!("the key database of {service}"))
}

pub(crate) fn user(url: &str) -> Result<String> {
    Ok(url::Url::parse(url).context("a database URL is malformed")?.username().to_owned())
}

/// On one machine: makes the databases of a service in the private PostgreSQL, migrates them, and says how to reach them.
pub(crate) async fn prepare(
    service: Service,
    postgres: &Urls<'_>,
    master_key_file: PathBuf,
) -> Result<DatabaseSettings> {
    let (name, owner, keys) = names(service);
    let databases = Databases {
        name: name.clone(),
        owner_password: (postgres.password)(&owner),
        serving_password: (postgres.password)(&name),
        keys_password: (postgres.password)(&keys),
    };
    schema::provision(&postgres.superuser, &databases)
        .await
        .with_context(|| format!("the databases of {service}"))?;
    let settings = DatabaseSettings {
        serve: DatabaseUrl::of((postgres.url)(&name, &name)),
        migrate: MigrateDatabaseUrl::of((postgres.url)(&name, &owner)),
        keys: KeysDatabaseUrl::of((postgres.url)(&keys, &keys)),
        migrate_keys: MigrateKeysDatabaseUrl::of((postgres.url)(&keys, &owner)),
        master_key_file: Some(master_key_file),
    };
    migrate(service, &settings).await?;
    // What serves does not hold the owner's keys.
    Ok(DatabaseSettings {
        migrate: MigrateDatabaseUrl::default(),
        migrate_keys: MigrateKeysDatabaseUrl::default(),
        ..settings
    })
}

type Address<'a> = Box<dyn Fn(&str, &str) -> String + Send + Sync + 'a>;

/// How the private PostgreSQL is reached.
pub(crate) struct Urls<'a> {
    pub(crate) superuser: String,
    /// Of a database, as a role.
    pub(crate) url: Address<'a>,
    pub(crate) password: Box<dyn Fn(&str) -> String + Send + Sync + 'a>,
}

impl<'a> Urls<'a> {
    pub(crate) fn of(postgres: &'a Postgres) -> Self {
        Self {
            superuser: postgres.superuser_url(),
            url: Box::new(|database, role| postgres.url(database, role)),
            password: Box::new(|role| postgres.password(role)),
        }
    }
}

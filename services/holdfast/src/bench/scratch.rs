//! A PostgreSQL and nats-server of the benchmark's own, and a log on them.
use anyhow::Result;
use holdfast_eventlog::{
    Context, Databases, EventLog, KeyRing, MasterKey, Parts,
    schema::{self, Migrator},
};
use holdfast_host::Migrations;
use holdfast_supervise::{Binaries, Nats, NatsSettings, Postgres, PostgresSettings};
use holdfast_types::{AccountId, Actor, Clock, Ids, Purpose, SystemClock, SystemIds, TenantId};
use rand::distr::{Alphanumeric, SampleString};
use sqlx::PgPool;
use std::{path::Path, sync::Arc};
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// The local view of consent, for whoever asks a gate.
static ACCESS: Migrator = holdfast_access::views::MIGRATIONS;

pub(crate) struct Scratch {
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
}

impl Scratch {
    /// Durable, as in production: a commit is on disk.
    pub(crate) async fn start(dir: &Path, tools_dir: &Path) -> Result<Self> {
        let (dir, tools) = (dir.to_owned(), tools_dir.to_owned());
        spawn_blocking(move || {
            let binaries = Binaries::locate(&tools)?;
            Postgres::remove(&dir.join("postgres"))?;
            Nats::remove(&dir.join("nats"))?;
            let postgres = Postgres::start(&binaries, &dir.join("postgres"), PostgresSettings::default())?;
            let nats = Nats::start(&binaries, &dir.join("nats"), NatsSettings::default())?;
            Ok(Self { postgres, nats })
        })
        .await?
    }

    /// A migrated log without read models of its own.
    pub(crate) async fn log(&self, name: &str) -> Result<EventLog> {
        let migrations = Migrations { views: Migrator::with_migrations(Vec::new()), feeds: vec![&ACCESS] };
        self.log_of(name, name, migrations).await
    }

    /// A service's log, with its tables, in a database of another name.
    pub(crate) async fn log_of(&self, name: &str, service: &str, migrations: Migrations) -> Result<EventLog> {
        let (owner, keys) = (format!("{name}_owner"), format!("{name}_keys"));
        let databases = Databases {
            name: name.to_owned(),
            owner_password: self.postgres.password(&owner),
            serving_password: self.postgres.password(name),
            keys_password: self.postgres.password(&keys),
        };
        schema::provision(&self.postgres.superuser_url(), &databases).await?;
        let Migrations { views, feeds } = migrations;
        schema::migrate(&self.postgres.url(name, &owner), name, &views, &feeds).await?;
        schema::migrate_keys(&self.postgres.url(&keys, &owner), &keys).await?;
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let key_pool = schema::connect(&self.postgres.url(&keys, &keys), 4)?;
        Ok(EventLog::start(Parts {
            service: service.to_owned(),
            pool: schema::connect(&self.postgres.url(name, name), 16)?,
            keys: KeyRing::new(key_pool, MasterKey::new([1; 32]), Arc::clone(&clock), Arc::clone(&ids)),
            clock,
            ids,
            projections: Vec::new(),
            publish: Arc::new(|_| Ok(None)),
            committers: 2,
        }))
    }

    /// Connections of the owner, for the reference.
    pub(crate) fn raw(&self, name: &str, connections: u32) -> Result<PgPool> {
        Ok(schema::connect(&self.postgres.url(name, &format!("{name}_owner")), connections)?)
    }
}

pub(crate) fn context() -> Context {
    Context {
        tenant: TenantId::new(Uuid::from_u128(1)),
        actor: Actor::Account(AccountId::new(Uuid::from_u128(2))),
        on_behalf_of: None,
        purpose: Purpose::Treatment,
        correlation: Uuid::from_u128(3),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    }
}

/// Text in which nothing repeats, as of content that cannot be packed.
pub(crate) fn noise(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

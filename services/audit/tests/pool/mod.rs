//! Audit's tables with a log of entries beside them, and sequencers that work or are killed on it.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
use crate::log::*;
use holdfast_audit::{
    sequencer::{Sequencer, Shelf, Tables},
    views::Index,
};
use holdfast_eventlog::{
    Append, Context, EventLog, Inbox, NewEvent, Parts, StreamAppend, StreamName, Subject, schema,
};
use holdfast_objects::aws_variables;
use holdfast_testkit::{Bucket, FakeClock, TestDatabase, database};
use holdfast_translog::{Hash, SigningKey, Signs};
use holdfast_types::*;
use sqlx::Connection as _;
use std::{
    collections::BTreeSet, os::unix::process::ExitStatusExt, path::PathBuf, process::Command, sync::Arc,
    time::Duration,
};
use url::Url;
use uuid::Uuid;

/// What the process that is killed is told, beside the variables of a bucket.
const DATABASE: &str = "HOLDFAST_TEST_SEQUENCER_DATABASE";
const STORE: &str = "HOLDFAST_TEST_SEQUENCER_STORE";
const LOG_SEED: [u8; 32] = [9; 32];

/// The tables and the shelf of the process that is to be killed; none in a run of the tests.
pub fn told() -> Option<(sqlx::PgPool, Shelf)> {
    let (url, store) = (std::env::var(DATABASE).ok()?, std::env::var(STORE).ok()?);
    holdfast_host::tls::install_crypto();
    let shelf = Shelf::open(&store.parse().unwrap(), &aws_variables()).unwrap();
    Some((schema::connect(&url, 4).unwrap(), shelf))
}

pub struct World {
    pub audit: TestDatabase,
    dir: tempfile::TempDir,
    bucket: Option<Bucket>,
    pub clock: FakeClock,
    sources: Vec<(EventLog, Inbox)>,
}

/// Audit's tables, hearing some services' logs whenever it is told to.
pub async fn world() -> World {
    let migrations = holdfast_audit::migrations();
    let audit = database("audit", &migrations.views, &migrations.feeds).await;
    let clock = FakeClock::monday_noon();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut sources = Vec::new();
    for service in [Service::Records, Service::Audit] {
        let database = database("source", &schema::Migrator::with_migrations(Vec::new()), &[]).await;
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let log = EventLog::start(Parts {
            service: service.as_str().to_owned(),
            pool: database.pool.clone(),
            keys: database.keys(Arc::clone(&shared), Arc::clone(&ids)),
            clock: Arc::clone(&shared),
            ids,
            projections: Vec::new(),
            publish: Arc::new(|_| Ok(None)),
            committers: 1,
        });
        let index = Arc::new(Index::of(service, Arc::clone(&shared)));
        let source = Arc::new(log.clone());
        let poll = Duration::from_secs(1);
        sources
            .push((log, Inbox::new("audit", audit.pool.clone(), source, index, Arc::clone(&shared), poll)));
    }
    World { audit, dir: tempfile::tempdir().unwrap(), bucket: None, clock, sources }
}

/// The same, publishing into a bucket.
pub async fn world_in(bucket: Bucket) -> World {
    holdfast_host::tls::install_crypto();
    World { bucket: Some(bucket), ..world().await }
}

impl World {
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Where it publishes, and the variables of that.
    fn store(&self) -> (Url, Vec<(String, String)>) {
        match &self.bucket {
            Some(bucket) => ("s3://log/of/holdfast".parse().unwrap(), bucket.variables().into()),
            None => (Url::from_directory_path(self.folder()).unwrap(), Vec::new()),
        }
    }

    pub fn shelf(&self) -> Shelf {
        let (url, variables) = self.store();
        let aws = variables.into_iter().map(|(name, value)| (name, value.into())).collect();
        Shelf::open(&url, &aws).unwrap()
    }

    pub fn sequencer(&self) -> Sequencer {
        sequencer(self.audit.pool.clone(), self.shelf(), self.clock.clone())
    }

    /// Of a log of another name, signed with the same key.
    pub fn sequencer_of(&self, name: &str, shelf: Shelf) -> Sequencer {
        let key = SigningKey::from_seed(name, Signs::Notes, &LOG_SEED).unwrap();
        Sequencer::new(Tables::new(self.audit.pool.clone()), shelf, key, Arc::new(self.clock.clone()))
    }

    pub async fn as_superuser(&self, sql: String) {
        let mut conn = sqlx::PgConnection::connect(&self.audit.superuser_url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }

    /// One event of a patient, heard.
    pub async fn hear(&self, service: Service, patient: u128) {
        self.hear_many(service, patient, 1).await;
    }

    pub async fn hear_many(&self, service: Service, patient: u128, count: usize) {
        let (log, inbox) = self.sources.iter().find(|(log, _)| log.service() == service.as_str()).unwrap();
        let event = || NewEvent::encoded("item.recorded", b"sealed".to_vec());
        let context = Context {
            tenant: TenantId::new(Uuid::from_u128(1)),
            actor: Actor::Anonymous,
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: SystemIds.next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let stream = StreamName::new("item", SystemIds.next());
        let events = (0..count).map(|_| event()).collect();
        let streams = vec![StreamAppend { stream, expected_revision: 0, events, own_key: false }];
        let subject = Subject::Patient(PatientId::new(Uuid::from_u128(patient)));
        log.append(Append { subject, context, request: None, streams }).await.unwrap();
        inbox.catch_up(Duration::ZERO).await.unwrap();
    }

    pub async fn hear_of_all(&self) {
        for patient in 1..=5 {
            self.hear(Service::Records, patient).await;
        }
        self.hear(Service::Audit, 1).await;
    }

    pub async fn heard(&self) -> BTreeSet<Place> {
        let rows: Vec<Place> = sqlx::query_as("SELECT service, lane, lane_seq FROM entries")
            .fetch_all(&self.audit.pool)
            .await
            .unwrap();
        rows.into_iter().collect()
    }

    /// What is published is a log that continues what was published before, and once another has gone on, all that was heard is in it.
    pub async fn mended(&self, notes: &mut Vec<Vec<u8>>) {
        let shelf = self.shelf();
        let left = checkpoint_note(&shelf).await;
        if left.is_some() {
            verified(&shelf, notes).await;
        }
        notes.extend(left);
        let mut next = self.sequencer();
        while next.round().await.unwrap() > 0 {}
        verified(&shelf, notes).await;
        notes.push(checkpoint_note(&shelf).await.unwrap());
        assert_eq!(events(&shelf).await, self.heard().await);
    }

    /// Each checkpoint that is committed from now on is noted; one size twice is refused.
    pub async fn note_swaps(&self) {
        let tables = "CREATE TABLE feeds.swaps (size bigint PRIMARY KEY, root bytea NOT NULL);
             CREATE FUNCTION feeds.note_swap() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
             'BEGIN INSERT INTO feeds.swaps VALUES (NEW.size, NEW.root); RETURN NULL; END';
             CREATE TRIGGER note_swap AFTER UPDATE OF size ON feeds.log_checkpoint
             FOR EACH ROW WHEN (OLD.size <> NEW.size) EXECUTE FUNCTION feeds.note_swap()";
        let mut conn = sqlx::PgConnection::connect(&self.audit.superuser_url).await.unwrap();
        sqlx::raw_sql(tables).execute(&mut conn).await.unwrap();
    }

    pub async fn swaps(&self) -> BTreeSet<(u64, Hash)> {
        let mut conn = sqlx::PgConnection::connect(&self.audit.superuser_url).await.unwrap();
        let rows: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT size, root FROM feeds.swaps").fetch_all(&mut conn).await.unwrap();
        rows.into_iter().map(|(size, root)| (size.try_into().unwrap(), root.try_into().unwrap())).collect()
    }

    /// In a process of its own that dies at that place.
    pub fn killed_at(&self, fault: &str) {
        self.killed_with(fault, &[]);
    }

    pub fn killed_with(&self, fault: &str, told: &[(&str, &str)]) {
        let (store, variables) = self.store();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--ignored"])
            .env(DATABASE, &self.audit.url)
            .env(STORE, store.as_str())
            .envs(variables)
            .env("HOLDFAST_FAULT", fault)
            .envs(told.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.signal(), Some(6), "it dies at {fault}: {output:?}");
    }
}

pub fn log_key() -> SigningKey {
    SigningKey::from_seed("holdfast.example/log", Signs::Notes, &LOG_SEED).unwrap()
}

pub fn sequencer(pool: sqlx::PgPool, shelf: Shelf, clock: FakeClock) -> Sequencer {
    Sequencer::new(Tables::new(pool), shelf, log_key(), Arc::new(clock))
}

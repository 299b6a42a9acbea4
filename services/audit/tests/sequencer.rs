//! The sequencer neither loses an entry nor forks the log: wherever it dies, whoever else writes, whatever becomes of the files.
#![cfg(test)]
mod log;
use chrono::TimeDelta;
use holdfast_audit::{
    sequencer::{Sequencer, SequencerError, Tables},
    views::Index,
};
use holdfast_eventlog::{
    Append, Context, EventLog, Inbox, NewEvent, Parts, StreamAppend, StreamName, Subject, schema,
};
use holdfast_testkit::{FakeClock, TestDatabase, database};
use holdfast_translog::{SigningKey, Signs};
use holdfast_types::*;
use log::*;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

/// What the process that is killed is told.
const DATABASE: &str = "HOLDFAST_TEST_SEQUENCER_DATABASE";
const FOLDER: &str = "HOLDFAST_TEST_SEQUENCER_FOLDER";

struct World {
    audit: TestDatabase,
    dir: tempfile::TempDir,
    clock: FakeClock,
    sources: Vec<(EventLog, Inbox)>,
}

/// Audit's tables, hearing some services' logs whenever it is told to.
async fn world() -> World {
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
    World { audit, dir: tempfile::tempdir().unwrap(), clock, sources }
}

impl World {
    fn folder(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    fn sequencer(&self) -> Sequencer {
        sequencer(self.audit.pool.clone(), &self.folder(), self.clock.clone())
    }

    /// One event of a patient, heard.
    async fn hear(&self, service: Service, patient: u128) {
        let (log, inbox) = self.sources.iter().find(|(log, _)| log.service() == service.as_str()).unwrap();
        let event = NewEvent {
            event_type: "item.recorded",
            schema_version: 1,
            payload: b"sealed".to_vec().into(),
            occurred: None,
        };
        let context = Context {
            tenant: TenantId::new(Uuid::from_u128(1)),
            actor: Actor::Anonymous,
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: SystemIds.next(),
            causation: None,
            traceparent: None,
            occurred: None,
        };
        let stream = StreamName::new("item", SystemIds.next());
        let streams =
            vec![StreamAppend { stream, expected_revision: 0, events: vec![event], own_key: false }];
        let subject = Subject::Patient(PatientId::new(Uuid::from_u128(patient)));
        log.append(Append { subject, context, request: None, streams }).await.unwrap();
        inbox.catch_up(Duration::ZERO).await.unwrap();
    }

    async fn hear_of_all(&self) {
        for patient in 1..=5 {
            self.hear(Service::Records, patient).await;
        }
        self.hear(Service::Audit, 1).await;
    }

    async fn heard(&self) -> BTreeSet<Place> {
        let rows: Vec<Place> = sqlx::query_as("SELECT service, lane, lane_seq FROM entries")
            .fetch_all(&self.audit.pool)
            .await
            .unwrap();
        rows.into_iter().collect()
    }

    /// In a process of its own that dies at that place.
    fn killed_at(&self, fault: &str) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--ignored"])
            .env(DATABASE, &self.audit.url)
            .env(FOLDER, self.folder())
            .env("HOLDFAST_FAULT", fault)
            .output()
            .unwrap();
        assert_eq!(output.status.signal(), Some(6), "it dies at {fault}: {output:?}");
    }
}

fn sequencer(pool: sqlx::PgPool, folder: &Path, clock: FakeClock) -> Sequencer {
    let key = SigningKey::from_seed("holdfast.example/log", Signs::Notes, &[9; 32]).unwrap();
    Sequencer::new(Tables::new(pool), shelf(folder), key, Arc::new(clock))
}

#[tokio::test]
#[ignore = "a process for other tests to kill"]
async fn the_process_that_is_killed() {
    let (Ok(url), Ok(folder)) = (std::env::var(DATABASE), std::env::var(FOLDER)) else { return };
    let pool = schema::connect(&url, 2).unwrap();
    sequencer(pool, Path::new(&folder), FakeClock::monday_noon()).round().await.unwrap();
}

#[tokio::test]
async fn wherever_a_sequencer_dies_nothing_is_lost_and_nothing_forks() {
    let world = world().await;
    let mut notes: Vec<Vec<u8>> = Vec::new();
    for fault in [
        "sequencer.pooled",
        "sequencer.signed",
        "sequencer.written",
        "sequencer.committed",
        "sequencer.half_published",
        "sequencer.tiles_published",
        "sequencer.checkpoint_published",
        "sequencer.published",
    ] {
        // The first sequencer dies on an empty log, the second on one that goes on.
        for _ in 0..2 {
            world.hear_of_all().await;
            world.killed_at(fault);
            let left = checkpoint_note(&shelf(&world.folder())).await;
            if left.is_some() {
                verified(&shelf(&world.folder()), &notes).await;
            }
            notes.extend(left);
            let mut next = world.sequencer();
            while next.round().await.unwrap() > 0 {}
            verified(&shelf(&world.folder()), &notes).await;
            notes.push(checkpoint_note(&shelf(&world.folder())).await.unwrap());
            assert_eq!(events(&shelf(&world.folder())).await, world.heard().await, "after {fault}");
        }
    }
    let last = verified(&shelf(&world.folder()), &notes).await;
    assert_eq!((last.patients, last.entries > 96), (5, true));
}

#[tokio::test]
async fn of_two_sequencers_one_stops_and_goes_on_only_from_what_the_other_committed() {
    let world = world().await;
    let (mut first, mut second) = (world.sequencer(), world.sequencer());
    world.hear(Service::Records, 1).await;
    assert_eq!(first.round().await.unwrap(), 1);
    assert_eq!(second.round().await.unwrap(), 0);
    let note = checkpoint_note(&shelf(&world.folder())).await.unwrap();
    // Both stand at the same checkpoint: of another lane, and of one that the other has moved.
    for patient in [2, 1] {
        world.hear(Service::Records, 1).await;
        assert_eq!(first.round().await.unwrap(), 1);
        world.hear(Service::Records, patient).await;
        assert!(matches!(second.round().await, Err(SequencerError::Lost)));
        assert_eq!(second.round().await.unwrap(), 1);
        assert!(matches!(first.round().await, Ok(0)));
        world.hear(Service::Records, 3).await;
        assert!(matches!(first.round().await, Err(SequencerError::Lost)));
        assert_eq!(first.round().await.unwrap(), 1);
        world.hear(Service::Records, 4).await;
        assert!(matches!(second.round().await, Err(SequencerError::Lost)));
        assert_eq!(second.round().await.unwrap(), 1);
        first = world.sequencer();
        assert_eq!(first.round().await.unwrap(), 0);
    }
    verified(&shelf(&world.folder()), &[note]).await;
    assert_eq!(events(&shelf(&world.folder())).await, world.heard().await);
}

#[tokio::test]
async fn files_that_are_gone_or_spoilt_are_made_again_as_they_were() {
    let world = world().await;
    let mut sequencer = world.sequencer();
    for _ in 0..3 {
        world.hear_of_all().await;
        assert_eq!(sequencer.round().await.unwrap(), 6);
    }
    let note = checkpoint_note(&shelf(&world.folder())).await.unwrap();
    let spoilt = world.folder().join("tile/0/000.p/21");
    let bytes = fs::read(&spoilt).unwrap();
    fs::write(&spoilt, [&[0; 32], &bytes[32..]].concat()).unwrap();
    assert_eq!(world.sequencer().round().await.unwrap(), 0);
    assert_eq!(fs::read(&spoilt).unwrap(), bytes);
    fs::remove_dir_all(world.folder()).unwrap();
    assert_eq!(world.sequencer().round().await.unwrap(), 0);
    assert_eq!(checkpoint_note(&shelf(&world.folder())).await.unwrap(), note);
    assert_eq!(fs::read(&spoilt).unwrap(), bytes);
    verified(&shelf(&world.folder()), &[note]).await;
}

#[tokio::test]
async fn what_was_altered_in_the_tables_is_never_signed() {
    let world = world().await;
    world.hear_of_all().await;
    world.sequencer().round().await.unwrap();
    let note = checkpoint_note(&shelf(&world.folder())).await.unwrap();
    for (change, back) in [
        ("UPDATE log_heads SET count = count + 1", "UPDATE log_heads SET count = count - 1"),
        (
            "UPDATE log_entries SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1)",
            "UPDATE log_entries SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1)",
        ),
        (
            "UPDATE log_checkpoint SET note = replace(note, 'holdfast', 'holdback')",
            "UPDATE log_checkpoint SET note = replace(note, 'holdback', 'holdfast')",
        ),
    ] {
        sqlx::query(change).execute(&world.audit.pool).await.unwrap();
        fs::remove_dir_all(world.folder()).unwrap();
        world.hear(Service::Records, 1).await;
        world.sequencer().round().await.unwrap_err();
        sqlx::query(back).execute(&world.audit.pool).await.unwrap();
    }
    assert_eq!(world.sequencer().round().await.unwrap(), 3);
    verified(&shelf(&world.folder()), &[note]).await;
}

#[tokio::test]
async fn looks_at_audit_itself_are_in_the_log_and_worth_no_checkpoint_of_their_own_each() {
    let world = world().await;
    let mut sequencer = world.sequencer();
    world.hear(Service::Audit, 1).await;
    assert_eq!(sequencer.round().await.unwrap(), 1);
    world.hear(Service::Audit, 1).await;
    assert_eq!(sequencer.round().await.unwrap(), 0);
    world.hear(Service::Records, 1).await;
    assert_eq!(sequencer.round().await.unwrap(), 2);
    world.hear(Service::Audit, 1).await;
    assert_eq!(sequencer.round().await.unwrap(), 0);
    world.clock.advance(TimeDelta::seconds(5));
    assert_eq!(sequencer.round().await.unwrap(), 1);
    assert_eq!(events(&shelf(&world.folder())).await, world.heard().await);
}

#[tokio::test]
async fn an_event_that_was_not_taken_note_of_holds_up_its_lane_alone() {
    let world = world().await;
    for patient in [1, 2, 1, 1] {
        world.hear(Service::Records, patient).await;
    }
    let lane = PatientId::new(Uuid::from_u128(1));
    let lane = i32::from(Subject::Patient(lane).lane());
    // A table of one connection: moved out and back in on the same one.
    let mut conn = world.audit.pool.acquire().await.unwrap();
    sqlx::query("CREATE TEMP TABLE kept (LIKE entries)").execute(&mut *conn).await.unwrap();
    let moved = "WITH gone AS (DELETE FROM entries WHERE lane = $1 AND lane_seq = 2 RETURNING *) INSERT INTO kept SELECT * FROM gone";
    sqlx::query(moved).bind(lane).execute(&mut *conn).await.unwrap();
    let mut sequencer = world.sequencer();
    assert_eq!(sequencer.round().await.unwrap(), 2);
    assert_eq!(sequencer.round().await.unwrap(), 0);
    sqlx::query("INSERT INTO entries SELECT * FROM kept").execute(&mut *conn).await.unwrap();
    assert_eq!(sequencer.round().await.unwrap(), 2);
    verified(&shelf(&world.folder()), &[]).await;
    assert_eq!(events(&shelf(&world.folder())).await, world.heard().await);
}

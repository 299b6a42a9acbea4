//! The sequencer neither loses an entry nor forks the log: wherever it dies, whoever else writes, whatever becomes of the files.
#![cfg(test)]
mod log;
mod pool;
use chrono::TimeDelta;
use holdfast_audit::sequencer::{LEASE, Sequencer, SequencerError};
use holdfast_eventlog::{Lease, Subject};
use holdfast_testkit::{Bucket, FakeClock};
use holdfast_translog::{Checkpoint, Hash};
use holdfast_types::*;
use log::*;
use pool::*;
use std::{collections::BTreeMap, fs, time::Duration};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// More than a lease lasts.
const PATIENCE: Duration = Duration::from_secs(45);

#[tokio::test]
#[ignore = "a process for other tests to kill"]
async fn the_process_that_is_killed() {
    let Some((pool, shelf)) = told() else { return };
    sequencer(pool, shelf, FakeClock::monday_noon()).round().await.unwrap();
}

#[tokio::test]
async fn wherever_a_sequencer_dies_nothing_is_lost_and_nothing_forks() {
    dies_everywhere(&world().await).await;
}

#[tokio::test]
async fn wherever_it_dies_while_it_publishes_into_a_bucket_nothing_is_lost_and_nothing_forks() {
    let (Some(bucket), Some(other)) = (Bucket::start("log"), Bucket::start("log")) else { return };
    let (world, tidied) = (world_in(bucket).await, world_in(other).await);
    dies_everywhere(&world).await;
    dies_mending(&world).await;
    dies_tidying(&tidied).await;
    assert!(!world.folder().exists(), "nothing of it lies in a folder");
}

async fn dies_everywhere(world: &World) {
    let mut notes: Vec<Vec<u8>> = Vec::new();
    for fault in [
        "sequencer.pooled",
        "sequencer.signed",
        "sequencer.written",
        "sequencer.committed",
        "sequencer.half_published",
        "sequencer.tiles_published",
        // For the second time: the first is the checkpoint on which it resumes.
        "sequencer.checkpoint_published:2",
        "sequencer.published",
    ] {
        // The first sequencer of all dies on an empty log, the others on one that goes on.
        for _ in 0..2 {
            world.hear_of_all().await;
            world.killed_at(fault);
            world.mended(&mut notes).await;
        }
    }
    let last = verified(&world.shelf(), &notes).await;
    assert_eq!((last.patients, last.entries > 96), (5, true));
}

#[tokio::test]
async fn one_that_dies_while_it_mends_what_another_left_is_mended_like_any_other() {
    dies_mending(&world().await).await;
}

async fn dies_mending(world: &World) {
    let mut notes: Vec<Vec<u8>> = Vec::new();
    for fault in [
        "sequencer.half_rolled_forward",
        "sequencer.rolled_forward",
        "sequencer.checkpoint_published",
        "sequencer.resumed",
    ] {
        world.hear_of_all().await;
        world.killed_at("sequencer.committed");
        world.hear_of_all().await;
        world.killed_at(fault);
        world.mended(&mut notes).await;
    }
}

#[tokio::test]
async fn one_that_dies_while_it_tidies_leaves_every_entry_to_be_read() {
    dies_tidying(&world().await).await;
}

async fn dies_tidying(world: &World) {
    let mut notes: Vec<Vec<u8>> = Vec::new();
    world.hear_many(Service::Records, 1, 200).await;
    world.mended(&mut notes).await;
    world.hear_many(Service::Records, 1, 200).await;
    world.killed_at("sequencer.tidied");
    world.mended(&mut notes).await;
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

/// Until told to stop: how often it lost the log to another, and what it published. Nothing else can become of it.
async fn races(mut sequencer: Sequencer, stop: CancellationToken) -> (usize, BTreeMap<u64, Hash>) {
    let (mut lost, mut published, newest) = (0, BTreeMap::new(), sequencer.newest());
    while !stop.is_cancelled() {
        match sequencer.round().await {
            Ok(_) => {}
            Err(SequencerError::Lost) => lost += 1,
            Err(error) => panic!("{error:?}"),
        }
        published.extend(newest.borrow().as_ref().map(|signed| place(signed.checkpoint())));
    }
    (lost, published)
}

fn place(checkpoint: &Checkpoint) -> (u64, Hash) {
    (checkpoint.size, checkpoint.root)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_three_that_race_one_commits_each_checkpoint_the_others_lose_it_and_nothing_forks() {
    let world = world().await;
    world.note_swaps().await;
    let stop = CancellationToken::new();
    let racing = [(); 3].map(|()| tokio::spawn(races(world.sequencer(), stop.clone())));
    for _ in 0..40 {
        world.hear_of_all().await;
    }
    stop.cancel();
    let (mut lost, mut published) = (0, BTreeMap::new());
    for one in racing {
        let (times, theirs) = one.await.unwrap();
        lost += times;
        for (size, root) in theirs {
            assert_eq!(*published.entry(size).or_insert(root), root, "two trees of {size} entries");
        }
    }
    assert!(lost > 0, "they raced");
    let mut notes = Vec::new();
    world.mended(&mut notes).await;
    let committed = world.swaps().await;
    assert!(committed.len() > 5 && published.iter().all(|one| committed.contains(&(*one.0, *one.1))));
}

impl World {
    /// When all that was heard is committed: who holds the lease.
    async fn covered(&self) -> Option<Uuid> {
        let heard = self.heard().await.len() as u64;
        let committed = async || self.swaps().await.last().is_some_and(|(size, _)| *size >= heard);
        let begun = Instant::now();
        while !committed().await {
            // A look at audit alone is worth a checkpoint after a while.
            self.clock.advance(TimeDelta::seconds(6));
            assert!(begun.elapsed() < PATIENCE, "nobody goes on");
            sleep(Duration::from_millis(50)).await;
        }
        let holder = "SELECT holder FROM leases WHERE name = $1";
        sqlx::query_scalar(holder).bind(LEASE).fetch_optional(&self.audit.pool).await.unwrap()
    }
}

/// It changes hands while its holder still believes to have it: for a while both work, and the swap decides.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_run_under_one_lease_one_works_and_when_it_changes_hands_nothing_forks() {
    let world = world().await;
    world.note_swaps().await;
    let holders = [1, 2].map(Uuid::from_u128);
    let stops = [(); 2].map(|()| CancellationToken::new());
    let mut running = Vec::new();
    for (holder, stop) in holders.iter().zip(&stops) {
        let lease = Lease::new(world.audit.pool.clone(), LEASE, *holder);
        running.push(tokio::spawn(world.sequencer().run(lease, stop.clone())));
    }
    for _ in 0..3 {
        world.hear_of_all().await;
        assert!(world.covered().await.is_none_or(|holder| holders.contains(&holder)));
        sqlx::query("DELETE FROM leases").execute(&world.audit.pool).await.unwrap();
    }
    // Whichever is told to stop, the other goes on.
    for (stop, other) in stops.iter().zip([Some(holders[1]), None]) {
        world.hear_of_all().await;
        world.covered().await;
        stop.cancel();
        if other.is_some() {
            world.hear_of_all().await;
            // Who has just held it need not hold it anew to go on.
            assert!(world.covered().await.is_none_or(|holder| Some(holder) == other));
        }
    }
    for one in running {
        one.await.unwrap();
    }
    let mut notes = Vec::new();
    world.mended(&mut notes).await;
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
async fn a_full_tile_that_is_gone_is_made_again_however_far_the_log_has_grown_past_it() {
    let world = world().await;
    world.hear_many(Service::Records, 1, 600).await;
    let mut sequencer = world.sequencer();
    while sequencer.round().await.unwrap() > 0 {}
    for path in ["tile/0/000", "tile/entries/000"] {
        let bytes = fs::read(world.folder().join(path)).unwrap();
        fs::remove_file(world.folder().join(path)).unwrap();
        assert_eq!(world.sequencer().round().await.unwrap(), 0);
        assert_eq!(fs::read(world.folder().join(path)).unwrap(), bytes, "{path}");
    }
    verified(&shelf(&world.folder()), &[]).await;
}

#[tokio::test]
async fn a_database_that_was_set_back_does_not_fork_the_log_that_others_have_seen() {
    const TABLES: [&str; 4] = ["log_entries", "log_heads", "log_lanes", "log_checkpoint"];
    let world = world().await;
    world.hear_of_all().await;
    let set_back = world.sequencer().round().await.unwrap();
    for table in TABLES {
        world.as_superuser(format!("CREATE TABLE kept_{table} AS TABLE feeds.{table}")).await;
    }
    world.hear_of_all().await;
    assert_eq!(world.sequencer().round().await.unwrap(), set_back);
    let seen = checkpoint_note(&shelf(&world.folder())).await.unwrap();
    for table in TABLES {
        let back = format!("DELETE FROM feeds.{table}; INSERT INTO feeds.{table} TABLE kept_{table}");
        world.as_superuser(back).await;
    }
    let refused = world.sequencer().round().await.unwrap_err();
    assert!(matches!(refused, SequencerError::SetBack { published: 14, committed: 7 }), "{refused:?}");
    // Nor one that holds nothing at all, or as much of something else.
    world
        .as_superuser(
            "UPDATE feeds.log_checkpoint SET size = 0, root = sha256(''), note = '', published_size = 0"
                .into(),
        )
        .await;
    let refused = world.sequencer().round().await.unwrap_err();
    assert!(matches!(refused, SequencerError::SetBack { published: 14, committed: 0 }), "{refused:?}");
    assert_eq!(checkpoint_note(&shelf(&world.folder())).await.unwrap(), seen, "what others have seen stays");
    verified(&shelf(&world.folder()), std::slice::from_ref(&seen)).await;

    // Another log begins under another name, and not on top of the one that others have seen.
    world
        .as_superuser(
            "TRUNCATE feeds.log_checkpoint; INSERT INTO feeds.log_checkpoint TABLE kept_log_checkpoint"
                .into(),
        )
        .await;
    let refused =
        world.sequencer_of("holdfast.example/log-2", shelf(&world.folder())).round().await.unwrap_err();
    assert!(matches!(refused, SequencerError::OtherLog { .. }), "{refused:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut another = world.sequencer_of("holdfast.example/log-2", shelf(elsewhere.path()));
    while another.round().await.unwrap() > 0 {}
    verified(&shelf(elsewhere.path()), &[]).await;
    assert_eq!(events(&shelf(elsewhere.path())).await, world.heard().await);
    verified(&shelf(&world.folder()), &[seen]).await;
    // Who goes back to the old name loses neither.
    let refused = world.sequencer().round().await.unwrap_err();
    assert!(matches!(refused, SequencerError::SetBack { published: 14, .. }), "{refused:?}");
    assert_eq!(another.round().await.unwrap(), 0);
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

//! `kill -9` between any two steps of append, relay and inbox: nothing is lost, nothing is doubled.
#![cfg(test)]
use holdfast_eventlog::{Bus, Envelope, Position, Source, SourceError};
use holdfast_testkit::{database, servers};
use holdfast_torture::*;
use std::{os::unix::process::ExitStatusExt, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const SIGABRT: i32 = 6;
const PATIENCE: Duration = Duration::from_secs(90);
const WRITERS: [u16; 3] = [1, 2, 3];

/// A log that cannot be read back: what comes must come over the bus.
struct BusOnly;

#[async_trait::async_trait]
impl Source for BusOnly {
    fn service(&self) -> &str {
        "tally"
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Ok(Vec::new())
    }
    async fn read_lane(&self, _: u16, _: u64, _: u32) -> Result<Vec<Envelope>, SourceError> {
        Err(SourceError { service: "tally".to_owned(), source: "not to be read".into() })
    }
}

struct World {
    program: Program,
    place: Place,
    acked: Acked,
    bus_prefix: String,
}

impl World {
    async fn new() -> Self {
        let (views, feeds) = migrations();
        let log = database("tally", views, &[feeds]).await;
        let listener = database("tally", views, &[feeds]).await;
        let bus_prefix = log.url.rsplit('/').next().unwrap().to_owned();
        let place = Place { log_url: log.url, keys_url: log.keys_url, listener_url: listener.url };
        let program = Program { path: env!("CARGO_BIN_EXE_torture-worker").into(), arguments: Vec::new() };
        Self { program, place, acked: Acked::default(), bus_prefix }
    }

    async fn start(&self, role: Role, fault: Option<&str>) -> Worker {
        let order = Order {
            place: self.place.clone(),
            nats_url: servers().nats_url.clone(),
            bus_prefix: self.bus_prefix.clone(),
            seed: 1,
            role,
        };
        self.program.start(&order, fault, &self.acked).await.unwrap()
    }

    /// Writers that go on after what was acknowledged: for ever, or for so many commands.
    async fn start_writers(&self, more: Option<u64>, fault: Option<&str>) -> Worker {
        let writing = |writer| {
            let acked = self.acked.of(writer);
            Writing { writer, next: acked + 1, last: more.map(|more| acked + more) }
        };
        self.start(Role::Write { writers: WRITERS.map(writing).to_vec(), patients: 5 }, fault).await
    }

    async fn start_listener(&self, fault: Option<&str>) -> Worker {
        self.start(Role::Listen { chaos: false, refuses: false }, fault).await
    }

    async fn start_refusing_listener(&self, fault: Option<&str>) -> Worker {
        self.start(Role::Listen { chaos: false, refuses: true }, fault).await
    }

    /// Until the listener has parked so many events.
    async fn parks(&self, events: usize) {
        let inbox = listener(&self.place, Arc::new(BusOnly)).unwrap();
        timeout(PATIENCE, async { while inbox.parked().await.unwrap().len() < events {} })
            .await
            .expect("too few were parked");
    }

    /// What time does to the lease of a dead relay.
    async fn let_leases_end(&self) {
        sqlx::query("DELETE FROM leases").execute(log(&self.place).unwrap().pool()).await.unwrap();
    }

    /// All is well once everything that was written is heard through `source`.
    async fn check(&self, source: Arc<dyn Source>) {
        let inbox = listener(&self.place, source).unwrap();
        let stop = CancellationToken::new();
        let bus = Bus::connect(&servers().nats_url, &self.bus_prefix).await.unwrap();
        let hearing = tokio::spawn(inbox.clone().run(bus, "check".to_owned(), stop.clone()));
        for (lane, seq) in log(&self.place).unwrap().heads().await.unwrap() {
            let position = Position { service: "tally".to_owned(), lane, seq };
            assert!(inbox.wait_for(&position, PATIENCE).await.unwrap(), "lane {lane} is not heard to {seq}");
        }
        stop.cancel();
        hearing.await.unwrap();
        inbox.retry_parked().await.unwrap();
        assert!(inbox.parked().await.unwrap().is_empty());
        let counts = count(&self.place, &self.acked).await.unwrap();
        assert!(counts.events > 0 && counts.is_clean(), "{counts:?}");
    }
}

async fn dies(worker: Worker) {
    let status = timeout(PATIENCE, worker.end()).await.expect("it never came to this point").unwrap();
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
}

async fn writers_die_at(point: &str) {
    for time in [1, 5] {
        let world = World::new().await;
        dies(world.start_writers(None, Some(&format!("{point}:{time}"))).await).await;
        world.let_leases_end().await;
        let before = world.acked.all();
        let mut again = world.start_writers(Some(4), None).await;
        assert!(again.rested().await);
        for writer in WRITERS {
            assert_eq!(world.acked.of(writer), before.get(&writer).copied().unwrap_or_default() + 4);
        }
        if point.starts_with("relay") {
            world.check(Arc::new(BusOnly)).await;
        } else {
            world.check(Arc::new(log(&world.place).unwrap())).await;
        }
        assert!(again.stop().await.unwrap().success());
    }
}

async fn a_listener_dies_at(point: &str) {
    for time in [1, 3] {
        let world = World::new().await;
        let mut writers = world.start_writers(None, None).await;
        dies(world.start_listener(Some(&format!("{point}:{time}"))).await).await;
        let again = world.start_listener(None).await;
        writers.rest().await;
        assert!(writers.rested().await);
        world.check(Arc::new(log(&world.place).unwrap())).await;
        assert!(writers.stop().await.unwrap().success());
        assert!(again.stop().await.unwrap().success());
    }
}

#[tokio::test]
async fn dying_with_the_lanes_taken_changes_nothing() {
    writers_die_at("append.lanes_taken").await;
}

#[tokio::test]
async fn dying_with_the_events_inserted_changes_nothing() {
    writers_die_at("append.inserted").await;
}

#[tokio::test]
async fn dying_with_the_commands_noted_and_the_read_models_behind_changes_nothing() {
    writers_die_at("append.commands_inserted").await;
}

#[tokio::test]
async fn dying_with_the_read_models_updated_changes_nothing() {
    writers_die_at("append.projected").await;
}

#[tokio::test]
async fn dying_after_the_commit_and_before_the_answer_keeps_the_events_and_the_repetition_adds_none() {
    writers_die_at("append.committed").await;
}

#[tokio::test]
async fn dying_with_half_of_what_is_due_published_publishes_all_of_it_and_is_heard_once() {
    writers_die_at("relay.half_published").await;
}

#[tokio::test]
async fn dying_after_publishing_and_before_noting_it_publishes_again_and_is_heard_once() {
    writers_die_at("relay.published").await;
}

#[tokio::test]
async fn dying_after_noting_what_was_published_loses_nothing() {
    writers_die_at("relay.marked").await;
}

#[tokio::test]
async fn dying_with_the_effect_made_and_the_checkpoint_not_moved_changes_nothing() {
    a_listener_dies_at("inbox.effect").await;
}

#[tokio::test]
async fn dying_after_the_effects_commit_does_not_double_it() {
    a_listener_dies_at("inbox.committed").await;
}

#[tokio::test]
async fn dying_before_the_bus_hears_the_acknowledgement_does_not_double_the_effect() {
    a_listener_dies_at("inbox.taken_in").await;
}

#[tokio::test]
async fn dying_with_an_event_parked_and_the_checkpoint_not_moved_parks_it_once() {
    for time in [1, 3] {
        let world = World::new().await;
        let mut writers = world.start_writers(None, None).await;
        dies(world.start_refusing_listener(Some(&format!("inbox.parked:{time}"))).await).await;
        let refusing = world.start_refusing_listener(None).await;
        world.parks(5).await;
        assert!(refusing.stop().await.unwrap().success());
        let mended = world.start_listener(None).await;
        writers.rest().await;
        assert!(writers.rested().await);
        world.check(Arc::new(log(&world.place).unwrap())).await;
        assert!(writers.stop().await.unwrap().success());
        assert!(mended.stop().await.unwrap().success());
    }
}

#[tokio::test]
async fn dying_with_a_parked_events_effect_made_and_the_event_still_parked_does_not_double_it() {
    for time in [1, 3] {
        let world = World::new().await;
        let mut writers = world.start_writers(None, None).await;
        let refusing = world.start_refusing_listener(None).await;
        world.parks(5).await;
        assert!(refusing.stop().await.unwrap().success());
        dies(world.start_listener(Some(&format!("inbox.retried:{time}"))).await).await;
        let again = world.start_listener(None).await;
        writers.rest().await;
        assert!(writers.rested().await);
        world.check(Arc::new(log(&world.place).unwrap())).await;
        assert!(writers.stop().await.unwrap().success());
        assert!(again.stop().await.unwrap().success());
    }
}

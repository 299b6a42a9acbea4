//! From the log over the bus to another service's tables: every event once, in order, whatever happens to the bus.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use futures::future::join_all;
use holdfast_eventlog::*;
use holdfast_testkit::{FakeClock, TestDatabase, database, servers};
use holdfast_types::{Clock, SystemClock};
use sqlx::PgConnection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Counts what it hears per jar; refuses thirteen while told to.
struct Listener {
    picky: AtomicBool,
}

#[async_trait::async_trait]
impl Reaction for Listener {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in envelopes {
            let payload = envelope.public_payload.as_ref().ok_or(ReactionError::Malformed("no payload"))?;
            let event: JarEvent =
                serde_json::from_slice(&payload.value).map_err(|_| ReactionError::Malformed("payload"))?;
            if event == (JarEvent::Filled { cents: 13 }) && self.picky.load(Ordering::SeqCst) {
                return Err(ReactionError::Malformed("thirteen"));
            }
            let cents = match event {
                JarEvent::Filled { cents } => i64::from(cents),
                JarEvent::Taken { cents } => -i64::from(cents),
            };
            sqlx::query(
                "INSERT INTO balances VALUES ($1, $2, 1)
                 ON CONFLICT (jar) DO UPDATE SET cents = balances.cents + $2, changes = balances.changes + 1",
            )
            .bind(envelope.header.stream.id())
            .bind(cents)
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }
}

struct Ear {
    database: TestDatabase,
    listener: Arc<Listener>,
    inbox: Inbox,
}

/// Another service that hears the log through `source`.
async fn ear(source: Arc<dyn Source>, picky: bool) -> Ear {
    ear_by(source, picky, Arc::new(SystemClock)).await
}

async fn ear_by(source: Arc<dyn Source>, picky: bool, clock: Arc<dyn Clock>) -> Ear {
    let database = database("jars", &VIEWS, &[]).await;
    let listener = Arc::new(Listener { picky: AtomicBool::new(picky) });
    let reaction: Arc<dyn Reaction> = listener.clone();
    let inbox = Inbox::new("ear", database.pool.clone(), source, reaction, clock, Duration::from_millis(200));
    Ear { database, listener, inbox }
}

async fn heard(ear: &Ear) -> Vec<(uuid::Uuid, i64, i64)> {
    sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(&ear.database.pool).await.unwrap()
}

async fn fill(log: &EventLog, jars: u64, times: u64) {
    for time in 0..times {
        join_all(
            (0..jars)
                .map(|jar| act(log, jar, None, JarCommand::Fill(u32::try_from(jar + time + 1).unwrap()))),
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_committed_is_heard_over_the_bus() {
    let name = format!("jars{}", uuid::Uuid::from_u64_pair(1, rand()).simple());
    let world = world_named(&name).await;
    let bus = Bus::connect(&servers().nats_url, "test").await.unwrap();
    let stop = CancellationToken::new();
    let relay = tokio::spawn(Relay::new(world.log.clone(), bus.clone()).run(stop.clone()));
    let ear = ear(Arc::new(world.log.clone()), false).await;
    let inbox = tokio::spawn(ear.inbox.clone().run(bus, "ear".to_owned(), stop.clone()));
    fill(&world.log, 30, 3).await;
    let last = act(&world.log, 1, None, JarCommand::Take(1)).await.unwrap().position.unwrap();
    assert!(ear.inbox.wait_for(&last, Duration::from_secs(20)).await.unwrap());
    ear.inbox.catch_up(Duration::from_secs(5)).await.unwrap();
    let balances: Vec<(uuid::Uuid, i64, i64)> =
        sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(world.log.pool()).await.unwrap();
    assert_eq!(heard(&ear).await, balances);
    assert!(ear.inbox.age().is_some());
    stop.cancel();
    relay.await.unwrap();
    inbox.await.unwrap();
}

#[tokio::test]
async fn duplicates_disorder_and_loss_change_nothing() {
    let world = world().await;
    fill(&world.log, 20, 4).await;
    let mut all = envelopes(&world.log).await;
    let straight = ear(Arc::new(world.log.clone()), false).await;
    straight.inbox.take_in(all.clone()).await.unwrap();
    let crooked = ear(Arc::new(world.log.clone()), false).await;
    all.reverse();
    let third: Vec<Envelope> = all.iter().step_by(3).cloned().collect();
    for batch in third.chunks(5) {
        crooked.inbox.take_in(batch.to_vec()).await.unwrap();
        crooked.inbox.take_in(batch.to_vec()).await.unwrap();
    }
    crooked.inbox.catch_up(Duration::ZERO).await.unwrap();
    assert_eq!(heard(&crooked).await, heard(&straight).await);
    assert_eq!(heard(&straight).await.iter().map(|(_, _, changes)| changes).sum::<i64>(), 80);
}

#[tokio::test]
async fn without_a_bus_the_poll_brings_everything() {
    let world = world().await;
    fill(&world.log, 10, 2).await;
    let ear = ear(Arc::new(world.log.clone()), false).await;
    assert!(ear.inbox.age().is_none());
    ear.inbox.catch_up(Duration::ZERO).await.unwrap();
    assert_eq!(heard(&ear).await.len(), 10);
}

#[tokio::test]
async fn a_feed_that_ended_grows_old_whatever_the_wall_clock_says() {
    let world = world().await;
    let (source, clock) = (Arc::new(world.log.clone()), FakeClock::monday_noon());
    let ear = ear_by(source, false, Arc::new(clock.clone())).await;
    let age = || ear.inbox.age();
    ear.inbox.catch_up(Duration::ZERO).await.unwrap();
    clock.advance(TimeDelta::seconds(20));
    assert!(age().is_some_and(|age| age >= Duration::from_secs(20)), "the machine slept");
    clock.advance(TimeDelta::seconds(-21));
    assert_eq!(age(), None, "a clock that was set back says nothing");
    ear.inbox.catch_up(Duration::ZERO).await.unwrap();
    assert!(age().is_some_and(|age| age < Duration::from_secs(20)), "heard anew, fresh anew");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(age().is_some_and(|age| age >= Duration::from_secs(60)), "the wall clock stood still");
}

#[tokio::test]
async fn a_poisonous_event_parks_its_subject_only_and_drains_in_order_after_the_fix() {
    let world = world().await;
    for cents in [1, 13, 2, 3] {
        act(&world.log, 5, None, JarCommand::Fill(cents)).await.unwrap();
    }
    fill(&world.log, 4, 1).await;
    let ear = ear(Arc::new(world.log.clone()), true).await;
    ear.inbox.catch_up(Duration::ZERO).await.unwrap();
    let parked = ear.inbox.parked().await.unwrap();
    assert_eq!(parked.len(), 3, "thirteen and what follows it");
    let (listed, count) = holdfast_eventlog::parked(&ear.database.pool).await.unwrap();
    let places = |parked: &[Parked]| parked.iter().map(|one| (one.lane, one.lane_seq)).collect::<Vec<_>>();
    assert_eq!((places(&listed), count), (places(&parked), 3));
    assert!(listed.iter().all(|one| one.source == "jars"));
    assert_eq!(heard(&ear).await.iter().find(|(jar, ..)| *jar == id(5)).map(|(_, cents, _)| *cents), Some(1));
    assert_eq!(heard(&ear).await.len(), 5, "the others went on");
    assert_eq!(ear.inbox.retry_parked().await.unwrap(), 0);
    ear.listener.picky.store(false, Ordering::SeqCst);
    assert_eq!(ear.inbox.retry_parked().await.unwrap(), 3);
    assert!(ear.inbox.parked().await.unwrap().is_empty());
    assert_eq!(
        heard(&ear).await.iter().find(|(jar, ..)| *jar == id(5)).map(|(_, cents, _)| *cents),
        Some(19)
    );
}

#[tokio::test]
async fn a_rebuild_beside_gives_the_same_rows_and_is_swapped_in() {
    let world = world().await;
    fill(&world.log, 15, 3).await;
    let rows = || async {
        let rows: Vec<(uuid::Uuid, i64, i64)> =
            sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(world.log.pool()).await.unwrap();
        rows
    };
    let live = rows().await;
    sqlx::query("UPDATE balances SET cents = 0").execute(world.log.pool()).await.unwrap();
    let database = &world.database;
    let count = rebuild(&world.log, &database.owner_url, &database.serving_role, &VIEWS, &Balances, |_| ())
        .await
        .unwrap();
    assert_eq!(count, 45);
    assert_eq!(rows().await, live);
    act(&world.log, 1, None, JarCommand::Fill(7)).await.unwrap();
    assert_ne!(rows().await, live, "the swapped tables are the live ones");
}

fn rand() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(0)
}

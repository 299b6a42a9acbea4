//! What an inbox took in may be lost with a database that crashes: until it has compared again, nothing is known to be taken in.
#![cfg(test)]
mod common;
use common::*;
use holdfast_eventlog::*;
use holdfast_testkit::{database, database_on, own_servers};
use holdfast_types::SystemClock;
use sqlx::{Connection as _, PgConnection, PgPool};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

struct Deaf;

#[async_trait::async_trait]
impl Reaction for Deaf {
    async fn react(&self, _: &mut PgConnection, _: &[Envelope]) -> Result<(), ReactionError> {
        Ok(())
    }
}

/// A log whose lanes cannot be read while it is told so.
struct Mute(EventLog, AtomicBool);

#[async_trait::async_trait]
impl Source for Mute {
    fn service(&self) -> &str {
        self.0.service()
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Source::heads(&self.0).await
    }
    async fn read_lane(&self, lane: u16, after: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        if self.1.load(Ordering::SeqCst) {
            let source = Box::new(std::io::Error::other("away"));
            return Err(SourceError { service: "jars".to_owned(), source });
        }
        Source::read_lane(&self.0, lane, after, limit).await
    }
}

fn inbox(pool: &PgPool, source: Arc<dyn Source>) -> Inbox {
    Inbox::new("ear", pool.clone(), source, Arc::new(Deaf), Arc::new(SystemClock), Duration::from_millis(200))
}

#[tokio::test]
async fn an_inbox_whose_database_was_killed_is_not_fresh_until_it_has_compared_again() {
    let (world, mut servers) = (world().await, own_servers(true));
    act(&world.log, 1, None, JarCommand::Fill(1)).await.unwrap();
    let database = database_on(&servers.postgres.superuser_url(), "jars", &VIEWS, &[]).await;
    let inbox = inbox(&database.pool, Arc::new(world.log.clone()));
    inbox.catch_up(Duration::ZERO).await.unwrap();
    assert!(inbox.age().is_some());

    servers.postgres.kill();
    let heard = envelopes(&world.log).await;
    assert!(inbox.take_in(heard).await.is_err());
    assert_eq!(inbox.age(), None);
    servers.postgres.start_again().unwrap();
    while inbox.catch_up(Duration::ZERO).await.is_err() {}
    assert!(inbox.age().is_some());
}

#[tokio::test]
async fn a_checkpoint_that_went_back_unseen_is_found_at_the_next_comparison() {
    let world = world().await;
    act(&world.log, 1, None, JarCommand::Fill(1)).await.unwrap();
    let ear = database("jars", &VIEWS, &[]).await;
    let source = Arc::new(Mute(world.log.clone(), AtomicBool::new(false)));
    let inbox = inbox(&ear.pool, source.clone());
    // Sees where it stands at the second time.
    for _ in 0..2 {
        inbox.catch_up(Duration::ZERO).await.unwrap();
    }
    assert!(inbox.age().is_some());

    sqlx::query("UPDATE inbox SET seq = 0").execute(&ear.pool).await.unwrap();
    source.1.store(true, Ordering::SeqCst);
    assert!(matches!(inbox.catch_up(Duration::ZERO).await, Err(InboxError::Source(_))));
    assert_eq!(inbox.age(), None, "what was heard is not in force any more");
    source.1.store(false, Ordering::SeqCst);
    inbox.catch_up(Duration::ZERO).await.unwrap();
    assert!(inbox.age().is_some());
}

#[tokio::test]
async fn a_database_that_does_not_say_how_far_it_is_has_failed_and_is_not_called_behind() {
    let (world, patience) = (world().await, Duration::from_millis(100));
    let filled = act(&world.log, 1, None, JarCommand::Fill(1)).await.unwrap().position.unwrap();
    let ear = database("jars", &VIEWS, &[]).await;
    let inbox = inbox(&ear.pool, Arc::new(world.log.clone()));
    // A busy machine may take a while to connect.
    assert!(!inbox.wait_for(&filled, Duration::from_secs(3)).await.unwrap(), "nothing was heard");

    let mut owner = PgConnection::connect(&ear.owner_url).await.unwrap();
    let mut locked = owner.begin().await.unwrap();
    sqlx::query("LOCK feeds.inbox").execute(&mut *locked).await.unwrap();
    let untold = inbox.wait_for(&filled, patience).await;
    assert!(matches!(untold, Err(InboxError::Database(_))), "{untold:?}");
}

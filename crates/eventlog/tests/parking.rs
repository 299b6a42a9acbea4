//! Two processes of one service drain what was parked: in order all the same.
#![cfg(test)]
mod common;
use common::*;
use holdfast_eventlog::*;
use holdfast_testkit::{TestDatabase, database};
use holdfast_types::{Clock, SystemClock};
use sqlx::{PgConnection, PgPool};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

/// Refuses everything until mended; then writes down what it takes in, as fast as it is let.
struct Slow {
    mended: Arc<AtomicBool>,
    let_on: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Reaction for Slow {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        if !self.mended.load(Ordering::SeqCst) {
            return Err(ReactionError::Malformed("not yet"));
        }
        for envelope in envelopes {
            // `changes` says which effect it was, `cents` of which event.
            sqlx::query("INSERT INTO balances SELECT $1, $2, count(*) FROM balances")
                .bind(envelope.header.event_id.uuid())
                .bind(i64::try_from(envelope.header.lane_seq).unwrap())
                .execute(&mut *conn)
                .await?;
            self.let_on.acquire().await.unwrap().forget();
        }
        Ok(())
    }
}

async fn waits_for_a_lock(pool: &PgPool) -> bool {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_second_process_does_not_overtake_the_first_within_a_subject() {
    let world = world().await;
    for cents in 1..=4 {
        act(&world.log, 5, None, JarCommand::Fill(cents)).await.unwrap();
    }
    let ear: TestDatabase = database("jars", &VIEWS, &[]).await;
    let (mended, first_may, second_may) =
        (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(100)));
    let process = |let_on: &Arc<Semaphore>| {
        let reaction: Arc<dyn Reaction> = Arc::new(Slow { mended: mended.clone(), let_on: let_on.clone() });
        let (source, clock): (Arc<dyn Source>, Arc<dyn Clock>) =
            (Arc::new(world.log.clone()), Arc::new(SystemClock));
        Inbox::new("ear", ear.pool.clone(), source, reaction, clock, Duration::from_millis(200))
    };
    let (first, second) = (process(&first_may), process(&second_may));
    first.catch_up(Duration::ZERO).await.unwrap();
    assert_eq!(first.parked().await.unwrap().len(), 4);
    mended.store(true, Ordering::SeqCst);

    // The first stands in the middle of its first effect when the second comes.
    let first = tokio::spawn(async move { first.retry_parked().await.unwrap() });
    let begun = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                 AND state = 'idle in transaction' AND query LIKE 'INSERT INTO balances%')";
    while !sqlx::query_scalar::<_, bool>(begun).fetch_one(&ear.pool).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(async move { second.retry_parked().await.unwrap() });
    while !second.is_finished() && !waits_for_a_lock(&ear.pool).await {
        tokio::task::yield_now().await;
    }
    first_may.add_permits(100);
    assert_eq!(first.await.unwrap() + second.await.unwrap(), 4);
    let order: Vec<i64> =
        sqlx::query_scalar("SELECT cents FROM balances ORDER BY changes").fetch_all(&ear.pool).await.unwrap();
    assert_eq!(order, [1, 2, 3, 4]);
}

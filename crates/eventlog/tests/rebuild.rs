//! A rebuild beside the live tables while everybody goes on writing: no append fails, and nothing of what was appended is missing.
#![cfg(test)]
mod common;
use common::*;
use futures::future::join_all;
use holdfast_eventlog::rebuild;
use sqlx::PgPool;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use uuid::Uuid;

/// Each has a jar of its own.
const WRITERS: u64 = 8;

async fn rows(pool: &PgPool) -> Vec<(Uuid, i64, i64)> {
    sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_under_load_fails_no_append_and_gives_what_a_replay_gives() {
    let world = world().await;
    join_all((0..WRITERS).map(|jar| act(&world.log, jar, None, JarCommand::Fill(1)))).await;
    let (written, over) = (Arc::new(AtomicU64::new(WRITERS)), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (log, written, over) = (world.log.clone(), Arc::clone(&written), Arc::clone(&over));
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    act(&log, writer, None, JarCommand::Fill(7)).await.unwrap();
                    written.fetch_add(1, Ordering::SeqCst);
                }
                // Once more, on the tables that were swapped in.
                act(&log, writer, None, JarCommand::Take(1)).await.unwrap();
                written.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    let reader = {
        let (pool, over) = (world.log.pool().clone(), Arc::clone(&over));
        tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                assert_eq!(rows(&pool).await.len() as u64, WRITERS, "at every moment there are whole tables");
            }
        })
    };
    let database = &world.database;
    let rebuilding = |progress: Box<dyn Fn(u64) + Send>| {
        rebuild(&world.log, &database.owner_url, &database.serving_role, &VIEWS, &Balances, progress)
    };

    // What is appended after the first batch was read is certainly appended while the rebuild goes on.
    let (seen, begun) = (Arc::clone(&written), AtomicBool::new(false));
    let during = move |_| {
        if !begun.swap(true, Ordering::SeqCst) {
            let before = seen.load(Ordering::SeqCst);
            while seen.load(Ordering::SeqCst) < before + 5 * WRITERS {
                std::thread::yield_now();
            }
        }
    };
    let replayed = rebuilding(Box::new(during)).await.unwrap();
    over.store(true, Ordering::SeqCst);
    for task in writers {
        task.await.unwrap();
    }
    reader.await.unwrap();
    let written = written.load(Ordering::SeqCst);
    assert!(replayed >= 6 * WRITERS && replayed <= written, "{replayed} of {written}");

    let live = rows(world.log.pool()).await;
    assert_eq!(live.iter().map(|(_, _, changes)| *changes).sum::<i64>().unsigned_abs(), written);
    for _ in 0..2 {
        assert_eq!(rebuilding(Box::new(|_| ())).await.unwrap(), written);
        assert_eq!(rows(world.log.pool()).await, live);
    }
}

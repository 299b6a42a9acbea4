//! A destroyed key: nothing that it sealed opens again, nothing more is sealed for its subject, and every proof holds.
#![cfg(test)]
mod common;
use common::*;
use holdfast_eventlog::*;
use holdfast_testkit::FakeClock;
use holdfast_types::*;
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

fn tenant() -> TenantId {
    context().tenant
}

async fn rows(pool: &PgPool) -> Vec<(Uuid, i64, i64)> {
    sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn what_a_destroyed_key_sealed_opens_for_nobody_and_still_proves_that_it_was_there() {
    let world = world().await;
    for jar in [1, 2] {
        act(&world.log, jar, None, JarCommand::Fill(5)).await.unwrap();
    }
    let stored = world.log.read_lane(patient(1).lane(), 0, 10).await.unwrap().pop().unwrap();
    let whole = world.log.envelope(stored.clone()).await.unwrap();
    assert!(whole.public_payload.is_some());
    let row = "SELECT wrapped, destroyed_time FROM data_keys WHERE subject = $1";
    let key = async || -> (Option<Vec<u8>>, Option<chrono::DateTime<chrono::Utc>>) {
        sqlx::query_as(row).bind(id(1)).fetch_one(&world.database.keys_pool).await.unwrap()
    };
    assert!(matches!(key().await, (Some(_), None)));

    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    let destroyed = key().await;
    assert_eq!(destroyed, (None, Some(world.clock.now())));
    world.clock.advance(chrono::TimeDelta::hours(1));
    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    assert_eq!(key().await, destroyed, "again it changes nothing");

    let opened = world.log.open(stored.clone()).await;
    assert!(matches!(opened, Err(ReadError::Key(KeyError::Destroyed))));
    let loaded = world.log.load::<Jar>(patient(1), id(1)).await;
    assert!(matches!(loaded, Err(ReadError::Key(KeyError::Destroyed))));
    let more = act(&world.log, 1, None, JarCommand::Fill(1)).await;
    assert!(matches!(more, Err(ExecuteError::Read(ReadError::Key(KeyError::Destroyed)))));
    let envelope = world.log.envelope(stored.clone()).await.unwrap();
    assert_eq!(envelope, Envelope { public_payload: None, ..whole });
    assert_eq!(stored.header.leaf(), stored.leaf);
    assert_eq!(world.log.load::<Jar>(patient(2), id(2)).await.unwrap().state, 5, "nobody else is touched");
}

#[tokio::test]
async fn no_key_is_made_for_a_subject_whose_key_was_destroyed_before_there_was_one() {
    let world = world().await;
    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    let first = act(&world.log, 1, None, JarCommand::Fill(1)).await;
    assert!(matches!(first, Err(ExecuteError::Append(AppendError::Seal(KeyError::Destroyed)))));
    assert!(world.log.heads().await.unwrap().is_empty());
}

#[tokio::test]
async fn another_process_holds_a_destroyed_key_open_for_a_minute_at_most() {
    let world = world().await;
    act(&world.log, 1, None, JarCommand::Fill(1)).await.unwrap();
    let elsewhere = world.database.keys(Arc::new(FakeClock::monday_noon()), Arc::new(SystemIds));
    elsewhere.existing(id(1)).await.unwrap();
    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    assert!(matches!(elsewhere.existing(id(1)).await, Err(KeyError::Destroyed)));
}

#[tokio::test]
async fn a_rebuild_leaves_out_what_was_erased() {
    let world = world().await;
    for jar in [1, 2] {
        act(&world.log, jar, None, JarCommand::Fill(5)).await.unwrap();
    }
    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    let database = &world.database;
    let replayed =
        rebuild(&world.log, &database.owner_url, &database.serving_role, &VIEWS, &Balances, |_| ()).await;
    assert_eq!(replayed.unwrap(), 1);
    assert_eq!(rows(world.log.pool()).await, [(id(2), 5, 1)]);
}

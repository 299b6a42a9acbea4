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

/// Fills a jar under a key of its own.
async fn fill_own(
    world: &World,
    subject: Subject,
    jar: u64,
    expected_revision: u64,
) -> Result<Appended, AppendError> {
    let filled = StreamAppend::of(id(jar), expected_revision, &[JarEvent::Filled { cents: 5 }]).unwrap();
    let streams = vec![StreamAppend { own_key: true, ..filled }];
    world.log.append(Append { subject, context: context(), request: None, streams }).await
}

#[tokio::test]
async fn a_stream_with_a_key_of_its_own_is_erased_alone_and_its_subject_goes_on() {
    let world = world().await;
    for jar in [11, 12] {
        fill_own(&world, patient(1), jar, 0).await.unwrap();
    }
    act(&world.log, 1, None, JarCommand::Fill(7)).await.unwrap();
    let keys = world.log.keys();
    let stored = world.log.read_lane(patient(1).lane(), 0, 10).await.unwrap();
    let key_ids: std::collections::HashSet<Uuid> = stored.iter().map(|stored| stored.header.key_id).collect();
    assert_eq!(key_ids.len(), 3, "one for each, and the subject's");

    // Who names another's stream as their own reaches nothing.
    keys.destroy_within(id(11), id(2)).await.unwrap();
    keys.destroy_within(id(1), id(1)).await.unwrap();
    keys.destroy(id(11), tenant()).await.unwrap();
    assert_eq!(world.log.load::<Jar>(patient(1), id(11)).await.unwrap().state, 5);

    keys.destroy_within(id(11), id(1)).await.unwrap();
    for subject in [patient(1), patient(2)] {
        let loaded = world.log.load::<Jar>(patient(1), id(11)).await;
        assert!(matches!(loaded, Err(ReadError::Key(KeyError::Destroyed))));
        let more = fill_own(&world, subject, 11, 1).await;
        assert!(matches!(more, Err(AppendError::Seal(KeyError::Destroyed))), "none is made anew");
    }
    assert_eq!(world.log.load::<Jar>(patient(1), id(12)).await.unwrap().state, 5);
    assert_eq!(world.log.load::<Jar>(patient(1), id(1)).await.unwrap().state, 7);
    let each = keys.existing_each(&[id(1), id(11), id(12)], id(1)).await.unwrap();
    let each: Vec<Option<bool>> = [1, 11, 12].map(|jar| each.get(&id(jar)).map(Option::is_some)).to_vec();
    assert_eq!(each, [None, Some(false), Some(true)]);
    for Stored { header, leaf, .. } in world.log.read_lane(patient(1).lane(), 0, 10).await.unwrap() {
        assert_eq!(header.leaf(), leaf);
    }
    let database = &world.database;
    let replayed =
        rebuild(&world.log, &database.owner_url, &database.serving_role, &VIEWS, &Balances, |_| ()).await;
    assert_eq!(replayed.unwrap(), 2);
}

#[tokio::test]
async fn with_its_subject_every_stream_of_it_is_erased_even_from_the_stored_keys_alone() {
    let world = world().await;
    fill_own(&world, patient(1), 11, 0).await.unwrap();
    world.log.keys().destroy(id(1), tenant()).await.unwrap();
    let loaded = world.log.load::<Jar>(patient(1), id(11)).await;
    assert!(matches!(loaded, Err(ReadError::Key(KeyError::Destroyed))), "though it is held open here");
    let elsewhere = world.database.keys(Arc::new(FakeClock::monday_noon()), Arc::new(SystemIds));
    let gone = elsewhere.existing_within(id(11), id(1)).await;
    assert!(matches!(gone, Err(KeyError::Destroyed)));
}

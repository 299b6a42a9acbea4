//! Appending: order, conflicts, repeated commands, sealing, what the serving role cannot do.
#![cfg(test)]
mod common;
use common::*;
use futures::future::join_all;
use holdfast_eventlog::*;
use holdfast_types::GrantId;
use sqlx::AssertSqlSafe;
use std::{collections::HashSet, sync::Arc};

#[tokio::test]
async fn what_is_appended_is_loaded_and_stands_in_the_read_model() {
    let world = world().await;
    let first = act(&world.log, 10, None, JarCommand::Fill(50)).await.unwrap();
    let second = act(&world.log, 10, None, JarCommand::Take(20)).await.unwrap();
    assert_eq!((first.state, first.revision, second.state, second.revision), (50, 1, 30, 2));
    let loaded = world.log.load::<Jar>(patient(10), id(10)).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (30, 2));
    let row: (i64, i64) = sqlx::query_as("SELECT cents, changes FROM balances WHERE jar = $1")
        .bind(id(10))
        .fetch_one(world.log.pool())
        .await
        .unwrap();
    assert_eq!(row, (30, 2));
}

#[tokio::test]
async fn a_refused_command_adds_nothing() {
    let world = world().await;
    let refused = act(&world.log, 10, None, JarCommand::Take(1)).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Overdrawn))));
    assert!(world.log.heads().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_request_acts_once_and_another_content_is_refused() {
    let world = world().await;
    let first = act(&world.log, 10, request(1, 1), JarCommand::Fill(50)).await.unwrap();
    let again = act(&world.log, 10, request(1, 1), JarCommand::Fill(50)).await.unwrap();
    assert_eq!((again.position, again.repeated, again.state), (first.position, true, 50));
    let other = act(&world.log, 10, request(1, 2), JarCommand::Fill(51)).await;
    assert!(matches!(other, Err(ExecuteError::Append(AppendError::RequestReused))));
    let answers = join_all((0..20).map(|_| act(&world.log, 11, request(2, 1), JarCommand::Fill(5)))).await;
    assert_eq!(answers.iter().filter(|answer| !answer.as_ref().unwrap().repeated).count(), 1);
    assert_eq!(world.log.load::<Jar>(patient(11), id(11)).await.unwrap().state, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_means_one_command_in_the_whole_log_in_whichever_lane_and_process_it_comes() {
    let world = world().await;
    let reused = |answer: &Result<Executed<u64>, ExecuteError<Overdrawn>>| {
        matches!(answer, Err(ExecuteError::Append(AppendError::RequestReused)))
    };
    act(&world.log, 10, request(1, 1), JarCommand::Fill(50)).await.unwrap();
    assert!(reused(&act(&world.log, 11, request(1, 1), JarCommand::Fill(50)).await));
    // Nothing was to be done there, and still it is another command.
    assert!(matches!(world.log.answered(patient(11), request(1, 1)).await, Err(AppendError::RequestReused)));
    let other = start("jars", &world.database, Arc::new(world.clock.clone()), vec![Arc::new(Balances)]);
    let logs = [&world.log, &other];
    let mut lanes = HashSet::new();
    let elsewhere = (20..60).filter(|jar| lanes.insert(patient(*jar).lane()));
    let sent = elsewhere.zip(logs.iter().cycle());
    let answers = join_all(sent.map(|(jar, log)| act(log, jar, request(2, 1), JarCommand::Fill(5)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || reused(answer)), "{answers:?}");
    let events: u64 = world.log.heads().await.unwrap().into_iter().map(|(_, last)| last).sum();
    assert_eq!(events, 2);
}

#[tokio::test]
async fn a_stream_of_another_subject_in_the_same_lane_is_neither_read_nor_gone_on_with() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(50)).await.unwrap();
    let neighbour = (11..).map(patient).find(|other| other.lane() == patient(10).lane()).unwrap();
    let name = StreamName::new(JarEvent::AGGREGATE, id(10));
    assert_eq!(world.log.stream(neighbour, &name).await.unwrap().len(), 0);
    let loaded = world.log.load::<Jar>(neighbour, id(10)).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (0, 0));
    let taken = world.log.execute::<Jar>(neighbour, id(10), &context(), None, |_| JarCommand::Take(1)).await;
    assert!(matches!(taken, Err(ExecuteError::Refused(Overdrawn))));
    let begun = world.log.execute::<Jar>(neighbour, id(10), &context(), None, |_| JarCommand::Fill(1)).await;
    assert!(matches!(begun, Err(ExecuteError::Append(AppendError::Stale))));
    assert_eq!(world.log.load::<Jar>(patient(10), id(10)).await.unwrap().state, 50);
}

#[tokio::test]
async fn a_conflict_fails_alone_and_leaves_no_gap() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(5)).await.unwrap();
    let append = |jar: u64, expected| {
        let streams = vec![StreamAppend::of(id(jar), expected, &[JarEvent::Filled { cents: 1 }]).unwrap()];
        world.log.append(Append { subject: patient(jar), context: context(), request: None, streams })
    };
    let (stale, fresh, next) = tokio::join!(append(10, 0), append(10, 1), append(12, 0));
    assert!(matches!(stale, Err(AppendError::Stale)));
    fresh.unwrap();
    next.unwrap();
    let lane = patient(10).lane();
    let seqs: Vec<u64> =
        world.log.read_lane(lane, 0, 100).await.unwrap().iter().map(|event| event.header.lane_seq).collect();
    assert_eq!(seqs, [1, 2]);
    assert!(world.log.heads().await.unwrap().contains(&(lane, 2)));
}

#[tokio::test]
async fn many_writers_on_one_stream_are_all_taken_in_without_a_gap_or_a_lost_update() {
    const WRITERS: u64 = 64;
    let world = world().await;
    let filled = join_all((0..WRITERS).map(|_| act(&world.log, 10, None, JarCommand::Fill(1)))).await;
    filled.into_iter().for_each(|done| assert!(done.is_ok(), "{done:?}"));
    let loaded = world.log.load::<Jar>(patient(10), id(10)).await.unwrap();
    assert_eq!((loaded.state, loaded.revision), (WRITERS, WRITERS));
    join_all((0..200).map(|jar| act(&world.log, 100 + jar, None, JarCommand::Fill(1)))).await;
    for (lane, head) in world.log.heads().await.unwrap() {
        let seqs: Vec<u64> = world
            .log
            .read_lane(lane, 0, 1000)
            .await
            .unwrap()
            .iter()
            .map(|event| event.header.lane_seq)
            .collect();
        assert_eq!(seqs, (1..=head).collect::<Vec<_>>(), "lane {lane}");
    }
}

#[tokio::test]
async fn stored_content_is_sealed_and_its_leaf_covers_it() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(4711)).await.unwrap();
    let stored = world.log.read_lane(patient(10).lane(), 0, 10).await.unwrap().remove(0);
    assert!(!stored.sealed.windows(4).any(|bytes| bytes == b"4711"));
    assert_eq!(stored.header.leaf(), stored.leaf);
    let mut altered = stored.clone();
    altered.sealed[20] ^= 1;
    assert!(matches!(world.log.open(altered).await, Err(ReadError::Key(KeyError::Crypto))));
    let mut moved = stored.clone();
    moved.header.revision += 1;
    assert!(matches!(world.log.open(moved).await, Err(ReadError::Key(KeyError::Crypto))));
    assert_eq!(
        world.log.open(stored).await.unwrap().decode::<JarEvent>().unwrap(),
        JarEvent::Filled { cents: 4711 }
    );
}

#[tokio::test]
async fn an_event_says_by_what_right_it_was_made_and_what_says_nothing_reads_as_before() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(1)).await.unwrap();
    let right = Right::of(["granted-to-account"], [(GrantId::new(id(7)), 2)]);
    let permitted = Context { by_right: right.clone(), ..context() };
    let fill = |_: &Loaded<u64>| JarCommand::Fill(1);
    world.log.execute::<Jar>(patient(10), id(10), &permitted, None, fill).await.unwrap();

    let stored = world.log.read_lane(patient(10).lane(), 0, 10).await.unwrap();
    let said: Vec<_> = stored.iter().map(|stored| stored.header.by_right.clone()).collect();
    assert_eq!(said, [None, right.clone()]);
    assert!(stored.iter().all(|stored| stored.header.leaf() == stored.leaf));
    let heard = envelopes(&world.log).await;
    assert_eq!(heard.iter().map(|envelope| envelope.header.by_right.clone()).collect::<Vec<_>>(), said);

    let jar = StreamName::new(JarEvent::AGGREGATE, id(10));
    let wanted = [(jar.clone(), 1), (jar.clone(), 2), (jar.clone(), 3)];
    let rights = world.log.rights(patient(10), &wanted).await.unwrap();
    assert_eq!(rights.into_iter().collect::<Vec<_>>(), [((jar, 2), right.unwrap())]);
    assert!(world.log.rights(patient(11), &wanted).await.unwrap().is_empty(), "of another lane");
}

#[tokio::test]
async fn the_serving_role_cannot_update_delete_or_truncate_events() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(1)).await.unwrap();
    let mut tables: Vec<String> = sqlx::query_scalar(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass",
    )
    .fetch_all(world.log.pool())
    .await
    .unwrap();
    assert_eq!(tables.len(), 16, "every partition");
    tables.push("events".to_owned());
    let others =
        ["DELETE FROM commands", "DELETE FROM lanes", "ALTER TABLE events DISABLE ROW LEVEL SECURITY"];
    let of_table = |table: String| {
        ["UPDATE {} SET payload = ''", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"]
            .map(|sql| sql.replace("{}", &table))
    };
    for sql in tables.into_iter().flat_map(of_table).chain(others.map(str::to_owned)) {
        let error = sqlx::query(AssertSqlSafe(sql.clone())).execute(world.log.pool()).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn the_role_of_the_log_reads_no_key_and_the_role_of_the_keys_no_event() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(1)).await.unwrap();
    let (log, keys) = (&world.database.url, &world.database.keys_url);
    let swapped = |url: &str, other: &str| {
        let (user, _) = url.rsplit_once('/').unwrap();
        let (_, database) = other.rsplit_once('/').unwrap();
        format!("{user}/{database}")
    };
    for (url, sql) in [
        (swapped(log, keys), "SELECT wrapped FROM keys.data_keys"),
        (swapped(keys, log), "SELECT payload FROM log.events"),
    ] {
        let pool = schema::connect(&url, 1).unwrap();
        let error = sqlx::query(sql).execute(&pool).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn a_member_whose_read_model_refuses_fails_alone() {
    struct Picky;
    #[async_trait::async_trait]
    impl Projection for Picky {
        async fn apply(
            &self,
            conn: &mut sqlx::PgConnection,
            events: &[Opened],
        ) -> Result<(), ProjectionError> {
            for opened in events {
                if opened.decode::<JarEvent>()? == (JarEvent::Filled { cents: 13 }) {
                    sqlx::query("SELECT 1 / 0").execute(&mut *conn).await?;
                }
            }
            Ok(())
        }
    }
    let world = world().await;
    let clock = std::sync::Arc::new(world.clock.clone());
    let log = start("jars", &world.database, clock, vec![std::sync::Arc::new(Picky)]);
    let answers =
        join_all((0..40).map(|jar| act(&log, jar, None, JarCommand::Fill(if jar == 7 { 13 } else { 1 }))))
            .await;
    for (jar, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), jar != 7, "jar {jar}");
    }
}

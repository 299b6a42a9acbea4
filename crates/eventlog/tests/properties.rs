//! What holds for any commands: replay gives the live read models, a request acts once, every prefix of a lane is a valid state, stored
//! bytes stay as they were.
#![cfg(test)]
mod common;
use common::*;
use futures::future::join_all;
use holdfast_eventlog::*;
use holdfast_types::*;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};
use uuid::Uuid;

const CASES: u32 = 12;

/// Each case on databases of its own.
fn check<S: Strategy<Value: Debug + Clone>>(strategy: &S, property: impl AsyncFn(World, S::Value)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let case = |value| {
        runtime.block_on(async { property(world().await, value).await });
        Ok(())
    };
    TestRunner::new(config).run(strategy, case).unwrap();
}

fn command() -> impl Strategy<Value = JarCommand> {
    prop_oneof![3 => (0..100_u32).prop_map(JarCommand::Fill), 2 => (0..60_u32).prop_map(JarCommand::Take)]
}

/// Commands on a few jars; those of one batch are sent at once.
fn batches() -> impl Strategy<Value = Vec<Vec<(u64, JarCommand)>>> {
    prop::collection::vec(prop::collection::vec((10..14_u64, command()), 1..8), 1..8)
}

async fn carry_out(log: &EventLog, batches: Vec<Vec<(u64, JarCommand)>>) {
    for batch in batches {
        for answer in join_all(batch.into_iter().map(|(jar, command)| act(log, jar, None, command))).await {
            assert!(matches!(answer, Ok(_) | Err(ExecuteError::Refused(Overdrawn))), "{answer:?}");
        }
    }
}

type Rows = Vec<(Uuid, i64, i64)>;

/// What the read model makes of some events from nothing; the live one stays as it is.
async fn replayed(log: &EventLog, batches: &[&[Opened]]) -> Rows {
    let mut tx = log.pool().begin().await.unwrap();
    sqlx::query("DELETE FROM balances").execute(&mut *tx).await.unwrap();
    for batch in batches {
        Balances.apply(&mut tx, batch).await.unwrap();
    }
    let rows = sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

async fn live(log: &EventLog) -> Rows {
    sqlx::query_as("SELECT * FROM balances ORDER BY jar").fetch_all(log.pool()).await.unwrap()
}

async fn lanes(log: &EventLog) -> Vec<Vec<Opened>> {
    let mut lanes = Vec::new();
    for (lane, head) in log.heads().await.unwrap() {
        let mut opened = Vec::new();
        for stored in log.read_lane(lane, 0, 1000).await.unwrap() {
            opened.push(log.open(stored).await.unwrap());
        }
        assert_eq!(opened.len() as u64, head);
        lanes.push(opened);
    }
    lanes
}

#[test]
fn replay_gives_the_live_read_models_whatever_was_commanded_and_however_it_is_cut() {
    check(&(batches(), 1..5_usize), async |world, (batches, size)| {
        carry_out(&world.log, batches).await;
        let all = lanes(&world.log).await.concat();
        let cut: Vec<&[Opened]> = all.chunks(size).collect();
        assert_eq!(replayed(&world.log, &cut).await, live(&world.log).await);
        for (jar, cents, changes) in live(&world.log).await {
            let number = jar.as_u64_pair().0;
            let loaded = world.log.load::<Jar>(patient(number), jar).await.unwrap();
            assert_eq!(
                (i64::try_from(loaded.state), i64::try_from(loaded.revision)),
                (Ok(cents), Ok(changes))
            );
        }
    });
}

#[test]
fn any_prefix_of_a_lane_is_a_valid_state() {
    check(&batches(), async |world, batches| {
        carry_out(&world.log, batches).await;
        for lane in lanes(&world.log).await {
            let mut jars: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
            for (index, opened) in lane.iter().enumerate() {
                assert_eq!(opened.header.lane_seq, index as u64 + 1);
                let (cents, changes) = jars.entry(opened.header.stream.id()).or_default();
                *cents += match opened.decode::<JarEvent>().unwrap() {
                    JarEvent::Filled { cents } => i64::from(cents),
                    JarEvent::Taken { cents } => -i64::from(cents),
                };
                *changes += 1;
                assert!(*cents >= 0, "overdrawn in between");
                assert_eq!(i64::try_from(opened.header.revision), Ok(*changes));
                let state: Rows =
                    jars.iter().map(|(jar, (cents, changes))| (*jar, *cents, *changes)).collect();
                assert_eq!(replayed(&world.log, &[&lane[..=index]]).await, state);
            }
        }
    });
}

#[test]
fn a_request_acts_once_however_often_at_once_and_in_whichever_process_it_is_sent() {
    let sent = prop::collection::vec((0..6_u64, any::<bool>()), 1..40);
    check(&sent, async |world, sent| {
        let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
        let other = start("jars", &world.database, clock, vec![Arc::new(Balances)]);
        // Each request goes to one of two jars, always with the same content.
        let send = |(number, elsewhere): (u64, bool)| {
            let log = if elsewhere { &other } else { &world.log };
            let command = JarCommand::Fill(u32::try_from(number).unwrap() + 1);
            async move { (number, act(log, 10 + number % 2, request(number, 1), command).await) }
        };
        let mut positions = BTreeMap::new();
        let mut acted = 0;
        for (number, answer) in join_all(sent.iter().copied().map(send)).await {
            let answer = answer.unwrap();
            acted += usize::from(!answer.repeated);
            let first = positions.entry(number).or_insert_with(|| answer.position.clone());
            assert_eq!(*first, answer.position, "one request, one place");
        }
        assert_eq!(acted, positions.len());
        let events = lanes(&world.log).await.concat();
        assert_eq!(events.len(), positions.len());
        let cents: i64 = live(&world.log).await.iter().map(|(_, cents, _)| cents).sum();
        assert_eq!(cents, positions.keys().map(|number| i64::try_from(number + 1).unwrap()).sum::<i64>());
    });
}

#[test]
fn stored_content_comes_back_byte_by_byte_and_lies_there_unchanged() {
    let payloads = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..6);
    check(&payloads, async |world, payloads| {
        let new = |payload: &Vec<u8>| NewEvent::encoded("jar.told", payload.clone());
        let stream = StreamName::new("note", id(10));
        let events = payloads.iter().map(new).collect();
        let streams =
            vec![StreamAppend { stream: stream.clone(), expected_revision: 0, events, own_key: false }];
        let log = start("jars", &world.database, Arc::new(world.clock.clone()), Vec::new());
        let appended = log
            .append(Append { subject: patient(10), context: context(), request: None, streams })
            .await
            .unwrap();
        let first = log.read_lane(patient(10).lane(), 0, 100).await.unwrap();
        for ((stored, header), payload) in first.iter().zip(&appended.headers).zip(&payloads) {
            assert_eq!(&stored.header, header, "what the caller was told is what is stored");
            assert_eq!(stored.leaf, header.leaf());
            assert!(payload.len() < 8 || !contains(&stored.sealed, payload), "in the clear");
            assert_eq!(log.open(stored.clone()).await.unwrap().payload, payload);
        }
        // Reading, publishing and appending more leave it as it lies.
        log.stream(patient(10), &stream).await.unwrap();
        act(&world.log, 10, None, JarCommand::Fill(1)).await.unwrap();
        let again = log.read_lane(patient(10).lane(), 0, first.len() as u32).await.unwrap();
        let bytes = |stored: &[Stored]| {
            stored.iter().map(|event| (event.sealed.clone(), event.leaf)).collect::<Vec<_>>()
        };
        assert_eq!(bytes(&again), bytes(&first));
    });
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

proptest! {
    #[test]
    fn an_event_decoded_after_encoding_is_the_same(cents in any::<u32>(), filled in any::<bool>()) {
        let event = if filled { JarEvent::Filled { cents } } else { JarEvent::Taken { cents } };
        let new = NewEvent::of(&event).unwrap();
        prop_assert_eq!(JarEvent::decode(new.event_type, new.schema_version, &new.payload).unwrap(), event);
    }

    #[test]
    fn an_envelope_read_from_its_bytes_is_the_same(
        ids in any::<[u128; 5]>(),
        numbers in (0..1024_u16, 1..u64::from(u32::MAX), 1..u64::from(u32::MAX), 1..100_u16),
        micros in 0..4_000_000_000_000_000_i64,
        optional in any::<[bool; 5]>(),
        hash in any::<[u8; 32]>(),
    ) {
        let [a, b, c, d, e] = ids.map(Uuid::from_u128);
        let at = chrono(micros);
        let header = Header {
            service: "jars".to_owned(),
            lane: numbers.0,
            lane_seq: numbers.1,
            event_id: EventId::new(a),
            tenant: TenantId::new(b),
            stream: StreamName::new("jar", c),
            revision: numbers.2,
            event_type: "jar.filled".to_owned(),
            schema_version: numbers.3,
            subject: d,
            patient: optional[0].then(|| PatientId::new(d)),
            actor: Actor::Account(AccountId::new(e)),
            on_behalf_of: optional[1].then(|| PatientId::new(a)),
            purpose: Purpose::Treatment,
            correlation: b,
            causation: optional[2].then(|| EventId::new(e)),
            traceparent: optional[3].then(|| "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            occurred: at,
            recorded: at,
            key_id: c,
            by_right: Right::of(optional[4].then_some("granted-to-account"), [(GrantId::new(d), numbers.1)]),
            payload_sha256: hash,
        };
        let envelope = Envelope { leaf: header.leaf(), header, public_payload: None };
        prop_assert_eq!(Envelope::from_bytes(&envelope.to_bytes()).unwrap(), envelope);
    }

    #[test]
    fn no_bytes_make_reading_an_envelope_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::from_bytes(&bytes);
    }
}

fn chrono(micros: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(micros).unwrap()
}

/// Today's shape of the jar's events: the currency stands beside the amount, which version 1 did not have.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum TodaysEvent {
    #[serde(rename = "jar.filled")]
    Filled { amount: u32, currency: String },
}

impl Event for TodaysEvent {
    const AGGREGATE: &'static str = "jar";
    const SCHEMA_VERSION: u16 = 2;
    fn event_type(&self) -> &'static str {
        "jar.filled"
    }
    fn upcast(
        event_type: &str,
        version: u16,
        mut payload: serde_json::Value,
    ) -> Result<serde_json::Value, DecodeError> {
        if version != 1 {
            return Err(DecodeError::Version { event_type: event_type.to_owned(), version });
        }
        let amount = payload["data"]["cents"].take();
        payload["data"] = serde_json::json!({ "amount": amount, "currency": "EUR" });
        Ok(payload)
    }
}

#[tokio::test]
async fn an_event_of_an_older_version_is_read_in_todays_shape_and_lies_there_in_its_own() {
    let world = world().await;
    act(&world.log, 10, None, JarCommand::Fill(7)).await.unwrap();
    let read =
        async || world.log.stream(patient(10), &StreamName::new("jar", id(10))).await.unwrap().remove(0);
    let opened = read().await;
    assert_eq!(opened.header.schema_version, 1);
    let today = TodaysEvent::Filled { amount: 7, currency: "EUR".to_owned() };
    assert_eq!(opened.decode::<TodaysEvent>().unwrap(), today);
    assert_eq!(read().await.payload, opened.payload, "reading it anew wrote nothing");
    assert_eq!(opened.decode::<JarEvent>().unwrap(), JarEvent::Filled { cents: 7 });
    let unknown = TodaysEvent::decode("jar.filled", 3, &opened.payload);
    assert!(matches!(unknown, Err(DecodeError::Version { version: 3, .. })));
}

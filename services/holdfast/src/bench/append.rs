//! Appending sealed events of 1 KiB against plain inserts of the same bytes into the same table shape.
use super::{
    Wanted,
    pairs::{Figure, ratio},
    scratch::{Scratch, context, noise},
};
use anyhow::Result;
use futures::future::try_join_all;
use holdfast_eventlog::{Append, EventLog, NewEvent, StreamAppend, StreamName, Subject};
use holdfast_types::{Clock as _, Ids as _, PatientId, SystemClock, SystemIds};
use sqlx::{PgConnection, PgPool};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use uuid::Uuid;

const ROUND: Duration = Duration::from_secs(3);
const PAIRS: usize = 5;
const PAYLOAD_BYTES: usize = 1024;
/// Nonce, tag and format: what sealing adds.
const SEALED_BYTES: usize = PAYLOAD_BYTES + 29;
const CALLERS_MAX: u64 = 512;
const RAW_CONNECTIONS: u32 = 64;
const BATCH_CONNECTIONS: u32 = 4;
const BATCH_ROWS: usize = 100;

pub(crate) const KEYS: &[&str] = &[SINGLE_64, SINGLE_512, BATCHED];
const SINGLE_64: &str = "append_vs_raw_single_64";
const SINGLE_512: &str = "append_vs_raw_single_512";
const BATCHED: &str = "append_vs_raw_batched_512";

pub(crate) async fn figures(scratch: &Scratch, wanted: &Wanted) -> Result<Vec<Figure>> {
    let log = scratch.log("bench_append").await?;
    let raw = scratch.raw("bench_append", RAW_CONNECTIONS)?;
    raw_table(&raw).await?;
    let revisions: Vec<AtomicU64> = (0..CALLERS_MAX).map(|_| AtomicU64::new(0)).collect();
    append_round(&log, &revisions, 512, Duration::from_millis(1000)).await?;
    let mut figures = Vec::new();
    for (key, target, callers, connections, rows) in [
        (SINGLE_64, 1.3, 64, RAW_CONNECTIONS, 1),
        (SINGLE_512, 2.5, 512, RAW_CONNECTIONS, 1),
        (BATCHED, 0.5, 512, BATCH_CONNECTIONS, BATCH_ROWS),
    ] {
        if wanted.has(key) {
            let ours = async || append_round(&log, &revisions, callers, ROUND).await;
            let reference = async || raw_round(&raw, connections as usize, rows).await;
            figures.push(ratio(key, target, PAIRS, ours, reference).await?);
        }
    }
    Ok(figures)
}

/// So many callers, each appending to its own patient, one event after the other. Events per second.
async fn append_round(
    log: &EventLog,
    revisions: &[AtomicU64],
    callers: usize,
    time: Duration,
) -> Result<f64> {
    let began = Instant::now();
    let counts = try_join_all(revisions.iter().take(callers).enumerate().map(|(caller, revision)| {
        let log = log.clone();
        async move {
            let id = own(caller as u64);
            let payload = noise(PAYLOAD_BYTES).into_bytes();
            let mut count = 0_u32;
            while began.elapsed() < time {
                let events = vec![NewEvent::encoded("bench.happened", payload.clone())];
                let expected_revision = revision.load(Ordering::Relaxed);
                let streams = vec![StreamAppend {
                    stream: StreamName::new("bench", id),
                    expected_revision,
                    events,
                    own_key: false,
                }];
                log.append(Append {
                    subject: Subject::Patient(PatientId::new(id)),
                    context: context(),
                    request: None,
                    streams,
                })
                .await?;
                revision.store(expected_revision + 1, Ordering::Relaxed);
                count += 1;
            }
            anyhow::Ok(count)
        }
    }))
    .await?;
    Ok(f64::from(counts.iter().sum::<u32>()) / began.elapsed().as_secs_f64())
}

/// The shape of `events`, with its partitions and indexes, and nothing around it.
pub(crate) async fn raw_table(pool: &PgPool) -> Result<()> {
    sqlx::raw_sql(
        "CREATE TABLE log.raw_events (LIKE log.events INCLUDING DEFAULTS) PARTITION BY HASH (lane);
         ALTER TABLE log.raw_events ADD PRIMARY KEY (lane, lane_seq);
         ALTER TABLE log.raw_events ADD UNIQUE (lane, stream, revision);
         DO $$ BEGIN
             FOR part IN 0..15 LOOP
                 EXECUTE format('CREATE TABLE log.raw_events_%s PARTITION OF log.raw_events FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
                 EXECUTE format('ALTER TABLE log.raw_events_%s ALTER COLUMN payload SET STORAGE EXTERNAL', part);
                 EXECUTE format('ALTER TABLE log.raw_events_%s SET (toast_tuple_target = 8160)', part);
             END LOOP;
         END $$;",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// So many connections, each inserting so many rows a transaction, of the callers' patients in turn. Rows per second.
async fn raw_round(pool: &PgPool, connections: usize, rows: usize) -> Result<f64> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut held = Vec::with_capacity(connections);
    for _ in 0..connections {
        held.push(pool.acquire().await?);
    }
    let began = Instant::now();
    let counts = try_join_all(held.into_iter().map(|mut conn| async move {
        let sealed = vec![vec![b'x'; SEALED_BYTES]; rows];
        let mut count = 0_usize;
        while began.elapsed() < ROUND {
            let first = NEXT.fetch_add(rows as u64, Ordering::Relaxed);
            raw_insert(&mut conn, first, of_a_caller, None, &sealed).await?;
            count += rows;
        }
        anyhow::Ok(count)
    }))
    .await?;
    let total: usize = counts.iter().sum();
    Ok(u32::try_from(total).map_or(f64::NAN, f64::from) / began.elapsed().as_secs_f64())
}

/// The rows of the callers, one after the other.
fn of_a_caller(number: u64) -> Place {
    let patient = own(number % CALLERS_MAX);
    Place { patient, stream: StreamName::new("bench", patient), revision: number }
}

/// Where a row stands in the log.
pub(crate) struct Place {
    pub(crate) patient: Uuid,
    pub(crate) stream: StreamName,
    pub(crate) revision: u64,
}

/// The patient, and the stream, of a caller.
fn own(caller: u64) -> Uuid {
    Uuid::from_u64_pair(7, caller)
}

/// One statement, in a transaction of its own unless there is one: rows as the log has them, of the same patients in the same lanes,
/// every column sent. `first` is the number of the first in its lane.
pub(crate) async fn raw_insert(
    conn: &mut PgConnection,
    first: u64,
    place: impl Fn(u64) -> Place,
    by_right: Option<&str>,
    payloads: &[Vec<u8>],
) -> Result<()> {
    let numbers = first..first + payloads.len() as u64;
    let places: Vec<Place> = numbers.clone().map(place).collect();
    let all = |id: Uuid| vec![id; payloads.len()];
    let patients: Vec<Uuid> = places.iter().map(|place| place.patient).collect();
    let lanes = patients.iter().map(|id| i32::from(Subject::Patient(PatientId::new(*id)).lane()));
    let (said, now) = (context(), vec![SystemClock.now(); payloads.len()]);
    sqlx::query(
        "INSERT INTO log.raw_events
         SELECT * FROM UNNEST(
            $1::int[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::int[], $9::uuid[],
            $10::uuid[], $11::text[], $12::uuid[], $13::text[], $14::uuid[], $15::uuid[], $16::text[], $17::timestamptz[],
            $18::timestamptz[], $19::uuid[], $20::bytea[], $21::bytea[], $22::text[])",
    )
    .bind(lanes.collect::<Vec<_>>())
    .bind(numbers.map(i64::try_from).collect::<Result<Vec<_>, _>>()?)
    .bind(payloads.iter().map(|_| SystemIds.next()).collect::<Vec<_>>())
    .bind(all(said.tenant.uuid()))
    .bind(places.iter().map(|place| place.stream.as_str()).collect::<Vec<_>>())
    .bind(places.iter().map(|place| i64::try_from(place.revision)).collect::<Result<Vec<_>, _>>()?)
    .bind(vec!["bench.happened"; payloads.len()])
    .bind(vec![1; payloads.len()])
    .bind(&patients)
    .bind(&patients)
    .bind(vec![said.actor.to_string(); payloads.len()])
    .bind(vec![None::<Uuid>; payloads.len()])
    .bind(vec![said.purpose.as_str(); payloads.len()])
    .bind(all(said.correlation))
    .bind(vec![None::<Uuid>; payloads.len()])
    .bind(vec![None::<String>; payloads.len()])
    .bind(&now)
    .bind(&now)
    .bind(&patients)
    .bind(payloads)
    .bind(vec![[0_u8; 32]; payloads.len()])
    .bind(vec![by_right; payloads.len()])
    .execute(conn)
    .await?;
    Ok(())
}

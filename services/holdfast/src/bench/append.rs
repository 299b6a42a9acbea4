//! Appending sealed events of 1 KiB against plain inserts of the same bytes into the same table shape.
use super::{
    Wanted,
    pairs::{Figure, ratio},
    scratch::{Scratch, context, noise},
};
use anyhow::Result;
use futures::future::try_join_all;
use holdfast_eventlog::{Append, EventLog, NewEvent, StreamAppend, StreamName, Subject};
use holdfast_types::PatientId;
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
    let revisions: Vec<AtomicU64> = (0..512).map(|_| AtomicU64::new(0)).collect();
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
            let id = Uuid::from_u64_pair(7, caller as u64);
            let payload = noise(PAYLOAD_BYTES).into_bytes();
            let mut count = 0_u32;
            while began.elapsed() < time {
                let events = vec![NewEvent {
                    event_type: "bench.happened",
                    schema_version: 1,
                    payload: payload.clone().into(),
                    occurred: None,
                }];
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

/// So many connections, each inserting so many rows a transaction. Rows per second.
async fn raw_round(pool: &PgPool, connections: usize, rows: usize) -> Result<f64> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut held = Vec::with_capacity(connections);
    for _ in 0..connections {
        held.push(pool.acquire().await?);
    }
    let began = Instant::now();
    let counts = try_join_all(held.into_iter().enumerate().map(|(number, mut conn)| async move {
        let sealed = vec![vec![b'x'; SEALED_BYTES]; rows];
        let mut count = 0_usize;
        while began.elapsed() < ROUND {
            let first = NEXT.fetch_add(rows as u64, Ordering::Relaxed);
            raw_insert(&mut conn, number, first, &sealed).await?;
            count += rows;
        }
        anyhow::Ok(count)
    }))
    .await?;
    let total: usize = counts.iter().sum();
    Ok(u32::try_from(total).map_or(f64::NAN, f64::from) / began.elapsed().as_secs_f64())
}

/// One statement, in a transaction of its own unless there is one: rows of lane and stream `number`, from `first` on.
pub(crate) async fn raw_insert(
    conn: &mut PgConnection,
    number: usize,
    first: u64,
    payloads: &[Vec<u8>],
) -> Result<()> {
    let seqs: Vec<i64> =
        (first..).take(payloads.len()).map(|seq| i64::try_from(seq).unwrap_or(i64::MAX)).collect();
    sqlx::query(
        "INSERT INTO log.raw_events
         SELECT $2::int, seq, gen_random_uuid(), $3::uuid, 'bench/' || $3::text, seq, 'bench.happened', 1, $3::uuid, $3::uuid,
                'account/00000000-0000-0000-0000-000000000002', NULL, 'TREAT', $3::uuid, NULL, NULL, now(), now(), $3::uuid,
                sealed, '\\x0000000000000000000000000000000000000000000000000000000000000000'::bytea
         FROM UNNEST($1::bigint[], $4::bytea[]) AS s (seq, sealed)",
    )
    .bind(seqs)
    .bind(i32::try_from(number * 16 % 1024)?)
    .bind(Uuid::from_u64_pair(9, number as u64))
    .bind(payloads)
    .execute(conn)
    .await?;
    Ok(())
}

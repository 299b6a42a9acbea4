//! What a verification compares a log with, and where its findings go.
use super::HistoryError;
use crate::domain::{FaultKind, Heard};
use chrono::{DateTime, Utc};
use holdfast_eventlog::Hash;
use sqlx::{FromRow, PgConnection, PgPool};
use std::collections::BTreeMap;

/// The last sequence number heard of each lane of a service.
pub async fn reached(pool: &PgPool, service: &str) -> Result<BTreeMap<u16, u64>, HistoryError> {
    let rows: Vec<(i32, i64)> =
        sqlx::query_as("SELECT lane, max(lane_seq) FROM entries WHERE service = $1 GROUP BY lane")
            .bind(service)
            .fetch_all(pool)
            .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(lane, seq)| Some((lane.try_into().ok()?, seq.try_into().ok()?)))
        .collect())
}

#[derive(FromRow)]
struct Row {
    lane_seq: i64,
    leaf: Vec<u8>,
    payload_sha256: Vec<u8>,
    mismatched: bool,
}

/// What was heard of a lane, after one sequence number and up to another.
pub async fn heard(
    pool: &PgPool,
    service: &str,
    lane: u16,
    after: u64,
    until: u64,
) -> Result<BTreeMap<u64, Heard>, HistoryError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT
            lane_seq,
            leaf,
            payload_sha256,
            EXISTS (
                SELECT FROM log_faults AS faults
                WHERE faults.service = entries.service AND faults.lane = entries.lane
                  AND faults.lane_seq = entries.lane_seq AND faults.kind = $5
            ) AS mismatched
         FROM entries
         WHERE service = $1 AND lane = $2 AND lane_seq > $3 AND lane_seq <= $4",
    )
    .bind(service)
    .bind(i32::from(lane))
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::try_from(until).unwrap_or(i64::MAX))
    .bind(FaultKind::LeafMismatch.as_str())
    .fetch_all(pool)
    .await?;
    let hash = |bytes: Vec<u8>| Hash::try_from(bytes).unwrap_or_default();
    let heard = rows.into_iter().filter_map(|row| {
        let Row { lane_seq, leaf, payload_sha256, mismatched } = row;
        let heard = Heard { leaf: hash(leaf), payload_sha256: hash(payload_sha256), mismatched };
        Some((u64::try_from(lane_seq).ok()?, heard))
    });
    Ok(heard.collect())
}

/// Notes faults; those known already keep the time at which they were found first.
pub async fn note_faults(
    pool: &PgPool,
    service: &str,
    lane: u16,
    faults: &[(u64, FaultKind)],
    now: DateTime<Utc>,
) -> Result<(), HistoryError> {
    let mut conn = pool.acquire().await?;
    let faults = faults.iter().map(|(seq, kind)| (lane, *seq, *kind));
    Ok(insert_faults(&mut conn, service, faults, now).await?)
}

pub(super) async fn insert_faults(
    conn: &mut PgConnection,
    service: &str,
    faults: impl Iterator<Item = (u16, u64, FaultKind)> + Send,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (mut lanes, mut seqs, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (lane, seq, kind) in faults {
        lanes.push(i32::from(lane));
        seqs.push(i64::try_from(seq).unwrap_or(i64::MAX));
        kinds.push(kind.as_str());
    }
    sqlx::query(
        "INSERT INTO log_faults (service, lane, lane_seq, kind, found_time)
         SELECT $1, fault.lane, fault.lane_seq, fault.kind, $5
         FROM UNNEST($2::int[], $3::bigint[], $4::text[]) AS fault (lane, lane_seq, kind)
         ON CONFLICT DO NOTHING",
    )
    .bind(service)
    .bind(lanes)
    .bind(seqs)
    .bind(kinds)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// A verification that began at that time has come to its end.
pub async fn note_verified(pool: &PgPool, service: &str, began: DateTime<Utc>) -> Result<(), HistoryError> {
    sqlx::query(
        "INSERT INTO log_health (service, verify_time) VALUES ($1, $2)
         ON CONFLICT (service) DO UPDATE SET verify_time = GREATEST(log_health.verify_time, excluded.verify_time)",
    )
    .bind(service)
    .bind(began)
    .execute(pool)
    .await?;
    Ok(())
}

//! What a verification compares a log with, and where its findings go.
use super::{HistoryError, line::Line};
use crate::domain::{FaultKind, Heard};
use chrono::{DateTime, Utc};
use holdfast_eventlog::Envelope;
use holdfast_translog::Entry;
use holdfast_types::Service;
use sqlx::{FromRow, PgConnection, PgPool};
use std::collections::{BTreeMap, HashMap};

/// How far each lane of a service was heard.
pub async fn reached(pool: &PgPool, service: Service) -> Result<BTreeMap<u16, u64>, HistoryError> {
    let rows: Vec<(i32, i64)> = sqlx::query_as(
        "SELECT lane, max(seq) FROM (
             SELECT lane, lane_seq AS seq FROM entries WHERE service = $1
             UNION ALL
             SELECT lane, seq FROM inbox WHERE source = $1
         ) AS heard
         GROUP BY lane",
    )
    .bind(service.as_str())
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(lane, seq)| Some((lane.try_into().ok()?, seq.try_into().ok()?)))
        .collect())
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    line: Line,
    mismatched: bool,
    /// Of the published log.
    entry: Option<Vec<u8>>,
}

/// What was heard of a lane, after one sequence number and up to another, against what its log tells.
pub async fn heard(
    pool: &PgPool,
    service: Service,
    lane: u16,
    (after, until): (u64, u64),
    told: &[Envelope],
) -> Result<BTreeMap<u64, Heard>, HistoryError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT
            entries.*,
            EXISTS (
                SELECT FROM log_faults AS faults
                WHERE faults.service = entries.service AND faults.lane = entries.lane
                  AND faults.lane_seq = entries.lane_seq AND faults.kind = $5
            ) AS mismatched,
            log_entries.bytes AS entry
         FROM entries
         LEFT JOIN log_entries ON log_entries.service = entries.service AND log_entries.lane = entries.lane
            AND log_entries.lane_seq = entries.lane_seq
         WHERE entries.service = $1 AND entries.lane = $2 AND entries.lane_seq > $3 AND entries.lane_seq <= $4",
    )
    .bind(service.as_str())
    .bind(i32::from(lane))
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::try_from(until).unwrap_or(i64::MAX))
    .bind(FaultKind::LeafMismatch.as_str())
    .fetch_all(pool)
    .await?;
    let envelopes: HashMap<u64, &Envelope> =
        told.iter().map(|envelope| (envelope.header.lane_seq, envelope)).collect();
    let heard = rows.into_iter().filter_map(|row| {
        let Row { line, mismatched, entry } = row;
        let seq = u64::try_from(line.lane_seq).ok()?;
        let is_told = envelopes.get(&seq).is_none_or(|envelope| line.is_told_by(service, envelope));
        let is_published = entry.is_none_or(|bytes| publishes(&bytes, &line));
        Some((seq, Heard { is_told, is_published, mismatched }))
    });
    Ok(heard.collect())
}

/// Whether an entry of the published log stands for what was heard.
fn publishes(entry: &[u8], line: &Line) -> bool {
    let Ok(Entry::Event(event)) = Entry::decode(entry) else { return false };
    event.leaf.as_slice() == line.leaf && event.event_id.uuid() == line.event_id
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

//! Events whose effect failed, and their subject's later ones: kept in order until a fix, so that a lane goes on.
use crate::{Envelope, SchemaError};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

/// Listed at once.
pub const PARKED_MAX: i64 = 1000;

/// One event that waits.
#[derive(Debug, Clone, FromRow)]
pub struct Parked {
    /// The service whose log it is in.
    pub source: String,
    pub lane: i32,
    pub lane_seq: i64,
    pub subject: Uuid,
    pub reason: String,
    pub parked_time: DateTime<Utc>,
}

/// Which of the envelopes' subjects wait already.
pub(crate) async fn subjects(
    conn: &mut PgConnection,
    source: &str,
    envelopes: &[Envelope],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let subjects: Vec<Uuid> = envelopes.iter().map(|envelope| envelope.header.subject).collect();
    let waiting: Vec<Uuid> =
        sqlx::query_scalar("SELECT DISTINCT subject FROM parked WHERE source = $1 AND subject = ANY($2)")
            .bind(source)
            .bind(subjects)
            .fetch_all(conn)
            .await?;
    Ok(waiting.into_iter().collect())
}

pub(crate) async fn park(
    conn: &mut PgConnection,
    source: &str,
    envelopes: &[Envelope],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    for envelope in envelopes {
        sqlx::query(
            "INSERT INTO parked (source, lane, lane_seq, subject, envelope, reason, parked_time)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
        )
        .bind(source)
        .bind(i32::from(envelope.header.lane))
        .bind(i64::try_from(envelope.header.lane_seq).unwrap_or(i64::MAX))
        .bind(envelope.header.subject)
        .bind(envelope.to_bytes())
        .bind(reason)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// What waits in a service, whoever it came from: oldest first, at most [`PARKED_MAX`], and how much there is in all. Asked for beside the
/// service, through a pool on its database.
pub async fn parked(pool: &PgPool) -> Result<(Vec<Parked>, u64), SchemaError> {
    let parked = list(pool, None).await?;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM parked").fetch_one(pool).await?;
    Ok((parked, u64::try_from(count).unwrap_or_default()))
}

pub(crate) async fn list(pool: &PgPool, source: Option<&str>) -> Result<Vec<Parked>, sqlx::Error> {
    sqlx::query_as(
        "SELECT source, lane, lane_seq, subject, reason, parked_time FROM parked
         WHERE $1::text IS NULL OR source = $1
         ORDER BY parked_time, source, lane, lane_seq
         LIMIT $2",
    )
    .bind(source)
    .bind(PARKED_MAX)
    .fetch_all(pool)
    .await
}

pub(crate) async fn count(pool: &PgPool, source: &str) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM parked WHERE source = $1")
        .bind(source)
        .fetch_one(pool)
        .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The oldest waiting event of a subject that is not stuck, locked. Another process at the same event is waited for: skipping it would
/// overtake it.
pub(crate) async fn next(
    conn: &mut PgConnection,
    source: &str,
    stuck: &[Uuid],
) -> Result<Option<(Vec<u8>, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT envelope, lane_seq FROM parked
         WHERE source = $1 AND subject <> ALL($2)
         ORDER BY lane, lane_seq
         LIMIT 1
         FOR UPDATE",
    )
    .bind(source)
    .bind(stuck)
    .fetch_optional(conn)
    .await
}

pub(crate) async fn unpark(
    conn: &mut PgConnection,
    source: &str,
    lane: i32,
    lane_seq: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM parked WHERE source = $1 AND lane = $2 AND lane_seq = $3")
        .bind(source)
        .bind(lane)
        .bind(lane_seq)
        .execute(conn)
        .await?;
    Ok(())
}

//! The tallies kept in the append transaction, the effects kept by the inbox, and the questions that the check asks of both.
use crate::tally::{Sum, Tally, TallyEvent};
use holdfast_eventlog::{Decider, Envelope, Opened, Projection, ProjectionError, Reaction, ReactionError};
use sqlx::{PgConnection, PgPool, migrate::Migrator};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) static VIEWS: Migrator = sqlx::migrate!("migrations/views");
pub(crate) static FEEDS: Migrator = sqlx::migrate!("migrations/feeds");

#[derive(Debug, thiserror::Error)]
#[error("the tables cannot be read")]
pub struct TablesError(#[from] sqlx::Error);

pub(crate) struct Tallies;

#[async_trait::async_trait]
impl Projection for Tallies {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        let mut changes: BTreeMap<Uuid, (Sum, u64)> = BTreeMap::new();
        for opened in events {
            let change = changes.entry(opened.header.stream.id()).or_default();
            *change = (Tally::evolve(change.0, &opened.decode::<TallyEvent>()?), opened.header.revision);
        }
        for (patient, (Sum { events, sum }, revision)) in changes {
            sqlx::query(
                "INSERT INTO tallies AS had VALUES ($1, $2, $3, $4)
                 ON CONFLICT (patient) DO UPDATE
                 SET events = had.events + $2, sum = had.sum + $3, revision = $4",
            )
            .bind(patient)
            .bind(signed(events))
            .bind(signed(sum))
            .bind(signed(revision))
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }
}

pub(crate) struct Heard {
    /// Every third revision is malformed to it.
    pub(crate) refuses: bool,
}

#[async_trait::async_trait]
impl Reaction for Heard {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for Envelope { header, .. } in envelopes {
            if self.refuses && header.revision.is_multiple_of(3) {
                return Err(ReactionError::Malformed("a third revision"));
            }
            sqlx::query("INSERT INTO heard (lane, lane_seq, event_id) VALUES ($1, $2, $3)")
                .bind(i32::from(header.lane))
                .bind(signed(header.lane_seq))
                .bind(header.event_id.uuid())
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }
}

/// Of every patient: what was counted, and the last revision.
pub(crate) async fn tallies(pool: &PgPool) -> Result<BTreeMap<Uuid, (Sum, u64)>, TablesError> {
    let rows: Vec<(Uuid, i64, i64, i64)> =
        sqlx::query_as("SELECT patient, events, sum, revision FROM tallies").fetch_all(pool).await?;
    let tally = |(patient, events, sum, revision)| {
        (patient, (Sum { events: unsigned(events), sum: unsigned(sum) }, unsigned(revision)))
    };
    Ok(rows.into_iter().map(tally).collect())
}

/// The effects of one lane in the order in which they happened.
pub(crate) async fn heard(pool: &PgPool, lane: u16) -> Result<Vec<(u64, Uuid)>, TablesError> {
    let rows: Vec<(i64, Uuid)> =
        sqlx::query_as("SELECT lane_seq, event_id FROM heard WHERE lane = $1 ORDER BY at")
            .bind(i32::from(lane))
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(seq, id)| (unsigned(seq), id)).collect())
}

/// Events that the relay has still to publish.
pub(crate) async fn unpublished(pool: &PgPool) -> Result<u64, TablesError> {
    let events = sqlx::query_scalar(
        "SELECT COALESCE(sum(last_seq - published_seq), 0)::bigint FROM lanes JOIN relay USING (lane)",
    )
    .fetch_one(pool)
    .await?;
    Ok(unsigned(events))
}

/// Events that the listener has put aside.
pub(crate) async fn parked(pool: &PgPool) -> Result<u64, TablesError> {
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM parked").fetch_one(pool).await?;
    Ok(unsigned(events))
}

/// Per lane how far the inbox is.
pub(crate) async fn checkpoints(pool: &PgPool) -> Result<BTreeMap<u16, u64>, TablesError> {
    let rows: Vec<(i32, i64)> = sqlx::query_as("SELECT lane, seq FROM inbox WHERE source = $1 AND seq > 0")
        .bind(crate::tally::SERVICE)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().filter_map(|(lane, seq)| Some((u16::try_from(lane).ok()?, unsigned(seq)))).collect())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

//! Rebuilds a service's read models beside the live ones, from the whole log, and swaps them in.
use crate::{
    EventLog, KeyError, LANES, Opened, Projection, ProjectionError, ReactionError, ReadError, SchemaError,
    schema,
};
use sqlx::{Connection, PgConnection, migrate::Migrator};
use std::collections::HashMap;

/// Events of one lane taken in at a time.
const BATCH: u32 = 500;

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("the new tables cannot be made or swapped")]
    Schema(#[from] SchemaError),
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    #[error("a read model refused an event")]
    Projection(#[from] ProjectionError),
    #[error("what was made of a source's events cannot be taken out")]
    Feed(#[from] ReactionError),
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Schema(error.into())
    }
}

/// One rebuild of a database at a time.
pub(crate) const LOCK: i64 = 0x72_6562_7569_6c64;

/// Fills `views_next` while the service goes on serving, then holds appends for the last events and the swap. Answers with the
/// number of events replayed. `progress` hears it after every batch.
pub async fn rebuild(
    log: &EventLog,
    owner_url: &str,
    serving_role: &str,
    views: &Migrator,
    projection: &dyn Projection,
    progress: impl Fn(u64) + Send,
) -> Result<u64, RebuildError> {
    let mut conn = schema::owner(owner_url, serving_role).await?;
    // Let go when the connection ends.
    schema::run(&mut conn, format!("SELECT pg_advisory_lock({LOCK})")).await?;
    schema::run(&mut conn, "DROP SCHEMA IF EXISTS views_next CASCADE".to_owned()).await?;
    schema::in_schema(&mut conn, "views_next", &[views]).await?;
    schema::run(&mut conn, "SET search_path TO views_next, feeds, log".to_owned()).await?;
    let mut reached = HashMap::new();
    let mut count = replay(log, &mut conn, projection, &mut reached, &progress).await?;

    let mut tx = conn.begin().await?;
    // Appends take a lane's row first: they wait here until the swap is done.
    schema::run(&mut tx, "LOCK TABLE lanes IN EXCLUSIVE MODE".to_owned()).await?;
    count += replay(log, &mut tx, projection, &mut reached, &progress).await?;
    schema::run(&mut tx, "DROP SCHEMA views CASCADE; ALTER SCHEMA views_next RENAME TO views".to_owned())
        .await?;
    schema::grant_tables(&mut tx, "views", serving_role).await?;
    tx.commit().await?;
    conn.close().await?;
    Ok(count)
}

async fn replay(
    log: &EventLog,
    conn: &mut PgConnection,
    projection: &dyn Projection,
    reached: &mut HashMap<u16, u64>,
    progress: &(impl Fn(u64) + Send),
) -> Result<u64, RebuildError> {
    let mut count = 0;
    for lane in 0..LANES {
        loop {
            let after = reached.get(&lane).copied().unwrap_or_default();
            let stored = log.read_lane(lane, after, BATCH).await?;
            let Some(last) = stored.last() else { break };
            reached.insert(lane, last.header.lane_seq);
            let mut events: Vec<Opened> = Vec::with_capacity(stored.len());
            for event in stored {
                match log.open(event).await {
                    Ok(opened) => events.push(opened),
                    // What was erased has no place in a read model.
                    Err(ReadError::Key(KeyError::Destroyed)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            projection.apply(conn, &events).await?;
            count += events.len() as u64;
            progress(count);
        }
    }
    Ok(count)
}

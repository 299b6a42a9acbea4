//! Which files were taken in before, told by their bytes.
use super::{ViewsError, sealing};
use crate::domain::content::Sha;
use chrono::{DateTime, Utc};
use holdfast_eventlog::KeyRing;
use holdfast_types::PatientId;
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

/// Files of one record that are looked through, the newest first.
const IMPORTS_MAX: i64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EarlierImport {
    pub(crate) source: Uuid,
    pub(crate) time: DateTime<Utc>,
}

/// The turn of one file among those that are taken into a record; given up when it is dropped, or its process dies.
pub(crate) struct Turn {
    _held: Transaction<'static, Postgres>,
}

/// Waits until no other process and no other task takes a file into the record. What it then finds taken in stays all there is: of two
/// who bring the same file at the same moment the second is told of the first.
pub(crate) async fn turn(pool: &PgPool, patient: PatientId) -> Result<Turn, ViewsError> {
    let mut held = pool.begin().await?;
    let (_, lock) = patient.uuid().as_u64_pair();
    // As long as a statement may take: a large file that is before this one takes longer than a lock may otherwise.
    sqlx::query("SET LOCAL lock_timeout = 0").execute(&mut *held).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock.cast_signed()).execute(&mut *held).await?;
    Ok(Turn { _held: held })
}

/// When the same bytes came into the record last, and as what source's.
pub(crate) async fn earlier_import(
    pool: &PgPool,
    keys: &KeyRing,
    patient: PatientId,
    content: &Sha,
) -> Result<Option<EarlierImport>, ViewsError> {
    let rows: Vec<(Uuid, Uuid, DateTime<Utc>, Vec<u8>)> = sqlx::query_as(
        "SELECT import, source, read_time, content FROM imports WHERE patient = $1 ORDER BY read_time DESC LIMIT $2",
    )
    .bind(patient.uuid())
    .bind(IMPORTS_MAX)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let key = keys.existing(patient.uuid()).await?;
    for (import, source, time, sealed) in rows {
        if sealing::open_digest(&key, sealing::OF_IMPORTS, import, &sealed)? == *content {
            return Ok(Some(EarlierImport { source, time }));
        }
    }
    Ok(None)
}

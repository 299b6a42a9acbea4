//! How far each upload has come: one row each, moved forward after every part that is durable.
use super::ViewsError;
use holdfast_types::UploadId;
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    pub received_bytes: u64,
    /// The objects that hold the parts, in order; the last one may be the beginning of a part.
    pub parts: Vec<Uuid>,
}

/// Nothing has arrived where there is no row.
pub async fn progress(pool: &PgPool, upload: UploadId) -> Result<Progress, ViewsError> {
    let row: Option<(i64, Vec<Uuid>)> =
        sqlx::query_as("SELECT received_bytes, parts FROM upload_progress WHERE upload = $1")
            .bind(upload.uuid())
            .fetch_optional(pool)
            .await?;
    let Some((received, parts)) = row else { return Ok(Progress::default()) };
    let received_bytes = u64::try_from(received).map_err(|_| ViewsError::Malformed("progress"))?;
    Ok(Progress { received_bytes, parts })
}

/// Moves on from `from_bytes`; false where somebody else has moved it. It only ever grows, so whoever saw a length saw its parts.
pub async fn advance(
    pool: &PgPool,
    upload: UploadId,
    from_bytes: u64,
    to: &Progress,
) -> Result<bool, ViewsError> {
    let bytes = |bytes: u64| i64::try_from(bytes).map_err(|_| ViewsError::Malformed("progress"));
    let moved = if from_bytes == 0 {
        sqlx::query(
            "INSERT INTO upload_progress (upload, received_bytes, parts) VALUES ($1, $2, $3)
             ON CONFLICT (upload) DO NOTHING",
        )
        .bind(upload.uuid())
        .bind(bytes(to.received_bytes)?)
        .bind(&to.parts)
        .execute(pool)
        .await?
    } else {
        sqlx::query(
            "UPDATE upload_progress SET received_bytes = $2, parts = $3
             WHERE upload = $1 AND received_bytes = $4",
        )
        .bind(upload.uuid())
        .bind(bytes(to.received_bytes)?)
        .bind(&to.parts)
        .bind(bytes(from_bytes)?)
        .execute(pool)
        .await?
    };
    Ok(moved.rows_affected() == 1)
}

/// For an upload that has ended and left nothing behind.
pub async fn forget(pool: &PgPool, upload: UploadId) -> Result<(), ViewsError> {
    sqlx::query("DELETE FROM upload_progress WHERE upload = $1").bind(upload.uuid()).execute(pool).await?;
    Ok(())
}

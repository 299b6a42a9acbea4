//! What is locked for the family of a record: by its network's word, or by the table.
use super::ViewsError;
use crate::domain::locks::Locks;
use holdfast_access::{OfRecord, Permit};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) async fn locks<T: OfRecord>(pool: &PgPool, permit: &Permit<T>) -> Result<Locks, ViewsError> {
    let row: Option<(Uuid, Option<String>)> = sqlx::query_as(
        "SELECT record.tenant, own.locks
         FROM access_records AS record
         LEFT JOIN field_locks AS own ON own.tenant = record.tenant
         WHERE record.patient = $1",
    )
    .bind(permit.patient().uuid())
    .fetch_optional(pool)
    .await?;
    match row {
        Some((tenant, _)) if tenant.is_nil() => Ok(Locks::of_free_standing()),
        Some((_, Some(own))) => serde_json::from_str(&own).map_err(|_| ViewsError::Malformed("lock")),
        Some((_, None)) | None => Ok(Locks::of_networks()),
    }
}

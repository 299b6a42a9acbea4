//! Uploads by what the log says of them: whose they are, and which have to be cleared away.
use super::{ViewsError, word};
use chrono::{DateTime, Utc};
use holdfast_access::Permit;
use holdfast_types::{AccountId, Category, PatientId, TenantId, UploadId};
use sqlx::PgPool;
use uuid::Uuid;

/// Whose upload it is: asked before anything can be permitted, and answered to nobody.
#[derive(Debug, Clone, Copy)]
pub struct KnownUpload {
    pub patient: PatientId,
    pub account: AccountId,
    pub category: Category,
}

/// An upload with something to clear away.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: UploadId,
    pub patient: PatientId,
    pub tenant: TenantId,
}

pub async fn upload(pool: &PgPool, id: UploadId) -> Result<Option<KnownUpload>, ViewsError> {
    let row: Option<(Uuid, Uuid, String)> =
        sqlx::query_as("SELECT patient, account, category FROM uploads WHERE upload = $1")
            .bind(id.uuid())
            .fetch_optional(pool)
            .await?;
    row.map(|(patient, account, category)| {
        Ok(KnownUpload {
            patient: PatientId::new(patient),
            account: AccountId::new(account),
            category: word(&category, "category")?,
        })
    })
    .transpose()
}

/// How many uploads of whoever the permit is for are neither ended nor expired.
pub async fn open_uploads(pool: &PgPool, permit: &Permit, now: DateTime<Utc>) -> Result<u32, ViewsError> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM uploads WHERE account = $1 AND open AND expire_time > $2")
            .bind(permit.account().uuid())
            .bind(now)
            .fetch_one(pool)
            .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

/// Uploads that have expired, and those that have ended and left something behind.
pub async fn due(pool: &PgPool, now: DateTime<Utc>, limit: u32) -> Result<Vec<Due>, ViewsError> {
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "(SELECT upload, patient, tenant FROM uploads WHERE open AND expire_time <= $1 ORDER BY expire_time LIMIT $2)
         UNION
         (SELECT upload, patient, tenant FROM uploads JOIN upload_progress USING (upload) WHERE NOT open LIMIT $2)",
    )
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(upload, patient, tenant)| Due {
            id: UploadId::new(upload),
            patient: PatientId::new(patient),
            tenant: TenantId::new(tenant),
        })
        .collect())
}

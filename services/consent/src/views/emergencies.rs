//! What was opened in an emergency, in the order in which officers look at it.
use super::row::ViewsError;
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit};
use holdfast_eventlog::Header;
use holdfast_types::{GrantId, PatientId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// One of them, with its place in the list; what it says stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub grant: GrantId,
    pub patient: PatientId,
    pub place: EmergencyCursor,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct EmergencyCursor {
    waits: bool,
    began: DateTime<Utc>,
    grant: GrantId,
}

/// Of the permitted network: what waits for its review first, the newest first, and one more than the page holds.
pub async fn emergencies(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    after: Option<EmergencyCursor>,
    page_size: u32,
) -> Result<Vec<Taken>, ViewsError> {
    let rows: Vec<(Uuid, Uuid, DateTime<Utc>, bool)> = sqlx::query_as(
        "SELECT grant_id, patient, began_time, reviewed_time IS NULL
         FROM emergencies
         WHERE tenant = $1
           AND ($2::boolean IS NULL OR (reviewed_time IS NULL, began_time, grant_id) < ($2, $3, $4))
         ORDER BY (reviewed_time IS NULL) DESC, began_time DESC, grant_id DESC
         LIMIT $5",
    )
    .bind(permit.target().tenant().map(TenantId::uuid))
    .bind(after.map(|cursor| cursor.waits))
    .bind(after.map(|cursor| cursor.began))
    .bind(after.map(|cursor| cursor.grant.uuid()))
    .bind(i64::from(page_size) + 1)
    .fetch_all(pool)
    .await?;
    let taken = rows.into_iter().map(|(grant, patient, began, waits)| {
        let grant = GrantId::new(grant);
        Taken { grant, patient: PatientId::new(patient), place: EmergencyCursor { waits, began, grant } }
    });
    Ok(taken.collect())
}

/// How many of the permitted network wait for their review.
pub async fn waiting(pool: &PgPool, permit: &Permit<Oversight>) -> Result<u32, ViewsError> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM emergencies WHERE tenant = $1 AND reviewed_time IS NULL")
            .bind(permit.target().tenant().map(TenantId::uuid))
            .fetch_one(pool)
            .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

pub(super) async fn began(
    conn: &mut PgConnection,
    header: &Header,
    patient: PatientId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO emergencies (grant_id, tenant, patient, began_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (grant_id) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(header.tenant.uuid())
    .bind(patient.uuid())
    .bind(header.recorded)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn reviewed(
    conn: &mut PgConnection,
    grant: Uuid,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE emergencies SET reviewed_time = $2 WHERE grant_id = $1 AND reviewed_time IS NULL")
        .bind(grant)
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

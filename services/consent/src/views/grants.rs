//! Grants of one record, for those who hold it.
use super::row::{GrantRow, ViewsError};
use crate::domain::grant::ShownGrant;
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Returned, Unreleased};
use holdfast_types::{Category, GrantId, PatientId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

/// A grant in a list, with its place there.
#[derive(Debug, Clone)]
pub struct Listed {
    pub grant: ShownGrant,
    pub place: Cursor,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cursor {
    given: DateTime<Utc>,
    grant: GrantId,
}

/// Whose record a grant is of: asked before anything can be permitted, and answered to nobody.
pub async fn patient_of(pool: &PgPool, grant: GrantId) -> Result<Option<PatientId>, ViewsError> {
    let patient: Option<Uuid> = sqlx::query_scalar("SELECT patient FROM given_grants WHERE grant_id = $1")
        .bind(grant.uuid())
        .fetch_optional(pool)
        .await?;
    Ok(patient.map(PatientId::new))
}

/// How many grants of a record have not ended; at most one more than `count_max` are counted.
pub async fn unended(
    pool: &PgPool,
    patient: PatientId,
    now: DateTime<Utc>,
    count_max: u32,
) -> Result<u32, ViewsError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (
            SELECT FROM access_grants
            WHERE patient = $1 AND revoked_time IS NULL AND (until_time IS NULL OR until_time > $2)
            LIMIT $3
         ) AS unended",
    )
    .bind(patient.uuid())
    .bind(now)
    .bind(i64::from(count_max) + 1)
    .fetch_one(pool)
    .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

/// One grant of the permitted record, if it is of a permitted room.
pub async fn grant(
    pool: &PgPool,
    permit: &Permit<Parts>,
    id: GrantId,
) -> Result<Unreleased<Option<ShownGrant>>, ViewsError> {
    let row: Option<GrantRow> = sqlx::query_as(
        "SELECT
            grants.*,
            given.replaces,
            given.replaced_by,
            given.last_use_time,
            NULL::timestamptz AS visit_until,
            given.given_by,
            given.given_time
         FROM access_grants AS grants
         JOIN given_grants AS given USING (grant_id)
         WHERE grants.grant_id = $1 AND grants.patient = $2 AND grants.categories && $3",
    )
    .bind(id.uuid())
    .bind(permit.patient().uuid())
    .bind(words(permit.categories()))
    .fetch_optional(pool)
    .await?;
    let grant = row.map(GrantRow::shown).transpose()?;
    let returned = grant.iter().map(returned).collect();
    Ok(Unreleased::new(grant, returned))
}

/// Those of permitted rooms, newest first, and one more than the page holds, so that it is known whether another follows.
pub async fn grants(
    pool: &PgPool,
    permit: &Permit<Parts>,
    include_ended: bool,
    now: DateTime<Utc>,
    after: Option<Cursor>,
    page_size: u32,
) -> Result<Unreleased<Vec<Listed>>, ViewsError> {
    let rows: Vec<GrantRow> = sqlx::query_as(
        "SELECT
            grants.*,
            given.replaces,
            given.replaced_by,
            given.last_use_time,
            NULL::timestamptz AS visit_until,
            given.given_by,
            given.given_time
         FROM given_grants AS given
         JOIN access_grants AS grants USING (grant_id)
         WHERE given.patient = $1
           AND grants.categories && $7
           AND ($2 OR (grants.revoked_time IS NULL AND (grants.until_time IS NULL OR grants.until_time > $3)))
           AND ($4::timestamptz IS NULL OR (given.given_time, given.grant_id) < ($4, $5))
         ORDER BY given.given_time DESC, given.grant_id DESC
         LIMIT $6",
    )
    .bind(permit.patient().uuid())
    .bind(include_ended)
    .bind(now)
    .bind(after.map(|cursor| cursor.given))
    .bind(after.map(|cursor| cursor.grant.uuid()))
    .bind(i64::from(page_size) + 1)
    .bind(words(permit.categories()))
    .fetch_all(pool)
    .await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let given = row.given_time;
        let grant = row.shown()?;
        listed.push(Listed { place: Cursor { given, grant: grant.id }, grant });
    }
    let shown = listed.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
    let returned = shown.map(|listed| returned(&listed.grant)).collect();
    Ok(Unreleased::new(listed, returned))
}

pub(super) const fn returned(grant: &ShownGrant) -> Returned {
    Returned { id: grant.id.uuid(), revision: grant.revision }
}

fn words(rooms: &[Category]) -> Vec<&'static str> {
    rooms.iter().map(|room| room.as_str()).collect()
}

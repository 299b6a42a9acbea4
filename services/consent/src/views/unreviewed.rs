//! Freezes that nobody has reviewed, the one that ends soonest first; then proposals, the one that has waited longest first.
use super::row::ViewsError;
use crate::domain::authority::{Change, FREEZE_LASTS};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit};
use holdfast_eventlog::Header;
use holdfast_types::{AuthorityId, PatientId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What waits, which is also where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreviewed {
    pub proposed: bool,
    /// When a freeze ends by itself; since when a proposal waits.
    pub moment: DateTime<Utc>,
    pub patient: PatientId,
    pub id: AuthorityId,
}

/// Of the permitted network, and one more than the page holds. A freeze that has ended by itself waits no more.
pub async fn unreviewed(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    now: DateTime<Utc>,
    after: Option<Unreviewed>,
    page_size: u32,
) -> Result<Vec<Unreviewed>, ViewsError> {
    let rows: Vec<(bool, DateTime<Utc>, Uuid, Uuid)> = sqlx::query_as(
        "SELECT proposed, moment, patient, id
         FROM unreviewed_authority
         WHERE tenant = $1 AND (proposed OR moment > $2)
           AND ($3::boolean IS NULL OR (proposed, moment, patient, id) > ($3, $4, $5, $6))
         ORDER BY proposed, moment, patient, id
         LIMIT $7",
    )
    .bind(permit.target().tenant().map(TenantId::uuid))
    .bind(now)
    .bind(after.map(|after| after.proposed))
    .bind(after.map(|after| after.moment))
    .bind(after.map(|after| after.patient.uuid()))
    .bind(after.map(|after| after.id.uuid()))
    .bind(i64::from(page_size) + 1)
    .fetch_all(pool)
    .await?;
    let waiting = rows.into_iter().map(|(proposed, moment, patient, id)| Unreviewed {
        proposed,
        moment,
        patient: PatientId::new(patient),
        id: AuthorityId::new(id),
    });
    Ok(waiting.collect())
}

/// How many of the permitted network wait.
pub async fn unreviewed_count(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    now: DateTime<Utc>,
) -> Result<u32, ViewsError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM unreviewed_authority WHERE tenant = $1 AND (proposed OR moment > $2)",
    )
    .bind(permit.target().tenant().map(TenantId::uuid))
    .bind(now)
    .fetch_one(pool)
    .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    change: &Change,
) -> Result<(), sqlx::Error> {
    let (id, waits) = match change {
        Change::Recorded(authority) if authority.waits() => (authority.id, Some((true, header.recorded))),
        Change::Frozen(freeze) => (freeze.id, Some((false, freeze.placed + FREEZE_LASTS))),
        Change::Attested { authority, .. }
        | Change::Withdrawn { authority, .. }
        | Change::Ended { authority, .. } => (*authority, None),
        Change::Reviewed { freeze, .. } => (*freeze, None),
        Change::Recorded(_) | Change::Renewed { .. } | Change::Person(_) => return Ok(()),
    };
    let patient = header.stream.id();
    let Some((proposed, moment)) = waits else {
        sqlx::query("DELETE FROM unreviewed_authority WHERE patient = $1 AND id = $2")
            .bind(patient)
            .bind(id.uuid())
            .execute(conn)
            .await?;
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO unreviewed_authority (patient, id, tenant, proposed, moment) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (patient, id) DO NOTHING",
    )
    .bind(patient)
    .bind(id.uuid())
    .bind(header.tenant.uuid())
    .bind(proposed)
    .bind(moment)
    .execute(conn)
    .await?;
    Ok(())
}

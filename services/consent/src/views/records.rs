//! Records that somebody holds or that are shared with them, each with what reaches them.
use super::{
    grants::returned,
    row::{GrantRow, ViewsError},
};
use crate::domain::grant::ShownGrant;
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, Parts, Permit, Returned, Unreleased};
use holdfast_types::{Action, Category, PatientId, Relationship, TenantId};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// Grants that are shown of one record in a list, newest first.
pub const GRANTS_PER_RECORD_MAX: u32 = 20;

/// How the caller stands towards a record.
#[derive(Debug, Clone)]
pub struct RecordAccess {
    pub patient: PatientId,
    pub tenant: TenantId,
    pub relationship: Option<Relationship>,
    /// With a relationship: rooms that are not held, by action.
    pub not_held: Vec<(Action, Vec<Category>)>,
    pub grants: Vec<ShownGrant>,
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    patient: Uuid,
    tenant: Uuid,
    revision: i64,
}

/// Records that the caller may be permitted to see, in the order of their ids: whom to ask the gate about.
pub async fn candidates(
    pool: &PgPool,
    caller: &Caller,
    now: DateTime<Utc>,
    after: Option<PatientId>,
    limit: u32,
) -> Result<Vec<PatientId>, ViewsError> {
    Ok(holdfast_access::views::reachable(pool, caller, now, after, limit).await?)
}

/// One answer for each permit.
pub async fn accesses(
    pool: &PgPool,
    caller: &Caller,
    now: DateTime<Utc>,
    permits: Vec<Permit<Parts>>,
) -> Result<Vec<(Permit<Parts>, Unreleased<RecordAccess>)>, ViewsError> {
    let patients: Vec<Uuid> = permits.iter().map(|permit| permit.patient().uuid()).collect();
    let mut records = records(pool, &patients).await?;
    let mut grants = grants(pool, caller, now, &patients).await?;
    let mut answers = Vec::with_capacity(permits.len());
    for permit in permits {
        let patient = permit.patient();
        let row = records.remove(&patient.uuid()).ok_or(ViewsError::Malformed("record"))?;
        let grants = grants.remove(&patient.uuid()).unwrap_or_default();
        let revision = u64::try_from(row.revision).map_err(|_| ViewsError::Malformed("revision"))?;
        let mut all = vec![Returned { id: patient.uuid(), revision }];
        all.extend(grants.iter().map(returned));
        let (relationship, tenant) = (permit.relationship(), TenantId::new(row.tenant));
        let not_held = relationship.map(|_| permit.not_held()).unwrap_or_default();
        let access = RecordAccess { patient, tenant, relationship, not_held, grants };
        answers.push((permit, Unreleased::new(access, all)));
    }
    Ok(answers)
}

async fn records(pool: &PgPool, patients: &[Uuid]) -> Result<HashMap<Uuid, RecordRow>, ViewsError> {
    let rows: Vec<RecordRow> = sqlx::query_as(
        "SELECT
            records.patient,
            records.tenant,
            revisions.revision
         FROM access_records AS records
         JOIN record_revisions AS revisions USING (patient)
         WHERE records.patient = ANY ($1)",
    )
    .bind(patients)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.patient, row)).collect())
}

/// Grants in force that reach the caller, newest first.
async fn grants(
    pool: &PgPool,
    caller: &Caller,
    now: DateTime<Utc>,
    patients: &[Uuid],
) -> Result<HashMap<Uuid, Vec<ShownGrant>>, ViewsError> {
    let (roles, practices): (Vec<&str>, Vec<Uuid>) =
        caller.held_at_practices().map(|(role, practice)| (role.as_str(), practice.uuid())).unzip();
    let rows: Vec<GrantRow> = sqlx::query_as(
        "SELECT reaching.*
         FROM UNNEST($1::uuid[]) AS asked (patient)
         CROSS JOIN LATERAL (
            SELECT
                grants.*,
                given.replaces,
                given.replaced_by,
                given.last_use_time,
                (
                    SELECT until_time FROM access_visits AS visits
                    WHERE visits.grant_id = grants.grant_id AND visits.account = $2
                ) AS visit_until,
                given.given_by,
                given.given_time
            FROM access_grants AS grants
            JOIN given_grants AS given USING (grant_id)
            WHERE grants.patient = asked.patient
              AND grants.revoked_time IS NULL
              AND grants.from_time <= $5
              AND (grants.until_time IS NULL OR grants.until_time > $5)
              AND (
                grants.grantee_account = $2
                OR (grants.grantee_practice, grants.grantee_role) IN (SELECT * FROM UNNEST($3::uuid[], $4::text[]))
              )
            ORDER BY given.given_time DESC, grants.grant_id DESC
            LIMIT $6
         ) AS reaching
         ORDER BY reaching.given_time DESC, reaching.grant_id DESC",
    )
    .bind(patients)
    .bind(caller.account.uuid())
    .bind(practices)
    .bind(roles)
    .bind(now)
    .bind(i64::from(GRANTS_PER_RECORD_MAX))
    .fetch_all(pool)
    .await?;
    let mut grants: HashMap<Uuid, Vec<ShownGrant>> = HashMap::new();
    for row in rows {
        grants.entry(row.patient).or_default().push(row.shown()?);
    }
    Ok(grants)
}

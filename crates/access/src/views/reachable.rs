//! The records that a caller holds or that a grant in force lets the caller reach: candidates for a list, not permits.
use crate::Caller;
use chrono::{DateTime, Utc};
use holdfast_types::PatientId;
use sqlx::PgPool;
use uuid::Uuid;

/// In the order of their ids, after the given one.
pub async fn reachable(
    pool: &PgPool,
    caller: &Caller,
    now: DateTime<Utc>,
    after: Option<PatientId>,
    limit: u32,
) -> Result<Vec<PatientId>, sqlx::Error> {
    let (roles, practices): (Vec<&str>, Vec<Uuid>) =
        caller.held_at_practices().map(|(role, practice)| (role.as_str(), practice.uuid())).unzip();
    let patients: Vec<Uuid> = sqlx::query_scalar(
        "SELECT patient FROM access_holders WHERE account = $1 AND patient > $2
         UNION
         SELECT patient FROM access_grants
         WHERE grantee_account = $1 AND patient > $2
           AND revoked_time IS NULL AND from_time <= $5 AND (until_time IS NULL OR until_time > $5)
         UNION
         SELECT patient FROM access_grants
         WHERE (grantee_practice, grantee_role) IN (SELECT * FROM UNNEST($3::uuid[], $4::text[])) AND patient > $2
           AND revoked_time IS NULL AND from_time <= $5 AND (until_time IS NULL OR until_time > $5)
         ORDER BY patient
         LIMIT $6",
    )
    .bind(caller.account.uuid())
    .bind(after.map_or(Uuid::nil(), PatientId::uuid))
    .bind(practices)
    .bind(roles)
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(patients.into_iter().map(PatientId::new).collect())
}

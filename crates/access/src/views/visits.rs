//! The visits that were begun by grants for a number of them.
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, GrantId, PatientId};
use sqlx::PgConnection;

/// One visit: for its time the account's looks by the grant are one use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitFact {
    pub patient: PatientId,
    pub grant: GrantId,
    pub account: AccountId,
    /// It is the grant's so manieth.
    pub number: u32,
    pub until: DateTime<Utc>,
}

pub(super) async fn visited(conn: &mut PgConnection, visit: &VisitFact) -> Result<(), sqlx::Error> {
    let number = i32::try_from(visit.number).unwrap_or(i32::MAX);
    sqlx::query("UPDATE access_grants SET used_count = $2 WHERE grant_id = $1 AND used_count < $2")
        .bind(visit.grant.uuid())
        .bind(number)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO access_visits (grant_id, account, patient, until_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (grant_id, account)
         DO UPDATE SET until_time = greatest(access_visits.until_time, excluded.until_time)",
    )
    .bind(visit.grant.uuid())
    .bind(visit.account.uuid())
    .bind(visit.patient.uuid())
    .bind(visit.until)
    .execute(conn)
    .await?;
    Ok(())
}

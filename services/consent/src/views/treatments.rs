//! Which practices treat whom, in the orders in which families and practices look at them; and each practice's policy.
use super::row::ViewsError;
use crate::domain::{
    care::Care,
    treatment::{Event, Side, id_of},
    treatment_policy::{Event as PolicyEvent, State as Policy},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Parts, Permit};
use holdfast_eventlog::Header;
use holdfast_types::{PatientId, PracticeId, TenantId, TreatmentId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

/// Of one record that are told.
const TOLD_MAX: i64 = 100;

/// One in a practice's list, which is also where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Place {
    stage: i16,
    changed: DateTime<Utc>,
    pub treatment: TreatmentId,
    pub patient: PatientId,
}

/// Of which record and practice one is: asked before anything can be permitted.
pub async fn treatment_of(
    pool: &PgPool,
    treatment: TreatmentId,
) -> Result<Option<(PatientId, PracticeId)>, ViewsError> {
    let row: Option<(Uuid, Uuid)> =
        sqlx::query_as("SELECT patient, practice FROM treatments WHERE treatment_id = $1")
            .bind(treatment.uuid())
            .fetch_optional(pool)
            .await?;
    Ok(row.map(|(patient, practice)| (PatientId::new(patient), PracticeId::new(practice))))
}

/// Of the permitted record.
pub async fn treatments(pool: &PgPool, permit: &Permit<Parts>) -> Result<Vec<TreatmentId>, ViewsError> {
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT treatment_id FROM treatments WHERE patient = $1
         ORDER BY stage, changed_time DESC, treatment_id
         LIMIT $2",
    )
    .bind(permit.patient().uuid())
    .bind(TOLD_MAX)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(TreatmentId::new).collect())
}

/// Of the permitted practice, one more than the page holds. What was erased is in no list.
pub async fn treatments_at(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    after: Option<Place>,
    page_size: u32,
) -> Result<Vec<Place>, ViewsError> {
    let rows: Vec<(i16, DateTime<Utc>, Uuid, Uuid)> = sqlx::query_as(
        "SELECT stage, changed_time, treatment_id, patient
         FROM treatments
         JOIN access_records AS records USING (patient)
         WHERE practice = $1 AND records.erased_time IS NULL
           AND ($2::smallint IS NULL OR stage > $2
             OR (stage = $2 AND (changed_time < $3 OR (changed_time = $3 AND treatment_id > $4))))
         ORDER BY stage, changed_time DESC, treatment_id
         LIMIT $5",
    )
    .bind(permit.target().practice().map(PracticeId::uuid))
    .bind(after.map(|after| after.stage))
    .bind(after.map(|after| after.changed))
    .bind(after.map(|after| after.treatment.uuid()))
    .bind(i64::from(page_size) + 1)
    .fetch_all(pool)
    .await?;
    let place = |(stage, changed, treatment, patient)| Place {
        stage,
        changed,
        treatment: TreatmentId::new(treatment),
        patient: PatientId::new(patient),
    };
    Ok(rows.into_iter().map(place).collect())
}

/// How many families wait for the permitted practice.
pub async fn families_waiting(pool: &PgPool, permit: &Permit<Oversight>) -> Result<u32, ViewsError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM treatments
         JOIN access_records AS records USING (patient)
         WHERE practice = $1 AND stage = 0 AND by_family AND records.erased_time IS NULL",
    )
    .bind(permit.target().practice().map(PracticeId::uuid))
    .fetch_one(pool)
    .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

/// How many of a record have not ended.
pub async fn unended_treatments(pool: &PgPool, patient: PatientId) -> Result<u32, ViewsError> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM treatments WHERE patient = $1 AND stage < 2")
        .bind(patient.uuid())
        .fetch_one(pool)
        .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

/// Those that stand at a practice, each with its record and that record's network.
pub async fn standing_at(
    pool: &PgPool,
    practice: PracticeId,
    after: Option<TreatmentId>,
    count_max: u32,
) -> Result<Vec<(TreatmentId, PatientId, TenantId)>, ViewsError> {
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "SELECT treatments.treatment_id, treatments.patient, records.tenant
         FROM treatments
         JOIN access_records AS records USING (patient)
         WHERE treatments.practice = $1 AND treatments.stage = 1 AND treatments.treatment_id > $2
         ORDER BY treatments.treatment_id
         LIMIT $3",
    )
    .bind(practice.uuid())
    .bind(after.map_or(Uuid::nil(), TreatmentId::uuid))
    .bind(i64::from(count_max))
    .fetch_all(pool)
    .await?;
    let standing = |(treatment, patient, tenant)| {
        (TreatmentId::new(treatment), PatientId::new(patient), TenantId::new(tenant))
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// In force at a practice: what it set, or what holds where it has said nothing.
pub async fn treatment_policy(pool: &PgPool, practice: PracticeId) -> Result<Policy, ViewsError> {
    let row: Option<(i64, Json<Care>, DateTime<Utc>)> =
        sqlx::query_as("SELECT version, care, set_time FROM treatment_policies WHERE practice = $1")
            .bind(practice.uuid())
            .fetch_optional(pool)
            .await?;
    let Some((version, Json(care), set)) = row else { return Ok(Policy::default()) };
    let version = u64::try_from(version).map_err(|_| ViewsError::Malformed("version"))?;
    Ok(Policy { care, version, set: Some(set) })
}

/// Every practice that has set a policy, with its version.
pub async fn policy_versions(pool: &PgPool) -> Result<Vec<(PracticeId, i64)>, ViewsError> {
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT practice, version FROM treatment_policies").fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(practice, version)| (PracticeId::new(practice), version)).collect())
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let stage: i16 = match event {
        Event::Proposed(proposal) => {
            sqlx::query(
                "INSERT INTO treatments (treatment_id, patient, practice, stage, by_family, changed_time)
                 VALUES ($1, $2, $3, 0, $4, $5)
                 ON CONFLICT (treatment_id) DO UPDATE
                 SET stage = 0, by_family = excluded.by_family, changed_time = excluded.changed_time",
            )
            .bind(id_of(proposal.patient, proposal.practice).uuid())
            .bind(proposal.patient.uuid())
            .bind(proposal.practice.uuid())
            .bind(proposal.side == Side::Family)
            .bind(header.recorded)
            .execute(conn)
            .await?;
            return Ok(());
        }
        Event::Agreed(_) | Event::Accepted { .. } | Event::Narrowed(_) => 1,
        Event::Ended { .. } => 2,
    };
    sqlx::query("UPDATE treatments SET stage = $2, changed_time = $3 WHERE treatment_id = $1")
        .bind(header.stream.id())
        .bind(stage)
        .bind(header.recorded)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_policy(
    conn: &mut PgConnection,
    header: &Header,
    event: &PolicyEvent,
) -> Result<(), sqlx::Error> {
    let PolicyEvent::Set { after, set, .. } = event;
    sqlx::query(
        "INSERT INTO treatment_policies (practice, version, care, set_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (practice) DO UPDATE
         SET version = excluded.version, care = excluded.care, set_time = excluded.set_time
         WHERE treatment_policies.version < excluded.version",
    )
    .bind(header.stream.id())
    .bind(i64::try_from(header.revision).unwrap_or(i64::MAX))
    .bind(Json(after))
    .bind(set)
    .execute(conn)
    .await?;
    Ok(())
}

//! What the logs had told of a record and an account by a moment, for deciding what nobody asked.
use super::{HistoryError, decisions::saying};
use crate::domain::{Conclusion, Hypothesis, Known};
use holdfast_access::{Decision, Oversight, Permit, Policies, Returned, Unreleased};
use holdfast_eventlog::Subject;
use holdfast_types::{PatientId, Service};
use prost::Message;
use prost_types::Any;
use sqlx::PgPool;

/// None where the permit is for something else than the history of one record.
pub async fn hypothetical(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    policies: &Policies,
    hypothesis: &Hypothesis,
) -> Result<Unreleased<Option<Conclusion>>, HistoryError> {
    let patient = match *permit.target() {
        Oversight::RecordHistory(patient) | Oversight::TenantHistory { patient: Some(patient), .. } => {
            patient
        }
        _ => return Ok(Unreleased::new(None, Vec::new())),
    };
    let told = told(pool, patient, hypothesis).await?;
    let conclusion = hypothesis.decide(policies, patient, told);
    let returned = match &conclusion.decision {
        Decision::Permitted { grants, .. } => {
            grants.iter().map(|named| Returned { id: named.grant.uuid(), revision: named.revision }).collect()
        }
        Decision::Refused { .. } => Vec::new(),
    };
    Ok(Unreleased::new(Some(conclusion), returned))
}

async fn told(pool: &PgPool, patient: PatientId, hypothesis: &Hypothesis) -> Result<Known, HistoryError> {
    let said: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT lane_seq, public_payload
         FROM entries
         WHERE service = 'consent' AND kind = 'sharing' AND patient = $1 AND recorded <= $2
         ORDER BY lane_seq",
    )
    .bind(patient.uuid())
    .bind(hypothesis.at)
    .fetch_all(pool)
    .await?;
    let consent_seq: i64 = sqlx::query_scalar(
        "SELECT COALESCE(max(lane_seq), 0) FROM entries
         WHERE service = $1 AND lane = $2 AND recorded <= $3",
    )
    .bind(Service::Consent.as_str())
    .bind(i32::from(Subject::Patient(patient).lane()))
    .bind(hypothesis.at)
    .fetch_one(pool)
    .await?;
    let roles: Vec<Option<Vec<u8>>> = sqlx::query_scalar(
        "SELECT public_payload
         FROM entries
         WHERE service = $1 AND lane = $2 AND subject = $3 AND recorded <= $4
           AND event_type IN ('account.role-assigned', 'account.role-withdrawn')
         ORDER BY lane_seq",
    )
    .bind(Service::Identity.as_str())
    .bind(i32::from(Subject::Account(hypothesis.account).lane()))
    .bind(hypothesis.account.uuid())
    .bind(hypothesis.at)
    .fetch_all(pool)
    .await?;
    Ok(Known {
        said: said.into_iter().map(|(seq, payload)| saying(seq, payload.as_deref())).collect(),
        roles: roles.iter().filter_map(|payload| Any::decode(payload.as_deref()?).ok()).collect(),
        consent_seq: u64::try_from(consent_seq).unwrap_or_default(),
    })
}

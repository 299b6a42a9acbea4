//! What the logs had told of a record and an account by a moment, for deciding what nobody asked.
use super::{HistoryError, decisions::saying};
use crate::domain::{About, Conclusion, Hypothesis, Known, ThingSaid};
use chrono::{DateTime, Utc};
use holdfast_access::{Decision, Oversight, Permit, Policies, Returned, Unreleased};
use holdfast_eventlog::Subject;
use holdfast_types::{PatientId, Service};
use prost::Message;
use prost_types::Any;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

/// Why there is no conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconcluded {
    /// The permit is for something else than the history of one record.
    NoRecord,
    /// Audit knows of no such thing in the record by then.
    NoThing,
}

#[derive(FromRow)]
struct Said {
    event_type: String,
    category: Option<String>,
    actor: String,
    occurred: DateTime<Utc>,
    recorded: DateTime<Utc>,
    public_payload: Option<Vec<u8>>,
}

pub async fn hypothetical(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    policies: &Policies,
    hypothesis: &Hypothesis,
) -> Result<Unreleased<Result<Conclusion, Unconcluded>>, HistoryError> {
    let patient = match *permit.target() {
        Oversight::RecordHistory(patient) | Oversight::TenantHistory { patient: Some(patient), .. } => {
            patient
        }
        _ => return Ok(Unreleased::new(Err(Unconcluded::NoRecord), Vec::new())),
    };
    let told = told(pool, patient, hypothesis).await?;
    let Some(conclusion) = hypothesis.decide(policies, patient, told) else {
        return Ok(Unreleased::new(Err(Unconcluded::NoThing), Vec::new()));
    };
    let returned = match &conclusion.decision {
        Decision::Permitted { grants, .. } => {
            grants.iter().map(|named| Returned { id: named.grant.uuid(), revision: named.revision }).collect()
        }
        Decision::Refused { .. } => Vec::new(),
    };
    Ok(Unreleased::new(Ok(conclusion), returned))
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
        thing: match hypothesis.about {
            About::Rooms(_) => None,
            About::Thing(thing) => said_of(pool, patient, thing, hypothesis.at).await?,
        },
    })
}

/// What was said by then of a thing of the record; of a message, what was said of its thread.
async fn said_of(
    pool: &PgPool,
    patient: PatientId,
    thing: Uuid,
    at: DateTime<Utc>,
) -> Result<Option<(Uuid, Vec<ThingSaid>)>, HistoryError> {
    let said = said_in(pool, patient, thing, at).await?;
    if !said.is_empty() {
        return Ok(Some((thing, said)));
    }
    let thread: Option<String> = sqlx::query_scalar(
        "SELECT stream
         FROM entries
         WHERE patient = $1 AND recorded <= $2 AND event_type = 'thread.message-posted'
           AND position($3 IN public_payload) > 0
         LIMIT 1",
    )
    .bind(patient.uuid())
    .bind(at)
    .bind(thing.to_string().into_bytes())
    .persistent(false)
    .fetch_optional(pool)
    .await?;
    let Some(thread) = thread.and_then(|stream| stream.split_once('/')?.1.parse().ok()) else {
        return Ok(None);
    };
    Ok(Some((thread, said_in(pool, patient, thread, at).await?)))
}

async fn said_in(
    pool: &PgPool,
    patient: PatientId,
    thing: Uuid,
    at: DateTime<Utc>,
) -> Result<Vec<ThingSaid>, HistoryError> {
    let rows: Vec<Said> = sqlx::query_as(
        "SELECT event_type, category, actor, occurred, recorded, public_payload
         FROM entries
         WHERE patient = $1 AND recorded <= $2 AND kind = 'change' AND stream = ANY($3)
         ORDER BY service, lane_seq",
    )
    .bind(patient.uuid())
    .bind(at)
    .bind(["item", "document", "thread"].map(|aggregate| format!("{aggregate}/{thing}")))
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(ThingSaid::from).collect())
}

impl From<Said> for ThingSaid {
    fn from(said: Said) -> Self {
        Self {
            event_type: said.event_type,
            category: said.category.and_then(|word| word.parse().ok()),
            actor: said.actor,
            occurred: said.occurred,
            recorded: said.recorded,
            published: said.public_payload.and_then(|payload| Any::decode(payload.as_slice()).ok()),
        }
    }
}

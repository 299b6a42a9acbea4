//! What the logs had told of a record and an account by a moment, for deciding what nobody asked.
use super::{HistoryError, decisions::saying};
use crate::domain::{About, Conclusion, Hypothesis, Known, Saying, ThingSaid};
use chrono::{DateTime, Utc};
use holdfast_access::{Decision, Oversight, Permit, Policies, Returned, Unreleased};
use holdfast_eventlog::Subject;
use holdfast_proto::{access::v1::AccessRecorded, consent::v1::DocumentErased};
use holdfast_types::{AccountId, PatientId, Service};
use prost::Message;
use prost_types::Any;
use sqlx::{FromRow, PgPool};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Decisions among which one is looked for that a policy made.
const NEWEST: i64 = 50;

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
    stream: String,
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
    let told = known(pool, patient, hypothesis.account, hypothesis.at).await?;
    let said = match hypothesis.about {
        About::Rooms(_) => None,
        About::Thing(thing) => said_of(pool, patient, thing, hypothesis.at).await?,
    };
    let Some(conclusion) = hypothesis.decide(policies, patient, told, said.as_ref()) else {
        return Ok(Unreleased::new(Err(Unconcluded::NoThing), Vec::new()));
    };
    let returned = named(&conclusion.decision).collect();
    Ok(Unreleased::new(Ok(conclusion), returned))
}

/// The grants that decided.
pub(super) fn named(decision: &Decision) -> impl Iterator<Item = Returned> {
    let grants = match decision {
        Decision::Permitted { grants, .. } => grants.as_slice(),
        Decision::Refused { .. } => &[],
    };
    grants.iter().map(|named| Returned { id: named.grant.uuid(), revision: named.revision })
}

/// Digest of the policies by which was decided last in a record's tenant by then, in hexadecimal; none where no decision is logged.
pub async fn policies_then(
    pool: &PgPool,
    patient: PatientId,
    at: DateTime<Utc>,
) -> Result<Option<String>, HistoryError> {
    let looks: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT public_payload
         FROM entries
         WHERE tenant = (SELECT tenant FROM entries WHERE patient = $1 ORDER BY recorded DESC LIMIT 1) AND recorded <= $2
           AND kind IN ('read', 'refused') AND event_type <> 'door.refused' AND public_payload IS NOT NULL
         ORDER BY recorded DESC, service DESC, lane DESC, lane_seq DESC
         LIMIT $3",
    )
    .bind(patient.uuid())
    .bind(at)
    .bind(NEWEST)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    // Who was refused before a policy was asked is recorded without one.
    let digest = |look: Vec<u8>| {
        let look: AccessRecorded = Any::decode(look.as_slice()).ok()?.to_msg().ok()?;
        Some(look.policy_digest).filter(|digest| !digest.is_empty())
    };
    Ok(looks.into_iter().find_map(digest))
}

/// What the logs had told of a record and an account by then.
pub(super) async fn known(
    pool: &PgPool,
    patient: PatientId,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<Known, HistoryError> {
    let consent_seq: i64 = sqlx::query_scalar(
        "SELECT COALESCE(max(lane_seq), 0) FROM entries
         WHERE service = $1 AND lane = $2 AND recorded <= $3",
    )
    .bind(Service::Consent.as_str())
    .bind(i32::from(Subject::Patient(patient).lane()))
    .bind(at)
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
    .bind(i32::from(Subject::Account(account).lane()))
    .bind(account.uuid())
    .bind(at)
    .fetch_all(pool)
    .await?;
    let mut said = sayings(pool, patient, at).await?;
    let gone = erased(pool, patient, at).await?;
    // Of a document's erasure the gate hears nothing.
    said.extend(
        gone.iter()
            .map(|(seq, payload)| saying(*seq, Some(payload.as_slice())))
            .filter(|saying| saying.fact.is_some()),
    );
    said.sort_by_key(|saying| saying.lane_seq);
    let document = |payload: &[u8]| {
        let told: DocumentErased = Any::decode(payload).ok()?.to_msg().ok()?;
        told.document_id.parse().ok()
    };
    Ok(Known {
        said,
        roles: roles.iter().filter_map(|payload| Any::decode(payload.as_deref()?).ok()).collect(),
        consent_seq: u64::try_from(consent_seq).unwrap_or_default(),
        erased: gone.iter().filter_map(|(_, payload)| document(payload)).collect(),
    })
}

/// What consent had said of a record by then, in order.
pub(super) async fn sayings(
    pool: &PgPool,
    patient: PatientId,
    at: DateTime<Utc>,
) -> Result<Vec<Saying>, HistoryError> {
    let said: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT lane_seq, public_payload
         FROM entries
         WHERE service = 'consent' AND kind = 'sharing' AND public_payload IS NOT NULL
           AND patient = $1 AND recorded <= $2
         ORDER BY lane_seq",
    )
    .bind(patient.uuid())
    .bind(at)
    .fetch_all(pool)
    .await?;
    Ok(said.into_iter().map(|(seq, payload)| saying(seq, payload.as_deref())).collect())
}

/// What consent had said by then of the record's being erased, or of a document's alone.
async fn erased(
    pool: &PgPool,
    patient: PatientId,
    at: DateTime<Utc>,
) -> Result<Vec<(i64, Vec<u8>)>, HistoryError> {
    let told = sqlx::query_as(
        "SELECT lane_seq, public_payload
         FROM entries
         WHERE service = 'consent' AND patient = $1 AND recorded <= $2 AND public_payload IS NOT NULL
           AND event_type IN (
               'erasure.carried-out', 'erasure.repeated',
               'erasure.document-carried-out', 'erasure.document-repeated')",
    )
    .bind(patient.uuid())
    .bind(at)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(told)
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
    let said = said_in_each(pool, patient, Some(&[thing][..]), at, i64::MAX).await?;
    Ok(said.into_values().flatten().collect())
}

/// What was said by then of each of some things of the record, or of all items; up to a number of changes.
pub(super) async fn said_in_each(
    pool: &PgPool,
    patient: PatientId,
    things: Option<&[Uuid]>,
    at: DateTime<Utc>,
    changes_max: i64,
) -> Result<BTreeMap<Uuid, Vec<ThingSaid>>, HistoryError> {
    let streams = things.map(|things| {
        let of = |thing: &Uuid| ["item", "document", "thread"].map(|what| format!("{what}/{thing}"));
        things.iter().flat_map(of).collect::<Vec<_>>()
    });
    let rows: Vec<Said> = sqlx::query_as(
        "SELECT stream, event_type, category, actor, occurred, recorded, public_payload
         FROM entries
         WHERE patient = $1 AND recorded <= $2 AND kind = 'change'
           AND (stream = ANY($3) OR $3 IS NULL AND service = 'records' AND stream LIKE 'item/%')
         ORDER BY service, lane_seq
         LIMIT $4",
    )
    .bind(patient.uuid())
    .bind(at)
    .bind(streams)
    .bind(changes_max)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let mut said: BTreeMap<Uuid, Vec<ThingSaid>> = BTreeMap::new();
    for row in rows {
        let Some(thing) = row.stream.split_once('/').and_then(|(_, id)| id.parse().ok()) else { continue };
        said.entry(thing).or_default().push(row.into());
    }
    Ok(said)
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

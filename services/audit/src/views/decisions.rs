//! Pages of logged looks and refusals, each decided again by what consent had said: in the order of the logs' lanes.
use super::HistoryError;
use crate::domain::{ConsentHeard, Outcome, Replay, Saying, Verdict};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit, PolicySets, Returned, Unreleased, views::ConsentFact};
use holdfast_eventlog::Subject;
use holdfast_proto::access::v1::AccessRecorded;
use holdfast_types::{PatientId, Service};
use prost::Message;
use prost_types::Any;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Decisions are counted up to this number.
const COUNT_MAX: i64 = 10_000;
/// Others are let go on after so many decisions.
const AT_ONCE: usize = 16;

/// Which decisions, within what is permitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub until: Option<DateTime<Utc>>,
    /// This one and no other.
    pub event: Option<Uuid>,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub service: String,
    pub lane: i32,
    pub lane_seq: i64,
}

#[derive(Debug, Default)]
pub struct ReplayPage {
    pub decisions: usize,
    pub identical: usize,
    /// Those that are not identical.
    pub exceptions: Vec<(Place, Uuid, Outcome)>,
    pub next: Option<Place>,
    /// Counted where the page is the first.
    pub total: i64,
}

#[derive(FromRow)]
struct Logged {
    service: String,
    lane: i32,
    lane_seq: i64,
    event_id: Uuid,
    revision: i64,
    public_payload: Option<Vec<u8>>,
    /// Its record was erased before audit heard of the event.
    erased: bool,
}

/// What a permit for a tenant's history, or for the logs' health, lets be decided again. One for anything else lets nothing.
pub async fn replayed(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    sets: &PolicySets,
    span: Span,
    after: Option<&Place>,
    size: u32,
) -> Result<Unreleased<ReplayPage>, HistoryError> {
    let (tenant, patient) = match *permit.target() {
        Oversight::TenantHistory { tenant, patient } => (Some(tenant.uuid()), patient.map(PatientId::uuid)),
        Oversight::LogHealth => (None, None),
        _ => return Ok(Unreleased::new(ReplayPage::default(), Vec::new())),
    };
    let mut logged: Vec<Logged> = sqlx::query_as(
        "SELECT
            service, lane, lane_seq, event_id, revision, public_payload,
            public_payload IS NULL AND EXISTS (
                SELECT FROM access_records AS known
                WHERE known.patient = entries.patient AND known.erased_time IS NOT NULL
            ) AS erased
         FROM entries
         WHERE kind IN ('read', 'refused') AND event_type <> 'door.refused'
           AND ($1::uuid IS NULL OR tenant = $1)
           AND ($2::uuid IS NULL OR patient = $2)
           AND ($3::timestamptz IS NULL OR recorded >= $3)
           AND ($4::timestamptz IS NULL OR recorded < $4)
           AND ($5::uuid IS NULL OR event_id = $5)
           AND ($6::text IS NULL OR (service, lane, lane_seq) > ($6, $7::int, $8::bigint))
         ORDER BY service, lane, lane_seq
         LIMIT $9",
    )
    .bind(tenant)
    .bind(patient)
    .bind(span.from)
    .bind(span.until)
    .bind(span.event)
    .bind(after.map(|after| &after.service))
    .bind(after.map(|after| after.lane))
    .bind(after.map(|after| after.lane_seq))
    .bind(i64::from(size) + 1)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    let more = logged.len() > usize::try_from(size).unwrap_or(usize::MAX);
    logged.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let total = if after.is_none() && more {
        count(pool, tenant, patient, span).await?
    } else {
        i64::try_from(logged.len()).unwrap_or(i64::MAX)
    };
    let mut page = ReplayPage { total, ..ReplayPage::default() };
    if more {
        page.next = logged.last().map(Logged::place);
    }
    let events: Vec<Option<AccessRecorded>> = logged.iter().map(Logged::access).collect();
    let heard = heard(pool, events.iter().flatten()).await?;
    let mut replay = Replay::new(sets, &heard);
    let mut returned = Vec::new();
    for (number, (logged, event)) in logged.iter().zip(&events).enumerate() {
        if number % AT_ONCE == AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
        let outcome = if logged.erased { Outcome::of_erased() } else { replay.decide(event.as_ref()) };
        page.decisions += 1;
        if outcome.verdict == Verdict::Identical {
            page.identical += 1;
            continue;
        }
        let revision = u64::try_from(logged.revision).unwrap_or_default();
        returned.push(Returned { id: logged.event_id, revision });
        page.exceptions.push((logged.place(), logged.event_id, outcome));
    }
    Ok(Unreleased::new(page, returned))
}

async fn count(
    pool: &PgPool,
    tenant: Option<Uuid>,
    patient: Option<Uuid>,
    span: Span,
) -> Result<i64, HistoryError> {
    let counted = sqlx::query_scalar(
        "SELECT count(*) FROM (
            SELECT FROM entries
            WHERE kind IN ('read', 'refused') AND event_type <> 'door.refused'
              AND ($1::uuid IS NULL OR tenant = $1)
              AND ($2::uuid IS NULL OR patient = $2)
              AND ($3::timestamptz IS NULL OR recorded >= $3)
              AND ($4::timestamptz IS NULL OR recorded < $4)
              AND ($5::uuid IS NULL OR event_id = $5)
            LIMIT $6
         ) AS counted",
    )
    .bind(tenant)
    .bind(patient)
    .bind(span.from)
    .bind(span.until)
    .bind(span.event)
    .bind(COUNT_MAX)
    .persistent(false)
    .fetch_one(pool)
    .await?;
    Ok(counted)
}

impl Logged {
    fn place(&self) -> Place {
        Place { service: self.service.clone(), lane: self.lane, lane_seq: self.lane_seq }
    }

    fn access(&self) -> Option<AccessRecorded> {
        Any::decode(self.public_payload.as_deref()?).ok()?.to_msg().ok()
    }
}

/// Everything that consent said of the records that the events are about, and how far its log was heard before it was read.
async fn heard<'a>(
    pool: &PgPool,
    events: impl Iterator<Item = &'a AccessRecorded>,
) -> Result<ConsentHeard, HistoryError> {
    let patients: BTreeSet<PatientId> = events.filter_map(|event| event.patient_id.parse().ok()).collect();
    let lanes: BTreeSet<i32> =
        patients.iter().map(|patient| i32::from(Subject::Patient(*patient).lane())).collect();
    let reached: Vec<(i32, i64)> =
        sqlx::query_as("SELECT lane, seq FROM inbox WHERE source = $1 AND lane = ANY($2)")
            .bind(Service::Consent.as_str())
            .bind(lanes.into_iter().collect::<Vec<_>>())
            .fetch_all(pool)
            .await?;
    let rows: Vec<(Uuid, i64, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT patient, lane_seq, public_payload
         FROM entries
         WHERE service = 'consent' AND kind = 'sharing' AND public_payload IS NOT NULL
           AND patient = ANY($1)
         ORDER BY patient, lane_seq",
    )
    .bind(patients.iter().map(|patient| patient.uuid()).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    let mut said: BTreeMap<PatientId, Vec<Saying>> = BTreeMap::new();
    for (patient, lane_seq, payload) in rows {
        said.entry(PatientId::new(patient)).or_default().push(saying(lane_seq, payload.as_deref()));
    }
    let reached = reached
        .into_iter()
        .filter_map(|(lane, seq)| Some((u16::try_from(lane).ok()?, u64::try_from(seq).ok()?)));
    Ok(ConsentHeard { said, reached: reached.collect() })
}

/// What consent tells nobody (that a link was opened, that a practice treats) is part of no decision; what it tells and nobody can read
/// waits at every service that hears it.
pub(super) fn saying(lane_seq: i64, public_payload: Option<&[u8]>) -> Saying {
    let payload = public_payload.and_then(|bytes| Any::decode(bytes).ok());
    let fact = payload.and_then(|payload| ConsentFact::read(&payload).ok().flatten());
    Saying { lane_seq: u64::try_from(lane_seq).unwrap_or_default(), fact }
}

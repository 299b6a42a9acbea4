//! Pages of the history, newest first: of a record, or of a tenant.
use super::HistoryError;
use crate::domain::Kind;
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit, Returned, Unreleased};
use holdfast_types::AccountId;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

/// Entries are counted up to this number.
const COUNT_MAX: i64 = 10_000;
/// What an answer may hold of what the services published, which is the only part of an entry that has no fixed size.
const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What is asked for within what is permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor: Option<AccountId>,
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub until: Option<DateTime<Utc>>,
    /// Empty: every kind.
    pub kinds: Vec<Kind>,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    recorded_us: i64,
    service: String,
    lane: i32,
    lane_seq: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Entry {
    pub service: String,
    pub lane: i32,
    pub lane_seq: i64,
    pub event_id: Uuid,
    pub kind: String,
    pub event_type: String,
    pub stream: String,
    pub revision: i64,
    pub tenant: Uuid,
    pub patient: Option<Uuid>,
    pub actor: String,
    pub on_behalf_of: Option<Uuid>,
    pub purpose: String,
    pub correlation: Uuid,
    pub occurred: DateTime<Utc>,
    pub recorded: DateTime<Utc>,
    pub leaf: Vec<u8>,
    pub public_payload: Option<Vec<u8>>,
    pub category: Option<String>,
    pub by_right: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pub entries: Vec<Entry>,
    /// Where the page ended, if there is more.
    pub next: Option<Cursor>,
    pub total: i64,
}

/// Entries in a row, and where they ended, if there are more.
pub type Found = (Vec<Entry>, Option<Cursor>);

/// One page of what the permit opens: the history of a record or of a tenant. A permit for anything else opens none.
pub async fn page(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    filter: &Filter,
    after: Option<&Cursor>,
    size: u32,
) -> Result<Unreleased<History>, HistoryError> {
    let (entries, next) = rows(pool, permit, filter, after, size).await?;
    let total = count(pool, permit, filter, COUNT_MAX).await?;
    let returned = returned(&entries);
    Ok(Unreleased::new(History { entries, next, total }, returned))
}

/// The same without counting.
pub async fn found(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    filter: &Filter,
    after: Option<&Cursor>,
    size: u32,
) -> Result<Unreleased<Found>, HistoryError> {
    let (entries, next) = rows(pool, permit, filter, after, size).await?;
    let returned = returned(&entries);
    Ok(Unreleased::new((entries, next), returned))
}

fn returned(entries: &[Entry]) -> Vec<Returned> {
    let revision = |entry: &Entry| u64::try_from(entry.revision).unwrap_or_default();
    entries.iter().map(|entry| Returned { id: entry.event_id, revision: revision(entry) }).collect()
}

async fn rows(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    filter: &Filter,
    after: Option<&Cursor>,
    size: u32,
) -> Result<Found, HistoryError> {
    let Some((tenant, patient)) = opened(permit) else { return Ok((Vec::new(), None)) };
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let actor = filter.actor.map(AccountId::uuid);
    // Planned anew each time: which index serves depends on what is asked for. Who was turned away is of no tenant: it is shown to
    // the officers of each where they ask for nobody in particular.
    let found: Vec<Entry> = sqlx::query_as(
        "SELECT
            service, lane, lane_seq, event_id, kind, event_type, stream, revision, tenant, patient, actor,
            on_behalf_of, purpose, correlation, occurred, recorded, leaf, public_payload, category, by_right
         FROM entries
         WHERE ($1::uuid IS NULL OR tenant = $1 OR ($2::uuid IS NULL AND $3::uuid IS NULL AND event_type = 'door.refused'))
           AND ($2::uuid IS NULL OR patient = $2)
           AND ($3::uuid IS NULL OR actor_account = $3)
           AND ($4::timestamptz IS NULL OR recorded >= $4)
           AND ($5::timestamptz IS NULL OR recorded < $5)
           AND (cardinality($6::text[]) = 0 OR kind = ANY($6))
           AND ($7::timestamptz IS NULL OR (recorded, service, lane, lane_seq) < ($7, $8::text, $9::int, $10::bigint))
         ORDER BY recorded DESC, service DESC, lane DESC, lane_seq DESC
         LIMIT $11",
    )
    .bind(tenant)
    .bind(patient)
    .bind(actor)
    .bind(filter.from)
    .bind(filter.until)
    .bind(&kinds)
    .bind(after.and_then(|after| DateTime::from_timestamp_micros(after.recorded_us)))
    .bind(after.map(|after| &after.service))
    .bind(after.map(|after| after.lane))
    .bind(after.map(|after| after.lane_seq))
    .bind(i64::from(size) + 1)
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(cut(found, size))
}

/// How many there are in all, counted up to a number.
pub async fn count(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    filter: &Filter,
    count_max: i64,
) -> Result<i64, HistoryError> {
    let Some((tenant, patient)) = opened(permit) else { return Ok(0) };
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let actor = filter.actor.map(AccountId::uuid);
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM (
            SELECT FROM entries
            WHERE ($1::uuid IS NULL OR tenant = $1 OR ($2::uuid IS NULL AND $3::uuid IS NULL AND event_type = 'door.refused'))
              AND ($2::uuid IS NULL OR patient = $2)
              AND ($3::uuid IS NULL OR actor_account = $3)
              AND ($4::timestamptz IS NULL OR recorded >= $4)
              AND ($5::timestamptz IS NULL OR recorded < $5)
              AND (cardinality($6::text[]) = 0 OR kind = ANY($6))
            LIMIT $7
         ) AS counted",
    )
    .bind(tenant)
    .bind(patient)
    .bind(actor)
    .bind(filter.from)
    .bind(filter.until)
    .bind(&kinds)
    .bind(count_max)
    .persistent(false)
    .fetch_one(pool)
    .await?)
}

/// Whose history the permit opens: of which tenant and of which record.
fn opened(permit: &Permit<Oversight>) -> Option<(Option<Uuid>, Option<Uuid>)> {
    match *permit.target() {
        Oversight::RecordHistory(patient) => Some((None, Some(patient.uuid()))),
        Oversight::TenantHistory { tenant, patient } => {
            Some((Some(tenant.uuid()), patient.map(|patient| patient.uuid())))
        }
        Oversight::LogHealth
        | Oversight::Installation
        | Oversight::Tenant(_)
        | Oversight::Directory
        | Oversight::Erasure(_)
        | Oversight::Emergency(_)
        | Oversight::EmergencyReview(_)
        | Oversight::Authority(_)
        | Oversight::AuthorityReview(_)
        | Oversight::AccessReview(_)
        | Oversight::Role(_)
        | Oversight::Treatments(_)
        | Oversight::TreatmentPolicy(_) => None,
    }
}

/// As many as were asked for and fit into one answer, and always one; and where to go on, if there is more.
fn cut(mut found: Vec<Entry>, size: u32) -> Found {
    let mut bytes = 0;
    let fitting = found
        .iter()
        .take(usize::try_from(size).unwrap_or(usize::MAX))
        .take_while(|entry| {
            bytes += entry.public_payload.as_ref().map_or(0, Vec::len);
            bytes <= PAYLOAD_BYTES_MAX
        })
        .count()
        .max(1);
    if found.len() <= fitting {
        return (found, None);
    }
    found.truncate(fitting);
    let next = found.last().map(|last| Cursor {
        recorded_us: last.recorded.timestamp_micros(),
        service: last.service.clone(),
        lane: last.lane,
        lane_seq: last.lane_seq,
    });
    (found, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(lane_seq: i64, payload_bytes: usize) -> Entry {
        Entry {
            service: "records".to_owned(),
            lane: 5,
            lane_seq,
            event_id: Uuid::nil(),
            kind: "read".to_owned(),
            event_type: "access.permitted".to_owned(),
            stream: format!("access/{}", Uuid::nil()),
            revision: 1,
            tenant: Uuid::nil(),
            patient: None,
            actor: "anonymous".to_owned(),
            on_behalf_of: None,
            purpose: "TREAT".to_owned(),
            correlation: Uuid::nil(),
            occurred: DateTime::UNIX_EPOCH,
            recorded: DateTime::UNIX_EPOCH,
            leaf: vec![0; 32],
            public_payload: Some(vec![0; payload_bytes]),
            category: None,
            by_right: None,
        }
    }

    fn seqs(found: Vec<Entry>, size: u32) -> (Vec<i64>, Option<i64>) {
        let (entries, next) = cut(found, size);
        (entries.iter().map(|entry| entry.lane_seq).collect(), next.map(|next| next.lane_seq))
    }

    #[test]
    fn a_page_ends_where_it_was_asked_to() {
        assert_eq!(seqs(vec![entry(3, 0), entry(2, 0), entry(1, 0)], 2), (vec![3, 2], Some(2)));
        assert_eq!(seqs(vec![entry(2, 0), entry(1, 0)], 2), (vec![2, 1], None));
        assert_eq!(seqs(vec![], 2), (vec![], None));
    }

    #[test]
    fn a_page_ends_early_where_more_would_be_too_large_an_answer() {
        let large = PAYLOAD_BYTES_MAX / 2;
        assert_eq!(seqs(vec![entry(3, large), entry(2, large), entry(1, large)], 3), (vec![3, 2], Some(2)));
        let huge = PAYLOAD_BYTES_MAX + 1;
        assert_eq!(seqs(vec![entry(2, huge), entry(1, huge)], 3), (vec![2], Some(2)), "a reader must get on");
    }
}

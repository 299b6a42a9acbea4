//! The papers of a record step by step: the moments at which something was done to one, and what was done at such a moment.
use super::{
    ViewsError,
    documents::{Row, ShownDocument, categories, may_show, open, returned},
};
use crate::{domain::document::Event, keys::PaperKeys};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Unreleased};
use holdfast_eventlog::{Event as _, EventLog, Right, StreamName, Subject};
use holdfast_types::Actor;
use sqlx::PgPool;
use uuid::Uuid;

/// Of one step; what is more is counted.
const CHANGES_MAX: i64 = 100;

/// Where a moment stands among the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Moments {
    /// The last step up to the moment; none where nothing had been done.
    pub step: Option<DateTime<Utc>>,
    pub previous: Option<DateTime<Utc>>,
    pub following: Option<DateTime<Utc>>,
    /// Steps up to the moment.
    pub number: i64,
    /// Steps in all.
    pub count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Added,
    Withdrawn,
}

/// What was done, and the document as it stood after it.
#[derive(Debug)]
pub struct Changed {
    pub done: Done,
    pub document: ShownDocument,
    /// As the log's headers write it, where it is known.
    pub by: Option<String>,
    /// Where the log says it.
    pub by_right: Option<Right>,
}

impl Changed {
    /// The event that did it.
    fn event(&self) -> (StreamName, u64) {
        let revision = match self.done {
            Done::Added => 1,
            Done::Withdrawn => self.document.revision,
        };
        (StreamName::new(Event::AGGREGATE, self.document.id.uuid()), revision)
    }
}

#[derive(Debug, Default)]
pub struct Step {
    pub changes: Vec<Changed>,
    pub total: i64,
}

/// The steps of the permitted categories around a moment.
pub async fn moments(
    pool: &PgPool,
    permit: &Permit<Parts>,
    at: Option<DateTime<Utc>>,
) -> Result<Moments, ViewsError> {
    let moments = sqlx::query_as(concat!(
        "WITH seen AS (
            SELECT added_time, withdraw_time FROM documents WHERE patient = $1 AND category = ANY ($2) AND ",
        may_show!("4", "5", "6"),
        "
         ), moments AS (
            SELECT added_time AS recorded FROM seen
            UNION
            SELECT withdraw_time FROM seen WHERE withdraw_time IS NOT NULL
         ), until AS (
            SELECT recorded FROM moments WHERE $3::timestamptz IS NULL OR recorded <= $3
         ), step AS (
            SELECT max(recorded) AS recorded FROM until
         )
         SELECT
            (SELECT recorded FROM step) AS step,
            (SELECT max(until.recorded) FROM until, step WHERE until.recorded < step.recorded) AS previous,
            (SELECT min(recorded) FROM moments WHERE recorded > $3) AS following,
            (SELECT count(*) FROM until) AS number,
            (SELECT count(*) FROM moments) AS count"
    ))
    .bind(permit.patient().uuid())
    .bind(categories(permit))
    .bind(at)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    Ok(moments)
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    #[sqlx(flatten)]
    row: Row,
    added_by: Option<String>,
    is_added: bool,
}

/// What was done at a step, by document.
pub async fn step(
    log: &EventLog,
    permit: &Permit<Parts>,
    step: DateTime<Utc>,
) -> Result<Unreleased<Step>, ViewsError> {
    let (pool, patient) = (log.pool(), permit.patient().uuid());
    let total: i64 = sqlx::query_scalar(concat!(
        "SELECT count(*) FILTER (WHERE added_time = $3) + count(*) FILTER (WHERE withdraw_time = $3)
         FROM documents
         WHERE patient = $1 AND category = ANY ($2) AND (added_time = $3 OR withdraw_time = $3) AND ",
        may_show!("4", "5", "6")
    ))
    .bind(patient)
    .bind(categories(permit))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    // As a document stood after it was added it was not withdrawn.
    let rows: Vec<ChangeRow> = sqlx::query_as(concat!(
        "SELECT
             document,
             paper,
             added_by,
             done.is_added,
             CASE WHEN NOT done.is_added THEN withdraw_time END AS withdraw_time,
             CASE WHEN NOT done.is_added THEN reason END AS reason,
             CASE WHEN NOT done.is_added THEN withdrawn_by END AS withdrawn_by,
             CASE WHEN done.is_added THEN 1 ELSE revision END AS revision
         FROM documents
         JOIN LATERAL (VALUES (true, added_time), (false, withdraw_time)) AS done (is_added, recorded)
           ON done.recorded = $3
         WHERE patient = $1 AND category = ANY ($2) AND ",
        may_show!("4", "5", "6"),
        "
         ORDER BY document, done.is_added DESC
         LIMIT $7"
    ))
    .bind(patient)
    .bind(categories(permit))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .bind(CHANGES_MAX)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(Unreleased::new(Step::default(), Vec::new()));
    }
    let papers: Vec<Uuid> = rows.iter().map(|change| change.row.document).collect();
    let keys = PaperKeys::of(log.keys(), patient, &papers).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for ChangeRow { row, added_by, is_added } in rows {
        // One that is being erased just now is left out.
        let Some(key) = keys.paper(row.document) else { continue };
        let document = open(&key, row)?;
        let added_by = || added_by.or_else(|| Some(Actor::Account(document.paper.added_by).to_string()));
        let (done, by) = match is_added {
            true => (Done::Added, added_by()),
            false => (Done::Withdrawn, document.withdrawn_by.clone()),
        };
        changes.push(Changed { done, document, by, by_right: None });
    }
    let events: Vec<_> = changes.iter().map(Changed::event).collect();
    let mut rights = log.rights(Subject::Patient(permit.patient()), &events).await?;
    for changed in &mut changes {
        changed.by_right = rights.remove(&changed.event());
    }
    let returned = changes.iter().map(|changed| returned(&changed.document)).collect();
    Ok(Unreleased::new(Step { changes, total }, returned))
}

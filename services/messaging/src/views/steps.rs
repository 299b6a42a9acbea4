//! The threads of a record step by step: the moments at which something was said or closed, and what it was.
use super::{
    ViewsError,
    content::open_subject,
    messages::{Row, ShownMessage, written},
    threads::{may_show, practices},
};
use crate::domain::thread::Event;
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::{Event as _, EventLog, Right, StreamName, Subject};
use holdfast_types::ThreadId;
use sqlx::PgPool;
use uuid::Uuid;

/// Of one step, of either kind; what is more is counted.
const CHANGES_MAX: i64 = 50;

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

#[derive(Debug)]
pub enum Done {
    Started(ShownMessage),
    Posted(ShownMessage),
    Closed,
}

#[derive(Debug)]
pub struct Changed {
    pub thread: ThreadId,
    pub subject: String,
    pub done: Done,
    /// As the log's headers write it, where it is known.
    pub by: Option<String>,
    /// Where the log says it.
    pub by_right: Option<Right>,
    /// Of the thread's events, the one that did it.
    revision: u64,
}

impl Changed {
    fn event(&self) -> (StreamName, u64) {
        (StreamName::new(Event::AGGREGATE, self.thread.uuid()), self.revision)
    }
}

#[derive(Debug, Default)]
pub struct Step {
    pub changes: Vec<Changed>,
    pub total: i64,
}

/// The threads `seen` of the patient `$1` that a reader of the practices `$2` may see.
macro_rules! seen {
    ($items:literal, $authors:literal, $within:literal) => {
        concat!(
            "WITH seen AS (
                SELECT threads.thread, threads.subject, threads.closed_time, threads.closed_by, threads.closed_revision
                FROM threads
                WHERE threads.patient = $1 AND ($2::uuid[] IS NULL OR threads.practice = ANY ($2)) AND ",
            may_show!($items, $authors, $within),
            ") "
        )
    };
}

/// The steps around a moment.
pub async fn moments(
    pool: &PgPool,
    permit: &Permit<Parts>,
    caller: &Caller,
    at: Option<DateTime<Utc>>,
) -> Result<Moments, ViewsError> {
    let moments = sqlx::query_as(concat!(
        seen!("4", "5", "6"),
        ", moments AS (
            SELECT messages.created_time AS recorded FROM messages JOIN seen ON seen.thread = messages.thread
            UNION
            SELECT closed_time FROM seen WHERE closed_time IS NOT NULL
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
    .bind(practices(permit, caller))
    .bind(at)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    Ok(moments)
}

#[derive(sqlx::FromRow)]
struct SaidRow {
    #[sqlx(flatten)]
    row: Row,
    subject: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ClosedRow {
    thread: Uuid,
    subject: Vec<u8>,
    closed_by: Option<String>,
    closed_revision: Option<i64>,
}

/// What was said, then what was closed, at a step.
pub async fn step(
    log: &EventLog,
    permit: &Permit<Parts>,
    caller: &Caller,
    step: DateTime<Utc>,
) -> Result<Unreleased<Step>, ViewsError> {
    let pool = log.pool();
    let total: i64 = sqlx::query_scalar(concat!(
        seen!("4", "5", "6"),
        "SELECT
             (SELECT count(*) FROM messages JOIN seen ON seen.thread = messages.thread WHERE messages.created_time = $3)
             + (SELECT count(*) FROM seen WHERE closed_time = $3)"
    ))
    .bind(permit.patient().uuid())
    .bind(practices(permit, caller))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    let said: Vec<SaidRow> = sqlx::query_as(concat!(
        seen!("4", "5", "6"),
        "SELECT
             messages.thread,
             messages.number,
             messages.message,
             messages.author,
             messages.from_family,
             messages.created_time,
             messages.revision,
             messages.content,
             seen.subject
         FROM messages
         JOIN seen ON seen.thread = messages.thread
         WHERE messages.created_time = $3
         ORDER BY messages.thread, messages.number
         LIMIT $7"
    ))
    .bind(permit.patient().uuid())
    .bind(practices(permit, caller))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .bind(CHANGES_MAX)
    .fetch_all(pool)
    .await?;
    let closed: Vec<ClosedRow> = sqlx::query_as(concat!(
        seen!("4", "5", "6"),
        "SELECT thread, subject, closed_by, closed_revision FROM seen WHERE closed_time = $3 ORDER BY thread LIMIT $7"
    ))
    .bind(permit.patient().uuid())
    .bind(practices(permit, caller))
    .bind(step)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .bind(CHANGES_MAX)
    .fetch_all(pool)
    .await?;
    if said.is_empty() && closed.is_empty() {
        return Ok(Unreleased::new(Step::default(), Vec::new()));
    }
    let key = log.keys().existing(permit.patient().uuid()).await?;
    let (mut changes, mut returned) = (Vec::new(), Vec::new());
    for SaidRow { row, subject } in said {
        let thread = ThreadId::new(row.thread);
        let Some(written) = written(pool, permit, thread).await? else { continue };
        let message = row.returned()?;
        let revision = message.revision;
        returned.push(message);
        let subject = open_subject(&key, row.thread, &subject)?;
        let message = row.open(&key, permit, &written)?;
        let by = Some(message.author.clone());
        let done = if message.number == 1 { Done::Started(message) } else { Done::Posted(message) };
        changes.push(Changed { thread, subject, done, by, by_right: None, revision });
    }
    for ClosedRow { thread, subject, closed_by: by, closed_revision } in closed {
        let revision = closed_revision.and_then(|revision| u64::try_from(revision).ok()).unwrap_or_default();
        returned.push(Returned { id: thread, revision });
        let (subject, thread) = (open_subject(&key, thread, &subject)?, ThreadId::new(thread));
        changes.push(Changed { thread, subject, done: Done::Closed, by, by_right: None, revision });
    }
    let events: Vec<_> = changes.iter().map(Changed::event).collect();
    let mut rights = log.rights(Subject::Patient(permit.patient()), &events).await?;
    for changed in &mut changes {
        changed.by_right = rights.remove(&changed.event());
    }
    Ok(Unreleased::new(Step { changes, total }, returned))
}

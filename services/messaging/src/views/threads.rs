//! Threads of one record, as one reader sees them.
use super::{ViewsError, content::open_subject};
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, OfRecord, Parts, Permit, Returned, Unreleased};
use holdfast_eventlog::KeyRing;
use holdfast_types::{Category, PatientId, PracticeId, ThreadId};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct ShownThread {
    pub id: ThreadId,
    pub patient: PatientId,
    pub practice: PracticeId,
    pub subject: String,
    pub created: DateTime<Utc>,
    pub last_message: DateTime<Utc>,
    pub message_count: i32,
    pub unread_count: i32,
    pub closed: bool,
    pub last_from_family: bool,
    pub revision: u64,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cursor {
    pub(super) last_message: DateTime<Utc>,
    pub(super) thread: ThreadId,
}

impl ShownThread {
    pub const fn place(&self) -> Cursor {
        Cursor { last_message: self.last_message, thread: self.id }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    thread: Uuid,
    patient: Uuid,
    practice: Uuid,
    created_time: DateTime<Utc>,
    last_message_time: DateTime<Utc>,
    message_count: i32,
    unread_count: i32,
    last_from_family: bool,
    closed: bool,
    revision: i64,
    subject: Vec<u8>,
}

/// Leaves out what the record's holders keep from the caller, and what is not of the part that they share: by the thread, by everybody who
/// wrote in it, and by all of the time in which it was written.
macro_rules! may_show {
    ($items:literal, $authors:literal, $within:literal) => {
        concat!(
            "threads.thread <> ALL ($",
            $items,
            "::uuid[]) AND (cardinality($",
            $authors,
            "::text[]) = 0 OR NOT EXISTS (
                 SELECT FROM messages AS said WHERE said.thread = threads.thread AND said.author = ANY ($",
            $authors,
            "))) AND (",
            holdfast_access::is_within!(
                $within, "'messages'", "threads.thread",
                others: "EXISTS (
                    SELECT FROM messages AS said WHERE said.thread = threads.thread AND said.author <> ALL (part.authors))",
                from: "threads.created_time",
                to: "threads.last_message_time"
            ),
            ")"
        )
    };
}
pub(super) use may_show;

/// Which practices' threads a reader sees: all of them as a holder of the room, else those of practices at which they hold a role.
pub(super) fn practices<T: OfRecord>(permit: &Permit<T>, caller: &Caller) -> Option<Vec<Uuid>> {
    let at_practices = || caller.held_at_practices().map(|(_, practice)| practice.uuid()).collect();
    (!permit.holds(Category::Messages)).then(at_practices)
}

/// Newest activity first, and one more than the page holds.
pub async fn threads(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    caller: &Caller,
    after: Option<Cursor>,
    page_size: u32,
) -> Result<Unreleased<Vec<ShownThread>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT
             threads.*,
             message_count - COALESCE(read_marks.number, 0) AS unread_count
         FROM threads
         LEFT JOIN read_marks ON read_marks.thread = threads.thread AND read_marks.account = $2
         WHERE patient = $1
           AND ($3::uuid[] IS NULL OR practice = ANY ($3))
           AND ($4::timestamptz IS NULL OR (last_message_time, threads.thread) < ($4, $5))
           AND ",
        may_show!("7", "8", "9"),
        "
         ORDER BY last_message_time DESC, threads.thread DESC
         LIMIT $6"
    ))
    .bind(permit.patient().uuid())
    .bind(caller.account.uuid())
    .bind(practices(permit, caller))
    .bind(after.map(|cursor| cursor.last_message))
    .bind(after.map(|cursor| cursor.thread.uuid()))
    .bind(i64::from(page_size) + 1)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_all(pool)
    .await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        shown.push(open(keys, row).await?);
    }
    let on_page = shown.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
    let returned = on_page.map(returned).collect();
    Ok(Unreleased::new(shown, returned))
}

/// One thread of the permitted record, if the reader sees it.
pub async fn thread(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    caller: &Caller,
    id: ThreadId,
) -> Result<Unreleased<Option<ShownThread>>, ViewsError> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT
             threads.*,
             message_count - COALESCE(read_marks.number, 0) AS unread_count
         FROM threads
         LEFT JOIN read_marks ON read_marks.thread = threads.thread AND read_marks.account = $2
         WHERE patient = $1 AND threads.thread = $4 AND ($3::uuid[] IS NULL OR practice = ANY ($3)) AND ",
        may_show!("5", "6", "7")
    ))
    .bind(permit.patient().uuid())
    .bind(caller.account.uuid())
    .bind(practices(permit, caller))
    .bind(id.uuid())
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(Unreleased::new(None, Vec::new())) };
    let shown = open(keys, row).await?;
    let returned = vec![returned(&shown)];
    Ok(Unreleased::new(Some(shown), returned))
}

/// Whether the reader sees a thread of the permitted record: asked before anything is done to it.
pub async fn place<T: OfRecord>(
    pool: &PgPool,
    permit: &Permit<T>,
    caller: &Caller,
    id: ThreadId,
) -> Result<bool, ViewsError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT EXISTS (
             SELECT FROM threads
             WHERE patient = $1 AND thread = $2 AND ($3::uuid[] IS NULL OR practice = ANY ($3)) AND ",
        may_show!("4", "5", "6"),
        ")"
    ))
    .bind(permit.patient().uuid())
    .bind(id.uuid())
    .bind(practices(permit, caller))
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?)
}

/// Messages of the permitted record that the reader has not read.
pub async fn unread(
    pool: &PgPool,
    permit: &Permit<Parts>,
    caller: &Caller,
) -> Result<Unreleased<i32>, ViewsError> {
    let count: i64 = sqlx::query_scalar(concat!(
        "SELECT COALESCE(sum(message_count - COALESCE(read_marks.number, 0)), 0)::bigint
         FROM threads
         LEFT JOIN read_marks ON read_marks.thread = threads.thread AND read_marks.account = $2
         WHERE patient = $1 AND ($3::uuid[] IS NULL OR practice = ANY ($3)) AND ",
        may_show!("4", "5", "6")
    ))
    .bind(permit.patient().uuid())
    .bind(caller.account.uuid())
    .bind(practices(permit, caller))
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .fetch_one(pool)
    .await?;
    Ok(Unreleased::new(i32::try_from(count).unwrap_or(i32::MAX), Vec::new()))
}

pub(super) const fn returned(thread: &ShownThread) -> Returned {
    Returned { id: thread.id.uuid(), revision: thread.revision }
}

pub(super) async fn open(keys: &KeyRing, row: Row) -> Result<ShownThread, ViewsError> {
    let key = keys.existing(row.patient).await?;
    Ok(ShownThread {
        id: ThreadId::new(row.thread),
        patient: PatientId::new(row.patient),
        practice: PracticeId::new(row.practice),
        subject: open_subject(&key, row.thread, &row.subject)?,
        created: row.created_time,
        last_message: row.last_message_time,
        message_count: row.message_count,
        unread_count: row.unread_count,
        closed: row.closed,
        last_from_family: row.last_from_family,
        revision: u64::try_from(row.revision).map_err(|_| ViewsError::Malformed("revision"))?,
    })
}

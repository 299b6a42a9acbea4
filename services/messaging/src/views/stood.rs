//! Threads as they stood at a moment: by the messages that had been posted by then. Which of them a reader sees is asked of them as they
//! are now.
use super::{
    ViewsError,
    threads::{Cursor, Row, ShownThread, may_show, open, practices, returned},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Caller, Parts, Permit, Unreleased};
use holdfast_eventlog::KeyRing;
use holdfast_types::ThreadId;
use sqlx::PgPool;

/// A thread at `$2`: its last message by then says how far it was. How far anybody had read is not kept. `$3` are the practices.
macro_rules! stood {
    ($rest:literal, $items:literal, $authors:literal, $within:literal, $order:literal) => {
        concat!(
            "SELECT
                 threads.thread,
                 threads.patient,
                 threads.practice,
                 threads.created_time,
                 stood.last_message_time,
                 stood.message_count,
                 0 AS unread_count,
                 stood.last_from_family,
                 closing.closed,
                 CASE WHEN closing.closed THEN COALESCE(threads.closed_revision, stood.revision) ELSE stood.revision END
                     AS revision,
                 threads.subject
             FROM threads
             JOIN LATERAL (
                 SELECT created_time AS last_message_time, number AS message_count, from_family AS last_from_family, revision
                 FROM messages
                 WHERE messages.thread = threads.thread AND messages.created_time <= $2
                 ORDER BY number DESC
                 LIMIT 1
             ) AS stood ON true
             CROSS JOIN LATERAL (
                 SELECT threads.closed AND COALESCE(threads.closed_time <= $2, true) AS closed
             ) AS closing
             WHERE threads.patient = $1 AND ($3::uuid[] IS NULL OR threads.practice = ANY ($3)) AND ",
            $rest,
            " AND ",
            may_show!($items, $authors, $within),
            $order
        )
    };
}

/// Newest activity first, and one more than the page holds.
pub async fn threads_as_of(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    caller: &Caller,
    at: DateTime<Utc>,
    (after, page_size): (Option<Cursor>, u32),
) -> Result<Unreleased<Vec<ShownThread>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(stood!(
        "($4::timestamptz IS NULL OR (stood.last_message_time, threads.thread) < ($4, $5))",
        "7",
        "8",
        "9",
        " ORDER BY stood.last_message_time DESC, threads.thread DESC LIMIT $6"
    ))
    .bind(permit.patient().uuid())
    .bind(at)
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

/// One thread of the permitted record, if the reader sees it and it had begun.
pub async fn thread_as_of(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    caller: &Caller,
    at: DateTime<Utc>,
    id: ThreadId,
) -> Result<Unreleased<Option<ShownThread>>, ViewsError> {
    let row: Option<Row> = sqlx::query_as(stood!("threads.thread = $4", "5", "6", "7", ""))
        .bind(permit.patient().uuid())
        .bind(at)
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

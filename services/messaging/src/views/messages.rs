//! Messages of one thread, oldest first.
use super::{ViewsError, content::open_content};
use crate::domain::thread::Attachment;
use chrono::{DateTime, Utc};
use holdfast_access::{Permit, Returned, Unreleased};
use holdfast_eventlog::KeyRing;
use holdfast_types::{MessageId, ThreadId};
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct ShownMessage {
    pub id: MessageId,
    pub thread: ThreadId,
    /// Place in the thread, from 1.
    pub number: i32,
    pub author: String,
    pub from_family: bool,
    pub body: String,
    pub language: String,
    pub attachments: Vec<Attachment>,
    pub created: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    thread: Uuid,
    number: i32,
    message: Uuid,
    author: String,
    from_family: bool,
    created_time: DateTime<Utc>,
    revision: i64,
    content: Vec<u8>,
}

/// Messages after a place in the thread, and one more than the page holds. That the reader sees the thread was asked before.
pub async fn messages(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit,
    thread: ThreadId,
    after: i32,
    page_size: u32,
) -> Result<Unreleased<Vec<ShownMessage>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT thread, number, message, author, from_family, created_time, revision, content
         FROM messages
         WHERE patient = $1 AND thread = $2 AND number > $3
         ORDER BY number
         LIMIT $4",
    )
    .bind(permit.patient().uuid())
    .bind(thread.uuid())
    .bind(after)
    .bind(i64::from(page_size) + 1)
    .fetch_all(pool)
    .await?;
    let key = keys.existing(permit.patient().uuid()).await?;
    let mut shown = Vec::with_capacity(rows.len());
    let mut returned = Vec::with_capacity(rows.len());
    let on_page = usize::try_from(page_size).unwrap_or(usize::MAX);
    for row in rows {
        let revision = u64::try_from(row.revision).map_err(|_| ViewsError::Malformed("revision"))?;
        if returned.len() < on_page {
            returned.push(Returned { id: row.message, revision });
        }
        let content = open_content(&key, row.message, &row.content)?;
        shown.push(ShownMessage {
            id: MessageId::new(row.message),
            thread: ThreadId::new(row.thread),
            number: row.number,
            author: row.author,
            from_family: row.from_family,
            body: content.body,
            language: content.language,
            attachments: content
                .attachments
                .into_iter()
                .filter(|attachment| !permit.withheld().items().contains(&attachment.uuid()))
                .collect(),
            created: row.created_time,
        });
    }
    Ok(Unreleased::new(shown, returned))
}

/// The place of a message in a thread of the permitted record.
pub async fn message(
    pool: &PgPool,
    permit: &Permit,
    thread: ThreadId,
    message: MessageId,
) -> Result<Option<i32>, ViewsError> {
    Ok(sqlx::query_scalar("SELECT number FROM messages WHERE patient = $1 AND thread = $2 AND message = $3")
        .bind(permit.patient().uuid())
        .bind(thread.uuid())
        .bind(message.uuid())
        .fetch_optional(pool)
        .await?)
}

/// How many messages a thread holds: what a live stream watches.
pub async fn newest(pool: &PgPool, thread: ThreadId) -> Result<i32, ViewsError> {
    let count: Option<i32> = sqlx::query_scalar("SELECT message_count FROM threads WHERE thread = $1")
        .bind(thread.uuid())
        .fetch_optional(pool)
        .await?;
    Ok(count.unwrap_or_default())
}

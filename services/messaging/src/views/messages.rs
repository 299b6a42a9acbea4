//! Messages of one thread, oldest first.
use super::{ViewsError, content::open_content, threads::may_show};
use crate::domain::thread::Attachment;
use chrono::{DateTime, Utc};
use holdfast_access::{Parts, Permit, Returned, Thing, Unreleased};
use holdfast_eventlog::{DataKey, KeyRing};
use holdfast_types::{Category, MessageId, ThreadId};
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
pub(super) struct Row {
    pub(super) thread: Uuid,
    pub(super) number: i32,
    message: Uuid,
    author: String,
    from_family: bool,
    created_time: DateTime<Utc>,
    revision: i64,
    content: Vec<u8>,
}

/// Messages after a place in the thread, posted by a moment if one is named, and one more than the page holds; none where the reader does not see the thread, which was asked
/// before and may have changed since.
pub async fn messages(
    pool: &PgPool,
    keys: &KeyRing,
    permit: &Permit<Parts>,
    thread: ThreadId,
    until: Option<DateTime<Utc>>,
    (after, page_size): (i32, u32),
) -> Result<Unreleased<Vec<ShownMessage>>, ViewsError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT thread, number, message, author, from_family, created_time, revision, content
         FROM messages
         WHERE patient = $1 AND thread = $2 AND number > $3 AND ($8::timestamptz IS NULL OR created_time <= $8)
           AND EXISTS (SELECT FROM threads WHERE threads.thread = $2 AND threads.patient = $1 AND ",
        may_show!("5", "6", "7"),
        ")
         ORDER BY number
         LIMIT $4"
    ))
    .bind(permit.patient().uuid())
    .bind(thread.uuid())
    .bind(after)
    .bind(i64::from(page_size) + 1)
    .bind(permit.withheld().items())
    .bind(permit.withheld().authors())
    .bind(permit.within().rows())
    .bind(until)
    .fetch_all(pool)
    .await?;
    let Some(written) = written(pool, permit, thread).await? else {
        return Ok(Unreleased::new(Vec::new(), Vec::new()));
    };
    let key = keys.existing(permit.patient().uuid()).await?;
    let mut shown = Vec::with_capacity(rows.len());
    let mut returned = Vec::with_capacity(rows.len());
    let on_page = usize::try_from(page_size).unwrap_or(usize::MAX);
    for row in rows {
        if returned.len() < on_page {
            returned.push(row.returned()?);
        }
        shown.push(row.open(&key, permit, &written)?);
    }
    Ok(Unreleased::new(shown, returned))
}

impl Row {
    pub(super) fn returned(&self) -> Result<Returned, ViewsError> {
        let revision = u64::try_from(self.revision).map_err(|_| ViewsError::Malformed("revision"))?;
        Ok(Returned { id: self.message, revision })
    }

    /// Without what is attached and may not be seen with the thread.
    pub(super) fn open(
        self,
        key: &DataKey,
        permit: &Permit<Parts>,
        written: &Written,
    ) -> Result<ShownMessage, ViewsError> {
        let content = open_content(key, self.message, &self.content)?;
        let thread = ThreadId::new(self.thread);
        Ok(ShownMessage {
            id: MessageId::new(self.message),
            thread,
            number: self.number,
            author: self.author,
            from_family: self.from_family,
            body: content.body,
            language: content.language,
            attachments: content
                .attachments
                .into_iter()
                .filter(|attachment| !permit.withheld().items().contains(&attachment.uuid()))
                .filter(|attachment| permit.within().shows_with(&written.thing(thread), attachment.uuid()))
                .collect(),
            created: self.created_time,
        })
    }
}

/// By whom a thread was written, and when.
#[derive(sqlx::FromRow)]
pub(super) struct Written {
    authors: Vec<String>,
    created_time: DateTime<Utc>,
    last_message_time: DateTime<Utc>,
}

pub(super) async fn written(
    pool: &PgPool,
    permit: &Permit<Parts>,
    thread: ThreadId,
) -> Result<Option<Written>, ViewsError> {
    Ok(sqlx::query_as(
        "SELECT
            ARRAY(SELECT DISTINCT author FROM messages WHERE messages.thread = threads.thread) AS authors,
            created_time,
            last_message_time
         FROM threads
         WHERE thread = $1 AND patient = $2",
    )
    .bind(thread.uuid())
    .bind(permit.patient().uuid())
    .fetch_optional(pool)
    .await?)
}

impl Written {
    fn thing(&self, thread: ThreadId) -> Thing<'_> {
        Thing {
            category: Category::Messages,
            id: thread.uuid(),
            authors: &self.authors,
            first: self.created_time,
            last: self.last_message_time,
        }
    }
}

/// The place of a message in a thread of the permitted record.
pub async fn message(
    pool: &PgPool,
    permit: &Permit<Parts>,
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

//! Keeps the read models, event by event, in the order of each patient's lane.
use super::content::{Content, seal_content, seal_subject};
use crate::domain::thread::{Event, Message};
use holdfast_eventlog::{DataKey, Header, KeyRing, Opened, Projection, ProjectionError};
use holdfast_types::{AccountId, Actor, MessageId, PracticeId};
use sqlx::PgConnection;

pub struct Threads(KeyRing);

impl Threads {
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }
}

#[async_trait::async_trait]
impl Projection for Threads {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        for opened in events.iter().filter(|opened| opened.is::<Event>()) {
            let header = &opened.header;
            match opened.decode()? {
                Event::Started { practice, subject, .. } => {
                    let key = self.0.existing(header.subject).await?;
                    started(conn, header, practice, &seal_subject(&key, header.stream.id(), &subject)?)
                        .await?;
                }
                Event::MessagePosted(message) => {
                    let key = self.0.existing(header.subject).await?;
                    posted(conn, header, message, &key).await?;
                }
                Event::Read { reader, message } => read(conn, header, reader, message).await?,
                Event::Closed {} => {
                    sqlx::query(
                        "UPDATE threads
                         SET closed = true, revision = $2, closed_revision = $2, closed_time = $3, closed_by = $4
                         WHERE thread = $1",
                    )
                    .bind(header.stream.id())
                    .bind(revision(header))
                    .bind(header.occurred)
                    .bind(header.actor.to_string())
                    .execute(&mut *conn)
                    .await?;
                }
            }
        }
        Ok(())
    }
}

async fn started(
    conn: &mut PgConnection,
    header: &Header,
    practice: PracticeId,
    subject: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO threads (
             thread, patient, tenant, practice, created_time, last_message_time, message_count, last_from_family, closed,
             revision, subject)
         VALUES ($1, $2, $3, $4, $5, $5, 0, false, false, $6, $7)
         ON CONFLICT (thread) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(header.subject)
    .bind(header.tenant.uuid())
    .bind(practice.uuid())
    .bind(header.occurred)
    .bind(revision(header))
    .bind(subject)
    .execute(conn)
    .await?;
    Ok(())
}

/// A message that is there already changes nothing.
async fn posted(
    conn: &mut PgConnection,
    header: &Header,
    message: Message,
    key: &DataKey,
) -> Result<(), ProjectionError> {
    let Message { id, author, from_family, body, language, attachments } = message;
    let content = seal_content(key, id.uuid(), &Content { body, language, attachments })?;
    let inserted = sqlx::query(
        "INSERT INTO messages (thread, number, message, patient, author, from_family, created_time, revision, content)
         SELECT thread, message_count + 1, $2, patient, $3, $4, $5, $6, $7
         FROM threads
         WHERE thread = $1
         ON CONFLICT (message) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(id.uuid())
    .bind(Actor::Account(author).to_string())
    .bind(from_family)
    .bind(header.occurred)
    .bind(revision(header))
    .bind(content)
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "UPDATE threads
         SET message_count = message_count + 1, last_message_time = $2, last_from_family = $3, revision = $4
         WHERE thread = $1",
    )
    .bind(header.stream.id())
    .bind(header.occurred)
    .bind(from_family)
    .bind(revision(header))
    .execute(&mut *conn)
    .await?;
    // Who writes has read what stands above.
    read(conn, header, author, id).await?;
    Ok(())
}

async fn read(
    conn: &mut PgConnection,
    header: &Header,
    reader: AccountId,
    message: MessageId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO read_marks (thread, account, number)
         SELECT thread, $2, number FROM messages WHERE thread = $1 AND message = $3
         ON CONFLICT (thread, account) DO UPDATE SET number = greatest(read_marks.number, excluded.number)",
    )
    .bind(header.stream.id())
    .bind(reader.uuid())
    .bind(message.uuid())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE threads SET revision = $2 WHERE thread = $1")
        .bind(header.stream.id())
        .bind(revision(header))
        .execute(conn)
        .await?;
    Ok(())
}

fn revision(header: &Header) -> i64 {
    i64::try_from(header.revision).unwrap_or(i64::MAX)
}

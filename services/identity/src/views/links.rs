//! Sign-in links by the SHA-256 of their secret, and how many were mailed to an address, or asked for from one, lately.
use super::{ViewError, Views};
use crate::{
    domain::{Digest, sign_in::SignInEvent},
    secret::AddressHash,
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Header, ProjectionError};
use sqlx::PgConnection;
use uuid::Uuid;

/// Where a link's stream is.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct LinkRow {
    pub sign_in: Uuid,
    pub subject: Uuid,
}

impl Views {
    pub(crate) async fn link(&self, secret: Digest) -> Result<Option<LinkRow>, ViewError> {
        Ok(sqlx::query_as("SELECT sign_in, subject FROM sign_ins WHERE link_sha256 = $1")
            .bind(secret.bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Counts one more mail to the address, or asked for from it, in, unless it had `max` of them within the last `span`. Strict, however many ask at once:
    /// the address's row is the lock. Repeated commands count too, because each sends a mail.
    pub(crate) async fn take_mail(
        &self,
        address: AddressHash,
        now: DateTime<Utc>,
        span: TimeDelta,
        max: i32,
    ) -> Result<bool, ViewError> {
        let taken: Option<bool> = sqlx::query_scalar(
            "INSERT INTO link_mails AS mails (address_hash, mail_times)
             VALUES ($1, ARRAY[$2::timestamptz])
             ON CONFLICT (address_hash) DO UPDATE
             SET mail_times = ARRAY(SELECT sent FROM UNNEST(mails.mail_times) AS sent WHERE sent > $3) || $2::timestamptz
             WHERE (SELECT count(*) FROM UNNEST(mails.mail_times) AS sent WHERE sent > $3) < $4
             RETURNING true",
        )
        .bind(address.bytes().as_slice())
        .bind(now)
        .bind(now - span)
        .bind(max)
        .fetch_optional(&self.pool)
        .await?;
        self.forget_mails(now - span).await?;
        Ok(taken.is_some())
    }

    /// Takes away more rows than one request makes, of those that count no more: the table stays as small as what is going on.
    async fn forget_mails(&self, before: DateTime<Utc>) -> Result<(), ViewError> {
        sqlx::query(
            "DELETE FROM link_mails WHERE address_hash IN (
                 SELECT address_hash FROM link_mails AS old
                 WHERE NOT EXISTS (SELECT FROM UNNEST(old.mail_times) AS sent WHERE sent > $1)
                 LIMIT 8
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(before)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: SignInEvent,
) -> Result<(), ProjectionError> {
    match event {
        SignInEvent::Requested(link) => {
            sqlx::query(
                "INSERT INTO sign_ins (link_sha256, sign_in, subject)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (link_sha256) DO NOTHING",
            )
            .bind(link.link_sha256.bytes().as_slice())
            .bind(header.stream.id())
            .bind(header.subject)
            .execute(conn)
            .await?;
        }
        // That it was used is known from its stream.
        SignInEvent::Used { .. } => {}
    }
    Ok(())
}

//! Challenges for passkeys that are out: beside the log, because nothing has happened yet.
use super::{ViewError, Views};
use crate::domain::Digest;
use chrono::{DateTime, Utc};
use holdfast_types::AccountId;
use uuid::Uuid;

/// What a challenge is for: one for signing in adds no passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    SignIn,
    Show,
    Add,
}

impl Ceremony {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Show => "show",
            Self::Add => "add",
        }
    }
}

impl Views {
    /// Takes away more that are over than one request makes, so that the table stays as small as what is going on.
    pub(crate) async fn put_ceremony(
        &self,
        challenge: Digest,
        ceremony: Ceremony,
        account: Option<AccountId>,
        now: DateTime<Utc>,
        expire_time: DateTime<Utc>,
    ) -> Result<(), ViewError> {
        sqlx::query(
            "DELETE FROM ceremonies WHERE challenge_sha256 IN (
                 SELECT challenge_sha256 FROM ceremonies
                 WHERE expire_time <= $1
                 LIMIT 8
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(now)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "INSERT INTO ceremonies (challenge_sha256, account, kind, expire_time)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(challenge.bytes().as_slice())
        .bind(account.map(AccountId::uuid))
        .bind(ceremony.as_str())
        .bind(expire_time)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Whether the challenge was out, for this and for this account; it is out no more.
    pub(crate) async fn take_ceremony(
        &self,
        challenge: Digest,
        ceremony: Ceremony,
        account: Option<AccountId>,
        now: DateTime<Utc>,
    ) -> Result<bool, ViewError> {
        let taken: Option<(Option<Uuid>, String, DateTime<Utc>)> = sqlx::query_as(
            "DELETE FROM ceremonies WHERE challenge_sha256 = $1 RETURNING account, kind, expire_time",
        )
        .bind(challenge.bytes().as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(taken.is_some_and(|(of, kind, expire_time)| {
            of == account.map(AccountId::uuid) && kind == ceremony.as_str() && expire_time > now
        }))
    }
}

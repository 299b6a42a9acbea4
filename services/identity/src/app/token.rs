//! Access tokens: for a session's secret, or for a service account's.
use super::{App, AppError, own_account};
use crate::{domain::Digest, views::AccountView};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Claims, LIFE_SECONDS_MAX, ROLES_MAX};
use holdfast_types::{AccountId, SessionId};

/// A token, until when it is good, and whose it is.
pub(crate) struct Issued {
    pub token: String,
    pub expire_time: DateTime<Utc>,
    pub account: AccountView,
}

impl App {
    #[tracing::instrument(skip_all, name = "identity.issue_token")]
    pub(crate) async fn issue_token(&self, session_secret: &str) -> Result<Issued, AppError> {
        let now = self.now();
        let secret = Digest::of(session_secret.as_bytes());
        let session = self.views.session_of(secret).await?.ok_or(AppError::SessionEnded)?;
        if session.expire_time <= now || session.last_use_time + self.session_life.idle <= now {
            return Err(AppError::SessionEnded);
        }
        let (id, account) = (SessionId::new(session.session), AccountId::new(session.account));
        self.views.note_use(id, now).await?;
        self.issue(account, Some((id, session.expire_time))).await
    }

    #[tracing::instrument(skip_all, name = "identity.issue_service_token")]
    pub(crate) async fn issue_service_token(
        &self,
        account: AccountId,
        secret: &str,
    ) -> Result<Issued, AppError> {
        let known = self.views.program_secret(account).await?.ok_or(AppError::SecretWrong)?;
        let shown = Digest::of(secret.as_bytes());
        verify_slices_are_equal(known.bytes(), shown.bytes()).map_err(|_| AppError::SecretWrong)?;
        self.issue(account, None).await
    }

    /// Public keys that verify the tokens.
    pub(crate) fn key_set(&self) -> String {
        holdfast_access::key_set(&[self.signer.public_key()])
    }

    /// A token never outlives its session.
    async fn issue(
        &self,
        id: AccountId,
        session: Option<(SessionId, DateTime<Utc>)>,
    ) -> Result<Issued, AppError> {
        let account = own_account(self, id).await?;
        let now = self.now();
        let longest = now + TimeDelta::seconds(LIFE_SECONDS_MAX);
        let expire = session.map_or(longest, |(_, end)| end.min(longest)).timestamp();
        let claims = Claims {
            account: id,
            session: session.map(|(session, _)| session),
            roles: account.roles.iter().take(ROLES_MAX).copied().collect(),
            iat: now.timestamp(),
            exp: expire,
        };
        // In the last second of a session there is no token to be had that is good for any time.
        if claims.exp <= claims.iat {
            return Err(AppError::SessionEnded);
        }
        let token = self.signer.sign(&claims).map_err(AppError::Token)?;
        let expire_time = DateTime::from_timestamp(expire, 0).unwrap_or(now);
        Ok(Issued { token, expire_time, account })
    }
}

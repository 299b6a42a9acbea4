//! Access tokens: for a session's secret, or for what a service account has signed.
use super::{App, AppError, own_account};
use crate::{config::SecondFactor, domain::assertion, views::AccountView};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Claims, LIFE_SECONDS_MAX, ROLES_MAX, RoleAssignment, Shown};
use holdfast_types::{AccountId, SessionId, TenantId};

/// A token, until when it is good, and whose it is.
pub(crate) struct Issued {
    pub token: String,
    pub expire_time: DateTime<Utc>,
    /// With the roles that the token says.
    pub account: AccountView,
    /// Whether roles were left out that want a second factor.
    pub withheld: bool,
    pub has_second: bool,
    /// When the session last showed what counts; none for programs.
    pub auth_time: Option<DateTime<Utc>>,
    /// When it last showed a second factor, if it has.
    pub second_time: Option<DateTime<Utc>>,
}

/// What of a session goes into its token.
struct Bearer {
    session: SessionId,
    end: DateTime<Utc>,
    amr: Vec<&'static str>,
    /// When it last showed a second factor, if it has.
    second: Option<DateTime<Utc>>,
    has_second: bool,
    auth_time: DateTime<Utc>,
    /// Whose provider began it, and whose roles alone go with it.
    provider_tenant: Option<TenantId>,
}

/// The mailbox, in a token: registered in RFC 8176 is no word for it.
const MAIL: &str = "mail";

impl App {
    #[tracing::instrument(skip_all, name = "identity.issue_token")]
    pub(crate) async fn issue_token(&self, session_secret: &str) -> Result<Issued, AppError> {
        let open = self.open_session(session_secret).await?;
        let (id, account) = (SessionId::new(open.session), AccountId::new(open.account));
        let shown = self.views.shown(id).await?;
        if open.awaits && shown.is_empty() {
            return Err(AppError::SecondFactorNeeded);
        }
        self.views.note_use(id, self.now()).await?;
        let has_second = self.views.factors(account).await?.has_second();
        // What the account cannot show, nobody is asked to show again.
        let newest = shown.iter().map(|(_, time)| *time).max();
        let auth_time = match has_second {
            true => newest.unwrap_or(open.create_time),
            false => newest.map_or(open.create_time, |time| time.max(open.create_time)),
        };
        let bearer = Bearer {
            session: id,
            end: open.expire_time,
            provider_tenant: open.provider_tenant.map(TenantId::new),
            amr: (!open.by_passkey && open.provider_tenant.is_none())
                .then_some(MAIL)
                .into_iter()
                .chain(shown.iter().map(|(way, _)| *way))
                .collect(),
            second: newest,
            has_second,
            auth_time,
        };
        self.issue(account, Some(bearer)).await
    }

    #[tracing::instrument(skip_all, name = "identity.issue_service_token")]
    pub(crate) async fn issue_service_token(
        &self,
        account: AccountId,
        assertion: &str,
    ) -> Result<Issued, AppError> {
        let (keys, now) = (self.views.service_keys(account).await?, self.now());
        let shown =
            assertion::shown(assertion, &keys, account, &self.issuer, now).map_err(AppError::Assertion)?;
        if !self.views.note_assertion(account, &shown, now).await? {
            return Err(AppError::AssertionReplayed);
        }
        self.issue(account, None).await
    }

    /// For whoever bears a link, whom consent knows and identity does not: an account without a name, a role or a session.
    pub(crate) fn link_token(&self, bearer: AccountId) -> Result<(String, DateTime<Utc>), AppError> {
        let iat = self.now().timestamp();
        let exp = iat + LIFE_SECONDS_MAX;
        let claims = Claims { account: bearer, session: None, roles: Vec::new(), iat, exp };
        let token = self.signer.sign(&claims).map_err(AppError::Token)?;
        Ok((token, DateTime::from_timestamp(exp, 0).unwrap_or(self.now())))
    }

    /// Public keys that verify the tokens.
    pub(crate) fn key_set(&self) -> String {
        holdfast_access::key_set(&[self.signer.public_key()])
    }

    /// A token never outlives its session.
    async fn issue(&self, id: AccountId, bearer: Option<Bearer>) -> Result<Issued, AppError> {
        let mut account = own_account(self, id).await?;
        let now = self.now();
        let longest = now + TimeDelta::seconds(LIFE_SECONDS_MAX);
        let expire = bearer.as_ref().map_or(longest, |bearer| bearer.end.min(longest)).timestamp();
        if let Some(tenant) = bearer.as_ref().and_then(|bearer| bearer.provider_tenant) {
            account.roles.retain(|held| held.tenant == tenant);
        }
        let held = account.roles.len();
        if bearer.as_ref().is_some_and(|bearer| bearer.second.is_none()) {
            account.roles = self.without_second_factor(account.roles).await?;
        }
        let claims = Claims {
            account: id,
            session: bearer.as_ref().map(|bearer| bearer.session),
            roles: account.roles.iter().take(ROLES_MAX).copied().collect(),
            iat: now.timestamp(),
            exp: expire,
        };
        // In the last second of a session there is no token to be had that is good for any time.
        if claims.exp <= claims.iat {
            return Err(AppError::SessionEnded);
        }
        let shown = bearer.as_ref().map(|bearer| Shown {
            amr: bearer.amr.clone(),
            auth_time: bearer.auth_time.timestamp(),
            second_time: bearer.has_second.then(|| bearer.second.map_or(0, |second| second.timestamp())),
        });
        let token = self.signer.sign_shown(&claims, shown.as_ref()).map_err(AppError::Token)?;
        Ok(Issued {
            token,
            expire_time: DateTime::from_timestamp(expire, 0).unwrap_or(now),
            withheld: account.roles.len() < held,
            account,
            has_second: bearer.as_ref().is_some_and(|bearer| bearer.has_second),
            second_time: bearer.as_ref().and_then(|bearer| bearer.second),
            auth_time: bearer.map(|bearer| bearer.auth_time),
        })
    }

    /// Those of the roles that hold in a session that has shown none.
    async fn without_second_factor(
        &self,
        roles: Vec<RoleAssignment>,
    ) -> Result<Vec<RoleAssignment>, AppError> {
        let mut tenants: Vec<TenantId> = roles.iter().map(|held| held.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let mut strict = self.views.require_second_factor(&tenants).await?;
        if self.operator_second_factor == SecondFactor::Invited {
            strict.retain(|tenant| *tenant != crate::FREE_STANDING);
        }
        Ok(roles.into_iter().filter(|held| !strict.contains(&held.tenant)).collect())
    }
}

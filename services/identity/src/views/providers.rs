//! Sign-in providers by the domains that they vouch for, whom they know, and sign-ins that are under way: the last beside the log, because
//! nothing has happened yet.
use super::{ViewError, Views};
use crate::domain::{
    Digest,
    provider::{Config, Place, ProviderEvent},
    provider_link::LinkEvent,
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Header, ProjectionError};
use holdfast_types::{AccountId, PracticeId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// A sign-in that was sent to a provider.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct BegunRow {
    tenant: Uuid,
    practice: Uuid,
    browser_sha256: Vec<u8>,
    pub expire_time: DateTime<Utc>,
}

/// What stands between an account and being opened by a provider's word alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Standing {
    /// By the provider's tenant.
    pub invited: bool,
    pub has_signed_in: bool,
    pub holds_elsewhere: bool,
}

impl BegunRow {
    pub(crate) fn at(&self) -> Place {
        place(self.tenant, self.practice)
    }

    pub(crate) fn provider(&self) -> Uuid {
        self.at().provider()
    }

    pub(crate) fn browser(&self) -> Option<Digest> {
        self.browser_sha256.clone().try_into().ok().map(Digest::new)
    }
}

impl Views {
    /// Whose provider vouches for addresses of the domain.
    pub(crate) async fn provider_of(&self, domain: &str) -> Result<Option<Place>, ViewError> {
        let found: Option<(Uuid, Uuid)> =
            sqlx::query_as("SELECT tenant, practice FROM sign_in_domains WHERE domain = $1")
                .bind(domain)
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.map(|(tenant, practice)| place(tenant, practice)))
    }

    /// Takes away more that are over than one request makes.
    pub(crate) async fn put_begun(
        &self,
        state: Digest,
        at: Place,
        browser: Digest,
        now: DateTime<Utc>,
        expire_time: DateTime<Utc>,
    ) -> Result<(), ViewError> {
        sqlx::query(
            "DELETE FROM provider_sign_ins WHERE state_sha256 IN (
                 SELECT state_sha256 FROM provider_sign_ins
                 WHERE expire_time <= $1
                 LIMIT 8
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(now)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "INSERT INTO provider_sign_ins (state_sha256, tenant, practice, browser_sha256, expire_time)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(state.bytes().as_slice())
        .bind(at.tenant.uuid())
        .bind(at.practice.map(PracticeId::uuid).unwrap_or_default())
        .bind(browser.bytes().as_slice())
        .bind(expire_time)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// It stays there: whoever brings it from another browser takes nothing from the one that began it. Over or not is for the caller to see.
    pub(crate) async fn begun(&self, state: Digest) -> Result<Option<BegunRow>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT tenant, practice, browser_sha256, expire_time FROM provider_sign_ins WHERE state_sha256 = $1",
        )
        .bind(state.bytes().as_slice())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Whether it was there; of many who take it at once, for one.
    pub(crate) async fn take_begun(&self, state: Digest) -> Result<bool, ViewError> {
        let taken = sqlx::query("DELETE FROM provider_sign_ins WHERE state_sha256 = $1")
            .bind(state.bytes().as_slice())
            .execute(&self.pool)
            .await?;
        Ok(taken.rows_affected() == 1)
    }

    pub(crate) async fn linked(&self, link: Uuid) -> Result<Option<AccountId>, ViewError> {
        let account: Option<Uuid> = sqlx::query_scalar("SELECT account FROM provider_links WHERE link = $1")
            .bind(link)
            .fetch_optional(&self.pool)
            .await?;
        Ok(account.map(AccountId::new))
    }

    pub(crate) async fn standing(&self, account: AccountId, tenant: TenantId) -> Result<Standing, ViewError> {
        Ok(sqlx::query_as(
            "SELECT
                EXISTS (SELECT FROM accounts WHERE account = $1 AND tenant = $2)
                    OR EXISTS (SELECT FROM account_roles WHERE account = $1 AND tenant = $2) AS invited,
                EXISTS (SELECT FROM sessions WHERE account = $1) AS has_signed_in,
                EXISTS (SELECT FROM account_roles WHERE account = $1 AND tenant <> $2) AS holds_elsewhere",
        )
        .bind(account.uuid())
        .bind(tenant.uuid())
        .fetch_one(&self.pool)
        .await?)
    }
}

fn place(tenant: Uuid, practice: Uuid) -> Place {
    let practice = (!practice.is_nil()).then(|| PracticeId::new(practice));
    Place { tenant: TenantId::new(tenant), practice }
}

/// A domain that another provider vouches for is refused here.
pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: ProviderEvent,
) -> Result<(), ProjectionError> {
    let provider = header.stream.id();
    sqlx::query("DELETE FROM sign_in_domains WHERE provider = $1").bind(provider).execute(&mut *conn).await?;
    let ProviderEvent::Set { after: Config { at, email_domains, .. }, .. } = event else { return Ok(()) };
    sqlx::query(
        "INSERT INTO sign_in_domains (domain, tenant, practice, provider)
         SELECT domain, $2, $3, $4 FROM UNNEST($1::text[]) AS domain",
    )
    .bind(&email_domains)
    .bind(at.tenant.uuid())
    .bind(at.practice.map(PracticeId::uuid).unwrap_or_default())
    .bind(provider)
    .execute(conn)
    .await?;
    Ok(())
}

/// One identity is never two accounts': the second is refused here.
pub(super) async fn apply_link(
    conn: &mut PgConnection,
    header: &Header,
    event: LinkEvent,
) -> Result<(), ProjectionError> {
    let LinkEvent::Made(_) = event else { return Ok(()) };
    sqlx::query("INSERT INTO provider_links (link, account) VALUES ($1, $2)")
        .bind(header.stream.id())
        .bind(header.subject)
        .execute(conn)
        .await?;
    Ok(())
}

//! Identity's read models: accounts and roles, what they show to sign in, sessions, links, tenants and practices, reviews of roles. The only room with SQL.
mod accounts;
mod assertions;
mod ceremonies;
mod factors;
mod invitations;
mod links;
mod notices;
mod places;
mod providers;
mod reviews;
mod sessions;

pub(crate) use accounts::AccountView;
pub(crate) use ceremonies::Ceremony;
pub(crate) use factors::{FactorsRow, PasskeyView};
pub(crate) use invitations::InvitationRow;
pub(crate) use links::LinkRow;
pub(crate) use notices::{Notice, ToTell};
pub(crate) use places::PracticeRow;
pub(crate) use providers::BegunRow;
pub(crate) use reviews::{LineView, ReviewRow, ReviewView};
pub(crate) use sessions::{Known, OpenSession, SessionCursor, SessionView};

use crate::{
    domain::{
        access_review::AccessReviewEvent, account::AccountEvent, factors::FactorsEvent,
        invitation::InvitationEvent, practice::PracticeEvent, provider::ProviderEvent,
        provider_link::LinkEvent, session::SessionEvent, sign_in::SignInEvent, tenant::TenantEvent,
    },
    secret::Secrets,
};
use holdfast_eventlog::{
    AppendError, DataKey, Header, KeyError, KeyRing, Opened, Projection, ProjectionError, Subject,
};
use holdfast_types::AccountId;
use sqlx::{PgConnection, PgPool, migrate::Migrator};
use std::sync::Arc;

pub(crate) const VIEWS: Migrator = sqlx::migrate!("migrations/views");
pub(crate) static ACCESS: Migrator = holdfast_access::views::MIGRATIONS;
pub(crate) static BESIDE_THE_LOG: Migrator = sqlx::migrate!("migrations/feeds");

#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewError {
    #[error("the read models cannot be reached")]
    Unavailable(#[from] sqlx::Error),
    #[error("a row's content cannot be unsealed")]
    Key(#[source] KeyError),
    #[error("a row's content is malformed")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Queries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Views {
    pool: PgPool,
    keys: KeyRing,
}

impl Views {
    pub(crate) const fn new(pool: PgPool, keys: KeyRing) -> Self {
        Self { pool, keys }
    }

    async fn key_of(&self, account: AccountId) -> Result<Arc<DataKey>, ViewError> {
        self.keys.existing(account.uuid()).await.map_err(ViewError::Key)
    }
}

/// Keeps all of them.
pub(crate) struct Projections {
    keys: KeyRing,
    secrets: Arc<Secrets>,
}

impl Projections {
    pub(crate) const fn new(keys: KeyRing, secrets: Arc<Secrets>) -> Self {
        Self { keys, secrets }
    }

    /// The key of the account that an event is about; the append has made it before.
    async fn key_of(&self, header: &Header) -> Result<Arc<DataKey>, ProjectionError> {
        Ok(self.keys.obtain(Subject::Account(AccountId::new(header.subject)), header.tenant).await?)
    }
}

#[async_trait::async_trait]
impl Projection for Projections {
    /// One event at a time: nothing here is written in bulk.
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        for opened in events {
            let header = &opened.header;
            if opened.is::<AccountEvent>() {
                let key = self.key_of(header).await?;
                accounts::apply(conn, header, opened.decode()?, &key, &self.secrets).await?;
            } else if opened.is::<SessionEvent>() {
                let key = self.key_of(header).await?;
                sessions::apply(conn, header, opened.decode()?, &key).await?;
            } else if opened.is::<FactorsEvent>() {
                let key = self.key_of(header).await?;
                factors::apply(conn, header, opened.decode()?, &key).await?;
            } else if opened.is::<InvitationEvent>() {
                invitations::apply(conn, header, opened.decode()?, &self.secrets).await?;
            } else if opened.is::<SignInEvent>() {
                links::apply(conn, header, opened.decode()?).await?;
            } else if opened.is::<AccessReviewEvent>() {
                reviews::apply(conn, header, opened.decode()?).await?;
            } else if opened.is::<TenantEvent>() {
                places::apply_tenant(conn, header, opened.decode()?).await?;
            } else if opened.is::<PracticeEvent>() {
                places::apply_practice(conn, header, opened.decode()?).await?;
            } else if opened.is::<ProviderEvent>() {
                providers::apply(conn, header, opened.decode()?).await?;
            } else if opened.is::<LinkEvent>() {
                providers::apply_link(conn, header, opened.decode()?).await?;
            }
        }
        Ok(())
    }
}

/// Whether an append failed because another took the address, or the id, first.
pub(crate) fn is_taken(error: &AppendError) -> bool {
    match error {
        AppendError::Projection(ProjectionError::Database(sqlx::Error::Database(error))) => {
            error.is_unique_violation()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;

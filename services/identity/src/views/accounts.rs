//! Accounts with their roles: names and addresses sealed under the account's key, found by the keyed hash of the address.
use super::{ViewError, Views};
use crate::{
    domain::{
        Discipline,
        account::{AccountEvent, Addressed, Change, Holder},
        service_key::ServiceKey,
    },
    secret::{AddressHash, Email, Secrets},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_access::{Oversight, Permit, Returned, RoleAssignment, Roles, Unreleased};
use holdfast_eventlog::{DataKey, DecodeError, Header, ProjectionError};
use holdfast_types::{AccountId, PracticeId, Role, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use std::{collections::HashMap, str::FromStr};
use uuid::Uuid;

/// People whom a holder may share with at their work that one search opens and reads through.
const DIRECTORY_MAX: u32 = 5_000;
/// Accounts opened at the same time; each may need its key read.
const OPENED_AT_ONCE_MAX: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct AccountView {
    pub id: AccountId,
    pub email: Option<String>,
    pub addressed: Addressed,
    pub discipline: Option<Discipline>,
    pub roles: Vec<RoleAssignment>,
    pub create_time: DateTime<Utc>,
    pub revision: u64,
}

impl AccountView {
    /// Whether it holds any role: people without one are families, and their names are theirs.
    pub(crate) fn is_staff(&self) -> bool {
        !self.roles.is_empty()
    }

    pub(crate) const fn returned(&self) -> Returned {
        Returned { id: self.id.uuid(), revision: self.revision }
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    email: Option<String>,
    display_name: String,
    locale: String,
    large_text: bool,
    discipline: Option<Discipline>,
}

#[derive(sqlx::FromRow)]
struct Row {
    account: Uuid,
    body: Vec<u8>,
    create_time: DateTime<Utc>,
    revision: i64,
}

impl Views {
    /// For the holder itself, and for making its token.
    pub(crate) async fn own_account(&self, account: AccountId) -> Result<Option<AccountView>, ViewError> {
        Ok(self.accounts(&[account]).await?.pop())
    }

    pub(crate) async fn account_of(&self, address: AddressHash) -> Result<Option<AccountId>, ViewError> {
        let id: Option<Uuid> = sqlx::query_scalar("SELECT account FROM accounts WHERE address_hash = $1")
            .bind(address.bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(id.map(AccountId::new))
    }

    /// For whoever administers.
    pub(crate) async fn account(
        &self,
        _permit: &Permit<Oversight>,
        account: AccountId,
    ) -> Result<Unreleased<Option<AccountView>>, ViewError> {
        let found = self.accounts(&[account]).await?.pop();
        let returned = found.iter().map(AccountView::returned).collect();
        Ok(Unreleased::new(found, returned))
    }

    /// Those that are known, in the order asked for.
    pub(crate) async fn profiles(
        &self,
        _permit: &Permit<Oversight>,
        ids: &[AccountId],
    ) -> Result<Vec<AccountView>, ViewError> {
        self.accounts(ids).await
    }

    /// Whom a holder may share with at their work, of one practice or of all: the first of them by id, at most [`DIRECTORY_MAX`].
    pub(crate) async fn directory(
        &self,
        _permit: &Permit<Oversight>,
        practice: Option<PracticeId>,
    ) -> Result<Vec<AccountView>, ViewError> {
        let shared_with = Role::ALL.iter().filter(|role| Roles::table().is_to_share_with(**role));
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT DISTINCT account
             FROM account_roles
             WHERE role = ANY($1) AND ($2::uuid IS NULL OR practice = $2)
             ORDER BY account
             LIMIT $3",
        )
        .bind(shared_with.map(|role| role.as_str()).collect::<Vec<_>>())
        .bind(practice.map(PracticeId::uuid))
        .bind(i64::from(DIRECTORY_MAX))
        .fetch_all(&self.pool)
        .await?;
        self.accounts(&ids.into_iter().map(AccountId::new).collect::<Vec<_>>()).await
    }

    /// By their ids; none of a person, nor of nobody.
    pub(crate) async fn service_keys(&self, account: AccountId) -> Result<Vec<ServiceKey>, ViewError> {
        let keys: Vec<Json<ServiceKey>> =
            sqlx::query_scalar("SELECT jwk FROM service_keys WHERE account = $1 ORDER BY key_id")
                .bind(account.uuid())
                .fetch_all(&self.pool)
                .await?;
        Ok(keys.into_iter().map(|Json(key)| key).collect())
    }

    async fn accounts(&self, ids: &[AccountId]) -> Result<Vec<AccountView>, ViewError> {
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT accounts.account, accounts.body, accounts.create_time, accounts.revision
             FROM UNNEST($1::uuid[]) WITH ORDINALITY AS asked (account, place)
             JOIN accounts USING (account)
             ORDER BY asked.place",
        )
        .bind(&uuids)
        .fetch_all(&self.pool)
        .await?;
        let mut roles = self.roles(&uuids).await?;
        let opened = stream::iter(rows.into_iter().map(|row| {
            let roles = roles.remove(&row.account).unwrap_or_default();
            self.open(row, roles)
        }));
        opened.buffered(OPENED_AT_ONCE_MAX).try_collect().await
    }

    async fn roles(&self, accounts: &[Uuid]) -> Result<HashMap<Uuid, Vec<RoleAssignment>>, ViewError> {
        let rows: Vec<(Uuid, String, Uuid, Uuid)> = sqlx::query_as(
            "SELECT account, role, tenant, practice
             FROM account_roles
             WHERE account = ANY($1)
             ORDER BY account, tenant, practice, role",
        )
        .bind(accounts)
        .fetch_all(&self.pool)
        .await?;
        let mut roles: HashMap<Uuid, Vec<RoleAssignment>> = HashMap::new();
        for (account, role, tenant, practice) in rows {
            let role = Role::from_str(&role).map_err(|error| ViewError::Malformed(error.into()))?;
            let practice = (!practice.is_nil()).then(|| PracticeId::new(practice));
            roles.entry(account).or_default().push(RoleAssignment {
                role,
                tenant: TenantId::new(tenant),
                practice,
            });
        }
        Ok(roles)
    }

    async fn open(&self, row: Row, roles: Vec<RoleAssignment>) -> Result<AccountView, ViewError> {
        let id = AccountId::new(row.account);
        let body = self.key_of(id).await?.open(&place(row.account), &row.body).map_err(ViewError::Key)?;
        let body: Body = serde_json::from_slice(&body).map_err(|error| ViewError::Malformed(error.into()))?;
        let Body { email, display_name, locale, large_text, discipline } = body;
        Ok(AccountView {
            id,
            email,
            addressed: Addressed { display_name, locale, large_text },
            discipline,
            roles,
            create_time: row.create_time,
            revision: u64::try_from(row.revision).unwrap_or_default(),
        })
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: AccountEvent,
    key: &DataKey,
    secrets: &Secrets,
) -> Result<(), ProjectionError> {
    match event {
        AccountEvent::Opened { holder, display_name, locale } => {
            open(conn, header, holder, Addressed { display_name, locale, large_text: false }, key, secrets)
                .await?;
        }
        AccountEvent::Changed(changed) => change(conn, header, &changed, key).await?,
        AccountEvent::RoleAssigned(given) => {
            let RoleAssignment { role, tenant, practice } = given.assignment;
            sqlx::query(
                "INSERT INTO account_roles (account, role, tenant, practice, since)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT DO NOTHING",
            )
            .bind(header.subject)
            .bind(role.as_str())
            .bind(tenant.uuid())
            .bind(practice.map(PracticeId::uuid).unwrap_or_default())
            .bind(header.occurred)
            .execute(&mut *conn)
            .await?;
        }
        AccountEvent::RoleWithdrawn(taken) => {
            let RoleAssignment { role, tenant, practice } = taken.assignment;
            sqlx::query("DELETE FROM account_roles WHERE account = $1 AND role = $2 AND tenant = $3 AND practice = $4")
                .bind(header.subject)
                .bind(role.as_str())
                .bind(tenant.uuid())
                .bind(practice.map(PracticeId::uuid).unwrap_or_default())
                .execute(&mut *conn)
                .await?;
        }
        AccountEvent::KeysAdded { keys } => add_keys(conn, header, &keys).await?,
        AccountEvent::KeyRemoved { key } => {
            sqlx::query("DELETE FROM service_keys WHERE account = $1 AND key_id = $2")
                .bind(header.subject)
                .bind(key.id())
                .execute(&mut *conn)
                .await?;
        }
    }
    sqlx::query("UPDATE accounts SET revision = $2 WHERE account = $1")
        .bind(header.subject)
        .bind(i64::try_from(header.revision).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(())
}

async fn open(
    conn: &mut PgConnection,
    header: &Header,
    holder: Holder,
    addressed: Addressed,
    key: &DataKey,
    secrets: &Secrets,
) -> Result<(), ProjectionError> {
    let (email, discipline, keys) = match holder {
        Holder::Person { email, discipline } => (Some(email), discipline, Vec::new()),
        Holder::Program { keys, .. } => (None, None, keys),
    };
    let address = email.as_deref().and_then(Email::parse).map(|email| secrets.address(&email));
    let Addressed { display_name, locale, large_text } = addressed;
    let body = Body { email, display_name, locale, large_text, discipline };
    sqlx::query(
        "INSERT INTO accounts (account, tenant, address_hash, body, create_time, revision)
         VALUES ($1, $2, $3, $4, $5, 0)
         ON CONFLICT (account) DO NOTHING",
    )
    .bind(header.subject)
    .bind(header.tenant.uuid())
    .bind(address.map(|hash| hash.bytes().to_vec()))
    .bind(sealed(&body, header, key)?)
    .bind(header.occurred)
    .execute(&mut *conn)
    .await?;
    add_keys(conn, header, &keys).await
}

async fn add_keys(
    conn: &mut PgConnection,
    header: &Header,
    keys: &[ServiceKey],
) -> Result<(), ProjectionError> {
    for key in keys {
        sqlx::query(
            "INSERT INTO service_keys (account, key_id, jwk)
             VALUES ($1, $2, $3)
             ON CONFLICT (account, key_id) DO NOTHING",
        )
        .bind(header.subject)
        .bind(key.id())
        .bind(Json(key))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn change(
    conn: &mut PgConnection,
    header: &Header,
    change: &Change,
    key: &DataKey,
) -> Result<(), ProjectionError> {
    let stored: Option<Vec<u8>> = sqlx::query_scalar("SELECT body FROM accounts WHERE account = $1")
        .bind(header.subject)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(stored) = stored else { return Ok(()) };
    let body = key.open(&place(header.subject), &stored)?;
    let body: Body = serde_json::from_slice(&body)
        .map_err(|source| DecodeError::Malformed { event_type: header.event_type.clone(), source })?;
    let Body { email, display_name, locale, large_text, discipline } = body;
    let mut addressed = Addressed { display_name, locale, large_text };
    addressed.take(change);
    let Addressed { display_name, locale, large_text } = addressed;
    let body = Body { email, display_name, locale, large_text, discipline };
    sqlx::query("UPDATE accounts SET body = $2 WHERE account = $1")
        .bind(header.subject)
        .bind(sealed(&body, header, key)?)
        .execute(conn)
        .await?;
    Ok(())
}

fn sealed(body: &Body, header: &Header, key: &DataKey) -> Result<Vec<u8>, ProjectionError> {
    let body = serde_json::to_vec(body)
        .map_err(|source| DecodeError::Malformed { event_type: header.event_type.clone(), source })?;
    Ok(key.seal(&place(header.subject), &body)?)
}

fn place(account: Uuid) -> Vec<u8> {
    format!("views.accounts/{account}").into_bytes()
}

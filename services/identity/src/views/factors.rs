//! What accounts can show, what their sessions have shown, and whose a passkey is.
use super::{ViewError, Views};
use crate::domain::{
    Digest,
    factors::{FactorsEvent, Passkey},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{DataKey, DecodeError, Header, ProjectionError};
use holdfast_types::{AccountId, SessionId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a session shows, as tokens name it: registered in RFC 8176, or our own where nothing is.
const TOTP: &str = "otp";
const RECOVERY_CODE: &str = "recovery";
const PASSKEY: &str = "passkey";
/// A second factor that a practice's provider saw.
pub(super) const PROVIDER: &str = "provider";
/// Every way, for reading them back.
const WAYS: [&str; 4] = [TOTP, RECOVERY_CODE, PASSKEY, PROVIDER];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct FactorsRow {
    pub totp: bool,
    pub recovery_codes: i32,
    pub passkeys: i64,
}

impl FactorsRow {
    pub(crate) const fn has_second(&self) -> bool {
        self.totp || self.passkeys > 0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PasskeyView {
    pub id: String,
    pub name: String,
    pub create_time: DateTime<Utc>,
    pub last_use_time: Option<DateTime<Utc>>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    id: String,
    name: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    passkey_sha256: Vec<u8>,
    body: Vec<u8>,
    create_time: DateTime<Utc>,
    last_use_time: Option<DateTime<Utc>>,
}

impl Views {
    pub(crate) async fn factors(&self, account: AccountId) -> Result<FactorsRow, ViewError> {
        Ok(sqlx::query_as(
            "SELECT
                COALESCE(bool_or(factors.totp), false) AS totp,
                COALESCE(max(factors.recovery_codes), 0) AS recovery_codes,
                (SELECT count(*) FROM passkeys WHERE passkeys.account = $1) AS passkeys
             FROM factors
             WHERE factors.account = $1",
        )
        .bind(account.uuid())
        .fetch_one(&self.pool)
        .await?)
    }

    /// By the time they were added.
    pub(crate) async fn passkeys(&self, account: AccountId) -> Result<Vec<PasskeyView>, ViewError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT passkey_sha256, body, create_time, last_use_time
             FROM passkeys
             WHERE account = $1
             ORDER BY create_time, passkey_sha256",
        )
        .bind(account.uuid())
        .fetch_all(&self.pool)
        .await?;
        stream::iter(rows).then(|row| self.open_passkey(account, row)).try_collect().await
    }

    pub(crate) async fn owner_of_passkey(&self, id: &str) -> Result<Option<AccountId>, ViewError> {
        let owner: Option<Uuid> =
            sqlx::query_scalar("SELECT account FROM passkeys WHERE passkey_sha256 = $1")
                .bind(Digest::of(id.as_bytes()).bytes().as_slice())
                .fetch_optional(&self.pool)
                .await?;
        Ok(owner.map(AccountId::new))
    }

    /// What a session has shown besides the link, and when last.
    pub(crate) async fn shown(
        &self,
        session: SessionId,
    ) -> Result<Vec<(&'static str, DateTime<Utc>)>, ViewError> {
        let rows: Vec<(String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT factor, shown_time FROM session_factors WHERE session = $1 ORDER BY factor",
        )
        .bind(session.uuid())
        .fetch_all(&self.pool)
        .await?;
        let known = rows
            .into_iter()
            .filter_map(|(factor, time)| WAYS.iter().find(|way| **way == factor).map(|way| (*way, time)));
        Ok(known.collect())
    }

    /// Those of the tenants whose roles want a second factor; one that is not known wants it, too.
    pub(crate) async fn require_second_factor(
        &self,
        tenants: &[TenantId],
    ) -> Result<Vec<TenantId>, ViewError> {
        let asked: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let invited: Vec<Uuid> = sqlx::query_scalar(
            "SELECT tenant FROM tenants WHERE tenant = ANY($1) AND NOT second_factor_required",
        )
        .bind(&asked)
        .fetch_all(&self.pool)
        .await?;
        Ok(tenants.iter().copied().filter(|tenant| !invited.contains(&tenant.uuid())).collect())
    }

    async fn open_passkey(&self, account: AccountId, row: Row) -> Result<PasskeyView, ViewError> {
        let body = self
            .key_of(account)
            .await?
            .open(&place(&row.passkey_sha256), &row.body)
            .map_err(ViewError::Key)?;
        let Body { id, name } =
            serde_json::from_slice(&body).map_err(|error| ViewError::Malformed(error.into()))?;
        let Row { create_time, last_use_time, .. } = row;
        Ok(PasskeyView { id, name, create_time, last_use_time })
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: FactorsEvent,
    key: &DataKey,
) -> Result<(), ProjectionError> {
    match event {
        // A secret that counts for nothing yet, and a wrong code, which is the stream's own affair.
        FactorsEvent::TotpBegun { .. } | FactorsEvent::CodeRefused { .. } => {}
        FactorsEvent::TotpConfirmed { session, .. } => {
            has_totp(conn, header, true).await?;
            note(conn, header, session, TOTP).await?;
        }
        FactorsEvent::TotpRemoved {} => has_totp(conn, header, false).await?,
        FactorsEvent::RecoveryCodesMade { sha256 } => {
            sqlx::query(
                "INSERT INTO factors (account, totp, recovery_codes)
                 VALUES ($1, false, $2)
                 ON CONFLICT (account) DO UPDATE SET recovery_codes = excluded.recovery_codes",
            )
            .bind(header.subject)
            .bind(i32::try_from(sha256.len()).unwrap_or(i32::MAX))
            .execute(conn)
            .await?;
        }
        FactorsEvent::CodeShown { session, .. } => note(conn, header, session, TOTP).await?,
        FactorsEvent::RecoveryCodeShown { session, .. } => {
            sqlx::query("UPDATE factors SET recovery_codes = recovery_codes - 1 WHERE account = $1")
                .bind(header.subject)
                .execute(&mut *conn)
                .await?;
            note(conn, header, session, RECOVERY_CODE).await?;
        }
        FactorsEvent::PasskeyAdded { passkey, session } => {
            add(conn, header, passkey, key).await?;
            note(conn, header, session, PASSKEY).await?;
        }
        FactorsEvent::PasskeyShown { id, session, .. } => {
            sqlx::query("UPDATE passkeys SET last_use_time = $2 WHERE passkey_sha256 = $1")
                .bind(Digest::of(id.as_bytes()).bytes().as_slice())
                .bind(header.occurred)
                .execute(&mut *conn)
                .await?;
            note(conn, header, session, PASSKEY).await?;
        }
        FactorsEvent::PasskeyRemoved { id } => {
            sqlx::query("DELETE FROM passkeys WHERE passkey_sha256 = $1")
                .bind(Digest::of(id.as_bytes()).bytes().as_slice())
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

async fn has_totp(conn: &mut PgConnection, header: &Header, totp: bool) -> Result<(), ProjectionError> {
    sqlx::query(
        "INSERT INTO factors (account, totp, recovery_codes)
         VALUES ($1, $2, 0)
         ON CONFLICT (account) DO UPDATE SET totp = excluded.totp",
    )
    .bind(header.subject)
    .bind(totp)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn note(
    conn: &mut PgConnection,
    header: &Header,
    session: SessionId,
    factor: &str,
) -> Result<(), ProjectionError> {
    sqlx::query(
        "INSERT INTO session_factors (session, factor, shown_time)
         VALUES ($1, $2, $3)
         ON CONFLICT (session, factor) DO UPDATE SET shown_time = excluded.shown_time",
    )
    .bind(session.uuid())
    .bind(factor)
    .bind(header.occurred)
    .execute(conn)
    .await?;
    Ok(())
}

/// One that another account has is refused here.
async fn add(
    conn: &mut PgConnection,
    header: &Header,
    passkey: Passkey,
    key: &DataKey,
) -> Result<(), ProjectionError> {
    let Passkey { id, name, .. } = passkey;
    let sha256 = Digest::of(id.as_bytes());
    let body = serde_json::to_vec(&Body { id, name })
        .map_err(|source| DecodeError::Malformed { event_type: header.event_type.clone(), source })?;
    sqlx::query(
        "INSERT INTO passkeys (passkey_sha256, account, body, create_time)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(sha256.bytes().as_slice())
    .bind(header.subject)
    .bind(key.seal(&place(sha256.bytes()), &body)?)
    .bind(header.occurred)
    .execute(conn)
    .await?;
    Ok(())
}

fn place(passkey_sha256: &[u8]) -> Vec<u8> {
    [b"views.passkeys/", passkey_sha256].concat()
}

//! Sessions, by the SHA-256 of their secret, with the time of their last use.
use super::{ViewError, Views};
use crate::domain::{Digest, session::SessionEvent};
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{DataKey, Header, ProjectionError};
use holdfast_types::{AccountId, RequestId, SessionId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// A use within this time of the last one is not noted again.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone)]
pub(crate) struct SessionView {
    pub id: SessionId,
    pub user_agent: String,
    pub create_time: DateTime<Utc>,
    pub last_use_time: DateTime<Utc>,
    pub expire_time: DateTime<Utc>,
    /// Where it began; none where nobody knew.
    pub network: Option<String>,
}

/// What an account's sessions so far say of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Nothing,
    OtherDevices,
    Device,
}

/// Where a page of sessions ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionCursor {
    pub create_time: DateTime<Utc>,
    pub session: SessionId,
}

/// What a token needs of a session.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct OpenSession {
    pub session: Uuid,
    pub account: Uuid,
    pub create_time: DateTime<Utc>,
    pub last_use_time: DateTime<Utc>,
    pub expire_time: DateTime<Utc>,
    /// Whether it began without the second factor that its account has.
    pub awaits: bool,
    pub by_passkey: bool,
    /// Whose provider began it.
    pub provider_tenant: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct Row {
    session: Uuid,
    account: Uuid,
    body: Vec<u8>,
    network: Option<Vec<u8>>,
    create_time: DateTime<Utc>,
    last_use_time: DateTime<Utc>,
    expire_time: DateTime<Utc>,
}

impl Views {
    /// That was not ended; whether its time is over is for the caller to see.
    pub(crate) async fn session_of(&self, secret: Digest) -> Result<Option<OpenSession>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT
                sessions.session,
                sessions.account,
                sessions.create_time,
                COALESCE(session_uses.last_use_time, sessions.create_time) AS last_use_time,
                sessions.expire_time,
                sessions.awaits,
                sessions.by_passkey,
                sessions.provider_tenant
             FROM sessions
             LEFT JOIN session_uses USING (session)
             WHERE secret_sha256 = $1 AND ended_by IS NULL",
        )
        .bind(secret.bytes().as_slice())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Notes that a session was used, at most once a minute. Beside the log: a use is no decision, and only the newest counts.
    pub(crate) async fn note_use(&self, session: SessionId, now: DateTime<Utc>) -> Result<(), ViewError> {
        sqlx::query(
            "INSERT INTO session_uses (session, last_use_time)
             VALUES ($1, $2)
             ON CONFLICT (session) DO UPDATE SET last_use_time = excluded.last_use_time
             WHERE session_uses.last_use_time <= $3",
        )
        .bind(session.uuid())
        .bind(now)
        .bind(now - USE_NOTED_EVERY)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// An account's sessions that are neither ended nor over nor idle since before `idle_since`, newest first.
    pub(crate) async fn open_sessions(
        &self,
        account: AccountId,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
        after: Option<&SessionCursor>,
        limit: u32,
    ) -> Result<Vec<SessionView>, ViewError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT
                sessions.session,
                sessions.account,
                sessions.body,
                sessions.network,
                sessions.create_time,
                COALESCE(session_uses.last_use_time, sessions.create_time) AS last_use_time,
                sessions.expire_time
             FROM sessions
             LEFT JOIN session_uses USING (session)
             WHERE account = $1 AND ended_by IS NULL AND expire_time > $2
               AND COALESCE(session_uses.last_use_time, sessions.create_time) > $3
               AND ($4::timestamptz IS NULL OR (sessions.create_time, sessions.session) < ($4, $5))
             ORDER BY sessions.create_time DESC, sessions.session DESC
             LIMIT $6",
        )
        .bind(account.uuid())
        .bind(now)
        .bind(idle_since)
        .bind(after.map(|cursor| cursor.create_time))
        .bind(after.map(|cursor| cursor.session.uuid()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        stream::iter(rows).then(|row| self.open_session(row)).try_collect().await
    }

    /// Every session that was not ended, over or not: the oldest of them, at most `limit`.
    pub(crate) async fn unended_sessions(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<SessionId>, ViewError> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT session
             FROM sessions
             WHERE account = $1 AND ended_by IS NULL
             ORDER BY create_time, session
             LIMIT $2",
        )
        .bind(account.uuid())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(SessionId::new).collect())
    }

    /// Whether the account has signed in before, and whether it did so on this device.
    pub(crate) async fn knows_device(
        &self,
        account: AccountId,
        device: Option<Digest>,
    ) -> Result<Known, ViewError> {
        let (any, this): (bool, bool) = sqlx::query_as(
            "SELECT
                EXISTS (SELECT FROM sessions WHERE account = $1),
                EXISTS (SELECT FROM sessions WHERE account = $1 AND device_sha256 = $2)",
        )
        .bind(account.uuid())
        .bind(device.map(|digest| digest.bytes().to_vec()))
        .fetch_one(&self.pool)
        .await?;
        Ok(match (any, this) {
            (false, _) => Known::Nothing,
            (true, false) => Known::OtherDevices,
            (true, true) => Known::Device,
        })
    }

    pub(crate) async fn count_ended_by(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> Result<i64, ViewError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM sessions WHERE account = $1 AND ended_by = $2")
            .bind(account.uuid())
            .bind(request.uuid())
            .fetch_one(&self.pool)
            .await?)
    }

    async fn open_session(&self, row: Row) -> Result<SessionView, ViewError> {
        let key = self.key_of(AccountId::new(row.account)).await?;
        let open = |place: Vec<u8>, sealed: &[u8]| {
            let text = key.open(&place, sealed).map_err(ViewError::Key)?;
            String::from_utf8(text).map_err(|error| ViewError::Malformed(error.into()))
        };
        Ok(SessionView {
            id: SessionId::new(row.session),
            user_agent: open(place(row.session), &row.body)?,
            network: row.network.map(|sealed| open(network_place(row.session), &sealed)).transpose()?,
            create_time: row.create_time,
            last_use_time: row.last_use_time,
            expire_time: row.expire_time,
        })
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: SessionEvent,
    key: &DataKey,
) -> Result<(), ProjectionError> {
    let session = header.stream.id();
    match event {
        SessionEvent::Started(start) => {
            let network = start.network.as_deref().map(str::as_bytes);
            let network = network.map(|text| key.seal(&network_place(session), text)).transpose()?;
            sqlx::query(
                "INSERT INTO sessions (
                    session, account, secret_sha256, body, create_time, expire_time, awaits, by_passkey,
                    device_sha256, network, provider_tenant)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                 ON CONFLICT (session) DO NOTHING",
            )
            .bind(session)
            .bind(header.subject)
            .bind(start.secret_sha256.bytes().as_slice())
            .bind(key.seal(&place(session), start.user_agent.as_bytes())?)
            .bind(header.occurred)
            .bind(start.expire_time)
            .bind(start.awaits)
            .bind(start.by_passkey)
            .bind(start.device_sha256.map(|digest| digest.bytes().to_vec()))
            .bind(network)
            .bind(start.by_provider.map(|by| by.tenant.uuid()))
            .execute(&mut *conn)
            .await?;
            if start.by_provider.is_some_and(|by| by.second) {
                super::factors::note(conn, header, SessionId::new(session), super::factors::PROVIDER).await?;
            }
        }
        SessionEvent::Ended { by } => {
            sqlx::query("UPDATE sessions SET ended_by = $2 WHERE session = $1 AND ended_by IS NULL")
                .bind(session)
                .bind(by.uuid())
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

fn place(session: Uuid) -> Vec<u8> {
    format!("views.sessions/{session}").into_bytes()
}

fn network_place(session: Uuid) -> Vec<u8> {
    format!("views.sessions/{session}/network").into_bytes()
}

//! Families that practices invited: whose they are and whether they wait; what they say stands in the log.
use super::{ViewError, Views};
use crate::{
    domain::invitation::InvitationEvent,
    secret::{AddressHash, Email, Secrets},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit};
use holdfast_eventlog::{Header, ProjectionError};
use holdfast_types::{AccountId, PracticeId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// To one address that are told.
const OWN_MAX: i64 = 50;

/// Where one is, and where a page ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct InvitationRow {
    pub invitation: Uuid,
    pub subject: Uuid,
    pub practice: Uuid,
    pub sent_time: DateTime<Utc>,
}

impl InvitationRow {
    pub(crate) const fn subject(&self) -> AccountId {
        AccountId::new(self.subject)
    }
}

impl Views {
    /// Of whose practice one is, and whether it is to this address.
    pub(crate) async fn invitation(&self, id: Uuid) -> Result<Option<InvitationRow>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT invitation, subject, practice, sent_time FROM invitations WHERE invitation = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Of the permitted practice, one more than the page holds.
    pub(crate) async fn invitations(
        &self,
        permit: &Permit<Oversight>,
        after: Option<InvitationRow>,
        page_size: u32,
    ) -> Result<Vec<InvitationRow>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT invitation, subject, practice, sent_time
             FROM invitations
             WHERE practice = $1
               AND ($2::timestamptz IS NULL OR sent_time < $2 OR (sent_time = $2 AND invitation > $3))
             ORDER BY sent_time DESC, invitation
             LIMIT $4",
        )
        .bind(permit.target().practice().map(PracticeId::uuid))
        .bind(after.map(|after| after.sent_time))
        .bind(after.map(|after| after.invitation))
        .bind(i64::from(page_size) + 1)
        .fetch_all(&self.pool)
        .await?)
    }

    /// To an address, which is the reader's own, that wait.
    pub(crate) async fn own_invitations(
        &self,
        address: AddressHash,
        now: DateTime<Utc>,
    ) -> Result<Vec<InvitationRow>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT invitation, subject, practice, sent_time
             FROM invitations
             WHERE address_hash = $1 AND waits AND expire_time > $2
             ORDER BY sent_time DESC, invitation
             LIMIT $3",
        )
        .bind(address.bytes().as_slice())
        .bind(now)
        .bind(OWN_MAX)
        .fetch_all(&self.pool)
        .await?)
    }

    /// How many of a practice wait, and how many of those at this address.
    pub(crate) async fn waiting_invitations(
        &self,
        practice: PracticeId,
        address: Option<AddressHash>,
        now: DateTime<Utc>,
    ) -> Result<i64, ViewError> {
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM invitations
             WHERE practice = $1 AND waits AND expire_time > $2 AND ($3::bytea IS NULL OR address_hash = $3)",
        )
        .bind(practice.uuid())
        .bind(now)
        .bind(address.map(|address| address.bytes().to_vec()))
        .fetch_one(&self.pool)
        .await?)
    }
}

pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: InvitationEvent,
    secrets: &Secrets,
) -> Result<(), ProjectionError> {
    let InvitationEvent::Sent(sent) = event else {
        sqlx::query("UPDATE invitations SET waits = false WHERE invitation = $1")
            .bind(header.stream.id())
            .execute(conn)
            .await?;
        return Ok(());
    };
    // What is no address can be nobody's.
    let Some(email) = Email::parse(&sent.email) else { return Ok(()) };
    sqlx::query(
        "INSERT INTO invitations (invitation, practice, subject, address_hash, waits, sent_time, expire_time)
         VALUES ($1, $2, $3, $4, true, $5, $6)
         ON CONFLICT (invitation) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(sent.practice.uuid())
    .bind(header.subject)
    .bind(secrets.address(&email).bytes().as_slice())
    .bind(sent.sent)
    .bind(sent.expires)
    .execute(conn)
    .await?;
    Ok(())
}

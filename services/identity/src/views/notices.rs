//! Which holders are still to be told that their record was opened in an emergency, as consent's log says it.
use super::{ViewError, Views};
use chrono::{DateTime, Utc};
use holdfast_access::views::ConsentFact;
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_types::{AccountId, Basis, GrantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// A notice that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notice {
    pub(crate) grant: GrantId,
    pub(crate) account: AccountId,
}

/// Hears who holds records and which were opened in an emergency. A record's events come in their order: its holders come before.
pub(crate) struct ToTell;

#[async_trait::async_trait]
impl Reaction for ToTell {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for Envelope { header, public_payload, .. } in envelopes {
            if !matches!(header.event_type.as_str(), "record.holder-added" | "grant.taken") {
                continue;
            }
            let payload = public_payload.as_ref().ok_or(ReactionError::Malformed("no public content"))?;
            match ConsentFact::read(payload).map_err(ReactionError::Malformed)? {
                Some(ConsentFact::HolderAdded { patient, account, .. }) => {
                    sqlx::query(
                        "INSERT INTO record_holders (patient, account) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    )
                    .bind(patient.uuid())
                    .bind(account.uuid())
                    .execute(&mut *conn)
                    .await?;
                }
                Some(ConsentFact::GrantGiven(grant)) if grant.basis == Basis::Emergency => {
                    sqlx::query(
                        "INSERT INTO emergency_notices (grant_id, account)
                         SELECT $1, account FROM record_holders WHERE patient = $2
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(grant.id.uuid())
                    .bind(grant.patient.uuid())
                    .execute(&mut *conn)
                    .await?;
                }
                _ => return Err(ReactionError::Malformed("neither a holder nor an emergency")),
            }
        }
        Ok(())
    }

    /// Who was told, was told: the notices stay, and nobody gets a second one.
    async fn forget(&self, conn: &mut PgConnection) -> Result<(), ReactionError> {
        sqlx::query("DELETE FROM record_holders").execute(conn).await?;
        Ok(())
    }
}

impl Views {
    /// Those that nobody is sending; they are the caller's until then.
    pub(crate) async fn claim_notices(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        count_max: u32,
    ) -> Result<Vec<Notice>, ViewError> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "UPDATE emergency_notices AS notices SET claimed_until = $2
             FROM (
                 SELECT grant_id, account FROM emergency_notices
                 WHERE sent_time IS NULL AND (claimed_until IS NULL OR claimed_until <= $1)
                 ORDER BY grant_id, account
                 LIMIT $3
                 FOR UPDATE SKIP LOCKED
             ) AS due
             WHERE notices.grant_id = due.grant_id AND notices.account = due.account
             RETURNING notices.grant_id, notices.account",
        )
        .bind(now)
        .bind(until)
        .bind(i64::from(count_max))
        .fetch_all(&self.pool)
        .await?;
        let notice =
            |(grant, account)| Notice { grant: GrantId::new(grant), account: AccountId::new(account) };
        Ok(rows.into_iter().map(notice).collect())
    }

    /// It is not sent again.
    pub(crate) async fn notice_sent(&self, notice: Notice, now: DateTime<Utc>) -> Result<(), ViewError> {
        sqlx::query("UPDATE emergency_notices SET sent_time = $3 WHERE grant_id = $1 AND account = $2")
            .bind(notice.grant.uuid())
            .bind(notice.account.uuid())
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

//! Which holders are still to be told that their record was opened in an emergency, as consent's log says it.
use super::{ViewError, Views};
use chrono::{DateTime, Utc};
use holdfast_access::views::ConsentFact;
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_types::{AccountId, Action, Basis, Category, GrantId, PatientId, Span};
use sqlx::{PgConnection, types::Json};
use std::collections::BTreeSet;
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
            let of_holders = ["record.holder-added", "authority.settled", "grant.taken"];
            if !of_holders.contains(&header.event_type.as_str()) {
                continue;
            }
            let payload = public_payload.as_ref().ok_or(ReactionError::Malformed("no public content"))?;
            match ConsentFact::read(payload).map_err(ReactionError::Malformed)? {
                Some(ConsentFact::HolderAdded { patient, account, .. }) => {
                    sqlx::query(
                        "INSERT INTO record_holders (patient, account)
                         SELECT $1, $2
                         WHERE NOT EXISTS (SELECT FROM record_holders WHERE patient = $1 AND spans IS NOT NULL)
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(patient.uuid())
                    .bind(account.uuid())
                    .execute(&mut *conn)
                    .await?;
                }
                Some(ConsentFact::AuthoritySettled { patient, spans, .. }) => {
                    settle(conn, patient, &spans).await?;
                }
                Some(ConsentFact::GrantGiven(grant)) if grant.basis == Basis::Emergency => {
                    let told = whole_holders(conn, grant.patient, grant.period.from()).await?;
                    sqlx::query(
                        "INSERT INTO emergency_notices (grant_id, account)
                         SELECT $1, account FROM UNNEST($2::uuid[]) AS account
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(grant.id.uuid())
                    .bind(told)
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

async fn settle(conn: &mut PgConnection, patient: PatientId, spans: &[Span]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM record_holders WHERE patient = $1")
        .bind(patient.uuid())
        .execute(&mut *conn)
        .await?;
    let accounts: BTreeSet<AccountId> = spans.iter().map(|span| span.account).collect();
    for account in accounts {
        let own: Vec<&Span> = spans.iter().filter(|span| span.account == account).collect();
        sqlx::query("INSERT INTO record_holders (patient, account, spans) VALUES ($1, $2, $3)")
            .bind(patient.uuid())
            .bind(account.uuid())
            .bind(Json(own))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Who held every room at that moment: to others it would tell that somebody looked into what is kept from them.
async fn whole_holders(
    conn: &mut PgConnection,
    patient: PatientId,
    at: DateTime<Utc>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let rows: Vec<(Uuid, Option<Json<Vec<Span>>>)> =
        sqlx::query_as("SELECT account, spans FROM record_holders WHERE patient = $1")
            .bind(patient.uuid())
            .fetch_all(conn)
            .await?;
    let reads = |spans: &[Span], room: Category| {
        spans.iter().any(|span| span.period.contains(at) && span.holds(Action::Read, room))
    };
    let whole = |spans: &Option<Json<Vec<Span>>>| {
        spans.as_ref().is_none_or(|Json(spans)| Category::ALL.iter().all(|room| reads(spans, *room)))
    };
    Ok(rows.into_iter().filter(|(_, spans)| whole(spans)).map(|(account, _)| account).collect())
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

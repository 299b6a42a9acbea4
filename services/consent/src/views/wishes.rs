//! Erasures that holders ask for and nobody has carried out, the one that has waited longest first.
use super::row::ViewsError;
use crate::domain::erasure::Event;
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, Permit};
use holdfast_eventlog::Header;
use holdfast_types::{DocumentId, PatientId, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What somebody asks to have erased, which is also where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    requested: DateTime<Utc>,
    pub patient: PatientId,
    /// None: all of the record.
    pub document: Option<DocumentId>,
}

/// Of the permitted network, and one more than the page holds.
pub async fn wishes(
    pool: &PgPool,
    permit: &Permit<Oversight>,
    after: Option<Asked>,
    page_size: u32,
) -> Result<Vec<Asked>, ViewsError> {
    let rows: Vec<(DateTime<Utc>, Uuid, Uuid)> = sqlx::query_as(
        "SELECT requested_time, patient, document
         FROM erasure_wishes
         WHERE tenant = $1 AND ($2::timestamptz IS NULL OR (requested_time, patient, document) > ($2, $3, $4))
         ORDER BY requested_time, patient, document
         LIMIT $5",
    )
    .bind(permit.target().tenant().map(TenantId::uuid))
    .bind(after.map(|after| after.requested))
    .bind(after.map(|after| after.patient.uuid()))
    .bind(after.map(|after| stored(after.document)))
    .bind(i64::from(page_size) + 1)
    .fetch_all(pool)
    .await?;
    let asked = rows.into_iter().map(|(requested, patient, document)| Asked {
        requested,
        patient: PatientId::new(patient),
        document: (!document.is_nil()).then(|| DocumentId::new(document)),
    });
    Ok(asked.collect())
}

/// How many of the permitted network wait.
pub async fn wish_count(pool: &PgPool, permit: &Permit<Oversight>) -> Result<u32, ViewsError> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM erasure_wishes WHERE tenant = $1")
        .bind(permit.target().tenant().map(TenantId::uuid))
        .fetch_one(pool)
        .await?;
    u32::try_from(count).map_err(|_| ViewsError::Malformed("count"))
}

fn stored(document: Option<DocumentId>) -> Uuid {
    document.map_or_else(Uuid::nil, DocumentId::uuid)
}

/// Whoever has a whole record erased has no wish left about a paper of it.
pub(super) async fn apply(
    conn: &mut PgConnection,
    header: &Header,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let (document, wish) = match event {
        Event::Requested(wish) => (None, Some(wish)),
        Event::DocumentRequested { document, wish } => (Some(*document), Some(wish)),
        Event::Withdrawn { .. } => (None, None),
        Event::DocumentWithdrawn { document, .. }
        | Event::DocumentCarriedOut { document, .. }
        | Event::DocumentRepeated { document, .. } => (Some(*document), None),
        Event::CarriedOut(_) | Event::Repeated { .. } => {
            sqlx::query("DELETE FROM erasure_wishes WHERE patient = $1")
                .bind(header.stream.id())
                .execute(conn)
                .await?;
            return Ok(());
        }
        Event::HoldPlaced(_) | Event::HoldLifted { .. } => return Ok(()),
    };
    let Some(wish) = wish else {
        sqlx::query("DELETE FROM erasure_wishes WHERE patient = $1 AND document = $2")
            .bind(header.stream.id())
            .bind(stored(document))
            .execute(conn)
            .await?;
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO erasure_wishes (patient, document, tenant, requested_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT (patient, document) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(stored(document))
    .bind(header.tenant.uuid())
    .bind(wish.requested)
    .execute(conn)
    .await?;
    Ok(())
}

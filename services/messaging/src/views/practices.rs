//! Which practices there are, as identity tells.
use super::ViewsError;
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_proto::identity::v1::PracticeCreated;
use holdfast_types::{PracticeId, TenantId};
use prost::Name;
use sqlx::{PgConnection, PgPool};

/// Practices are created, and never end.
pub struct Practices;

#[async_trait::async_trait]
impl Reaction for Practices {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        let payloads = envelopes.iter().filter_map(|envelope| envelope.public_payload.as_ref());
        for payload in payloads.filter(|payload| payload.type_url == PracticeCreated::type_url()) {
            let created: PracticeCreated =
                payload.to_msg().map_err(|_| ReactionError::Malformed("a practice that cannot be read"))?;
            let malformed = |_| ReactionError::Malformed("a practice without its ids");
            let practice: PracticeId = created.practice_id.parse().map_err(malformed)?;
            let tenant: TenantId = created.tenant_id.parse().map_err(malformed)?;
            sqlx::query("INSERT INTO practices (practice, tenant) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(practice.uuid())
                .bind(tenant.uuid())
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }

    async fn forget(&self, conn: &mut PgConnection) -> Result<(), ReactionError> {
        sqlx::query("DELETE FROM practices").execute(conn).await?;
        Ok(())
    }
}

pub async fn is_practice(pool: &PgPool, practice: PracticeId) -> Result<bool, ViewsError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM practices WHERE practice = $1)")
        .bind(practice.uuid())
        .fetch_one(pool)
        .await?)
}

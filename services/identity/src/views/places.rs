//! Tenants and practices, which are organisations: nothing here is personal, so nothing needs a permit.
use super::{ViewError, Views};
use crate::domain::{
    Discipline,
    practice::PracticeEvent,
    tenant::{SecondFactor, TenantEvent},
};
use holdfast_eventlog::{Header, ProjectionError};
use holdfast_types::{OrganizationKind, PracticeId, TenantId, UnknownWord};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct PracticeRow {
    pub practice: Uuid,
    pub tenant: Uuid,
    pub display_name: String,
    pub disciplines: Vec<String>,
    pub kind: String,
    pub part_of: Option<Uuid>,
}

impl Views {
    pub(crate) async fn has_tenant(&self, tenant: TenantId) -> Result<bool, ViewError> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM tenants WHERE tenant = $1)")
            .bind(tenant.uuid())
            .fetch_one(&self.pool)
            .await?)
    }

    /// Whose it is and of what kind.
    pub(crate) async fn organization(
        &self,
        practice: PracticeId,
    ) -> Result<Option<(TenantId, OrganizationKind)>, ViewError> {
        let found: Option<(Uuid, String)> =
            sqlx::query_as("SELECT tenant, kind FROM practices WHERE practice = $1")
                .bind(practice.uuid())
                .fetch_optional(&self.pool)
                .await?;
        let read = |(tenant, kind): (Uuid, String)| Ok((TenantId::new(tenant), kind.parse()?));
        found.map(read).transpose().map_err(|error: UnknownWord| ViewError::Malformed(error.into()))
    }

    /// By name, after the given one.
    pub(crate) async fn practices(
        &self,
        tenant: Option<TenantId>,
        after: Option<PracticeId>,
        limit: u32,
    ) -> Result<Vec<PracticeRow>, ViewError> {
        Ok(sqlx::query_as(
            "SELECT practice, tenant, display_name, disciplines, kind, part_of
             FROM practices
             WHERE ($1::uuid IS NULL OR tenant = $1)
               AND ($2::uuid IS NULL
                    OR (display_name, practice) > (SELECT last.display_name, last.practice
                                                   FROM practices AS last WHERE last.practice = $2))
             ORDER BY display_name, practice
             LIMIT $3",
        )
        .bind(tenant.map(TenantId::uuid))
        .bind(after.map(PracticeId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?)
    }
}

pub(super) async fn apply_tenant(
    conn: &mut PgConnection,
    header: &Header,
    event: TenantEvent,
) -> Result<(), ProjectionError> {
    let TenantEvent::Created { display_name, second_factor } = event;
    sqlx::query(
        "INSERT INTO tenants (tenant, display_name, second_factor_required)
         VALUES ($1, $2, $3)
         ON CONFLICT (tenant) DO NOTHING",
    )
    .bind(header.stream.id())
    .bind(display_name)
    .bind(second_factor != Some(SecondFactor::Invited))
    .execute(conn)
    .await?;
    Ok(())
}

/// A practice belongs to the tenant in whose lane it was created. Its id is unique over all tenants: a second one is refused here.
pub(super) async fn apply_practice(
    conn: &mut PgConnection,
    header: &Header,
    event: PracticeEvent,
) -> Result<(), ProjectionError> {
    let PracticeEvent::Created(created) = event;
    let disciplines: Vec<&str> = created.disciplines.iter().map(|word| Discipline::as_str(*word)).collect();
    sqlx::query(
        "INSERT INTO practices (practice, tenant, display_name, disciplines, kind, part_of)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(header.stream.id())
    .bind(header.subject)
    .bind(created.display_name)
    .bind(disciplines)
    .bind(created.kind.as_str())
    .bind(created.part_of.map(PracticeId::uuid))
    .execute(conn)
    .await?;
    Ok(())
}

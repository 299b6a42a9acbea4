//! Patients as they are shown, by permit.
use super::{ViewsError, sealing, unsigned};
use crate::domain::demographics::Demographics;
use chrono::{DateTime, Utc};
use holdfast_access::{Permit, Returned, Unreleased};
use holdfast_eventlog::KeyRing;
use holdfast_types::{Category, PatientId, TenantId};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct ShownPatient {
    pub(crate) patient: PatientId,
    pub(crate) tenant: TenantId,
    pub(crate) demographics: Demographics,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) revision: u64,
}

type Row = (Uuid, Uuid, i64, DateTime<Utc>, DateTime<Utc>, Vec<u8>);

/// Those whose demographics are permitted and known.
pub(crate) async fn patients(
    pool: &PgPool,
    keys: &KeyRing,
    permits: &[&Permit],
) -> Result<HashMap<PatientId, Unreleased<ShownPatient>>, ViewsError> {
    let permitted = permits.iter().filter(|permit| permit.covers(Category::Demographics));
    let ids: Vec<Uuid> = permitted.map(|permit| permit.patient().uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT patient, tenant, revision, create_time, update_time, body FROM patients WHERE patient = ANY($1)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for (id, tenant, revision, created, updated, body) in rows {
        let revision = unsigned(revision);
        let key = keys.existing(id).await?;
        let shown = ShownPatient {
            patient: PatientId::new(id),
            tenant: TenantId::new(tenant),
            demographics: sealing::open(&key, id, revision, &body)?,
            created,
            updated,
            revision,
        };
        found.insert(shown.patient, Unreleased::new(shown, vec![Returned { id, revision }]));
    }
    Ok(found)
}

//! What was erased, for the comparison with the ledger: whole records, and single documents.
use super::ViewsError;
use holdfast_types::{DocumentId, PatientId, TenantId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Records whose content was erased, in the order of their ids.
pub async fn erased(
    pool: &PgPool,
    after: Option<PatientId>,
    limit: u32,
) -> Result<Vec<(PatientId, TenantId)>, ViewsError> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT patient, tenant FROM access_records
         WHERE erased_time IS NOT NULL AND ($1::uuid IS NULL OR patient > $1)
         ORDER BY patient
         LIMIT $2",
    )
    .bind(after.map(PatientId::uuid))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(patient, tenant)| (PatientId::new(patient), TenantId::new(tenant))).collect())
}

/// Documents that were erased by themselves, each with its record, in the order of their ids.
pub async fn erased_documents(
    pool: &PgPool,
    after: Option<(DocumentId, PatientId)>,
    limit: u32,
) -> Result<Vec<(DocumentId, PatientId, TenantId)>, ViewsError> {
    let (document, patient) = after.unzip();
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "SELECT document, patient, tenant FROM erased_documents
         WHERE $1::uuid IS NULL OR (document, patient) > ($1, $2)
         ORDER BY document, patient
         LIMIT $3",
    )
    .bind(document.map(DocumentId::uuid))
    .bind(patient.map(PatientId::uuid))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(document, patient, tenant)| {
            (DocumentId::new(document), PatientId::new(patient), TenantId::new(tenant))
        })
        .collect())
}

pub(super) async fn document(
    conn: &mut PgConnection,
    document: DocumentId,
    patient: PatientId,
    tenant: TenantId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO erased_documents (document, patient, tenant) VALUES ($1, $2, $3)
         ON CONFLICT (document, patient) DO NOTHING",
    )
    .bind(document.uuid())
    .bind(patient.uuid())
    .bind(tenant.uuid())
    .execute(conn)
    .await?;
    Ok(())
}

//! Papers that were erased by themselves: their keys are destroyed, their rows dropped, their objects removed by the janitor.
use super::ViewsError;
use holdfast_access::views::DocumentErased;
use holdfast_eventlog::{Envelope, KeyRing, Reaction, ReactionError};
use holdfast_types::{DocumentId, PatientId, TenantId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What these tables hold of the paper `$1` of the patient `$2`.
const OF_PAPER: &[&str] = &[
    "DELETE FROM upload_progress WHERE upload IN (SELECT upload FROM uploads WHERE upload = $1 AND patient = $2)",
    "DELETE FROM uploads WHERE upload = $1 AND patient = $2",
    "DELETE FROM documents WHERE document = $1 AND patient = $2",
];

/// Destroys the key before the transaction ends: whatever breaks in between, the erasure is heard again, and destroying again changes
/// nothing. Consent does not know which papers a record has: one of another record is not touched, whoever named it.
pub struct ErasedPapers(KeyRing);

/// A paper whose objects are to be removed.
#[derive(Debug, Clone, Copy)]
pub struct ErasedPaper {
    pub document: DocumentId,
    pub patient: PatientId,
    pub tenant: TenantId,
}

impl ErasedPapers {
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }
}

#[async_trait::async_trait]
impl Reaction for ErasedPapers {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in envelopes {
            let told = DocumentErased::of(envelope).map_err(ReactionError::Malformed)?;
            let Some(DocumentErased { patient, document, .. }) = told else { continue };
            let destroyed = self.0.destroy_within(document.uuid(), patient.uuid()).await;
            destroyed.map_err(|error| ReactionError::Away(Box::new(error)))?;
            sqlx::query(
                "INSERT INTO erased_documents (document, patient, tenant)
                 SELECT $1::uuid, $2::uuid, COALESCE((SELECT tenant FROM uploads WHERE upload = $1 AND patient = $2), $3)
                 ON CONFLICT (document, patient) DO NOTHING",
            )
            .bind(document.uuid())
            .bind(patient.uuid())
            .bind(envelope.header.tenant.uuid())
            .execute(&mut *conn)
            .await?;
            for statement in OF_PAPER {
                let query = sqlx::query(*statement).bind(document.uuid()).bind(patient.uuid());
                query.execute(&mut *conn).await?;
            }
        }
        Ok(())
    }
}

pub async fn is_erased(pool: &PgPool, patient: PatientId, document: DocumentId) -> Result<bool, ViewsError> {
    let erased = "SELECT EXISTS (SELECT FROM erased_documents WHERE document = $1 AND patient = $2)";
    Ok(sqlx::query_scalar(erased).bind(document.uuid()).bind(patient.uuid()).fetch_one(pool).await?)
}

/// Those whose objects are to be removed.
pub async fn uncleared(pool: &PgPool, limit: u32) -> Result<Vec<ErasedPaper>, ViewsError> {
    let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
        "SELECT document, patient, tenant FROM erased_documents WHERE NOT cleared ORDER BY document LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(document, patient, tenant)| ErasedPaper {
            document: DocumentId::new(document),
            patient: PatientId::new(patient),
            tenant: TenantId::new(tenant),
        })
        .collect())
}

/// Nothing is left of its objects. Nor of its rows, which read models that were made again meanwhile may have brought back.
pub async fn cleared(pool: &PgPool, paper: &ErasedPaper) -> Result<(), ViewsError> {
    let ErasedPaper { document, patient, .. } = paper;
    for statement in OF_PAPER {
        sqlx::query(*statement).bind(document.uuid()).bind(patient.uuid()).execute(pool).await?;
    }
    sqlx::query("UPDATE erased_documents SET cleared = true WHERE document = $1 AND patient = $2")
        .bind(document.uuid())
        .bind(patient.uuid())
        .execute(pool)
        .await?;
    Ok(())
}

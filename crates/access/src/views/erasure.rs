//! What a service does when consent says that a record was erased: destroys its key of the patient, and drops the patient's rows.
use super::{
    ConsentFact,
    feed::{id, message, moment},
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Envelope, KeyRing, Reaction, ReactionError};
use holdfast_proto::consent::v1 as pb;
use holdfast_types::{DocumentId, PatientId};
use prost::Name;
use sqlx::PgConnection;

/// That one document was erased by itself. Nothing that a decision rests on: it is for whoever holds the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentErased {
    /// As consent was told: that the document is of this record is for its holder to check.
    pub patient: PatientId,
    pub document: DocumentId,
    pub erased: DateTime<Utc>,
}

impl DocumentErased {
    pub fn of(envelope: &Envelope) -> Result<Option<Self>, &'static str> {
        let payload = envelope.public_payload.as_ref();
        let Some(payload) = payload.filter(|told| told.type_url == pb::DocumentErased::type_url()) else {
            return Ok(None);
        };
        let told: pb::DocumentErased = message(payload)?;
        Ok(Some(Self {
            patient: id(&told.patient_id)?,
            document: id(&told.document_id)?,
            erased: moment(told.erased_time.as_ref())?.ok_or("no time of erasure")?,
        }))
    }
}

/// Beside [`ConsentFeed`](super::ConsentFeed), in the same transaction. The key is destroyed before the transaction ends: whatever breaks in between, the erasure
/// is heard again, and destroying again changes nothing.
pub struct Erasure {
    keys: KeyRing,
    rows: &'static [&'static str],
}

impl Erasure {
    /// `rows` are statements that delete what a service's tables hold of the patient `$1`, in order.
    pub const fn new(keys: KeyRing, rows: &'static [&'static str]) -> Self {
        Self { keys, rows }
    }
}

#[async_trait::async_trait]
impl Reaction for Erasure {
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in envelopes {
            let fact = ConsentFact::of(envelope).map_err(ReactionError::Malformed)?;
            let Some(ConsentFact::RecordErased { patient, .. }) = fact else { continue };
            let destroyed = self.keys.destroy(patient.uuid(), envelope.header.tenant).await;
            destroyed.map_err(|error| ReactionError::Away(Box::new(error)))?;
            for statement in self.rows {
                sqlx::query(*statement).bind(patient.uuid()).execute(&mut *conn).await?;
            }
        }
        Ok(())
    }
}

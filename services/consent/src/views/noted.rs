//! Notes each erasure in the ledger as consent's own log tells it: none is left out and none noted twice, whatever breaks.
use crate::ledger::{Erased, Ledger};
use chrono::{DateTime, Utc};
use holdfast_access::views::{ConsentFact, DocumentErased};
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use holdfast_types::{DocumentId, PatientId};
use sqlx::PgConnection;

/// Notes what was carried out. What was repeated stands in the ledger already: that is why it was.
pub struct Noted(pub Ledger);

#[async_trait::async_trait]
impl Reaction for Noted {
    async fn react(&self, _: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in envelopes {
            let header = &envelope.header;
            let (patient, document, erased) = match header.event_type.as_str() {
                "erasure.carried-out" => record(envelope)?,
                "erasure.document-carried-out" => document(envelope)?,
                _ => continue,
            };
            let (tenant, erasure) = (header.tenant, header.event_id);
            let noted = self.0.note(Erased { patient, tenant, document, erasure, erased });
            noted.map_err(|error| ReactionError::Away(Box::new(error)))?;
        }
        Ok(())
    }
}

type Destroyed = (PatientId, Option<DocumentId>, DateTime<Utc>);

fn record(envelope: &Envelope) -> Result<Destroyed, ReactionError> {
    let payload = envelope.public_payload.as_ref().ok_or(ReactionError::Malformed("no public content"))?;
    match ConsentFact::read(payload).map_err(ReactionError::Malformed)? {
        Some(ConsentFact::RecordErased { patient, erased }) => Ok((patient, None, erased)),
        _ => Err(ReactionError::Malformed("an erasure that erases nothing")),
    }
}

fn document(envelope: &Envelope) -> Result<Destroyed, ReactionError> {
    let told = DocumentErased::of(envelope).map_err(ReactionError::Malformed)?;
    let DocumentErased { patient, document, erased } =
        told.ok_or(ReactionError::Malformed("an erasure that erases nothing"))?;
    Ok((patient, Some(document), erased))
}

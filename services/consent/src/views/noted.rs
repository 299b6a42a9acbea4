//! Notes each erasure in the ledger as consent's own log tells it: none is left out and none noted twice, whatever breaks.
use crate::ledger::Ledger;
use holdfast_access::views::ConsentFact;
use holdfast_eventlog::{Envelope, Reaction, ReactionError};
use sqlx::PgConnection;

/// Notes what was carried out. What was repeated stands in the ledger already: that is why it was.
pub struct Noted(pub Ledger);

#[async_trait::async_trait]
impl Reaction for Noted {
    async fn react(&self, _: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for Envelope { header, public_payload, .. } in envelopes {
            if header.event_type != "erasure.carried-out" {
                continue;
            }
            let payload = public_payload.as_ref().ok_or(ReactionError::Malformed("no public content"))?;
            let fact = ConsentFact::read(payload).map_err(ReactionError::Malformed)?;
            let Some(ConsentFact::RecordErased { patient, erased }) = fact else {
                return Err(ReactionError::Malformed("an erasure that erases nothing"));
            };
            let noted = self.0.note(patient, header.tenant, header.event_id, erased);
            noted.map_err(|error| ReactionError::Away(Box::new(error)))?;
        }
        Ok(())
    }
}

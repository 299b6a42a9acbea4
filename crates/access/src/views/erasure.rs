//! What a service does when consent says that a record was erased: destroys its key of the patient, and drops the patient's rows.
use super::ConsentFact;
use holdfast_eventlog::{Envelope, KeyRing, Reaction, ReactionError};
use sqlx::PgConnection;

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

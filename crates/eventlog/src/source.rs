//! Another service's log, as an inbox reads it back.
use crate::{Envelope, EventLog, ReadError};

#[derive(Debug, thiserror::Error)]
#[error("the log of `{service}` cannot be read")]
pub struct SourceError {
    pub service: String,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

#[async_trait::async_trait]
pub trait Source: Send + Sync + 'static {
    /// The owner's name, e.g. `consent`.
    fn service(&self) -> &str;
    /// Last sequence number of every lane that holds an event.
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError>;
    /// Events of one lane after a sequence number, in order.
    async fn read_lane(&self, lane: u16, after_seq: u64, limit: u32) -> Result<Vec<Envelope>, SourceError>;
}

/// A service may listen to itself.
#[async_trait::async_trait]
impl Source for EventLog {
    fn service(&self) -> &str {
        self.service()
    }

    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        self.heads().await.map_err(|error| unreadable(self, error))
    }

    async fn read_lane(&self, lane: u16, after_seq: u64, limit: u32) -> Result<Vec<Envelope>, SourceError> {
        let stored = self.read_lane(lane, after_seq, limit).await.map_err(|error| unreadable(self, error))?;
        let mut envelopes = Vec::with_capacity(stored.len());
        for event in stored {
            envelopes.push(self.envelope(event).await.map_err(|error| unreadable(self, error))?);
        }
        Ok(envelopes)
    }
}

fn unreadable(log: &EventLog, error: ReadError) -> SourceError {
    SourceError { service: log.service().to_owned(), source: Box::new(error) }
}

//! A row of `events`, as it comes out of the database.
use crate::{Hash, Header, Right, RightError, StreamName};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId, TenantId};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

/// A row of `events`.
#[derive(FromRow)]
pub(crate) struct EventRow {
    pub lane: i32,
    pub lane_seq: i64,
    pub event_id: Uuid,
    pub tenant: Uuid,
    pub stream: String,
    pub revision: i64,
    pub event_type: String,
    pub schema_version: i32,
    pub subject: Uuid,
    pub patient: Option<Uuid>,
    pub actor: String,
    pub on_behalf_of: Option<Uuid>,
    pub purpose: String,
    pub correlation: Uuid,
    pub causation: Option<Uuid>,
    pub traceparent: Option<String>,
    pub occurred: DateTime<Utc>,
    pub recorded: DateTime<Utc>,
    pub key_id: Uuid,
    pub payload: Vec<u8>,
    pub leaf: Vec<u8>,
    pub by_right: Option<String>,
}

/// An event as it lies in the log: sealed.
#[derive(Debug, Clone)]
pub struct Stored {
    pub header: Header,
    pub sealed: Vec<u8>,
    /// As it was written; [`Header::leaf`] computes what it should be.
    pub leaf: Hash,
}

/// A row that no code of ours can have written.
#[derive(Debug, thiserror::Error)]
#[error("the event at lane {lane}, sequence {lane_seq} has a malformed `{column}`")]
pub struct RowError {
    pub lane: i32,
    pub lane_seq: i64,
    pub column: &'static str,
}

impl EventRow {
    pub(crate) fn stored(self, service: &str) -> Result<Stored, RowError> {
        let (lane, lane_seq) = (self.lane, self.lane_seq);
        let malformed = |column| RowError { lane, lane_seq, column };
        let header = Header {
            service: service.to_owned(),
            lane: u16::try_from(self.lane).map_err(|_| malformed("lane"))?,
            lane_seq: u64::try_from(self.lane_seq).map_err(|_| malformed("lane_seq"))?,
            event_id: EventId::new(self.event_id),
            tenant: TenantId::new(self.tenant),
            stream: self.stream.parse::<StreamName>().map_err(|_| malformed("stream"))?,
            revision: u64::try_from(self.revision).map_err(|_| malformed("revision"))?,
            event_type: self.event_type,
            schema_version: u16::try_from(self.schema_version).map_err(|_| malformed("schema_version"))?,
            subject: self.subject,
            patient: self.patient.map(PatientId::new),
            actor: self.actor.parse().map_err(|_| malformed("actor"))?,
            on_behalf_of: self.on_behalf_of.map(PatientId::new),
            purpose: self.purpose.parse().map_err(|_| malformed("purpose"))?,
            correlation: self.correlation,
            causation: self.causation.map(EventId::new),
            traceparent: self.traceparent,
            occurred: self.occurred,
            recorded: self.recorded,
            key_id: self.key_id,
            by_right: right(self.by_right).map_err(|RightError| malformed("by_right"))?,
            payload_sha256: Sha256::digest(&self.payload).into(),
        };
        let leaf = self.leaf.try_into().map_err(|_| malformed("leaf"))?;
        Ok(Stored { header, sealed: self.payload, leaf })
    }
}

pub(crate) fn right(text: Option<String>) -> Result<Option<Right>, RightError> {
    text.as_deref().map(str::parse).transpose()
}

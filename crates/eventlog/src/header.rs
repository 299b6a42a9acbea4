//! What stands beside each event in the clear: who, what kind, which stream, when; and the leaf hash over it.
use crate::Right;
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, Actor, EventId, PatientId, Purpose, TenantId};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Lanes per shard, for ever.
pub const LANES: u16 = 1024;

pub type Hash = [u8; 32];

/// Whose data an event is: whose key seals it, and which lane it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Patient(PatientId),
    Account(AccountId),
    Tenant(TenantId),
}

impl Subject {
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Patient(id) => id.uuid(),
            Self::Account(id) => id.uuid(),
            Self::Tenant(id) => id.uuid(),
        }
    }

    pub const fn patient(self) -> Option<PatientId> {
        match self {
            Self::Patient(id) => Some(id),
            Self::Account(_) | Self::Tenant(_) => None,
        }
    }

    /// `hash(subject) % 1024`, the hash being the first eight bytes of SHA-256, big-endian. Never changes.
    pub fn lane(self) -> u16 {
        let digest: Hash = Sha256::digest(self.uuid().as_bytes()).into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        #[expect(clippy::cast_possible_truncation, reason = "a remainder of 1024 fits in 16 bits")]
        let lane = (u64::from_be_bytes([a, b, c, d, e, f, g, h]) % u64::from(LANES)) as u16;
        lane
    }
}

/// `<aggregate>/<uuid>`: the history of one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamName {
    text: String,
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a stream name: expected `<aggregate>/<uuid>`")]
pub struct StreamNameError;

impl StreamName {
    pub fn new(aggregate: &str, id: Uuid) -> Self {
        Self { text: format!("{aggregate}/{}", id.hyphenated()), id }
    }
    pub fn aggregate(&self) -> &str {
        self.text.split('/').next().unwrap_or_default()
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for StreamName {
    type Err = StreamNameError;
    fn from_str(text: &str) -> Result<Self, StreamNameError> {
        let (aggregate, id) = text.split_once('/').ok_or(StreamNameError)?;
        Ok(Self::new(aggregate, Uuid::try_parse(id).map_err(|_| StreamNameError)?))
    }
}

/// Everything about a stored event but its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The log's owner, e.g. `consent`.
    pub service: String,
    /// 0 to 1023.
    pub lane: u16,
    /// From 1, no gaps.
    pub lane_seq: u64,
    pub event_id: EventId,
    pub tenant: TenantId,
    pub stream: StreamName,
    /// From 1 in each stream.
    pub revision: u64,
    /// `<aggregate>.<fact>`.
    pub event_type: String,
    pub schema_version: u16,
    pub subject: Uuid,
    pub patient: Option<PatientId>,
    pub actor: Actor,
    pub on_behalf_of: Option<PatientId>,
    pub purpose: Purpose,
    pub correlation: Uuid,
    pub causation: Option<EventId>,
    /// W3C Trace Context of the command.
    pub traceparent: Option<String>,
    /// When it happened, as far as the source knows.
    pub occurred: DateTime<Utc>,
    /// When the log took it.
    pub recorded: DateTime<Utc>,
    pub key_id: Uuid,
    /// What permitted it. None where no rule was asked, for looks, which say it in full, and in events that are older than this.
    pub by_right: Option<Right>,
    pub payload_sha256: Hash,
}

impl Header {
    /// `SHA-256(0x00 || canonical header || payload digest)` (the 0x00 of RFC 6962 section 2.1). The payload enters by its digest, so
    /// that whoever holds an envelope can compute the leaf without the sealed payload. An event that says by what right it was made is
    /// of the second version; the leaves of all others stay what they always were.
    pub fn leaf(&self) -> Hash {
        let mut canonical = Canonical(Sha256::new_with_prefix([0x00]));
        canonical.text(if self.by_right.is_some() { "holdfast-leaf-v2" } else { "holdfast-leaf-v1" });
        canonical.text(&self.service);
        canonical.number(u64::from(self.lane));
        canonical.number(self.lane_seq);
        canonical.uuid(Some(self.event_id.uuid()));
        canonical.uuid(Some(self.tenant.uuid()));
        canonical.text(self.stream.as_str());
        canonical.number(self.revision);
        canonical.text(&self.event_type);
        canonical.number(u64::from(self.schema_version));
        canonical.uuid(Some(self.subject));
        canonical.uuid(self.patient.map(PatientId::uuid));
        canonical.text(&self.actor.to_string());
        canonical.uuid(self.on_behalf_of.map(PatientId::uuid));
        canonical.text(self.purpose.as_str());
        canonical.uuid(Some(self.correlation));
        canonical.uuid(self.causation.map(EventId::uuid));
        canonical.text(self.traceparent.as_deref().unwrap_or_default());
        canonical.time(self.occurred);
        canonical.time(self.recorded);
        canonical.uuid(Some(self.key_id));
        if let Some(right) = &self.by_right {
            canonical.text(right.as_str());
        }
        canonical.0.update(self.payload_sha256);
        canonical.0.finalize().into()
    }
}

/// Each field with its length or its fixed width, so that no two headers have the same bytes.
struct Canonical(Sha256);

impl Canonical {
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }
    /// An absent id is the nil UUID, which names nothing.
    fn uuid(&mut self, id: Option<Uuid>) {
        self.0.update(id.unwrap_or_default().as_bytes());
    }
    fn time(&mut self, time: DateTime<Utc>) {
        self.0.update(time.timestamp_micros().to_be_bytes());
    }
}

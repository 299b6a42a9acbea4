//! What an entry of the log says, and its bytes: ids, counts and digests, nothing of anybody's health. Big-endian, version first.
//!
//! ```text
//! event  01 01 | length, service | lane 2 | lane_seq 8 | event id 16 | leaf 32 | 00
//!        01 01 | length, service | lane 2 | lane_seq 8 | event id 16 | leaf 32 | 01 | chain 32 | patient_seq 8 | previous 32
//! heads  01 02 | time 8, microseconds since 1970 | chains 8 | heads root 32 | previous size 8 | previous root 32
//! ```
use crate::{
    chain::{Chain, ChainKey},
    hash::Hash,
};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, Service};
use uuid::Uuid;

const VERSION: u8 = 1;
const EVENT: u8 = 1;
const HEADS: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Event(EventEntry),
    Heads(HeadsEntry),
}

/// One event of a service's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventEntry {
    pub service: Service,
    pub lane: u16,
    /// From 1 in each lane of a service, no gaps.
    pub lane_seq: u64,
    pub event_id: EventId,
    /// The leaf hash of the event in its service's log, over all of its header and the digest of its content.
    pub leaf: Hash,
    /// None where the event is of no patient.
    pub patient: Option<PatientLink>,
}

/// The entry's place among those of its patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatientLink {
    pub chain: ChainKey,
    /// From 1, no gaps.
    pub seq: u64,
    /// The leaf hash in this log of the patient's entry before; zeros before the first.
    pub previous: Hash,
}

/// Last in the tree of every checkpoint: what all chains have come to, and which checkpoint was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadsEntry {
    /// When the checkpoint was made.
    pub time: DateTime<Utc>,
    pub chains: u64,
    /// Over the heads of all chains, as [`crate::Heads`] makes it.
    pub heads_root: Hash,
    /// Of the checkpoint before; zero and the empty root before the first.
    pub previous_size: u64,
    pub previous_root: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("the entry is of version {0}, which is not known here")]
    Version(u8),
    #[error("the entry is of kind {0}, which is not known here")]
    Kind(u8),
    #[error("the entry ends inside its {0}")]
    Truncated(&'static str),
    #[error("the entry's {0} is malformed")]
    Malformed(&'static str),
    #[error("the entry has {0} bytes too many")]
    Trailing(usize),
}

impl EventEntry {
    pub fn lane_chain(&self) -> Chain {
        Chain::Lane(self.service, self.lane)
    }
}

impl Entry {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        match self {
            Self::Event(event) => event.write(&mut bytes),
            Self::Heads(heads) => heads.write(&mut bytes),
        }
        bytes
    }

    /// Each entry has one spelling: what decodes encodes to the same bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        let mut reader = Reader(bytes);
        let [version] = reader.take("version")?;
        if version != VERSION {
            return Err(EntryError::Version(version));
        }
        let [kind] = reader.take("kind")?;
        let entry = match kind {
            EVENT => Self::Event(EventEntry::read(&mut reader)?),
            HEADS => Self::Heads(HeadsEntry::read(&mut reader)?),
            other => return Err(EntryError::Kind(other)),
        };
        if reader.0.is_empty() { Ok(entry) } else { Err(EntryError::Trailing(reader.0.len())) }
    }
}

impl EventEntry {
    fn write(&self, bytes: &mut Vec<u8>) {
        let service = self.service.as_str();
        bytes.extend([EVENT, u8::try_from(service.len()).unwrap_or(u8::MAX)]);
        bytes.extend_from_slice(service.as_bytes());
        bytes.extend_from_slice(&self.lane.to_be_bytes());
        bytes.extend_from_slice(&self.lane_seq.to_be_bytes());
        bytes.extend_from_slice(self.event_id.uuid().as_bytes());
        bytes.extend_from_slice(&self.leaf);
        bytes.push(u8::from(self.patient.is_some()));
        if let Some(PatientLink { chain, seq, previous }) = &self.patient {
            bytes.extend_from_slice(chain);
            bytes.extend_from_slice(&seq.to_be_bytes());
            bytes.extend_from_slice(previous);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, EntryError> {
        let [length] = reader.take("service")?;
        let service = reader.some("service", usize::from(length))?;
        let service = std::str::from_utf8(service).ok().and_then(|name| name.parse().ok());
        let service = service.ok_or(EntryError::Malformed("service"))?;
        let lane = u16::from_be_bytes(reader.take("lane")?);
        let lane_seq = u64::from_be_bytes(reader.take("lane sequence number")?);
        let event_id = EventId::new(Uuid::from_bytes(reader.take("event id")?));
        let leaf = reader.take("leaf hash")?;
        let patient = match reader.take("patient mark")? {
            [0] => None,
            [1] => Some(PatientLink {
                chain: reader.take("patient chain")?,
                seq: u64::from_be_bytes(reader.take("patient sequence number")?),
                previous: reader.take("previous leaf hash")?,
            }),
            _ => return Err(EntryError::Malformed("patient mark")),
        };
        Ok(Self { service, lane, lane_seq, event_id, leaf, patient })
    }
}

impl HeadsEntry {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(HEADS);
        bytes.extend_from_slice(&self.time.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(&self.chains.to_be_bytes());
        bytes.extend_from_slice(&self.heads_root);
        bytes.extend_from_slice(&self.previous_size.to_be_bytes());
        bytes.extend_from_slice(&self.previous_root);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, EntryError> {
        let micros = i64::from_be_bytes(reader.take("time")?);
        Ok(Self {
            time: DateTime::from_timestamp_micros(micros).ok_or(EntryError::Malformed("time"))?,
            chains: u64::from_be_bytes(reader.take("number of chains")?),
            heads_root: reader.take("heads root")?,
            previous_size: u64::from_be_bytes(reader.take("previous size")?),
            previous_root: reader.take("previous root")?,
        })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], EntryError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(EntryError::Truncated(what))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn some(&mut self, what: &'static str, count: usize) -> Result<&'a [u8], EntryError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(EntryError::Truncated(what))?;
        self.0 = rest;
        Ok(taken)
    }
}

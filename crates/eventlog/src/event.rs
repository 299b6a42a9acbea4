//! Private events and the deciders that make them: typed inside a service, JSON in the log.
use crate::Header;
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    any::Any,
    sync::{Arc, Mutex},
};

/// The events of one aggregate. Encoded as JSON `{"type": "grant.given", "data": {…}}`, by
/// `#[serde(tag = "type", content = "data")]` with each variant renamed to its stored type.
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// First part of the stream's name, e.g. `grant`.
    const AGGREGATE: &'static str;
    /// Version that is written today.
    const SCHEMA_VERSION: u16 = 1;
    /// Whether each stream is sealed under a key of its own, wrapped by its subject's: then it can be erased alone.
    const OWN_KEY: bool = false;

    /// The stored type, e.g. `grant.given`.
    fn event_type(&self) -> &'static str;

    /// Brings a payload of an older version to today's shape.
    fn upcast(event_type: &str, version: u16, _payload: Value) -> Result<Value, DecodeError> {
        Err(DecodeError::Version { event_type: event_type.to_owned(), version })
    }

    fn decode(event_type: &str, version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |source| DecodeError::Malformed { event_type: event_type.to_owned(), source };
        if version == Self::SCHEMA_VERSION {
            return serde_json::from_slice(payload).map_err(malformed);
        }
        let old = serde_json::from_slice(payload).map_err(malformed)?;
        serde_json::from_value(Self::upcast(event_type, version, old)?).map_err(malformed)
    }
}

/// A stored event that this code cannot read. Names the type only: the content may be health data.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("no reader for version {version} of `{event_type}`")]
    Version { event_type: String, version: u16 },
    #[error("the content of a `{event_type}` does not have its shape")]
    Malformed { event_type: String, source: serde_json::Error },
}

/// The rules of one aggregate: pure, synchronous, total.
pub trait Decider {
    type State: Default + Send;
    type Command;
    type Event: Event;
    type Refusal;

    /// What follows from a command, or the broken rule. No events: it is already so.
    fn decide(state: &Self::State, command: Self::Command) -> Result<Vec<Self::Event>, Self::Refusal>;
    /// What a fact makes of the state. Never refuses: it has happened.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}

/// An event out of the log with its content unsealed.
#[derive(Debug, Clone)]
pub struct Opened {
    pub header: Header,
    /// JSON, see [`Event`].
    pub payload: Bytes,
    ahead: Ahead,
}

/// The event itself, where it is at hand before it was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ahead(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Ahead {
    pub(crate) fn of<E: Event>(event: E) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(event)))))
    }
}

impl Opened {
    pub(crate) const fn new(header: Header, payload: Bytes, ahead: Ahead) -> Self {
        Self { header, payload, ahead }
    }

    /// Whether it belongs to the aggregate of `E`.
    pub fn is<E: Event>(&self) -> bool {
        self.header.stream.aggregate() == E::AGGREGATE
    }

    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        let ahead = self.ahead.0.lock().ok().and_then(|mut ahead| ahead.take());
        if let Some(Ok(event)) = ahead.map(|ahead| ahead.downcast::<E>()) {
            return Ok(*event);
        }
        self.decode_stored()
    }

    /// Keeps what the next [`Opened::decode`] answers, after whatever can be done with it already; what cannot be decoded is told there.
    pub fn decode_ahead<E: Event>(&self, then: impl FnOnce(&E)) {
        let Ok(mut ahead) = self.ahead.0.lock() else { return };
        if ahead.is_none() {
            *ahead = self.decode_stored::<E>().ok().map(|event| Box::new(event) as Box<dyn Any + Send>);
        }
        if let Some(event) = ahead.as_ref().and_then(|ahead| ahead.downcast_ref()) {
            then(event);
        }
    }

    fn decode_stored<E: Event>(&self) -> Result<E, DecodeError> {
        E::decode(&self.header.event_type, self.header.schema_version, &self.payload)
    }
}

/// An event as its service tells it to the others: the header and what `public.rs` publishes of the content.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub header: Header,
    pub leaf: crate::Hash,
    pub public_payload: Option<prost_types::Any>,
}

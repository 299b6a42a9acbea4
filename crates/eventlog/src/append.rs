//! What is handed to the log and what comes back.
use crate::{Event, Header, Right, StreamName, Subject, event::Ahead};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use holdfast_types::{Actor, EventId, PatientId, Purpose, RequestId, TenantId};
use uuid::Uuid;

/// Most events in one append, and most bytes of content in one event.
pub const EVENTS_MAX: usize = 25_000;
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Who does it, for whom, why, in which chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub tenant: TenantId,
    pub actor: Actor,
    /// The person acted for, where the actor acts for another.
    pub on_behalf_of: Option<PatientId>,
    pub purpose: Purpose,
    pub correlation: Uuid,
    pub causation: Option<EventId>,
    /// W3C Trace Context of the command.
    pub traceparent: Option<String>,
    /// When it happened, if that is not now: downtime entries, imports.
    pub occurred: Option<DateTime<Utc>>,
    /// What permitted it, where a rule was asked.
    pub by_right: Option<Right>,
}

/// The sender's name for a command: the same id with the same content acts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    /// SHA-256 over who asks for what.
    pub fingerprint: crate::Hash,
}

impl Request {
    /// Of a command that appends in more than one lane, for each beside the first: an id acts once in the whole log.
    #[must_use]
    pub fn step(self, name: &str) -> Self {
        Self { id: RequestId::new(Uuid::new_v5(&self.id.uuid(), name.as_bytes())), ..self }
    }
}

/// All or nothing: events of one subject, hence of one lane.
#[derive(Debug)]
pub struct Append {
    pub subject: Subject,
    pub context: Context,
    pub request: Option<Request>,
    pub streams: Vec<StreamAppend>,
}

#[derive(Debug)]
pub struct StreamAppend {
    pub stream: StreamName,
    /// 0 for a stream that is to begin.
    pub expected_revision: u64,
    pub events: Vec<NewEvent>,
    /// Sealed under a key of the stream's own, see [`Event::OWN_KEY`].
    pub own_key: bool,
}

impl StreamAppend {
    pub fn of<E: Event>(id: Uuid, expected_revision: u64, events: &[E]) -> Result<Self, AppendError> {
        let events = events.iter().map(NewEvent::of).collect::<Result<_, _>>()?;
        let stream = StreamName::new(E::AGGREGATE, id);
        Ok(Self { stream, expected_revision, events, own_key: E::OWN_KEY })
    }
}

/// An encoded event that has no place in the log yet.
#[derive(Debug)]
pub struct NewEvent {
    pub event_type: &'static str,
    pub schema_version: u16,
    pub payload: Bytes,
    /// When this one happened, if that differs from the context's time.
    pub occurred: Option<DateTime<Utc>>,
    /// For the read models, see [`NewEvent::keeping`].
    pub(crate) ahead: Ahead,
}

impl NewEvent {
    /// Of an event that the read models are given as it is, instead of their decoding what was encoded a moment ago. For what comes in
    /// thousands: an event that would be decoded to another is a fault of its encoding, which shows wherever debug assertions are on.
    pub fn keeping<E: Event>(event: E) -> Result<Self, AppendError> {
        let new = Self::of(&event)?;
        debug_assert!(
            E::decode(new.event_type, E::SCHEMA_VERSION, &new.payload)
                .is_ok_and(|stored| serde_json::to_vec(&stored).is_ok_and(|again| again == new.payload)),
            "what is stored is what was kept"
        );
        Ok(Self { ahead: Ahead::of(event), ..new })
    }

    pub fn of<E: Event>(event: &E) -> Result<Self, AppendError> {
        let payload = serde_json::to_vec(event).map_err(AppendError::Encode)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(AppendError::TooLarge);
        }
        Ok(Self { schema_version: E::SCHEMA_VERSION, ..Self::encoded(event.event_type(), payload) })
    }

    /// Of content that is encoded already, in its first version.
    pub fn encoded(event_type: &'static str, payload: impl Into<Bytes>) -> Self {
        Self {
            event_type,
            schema_version: 1,
            payload: payload.into(),
            occurred: None,
            ahead: Ahead::default(),
        }
    }
}

/// A place in a service's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub service: String,
    pub lane: u16,
    pub seq: u64,
}

#[derive(Debug, Clone)]
pub struct Appended {
    /// Of the last event.
    pub position: Position,
    /// The command had acted before: this is the first outcome's position, and nothing was added.
    pub repeated: bool,
    /// Of the events added, in order.
    pub headers: Vec<Header>,
}

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the stream has moved on since it was read")]
    Stale,
    #[error("the request id was used for another command")]
    RequestReused,
    #[error("more than {EVENTS_MAX} events, or an event over {PAYLOAD_BYTES_MAX} bytes")]
    TooLarge,
    #[error("nothing to append")]
    Empty,
    #[error("an event cannot be encoded")]
    Encode(#[source] serde_json::Error),
    #[error("the content cannot be sealed")]
    Seal(#[from] crate::KeyError),
    #[error("a read model refused the events")]
    Projection(#[source] crate::ProjectionError),
    #[error("the event log cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    #[error("the event log is shutting down")]
    ShuttingDown,
}

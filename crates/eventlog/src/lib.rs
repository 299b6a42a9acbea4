//! An event log on PostgreSQL: gap-free lanes, grouped commits, sealing under a key per subject, an outbox to NATS, an inbox
//! that makes effects happen once, and read models in the append transaction.
mod append;
mod bus;
mod committer;
mod copying;
mod event;
mod fault;
mod header;
mod heads;
mod inbox;
mod keys;
mod lease;
mod log;
mod metrics;
mod parking;
mod projection;
mod rebuild;
mod relay;
mod rows;
pub mod schema;
mod seal;
mod source;
mod wire;

pub use append::{
    Append, AppendError, Appended, Context, EVENTS_MAX, NewEvent, PAYLOAD_BYTES_MAX, Position, Request, StreamAppend,
};
pub use bus::{Bus, BusError};
pub use event::{DecodeError, Decider, Envelope, Event, Opened};
pub use header::{Hash, Header, LANES, StreamName, StreamNameError, Subject};
pub use inbox::{Inbox, InboxError, Reaction, ReactionError};
pub use keys::{KeyError, KeyRing, MasterKey};
pub use log::{EventLog, ExecuteError, Executed, Loaded, Parts, Publish, ReadError};
pub use parking::Parked;
pub use projection::{Projection, ProjectionError};
pub use rebuild::{RebuildError, rebuild};
pub use relay::Relay;
pub use rows::{RowError, Stored};
pub use schema::{Databases, SchemaError};
pub use seal::DataKey;
pub use source::{Source, SourceError};
pub use wire::WireError;

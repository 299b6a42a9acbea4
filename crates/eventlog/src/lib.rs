//! An event log on PostgreSQL: gap-free lanes, grouped commits, sealing under a key per subject, an outbox to NATS, an inbox
//! that makes effects happen once, and read models in the append transaction.
//!
//! # A library's books, from nothing to a read model and a listener
//!
//! The rules of one aggregate are a [`Decider`]: pure functions and the facts that they lead to.
//!
//! ```
//! use holdfast_eventlog::{Decider, Event};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(tag = "type", content = "data")]
//! enum BookEvent {
//!     #[serde(rename = "book.lent")]
//!     Lent { reader: String },
//!     #[serde(rename = "book.returned")]
//!     Returned,
//! }
//!
//! impl Event for BookEvent {
//!     const AGGREGATE: &'static str = "book";
//!     fn event_type(&self) -> &'static str {
//!         match self {
//!             Self::Lent { .. } => "book.lent",
//!             Self::Returned => "book.returned",
//!         }
//!     }
//! }
//!
//! enum BookCommand {
//!     Lend { reader: String },
//!     TakeBack,
//! }
//!
//! #[derive(Debug, PartialEq)]
//! struct AlreadyLent;
//!
//! struct Book;
//!
//! impl Decider for Book {
//!     type State = bool; // whether it is out
//!     type Command = BookCommand;
//!     type Event = BookEvent;
//!     type Refusal = AlreadyLent;
//!
//!     fn decide(out: &bool, command: BookCommand) -> Result<Vec<BookEvent>, AlreadyLent> {
//!         match (out, command) {
//!             (false, BookCommand::Lend { reader }) => Ok(vec![BookEvent::Lent { reader }]),
//!             (true, BookCommand::Lend { .. }) => Err(AlreadyLent),
//!             (true, BookCommand::TakeBack) => Ok(vec![BookEvent::Returned]),
//!             (false, BookCommand::TakeBack) => Ok(vec![]), // it is already so
//!         }
//!     }
//!     fn evolve(_: bool, event: &BookEvent) -> bool {
//!         matches!(event, BookEvent::Lent { .. })
//!     }
//! }
//!
//! assert!(Book::decide(&true, BookCommand::TakeBack).is_ok_and(|events| events.len() == 1));
//! assert!(Book::decide(&true, BookCommand::Lend { reader: "another".to_owned() }).is_err());
//! ```
//!
//! A [`Projection`] keeps a table in the append transaction, a [`Reaction`] is what another service makes of the published facts. Both
//! name their tables without schema.
//!
//! ```
//! use holdfast_eventlog::{Envelope, Opened, Projection, ProjectionError, Reaction, ReactionError};
//! use sqlx::PgConnection;
//! # use serde::{Deserialize, Serialize};
//! # #[allow(dead_code)] #[derive(Serialize, Deserialize)] enum BookEvent { Lent { reader: String }, Returned }
//! # impl holdfast_eventlog::Event for BookEvent {
//! #     const AGGREGATE: &'static str = "book";
//! #     fn event_type(&self) -> &'static str { "book.lent" }
//! # }
//!
//! struct Shelf;
//!
//! #[async_trait::async_trait]
//! impl Projection for Shelf {
//!     async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
//!         for opened in events.iter().filter(|opened| opened.is::<BookEvent>()) {
//!             let out = matches!(opened.decode::<BookEvent>()?, BookEvent::Lent { .. });
//!             sqlx::query("INSERT INTO shelf VALUES ($1, $2) ON CONFLICT (book) DO UPDATE SET is_out = $2")
//!                 .bind(opened.header.stream.id())
//!                 .bind(out)
//!                 .execute(&mut *conn)
//!                 .await?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! /// Counts what was lent on each day; each event exactly once, so that counting is safe.
//! struct Lendings;
//!
//! #[async_trait::async_trait]
//! impl Reaction for Lendings {
//!     async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
//!         for envelope in envelopes.iter().filter(|envelope| envelope.header.event_type == "book.lent") {
//!             sqlx::query("INSERT INTO lendings VALUES ($1, 1) ON CONFLICT (day) DO UPDATE SET count = lendings.count + 1")
//!                 .bind(envelope.header.occurred.date_naive())
//!                 .execute(&mut *conn)
//!                 .await?;
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! [`schema::provision`] and [`schema::migrate`] make the databases. An [`EventLog`] appends, a [`Relay`] publishes, another service's
//! [`Inbox`] listens.
//!
//! ```no_run
//! # use holdfast_eventlog::*;
//! # use holdfast_types::{AccountId, SystemClock, SystemIds};
//! # use std::{sync::Arc, time::Duration};
//! # async fn run<Book>(shelf: impl Projection, lendings: impl Reaction, context: Context, stop: tokio_util::sync::CancellationToken,
//! #     reader: uuid::Uuid, book: uuid::Uuid, lend: fn() -> Book::Command) -> Result<(), Box<dyn std::error::Error>>
//! # where Book: Decider<Refusal = std::convert::Infallible> + 'static, Book::State: Sync, Book::Command: Send, Book::Event: Sync {
//! let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
//! let keys = schema::connect("postgres://library:secret@localhost/library_keys", 4)?;
//! let log = EventLog::start(Parts {
//!     service: "library".to_owned(),
//!     pool: schema::connect("postgres://library:secret@localhost/library", 16)?,
//!     keys: KeyRing::new(keys, MasterKey::read("master.key".as_ref())?, clock.clone(), ids.clone()),
//!     clock: clock.clone(),
//!     ids,
//!     projections: vec![Arc::new(shelf)],
//!     publish: Arc::new(|_| Ok(None)), // the header alone
//!     committers: 2,
//! });
//!
//! // When it returns, the fact is durable, sealed under the reader's key, and in the read model.
//! let subject = Subject::Account(AccountId::new(reader));
//! let lent = log.execute::<Book>(subject, book, &context, None, |_| lend()).await?;
//! assert_eq!(lent.revision, 1);
//!
//! let bus = Bus::connect("nats://localhost:4222", "holdfast").await?;
//! let statistics = schema::connect("postgres://statistics:secret@localhost/statistics", 4)?;
//! let (source, reaction) = (Arc::new(log.clone()), Arc::new(lendings));
//! let inbox = Inbox::new("statistics", statistics, source, reaction, clock, Duration::from_secs(1));
//! tokio::join!(
//!     Relay::new(log, bus.clone()).run(stop.clone()),
//!     inbox.run(bus, "statistics".to_owned(), stop),
//! );
//! # Ok(()) }
//! ```
mod append;
mod bus;
mod columns;
mod commands;
mod committer;
mod event;
#[doc(hidden)]
pub mod fault;
mod group;
mod header;
mod heads;
mod inbox;
mod keys;
mod lease;
mod log;
mod metrics;
mod parking;
mod projection;
mod reaction;
mod rebuild;
mod relay;
mod rows;
pub mod schema;
mod seal;
mod source;
mod turns;
mod wire;

pub use append::{
    Append, AppendError, Appended, Context, EVENTS_MAX, NewEvent, PAYLOAD_BYTES_MAX, Position, Request,
    StreamAppend,
};
pub use bus::{Bus, BusError};
pub use event::{Decider, DecodeError, Envelope, Event, Opened};
pub use header::{Hash, Header, LANES, StreamName, StreamNameError, Subject};
pub use inbox::{Inbox, InboxError};
pub use keys::{KeyError, KeyRing, MasterKey};
pub use lease::{Lease, LeaseError};
pub use log::{EventLog, ExecuteError, Executed, Loaded, Parts, Publish, ReadError};
pub use metrics::LATENCY_BOUNDS_MS;
pub use parking::{PARKED_MAX, Parked, parked};
pub use projection::{Projection, ProjectionError};
pub use reaction::{Reaction, ReactionError};
pub use rebuild::{RebuildError, rebuild};
pub use relay::Relay;
pub use rows::{RowError, Stored};
pub use schema::{Databases, SchemaError};
pub use seal::DataKey;
pub use source::{Source, SourceError};
pub use wire::WireError;

//! An event log on PostgreSQL: gap-free lanes, grouped commits, sealing under a key per subject, an outbox to NATS, an inbox
//! that makes effects happen once, and read models in the append transaction.
//!
//! # A library's books, from nothing to a read model and a listener
//!
//! The rules of one aggregate are a [`Decider`]: pure functions and the facts that they lead to. A [`Projection`] keeps a table in the
//! append transaction, a [`Reaction`] is what another service makes of the published facts; both name their tables without schema.
//! [`schema::provision`] and [`schema::migrate`] make the databases. An [`EventLog`] appends, a [`Relay`] publishes, another service's
//! [`Inbox`] listens.
//!
//! ```
//! use holdfast_eventlog::*;
//! use holdfast_types::{AccountId, Actor, Ids as _, Purpose, SystemClock, SystemIds, TenantId};
//! use serde::{Deserialize, Serialize};
//! use sqlx::PgConnection;
//! use std::{sync::Arc, time::Duration};
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
//! #[derive(Debug, PartialEq, thiserror::Error)]
//! #[error("the book is out")]
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
//! /// Which book is out.
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
//!
//! // Two services, each with a database for its log and tables and another for its keys.
//! const SHELF: schema::Migrator = sqlx::migrate!("examples/library/shelf");
//! const LENDINGS: schema::Migrator = sqlx::migrate!("examples/library/lendings");
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! # let servers = holdfast_testkit::servers();
//! # let superuser = servers.postgres_superuser_url.as_str();
//! # let nats = servers.nats_url.as_str();
//! # let host = superuser.split(['@', '/']).nth(3).unwrap();
//! let url = |role: &str, database: &str| format!("postgres://{role}:secret@{host}/{database}");
//! let secret = || "secret".to_owned();
//! let none = schema::Migrator::with_migrations(Vec::new());
//! for (name, views, feeds) in [("library", &SHELF, &none), ("statistics", &none, &LENDINGS)] {
//!     let (owner, keys) = (format!("{name}_owner"), format!("{name}_keys"));
//!     let databases = schema::Databases {
//!         name: name.to_owned(),
//!         owner_password: secret(),
//!         serving_password: secret(),
//!         keys_password: secret(),
//!     };
//!     schema::provision(superuser, &databases).await?;
//!     schema::migrate(&url(&owner, name), name, views, &[feeds]).await?;
//!     schema::migrate_keys(&url(&owner, &keys), &keys).await?;
//! }
//!
//! let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
//! let keys = schema::connect(&url("library_keys", "library_keys"), 4)?;
//! let log = EventLog::start(Parts {
//!     service: "library".to_owned(),
//!     pool: schema::connect(&url("library", "library"), 16)?,
//!     keys: KeyRing::new(keys, MasterKey::new([7; 32]), clock.clone(), ids.clone()),
//!     clock: clock.clone(),
//!     ids: ids.clone(),
//!     projections: vec![Arc::new(Shelf)],
//!     publish: Arc::new(|_| Ok(None)), // the header alone
//!     committers: 2,
//! });
//!
//! // When it returns, the fact is durable, sealed under the reader's key, and in the read model.
//! let (reader, book) = (AccountId::new(ids.next()), ids.next());
//! let context = Context {
//!     tenant: TenantId::new(ids.next()),
//!     actor: Actor::Account(reader),
//!     on_behalf_of: None,
//!     purpose: Purpose::FamilyRequest,
//!     correlation: ids.next(),
//!     causation: None,
//!     traceparent: None,
//!     occurred: None,
//!     by_right: None,
//! };
//! let lend = |_: &Loaded<bool>| BookCommand::Lend { reader: "a child".to_owned() };
//! let lent = log.execute::<Book>(Subject::Account(reader), book, &context, None, lend).await?;
//! assert_eq!((lent.revision, lent.state), (1, true));
//! let is_out: bool =
//!     sqlx::query_scalar("SELECT is_out FROM shelf WHERE book = $1").bind(book).fetch_one(log.pool()).await?;
//! assert!(is_out);
//! let again = log.execute::<Book>(Subject::Account(reader), book, &context, None, lend).await;
//! assert!(matches!(again, Err(ExecuteError::Refused(AlreadyLent))));
//!
//! // Another service hears of it over the bus, or, where the bus is away, by asking the log.
//! let bus = Bus::connect(nats, "library").await?;
//! let statistics = schema::connect(&url("statistics", "statistics"), 4)?;
//! let (source, reaction) = (Arc::new(log.clone()), Arc::new(Lendings));
//! let inbox = Inbox::new("statistics", statistics.clone(), source, reaction, clock, Duration::from_secs(1));
//! let stop = tokio_util::sync::CancellationToken::new();
//! tokio::spawn(Relay::new(log, bus.clone()).run(stop.clone()));
//! tokio::spawn(inbox.clone().run(bus, "statistics".to_owned(), stop.clone()));
//! let heard = inbox.wait_for(&lent.position.ok_or("nothing was done")?, Duration::from_secs(30)).await?;
//! assert!(heard);
//! let count: i64 = sqlx::query_scalar("SELECT sum(count)::bigint FROM lendings").fetch_one(&statistics).await?;
//! assert_eq!(count, 1);
//! stop.cancel();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod again;
mod append;
mod bus;
mod columns;
mod commands;
mod committer;
mod event;
#[doc(hidden)]
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
mod reading;
mod rebuild;
mod relay;
mod right;
mod rows;
pub mod schema;
mod seal;
mod source;
mod traced;
mod turns;
mod wire;

pub use again::{hear_again, still_to_hear};
pub use append::{
    Append, AppendError, Appended, Context, EVENTS_MAX, NewEvent, PAYLOAD_BYTES_MAX, Position, Request,
    StreamAppend,
};
pub use bus::{Bus, BusError};
pub use event::{Decider, DecodeError, Envelope, Event, Opened};
pub use header::{Hash, Header, LANES, StreamName, StreamNameError, Subject};
pub use holdfast_fault as fault;
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
pub use right::{Right, RightError};
pub use rows::{RowError, Stored};
pub use schema::{Databases, SchemaError};
pub use seal::DataKey;
pub use source::{Source, SourceError};
pub use wire::WireError;

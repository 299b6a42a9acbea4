//! The local view of consent: its tables, what feeds them, and the facts that a decision reads from them.
mod erasure;
mod facts;
mod feed;
mod marks;
mod reachable;
mod spans;
mod visits;

pub use erasure::{DocumentErased, Erasure};
pub use facts::{FactsError, GRANTS_MAX, facts};
pub use feed::{ConsentFact, ConsentFeed, apply};
pub use reachable::reachable;
pub use visits::VisitFact;

/// The tables, for the schema that the service keeps them in: `feeds`, or `views` in consent itself.
pub const MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

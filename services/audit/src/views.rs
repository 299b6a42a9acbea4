//! The history: how it is taken in, how it is read, and what is known of the logs' health.
mod decisions;
mod health;
mod history;
mod hypothesis;
mod index;
mod line;
mod reader;
mod rehearsal;
mod verification;

pub use decisions::{Place, ReplayPage, Span, replayed};
pub use health::{LogFault, LogHealth, health};
pub use history::{Cursor, Entry, Filter, Found, History, count, found, page};
pub use hypothesis::{Unconcluded, hypothetical, policies_then};
pub use index::Index;
pub use reader::{read_by, read_by_oneself, readers_of};
pub use rehearsal::{Past, Rehearsed, rehearsed};
pub use verification::{heard, note_faults, note_verified, reached};

use holdfast_eventlog::schema::Migrator;

static OWN: Migrator = sqlx::migrate!("migrations/feeds");
static CONSENT: Migrator = holdfast_access::views::MIGRATIONS;

/// All tables are fed by logs, the service's own among them; there is no projection.
pub fn migrations() -> holdfast_host::Migrations {
    holdfast_host::Migrations { views: Migrator::with_migrations(Vec::new()), feeds: vec![&CONSENT, &OWN] }
}

#[derive(Debug, thiserror::Error)]
#[error("the history's tables cannot be reached")]
pub struct HistoryError(#[from] sqlx::Error);

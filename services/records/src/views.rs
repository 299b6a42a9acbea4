//! Read models of records: patients, items with every version, sources, and the tenant's directory.
mod directory;
mod heads;
mod imports;
mod items;
mod locks;
mod patients;
mod projection;
mod proposals;
mod rows;
mod sealing;
mod sources;
mod steps;
mod summary;

pub(crate) use directory::{directory_heads, directory_keys, names};
pub(crate) use heads::{ItemHead, categories_of, heads};
pub(crate) use imports::{EarlierImport, earlier_import, turn};
pub(crate) use items::{Body, Cursor, Listing, Version, is_withheld, item, list, versions};
pub(crate) use locks::locks;
pub(crate) use patients::{ShownPatient, patients};
pub use projection::RecordViews;
pub(crate) use proposals::{
    ProposalCursor, ProposalState, ShownProposal, proposal, proposal_head, proposals, proposals_named,
    waiting, waiting_count,
};
pub(crate) use sources::SourceSummary;
pub(crate) use steps::{Changed, Moments, StepCursor, changes, moments};
pub(crate) use summary::{CategorySummary, Summary, summary};

use holdfast_eventlog::{KeyError, ReadError, schema::Migrator};

pub(crate) fn migrations() -> Migrator {
    sqlx::migrate!("migrations/views")
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewsError {
    #[error("the read models cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("a read model's content cannot be opened")]
    Key(#[source] KeyError),
    #[error("what a version says cannot be read in the log")]
    Log(#[source] ReadError),
    #[error("a read model holds a malformed {0}")]
    Malformed(&'static str),
}

impl From<ReadError> for ViewsError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(error) => Self::Database(error),
            ReadError::Key(error) => Self::Key(error),
            ReadError::Decode(_) | ReadError::Row(_) => Self::Log(error),
        }
    }
}

impl From<KeyError> for ViewsError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// What these tables hold of a patient `$1`, for the day it is erased.
pub(crate) const OF_PATIENT: &[&str] = &[
    "DELETE FROM patients WHERE patient = $1",
    "DELETE FROM item_versions WHERE patient = $1",
    "DELETE FROM sources WHERE patient = $1",
    "DELETE FROM imports WHERE patient = $1",
    "DELETE FROM proposals WHERE patient = $1",
];

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

fn unsigned(revision: i64) -> u64 {
    u64::try_from(revision).unwrap_or_default()
}

//! Read models of documents, and how far each upload has come.
mod documents;
mod erased;
mod paper;
mod progress;
mod projection;
mod steps;
mod uploads;

pub use documents::{Cursor, Known, Listing, Page, ShownDocument, document, documents, known};
pub use erased::{ErasedPaper, ErasedPapers, cleared, is_erased, uncleared};
pub use progress::{Progress, advance, forget, progress};
pub use projection::Documents;
pub use steps::{Changed, Done, Moments, Step, moments, step};
pub use uploads::{Due, KnownUpload, due, open_uploads, upload};

use holdfast_eventlog::{KeyError, ReadError, schema::Migrator};

/// The table of progress: beside what is heard from others, because it is no projection of the own log.
pub static PROGRESS: Migrator = sqlx::migrate!("migrations/feeds");

#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    #[error("the read models cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("a read model cannot be unsealed")]
    Key(#[from] KeyError),
    #[error("by what right something was done cannot be read in the log")]
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

/// What these tables hold of a patient `$1`, for the day it is erased.
pub(crate) const OF_PATIENT: &[&str] = &[
    "DELETE FROM upload_progress WHERE upload IN (SELECT upload FROM uploads WHERE patient = $1)",
    "DELETE FROM uploads WHERE patient = $1",
    "DELETE FROM documents WHERE patient = $1",
    "DELETE FROM erased_documents WHERE patient = $1",
];

fn word<W: std::str::FromStr>(text: &str, what: &'static str) -> Result<W, ViewsError> {
    text.parse().map_err(|_| ViewsError::Malformed(what))
}

pub fn migrations() -> Migrator {
    sqlx::migrate!("migrations/views")
}

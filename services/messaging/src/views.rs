//! Read models of messaging: threads, messages, and how far each account has read.
mod content;
mod messages;
mod practices;
mod projection;
mod steps;
mod stood;
mod threads;

pub use messages::{ShownMessage, message, messages, newest};
pub use practices::{Practices, is_practice};
pub use projection::Threads;
pub use steps::{Changed, Done, Moments, Step, moments, step};
pub use stood::{thread_as_of, threads_as_of};
pub use threads::{Cursor, ShownThread, place, thread, threads, unread};

use holdfast_eventlog::{KeyError, ReadError};

/// What these tables hold of a patient `$1`, for the day it is erased.
pub(crate) const OF_PATIENT: &[&str] = &[
    "DELETE FROM read_marks WHERE thread IN (SELECT thread FROM threads WHERE patient = $1)",
    "DELETE FROM messages WHERE patient = $1",
    "DELETE FROM threads WHERE patient = $1",
];

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

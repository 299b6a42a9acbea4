//! Read models of messaging: threads, messages, and how far each account has read.
mod content;
mod messages;
mod projection;
mod threads;

pub use messages::{ShownMessage, message, messages, newest};
pub use projection::Threads;
pub use threads::{Cursor, ShownThread, place, thread, threads, unread};

use holdfast_eventlog::KeyError;

#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    #[error("the read models cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("a read model cannot be unsealed")]
    Key(#[from] KeyError),
    #[error("a read model holds a malformed {0}")]
    Malformed(&'static str),
}

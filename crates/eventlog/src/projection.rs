//! Read models of a service's own events, kept in the append transaction.
use crate::{DecodeError, KeyError, Opened};
use sqlx::PgConnection;

/// Idempotent, ordered per stream, restartable from zero. Tables are named without schema: a rebuild runs the same code
/// beside the live tables.
#[async_trait::async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Takes in events of possibly many streams, ordered within each lane.
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError>;
}

#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    #[error("an event cannot be read")]
    Decode(#[from] DecodeError),
    #[error("a read model's content cannot be sealed")]
    Seal(#[source] KeyError),
    #[error("a read model's tables refused")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for ProjectionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<KeyError> for ProjectionError {
    fn from(error: KeyError) -> Self {
        Self::Seal(error)
    }
}

//! Read models of a service's own events, kept in the append transaction.
use crate::{DecodeError, KeyError, Opened};
use futures::future::OptionFuture;
use sqlx::PgConnection;
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};

/// So many events are worth a thread of their own.
const AHEAD_MIN: usize = 200;

/// Idempotent, ordered per stream, restartable from zero. Tables are named without schema: a rebuild runs the same code
/// beside the live tables.
#[async_trait::async_trait]
pub trait Projection: Send + Sync + 'static {
    /// Called before [`Projection::apply`] with the same events, where they are many and are still being inserted: what takes time
    /// but no database is done here ([`Opened::decode_ahead`]).
    fn read_ahead(&self, _events: &[Opened]) {}

    /// Takes in events of possibly many streams, ordered within each lane.
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError>;
}

/// Of many events, beside their insertion: the database has a core of its own.
pub(crate) fn read_ahead(
    projections: &[Arc<dyn Projection>],
    opened: &Arc<Vec<Opened>>,
) -> OptionFuture<JoinHandle<()>> {
    let (projections, read) = (projections.to_vec(), Arc::clone(opened));
    let ahead = move || projections.iter().for_each(|projection| projection.read_ahead(&read));
    (opened.len() >= AHEAD_MIN).then(|| spawn_blocking(ahead)).into()
}

/// Nobody waits until many events are freed.
pub(crate) fn let_go(opened: Arc<Vec<Opened>>) {
    if opened.len() >= AHEAD_MIN {
        drop(spawn_blocking(move || drop(opened)));
    }
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

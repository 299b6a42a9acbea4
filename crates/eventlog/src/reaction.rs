//! What a service makes of others' events, and which failures cannot heal by trying again.
use crate::Envelope;
use sqlx::PgConnection;
use std::sync::Arc;

/// What a service makes of others' events. The connection is inside the checkpoint's transaction.
#[async_trait::async_trait]
pub trait Reaction: Send + Sync + 'static {
    /// Takes note of envelopes whatever becomes of their effect: of parked ones too, and again when they are tried again.
    async fn witness(&self, _conn: &mut PgConnection, _envelopes: &[Envelope]) -> Result<(), ReactionError> {
        Ok(())
    }

    /// Takes in envelopes of one source, ordered within each lane.
    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError>;

    /// Takes out what its tables hold of the source's events, for all of them come once more. What is not made of them alone stays.
    async fn forget(&self, _conn: &mut PgConnection) -> Result<(), ReactionError> {
        Ok(())
    }

    /// Makes room for envelopes that were taken in already and, after [`Reaction::forget`], come once more: before they are witnessed.
    async fn renew(&self, _conn: &mut PgConnection, _envelopes: &[Envelope]) -> Result<(), ReactionError> {
        Ok(())
    }
}

/// Several reactions to one source: one after the other, all or none.
#[async_trait::async_trait]
impl Reaction for Vec<Arc<dyn Reaction>> {
    async fn witness(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for reaction in self {
            reaction.witness(conn, envelopes).await?;
        }
        Ok(())
    }

    async fn react(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for reaction in self {
            reaction.react(conn, envelopes).await?;
        }
        Ok(())
    }

    async fn forget(&self, conn: &mut PgConnection) -> Result<(), ReactionError> {
        for reaction in self {
            reaction.forget(conn).await?;
        }
        Ok(())
    }

    async fn renew(&self, conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), ReactionError> {
        for reaction in self {
            reaction.renew(conn, envelopes).await?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    #[error("the event's public content is malformed: {0}")]
    Malformed(&'static str),
    #[error("the effect cannot be stored")]
    Database(#[source] sqlx::Error),
    /// Beside the database: it is tried again until it is there.
    #[error("what the effect needs cannot be reached")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for ReactionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl ReactionError {
    /// Whether trying again cannot help: data, constraint, syntax; not the server's or the network's state.
    pub(crate) fn is_poison(&self) -> bool {
        match self {
            Self::Malformed(_) => true,
            Self::Away(_) => false,
            Self::Database(sqlx::Error::Database(error)) => error
                .code()
                .is_none_or(|code| ["22", "23", "42", "P0"].iter().any(|class| code.starts_with(class))),
            Self::Database(error) => !matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::Protocol(_)
            ),
        }
    }
}

//! The refusals of the log and of the gate as problems; those of a domain are mapped in its own `api`.
use crate::{Problem, catalogue};
use holdfast_access::Refused;
use holdfast_eventlog::{AppendError, KeyError, ProjectionError, ReadError};
use std::time::Duration;

const RETRY_AFTER: Duration = Duration::from_secs(1);

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match &refused {
            Refused::NotPermitted => Self::new(catalogue::NOT_PERMITTED, "not permitted"),
            Refused::ConsentStale => Self::new(catalogue::CONSENT_STALE, refused.to_string()),
            Refused::Erased => Self::new(catalogue::CONTENT_ERASED, refused.to_string()),
            Refused::Unrecordable(error) => {
                tracing::error!(error = error as &dyn std::error::Error, "an access could not be recorded");
                Self::new(catalogue::UNRECORDABLE, refused.to_string()).retry_after(RETRY_AFTER)
            }
            Refused::Undecidable(error) => {
                tracing::error!(error = error as &dyn std::error::Error, "an access could not be decided");
                Self::new(catalogue::UNRECORDABLE, refused.to_string()).retry_after(RETRY_AFTER)
            }
            Refused::Token(error) => crate::door::refused(*error),
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match &error {
            AppendError::Stale => Self::new(catalogue::CHANGED_MEANWHILE, error.to_string()),
            AppendError::RequestReused => Self::new(catalogue::REQUEST_ID_REUSED, error.to_string()),
            AppendError::TooLarge => Self::new(catalogue::COMMAND_TOO_LARGE, error.to_string()),
            AppendError::Seal(KeyError::Destroyed)
            | AppendError::Projection(ProjectionError::Seal(KeyError::Destroyed)) => {
                Self::new(catalogue::CONTENT_ERASED, "the content was erased")
            }
            AppendError::Unavailable(_)
            | AppendError::ShuttingDown
            | AppendError::Seal(KeyError::Unavailable(_))
            | AppendError::Projection(ProjectionError::Seal(KeyError::Unavailable(_))) => unavailable(&error),
            AppendError::Empty
            | AppendError::Encode(_)
            | AppendError::Seal(_)
            | AppendError::Projection(_) => Self::internal(&error),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Key(KeyError::Destroyed) => {
                Self::new(catalogue::CONTENT_ERASED, "the content was erased")
            }
            ReadError::Unavailable(_) | ReadError::Key(KeyError::Unavailable(_)) => unavailable(&error),
            ReadError::Key(_) | ReadError::Decode(_) | ReadError::Row(_) => Self::internal(&error),
        }
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::warn!(error, "the event log cannot be reached");
    Problem::new(catalogue::LOG_UNAVAILABLE, "the event log cannot be reached").retry_after(RETRY_AFTER)
}

//! Which reason each refusal leaves with.
use crate::{app::Failure, domain::thread::Refusal, views::ViewsError};
use holdfast_host::{Problem, catalogue};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(refused) => refused.into(),
            Failure::Thread(refusal) => of_thread(refusal),
            Failure::AfterUnknown => {
                Self::of_field(catalogue::MESSAGE_UNKNOWN, "after_message_id", failure.to_string())
            }
            Failure::PracticeUnknown => {
                Self::of_field(catalogue::PRACTICE_UNKNOWN, "practice_id", failure.to_string())
            }
            Failure::IdentityAway(ref error) => {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "identity cannot be asked for practices"
                );
                Self::new(catalogue::PEER_UNAVAILABLE, failure.to_string()).with("service", "identity")
            }
            Failure::Append(error) => error.into(),
            Failure::Read(error) => error.into(),
            Failure::Views(ViewsError::Database(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the read models cannot be reached");
                Self::new(catalogue::LOG_UNAVAILABLE, "the read models cannot be reached")
            }
            Failure::Views(ViewsError::Key(error)) => holdfast_eventlog::ReadError::Key(error).into(),
            Failure::Views(error @ (ViewsError::Log(_) | ViewsError::Malformed(_))) => Self::internal(&error),
        }
    }
}

fn of_thread(refusal: Refusal) -> Problem {
    let (reason, field) = match refusal {
        // A thread's id follows from the request's: it was used before.
        Refusal::AlreadyStarted => (catalogue::REQUEST_ID_REUSED, "request_id"),
        Refusal::NotStarted => (catalogue::THREAD_UNKNOWN, "thread_id"),
        Refusal::Closed => (catalogue::THREAD_CLOSED, "thread_id"),
        Refusal::Full => (catalogue::THREAD_FULL, "thread_id"),
        Refusal::NoSuchMessage => (catalogue::MESSAGE_UNKNOWN, "message_id"),
    };
    Problem::of_field(reason, field, refusal.to_string())
}

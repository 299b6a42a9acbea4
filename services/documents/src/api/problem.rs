//! Which reason each refusal leaves with.
use crate::{
    app::Failure,
    domain::{document, upload},
    objects::ObjectsError,
    views::ViewsError,
};
use holdfast_eventlog::ReadError;
use holdfast_host::{Problem, catalogue};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(refused) => refused.into(),
            Failure::Upload(refusal) => of_upload(refusal),
            Failure::Document(refusal) => of_document(refusal),
            Failure::Append(error) => error.into(),
            Failure::Read(error) => error.into(),
            Failure::Views(ViewsError::Database(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the read models cannot be reached");
                Self::new(catalogue::LOG_UNAVAILABLE, "the read models cannot be reached")
            }
            Failure::Views(ViewsError::Key(error)) | Failure::Key(error) => ReadError::Key(error).into(),
            Failure::Views(error @ ViewsError::Malformed(_)) => Self::internal(&error),
            Failure::Objects(error) => of_objects(error),
            Failure::Message(problem) => problem,
            Failure::BrokenOff => Self::new(catalogue::CALL_TIMED_OUT, "the stream broke off"),
            Failure::Task(error) => Self::internal(&error),
        }
    }
}

fn of_upload(refusal: upload::Refusal) -> Problem {
    use upload::Refusal;
    let (reason, received) = match refusal {
        // An upload's id follows from the request's: it was used before.
        Refusal::AlreadyStarted => (catalogue::REQUEST_ID_REUSED, None),
        Refusal::NotStarted => (catalogue::UPLOAD_UNKNOWN, None),
        Refusal::TooLarge => (catalogue::DOCUMENT_TOO_LARGE, None),
        Refusal::TooManyOpen => (catalogue::TOO_MANY_UPLOADS, None),
        Refusal::Ended => (catalogue::UPLOAD_ENDED, None),
        Refusal::OffsetWrong { received } => (catalogue::UPLOAD_OFFSET_WRONG, Some(received)),
        Refusal::Overfull { received } => (catalogue::UPLOAD_OVERFULL, Some(received)),
        Refusal::Incomplete { received } => (catalogue::UPLOAD_INCOMPLETE, Some(received)),
        Refusal::DigestMismatch => (catalogue::DIGEST_MISMATCH, None),
        Refusal::MediaTypeMismatch => (catalogue::MEDIA_TYPE_MISMATCH, None),
        Refusal::MediaTypeNotAllowed => (catalogue::MEDIA_TYPE_NOT_ALLOWED, None),
    };
    let problem = Problem::new(reason, refusal.to_string());
    match received {
        Some(received) => problem.with("received_bytes", received),
        None => problem,
    }
}

fn of_document(refusal: document::Refusal) -> Problem {
    use document::Refusal;
    let reason = match refusal {
        Refusal::AlreadyAdded => catalogue::REQUEST_ID_REUSED,
        Refusal::NotAdded => catalogue::DOCUMENT_UNKNOWN,
        Refusal::AlreadyWithdrawn => catalogue::ALREADY_WITHDRAWN,
        Refusal::NotAsSeen => catalogue::ETAG_MISMATCH,
    };
    Problem::new(reason, refusal.to_string())
}

fn of_objects(error: ObjectsError) -> Problem {
    match error {
        ObjectsError::Unavailable(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the object store cannot be reached");
            Problem::new(catalogue::STORE_UNAVAILABLE, "the object store cannot be reached")
        }
        ObjectsError::Damaged { number } => {
            tracing::error!(part = number, "a stored part is missing or not what was put there");
            Problem::new(catalogue::DOCUMENT_DAMAGED, "a part is missing or not what was stored")
        }
        ObjectsError::Seal(error) => ReadError::Key(error).into(),
    }
}

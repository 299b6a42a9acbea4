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
            Failure::Views(error @ (ViewsError::Log(_) | ViewsError::Malformed(_))) => Self::internal(&error),
            Failure::Objects(error) => of_objects(error),
            Failure::Message(problem) => problem,
            Failure::BrokenOff => Self::new(catalogue::CALL_TIMED_OUT, "the stream broke off"),
            Failure::Task(error) => Self::internal(&error),
        }
    }
}

fn of_upload(refusal: upload::Refusal) -> Problem {
    use upload::Refusal;
    let (reason, field) = match refusal {
        // An upload's id follows from the request's: it was used before.
        Refusal::AlreadyStarted => (catalogue::REQUEST_ID_REUSED, "request_id"),
        Refusal::NotStarted => (catalogue::UPLOAD_UNKNOWN, "upload_id"),
        Refusal::TooLarge => (catalogue::DOCUMENT_TOO_LARGE, "size_bytes"),
        Refusal::TooManyOpen => (catalogue::TOO_MANY_UPLOADS, "patient_id"),
        Refusal::Ended => (catalogue::UPLOAD_ENDED, "upload_id"),
        Refusal::OffsetWrong { .. } => (catalogue::UPLOAD_OFFSET_WRONG, "offset_bytes"),
        Refusal::Overfull { .. } => (catalogue::UPLOAD_OVERFULL, "chunk"),
        Refusal::Incomplete { .. } => (catalogue::UPLOAD_INCOMPLETE, "upload_id"),
        Refusal::DigestMismatch => (catalogue::DIGEST_MISMATCH, "sha256"),
        Refusal::MediaTypeMismatch => (catalogue::MEDIA_TYPE_MISMATCH, "media_type"),
        Refusal::MediaTypeNotAllowed => (catalogue::MEDIA_TYPE_NOT_ALLOWED, "media_type"),
    };
    // What was announced when the upload was started is named by that request's fields.
    let problem = Problem::of_field(reason, field, refusal.to_string());
    match refusal {
        Refusal::OffsetWrong { received }
        | Refusal::Overfull { received }
        | Refusal::Incomplete { received } => problem.with("received_bytes", received),
        _ => problem,
    }
}

fn of_document(refusal: document::Refusal) -> Problem {
    use document::Refusal;
    let (reason, field) = match refusal {
        Refusal::AlreadyAdded => (catalogue::REQUEST_ID_REUSED, "request_id"),
        Refusal::NotAdded => (catalogue::DOCUMENT_UNKNOWN, "document_id"),
        Refusal::AlreadyWithdrawn => (catalogue::ALREADY_WITHDRAWN, "document_id"),
        Refusal::NotAsSeen => (catalogue::ETAG_MISMATCH, "etag"),
    };
    Problem::of_field(reason, field, refusal.to_string())
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

//! The one place that turns a refusal into a gRPC status.
use crate::{catalogue, reason::Reason, rpc};
use std::{collections::HashMap, error::Error, fmt, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "holdfast";
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Why a call is refused. Neither message nor metadata hold health data, names or tokens.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    reason: &'static Reason,
    message: String,
    metadata: HashMap<String, String>,
    fields: Vec<(String, String)>,
    retry_delay: Option<Duration>,
}

impl Problem {
    /// The message is for whoever reads a log: lower-case, without full stop.
    pub fn new(reason: &'static Reason, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            fields: Vec::new(),
            retry_delay: (reason.code() == Code::Unavailable).then_some(RETRY_DELAY),
        }))
    }

    /// One field is wrong.
    pub fn of_field(
        reason: &'static Reason,
        field: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let (field, description) = (field.into(), description.into());
        Self::new(reason, format!("`{field}`: {description}")).field(field, description)
    }

    /// What nobody expected: logged here with its chain of causes; outside it is only a correlation id.
    pub fn internal(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a call failed in an unexpected way");
        let problem =
            Self::new(catalogue::INTERNAL_FAULT, "an internal fault; see the log under the correlation id");
        match rpc::correlation() {
            Some(id) => problem.with("correlation_id", id),
            None => problem,
        }
    }

    /// A value that a program may want to read.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// One more field that is wrong, by its path in the request.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.fields.push((field.into(), description.into()));
        self
    }

    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_delay = Some(delay);
        self
    }

    pub fn reason(&self) -> &'static Reason {
        self.0.reason
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for Problem {}

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        let Inner { reason, message, metadata, fields, retry_delay } = *problem.0;
        let mut details = ErrorDetails::new();
        details.set_error_info(reason.name(), ERROR_DOMAIN, metadata);
        for (field, description) in fields {
            details.add_bad_request_violation(field, description);
        }
        if retry_delay.is_some() {
            details.set_retry_info(retry_delay);
        }
        Self::with_error_details(reason.code(), message, details)
    }
}

/// The reason that a peer gave for refusing.
pub fn reason_of(status: &Status) -> Option<&'static Reason> {
    let details = status.get_error_details();
    let info = details.error_info()?;
    (info.domain == ERROR_DOMAIN).then(|| catalogue::find(&info.reason)).flatten()
}

/// Where a peer says that something is wrong, in what it was sent.
pub fn place_of(status: &Status) -> Option<String> {
    let details = status.get_error_details();
    details.error_info().filter(|info| info.domain == ERROR_DOMAIN)?.metadata.get("place").cloned()
}

/// What the transport refused before any handler saw it, in our words; None when it is not the transport's.
/// Streams show it when they are read: a use case passes what its stream failed with.
pub fn of_transport(status: &Status) -> Option<Problem> {
    if !status.details().is_empty() {
        return None;
    }
    // tonic tells these apart by nothing but their texts; the tests hold them.
    match status.code() {
        Code::Internal if status.message().starts_with("failed to decode Protobuf message") => {
            let (message, place) = ("the message is not valid protobuf", malformed_field(status.message()));
            Some(match place.as_str() {
                "" => Problem::new(catalogue::MESSAGE_MALFORMED, message).with("place", "message"),
                field => Problem::of_field(catalogue::MESSAGE_MALFORMED, field, message),
            })
        }
        Code::OutOfRange if status.message().contains("message length too large") => {
            Some(Problem::new(catalogue::MESSAGE_TOO_LARGE, "the message is too large"))
        }
        Code::Unimplemented => Some(Problem::new(catalogue::METHOD_UNKNOWN, "no such method")),
        _ => None,
    }
}

/// The path to what cannot be decoded, out of `…: Inner.field: Outer.field: what is wrong`.
fn malformed_field(text: &str) -> String {
    let is_name = |name: &str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let steps = text.split(": ").skip(1).map_while(|step| match step.split_once('.') {
        Some((message, field)) if is_name(message) && is_name(field) => Some(field),
        _ => None,
    });
    let mut steps: Vec<_> = steps.collect();
    steps.reverse();
    steps.join(".")
}

pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_a_status_with_its_reason_fields_and_metadata() {
        let status = Status::from(
            Problem::of_field(catalogue::TEXT_TOO_LONG, "tenant.display_name", "at most 200 characters")
                .with("characters_max", 200),
        );
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason_of(&status), Some(catalogue::TEXT_TOO_LONG));
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().domain, "holdfast");
        assert_eq!(details.error_info().unwrap().metadata["characters_max"], "200");
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "tenant.display_name");
        assert!(details.retry_info().is_none());
    }

    #[test]
    fn what_cannot_be_decoded_is_named_by_its_path() {
        use holdfast_proto::records::v1::UpdatePatientRequest;
        use prost::Message as _;
        // demographics (3) { preferred_name (…) } with a byte that is no UTF-8.
        let sound = UpdatePatientRequest {
            demographics: Some(holdfast_proto::records::v1::Demographics {
                preferred_name: "~".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let bytes: Vec<u8> =
            sound.encode_to_vec().into_iter().map(|byte| if byte == b'~' { 0xff } else { byte }).collect();
        let error = UpdatePatientRequest::decode(bytes.as_slice()).unwrap_err();
        let status = Status::from(of_transport(&Status::internal(error.to_string())).unwrap());
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        assert_eq!(violations[0].field, "demographics.preferred_name");
        assert_eq!(malformed_field("failed to decode Protobuf message: buffer underflow"), "");
    }

    #[test]
    fn what_is_unavailable_says_when_to_try_again() {
        let status = Status::from(Problem::new(catalogue::LOG_UNAVAILABLE, "the log is away"));
        let delay = status.get_error_details().retry_info().unwrap().retry_delay;
        assert_eq!(delay, Some(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn an_internal_fault_shows_its_correlation_id_and_nothing_of_its_cause() {
        let id = uuid::Uuid::from_u128(7);
        let status = rpc::with_correlation(id, async {
            Status::from(Problem::internal(&std::io::Error::other("disk of patient 7 on fire")))
        })
        .await;
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("fire"));
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["correlation_id"], id.to_string());
    }

    #[test]
    fn the_chain_names_every_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        assert_eq!(chain(&Outer(std::io::Error::other("inner"))), "outer: inner");
    }
}

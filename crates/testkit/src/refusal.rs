//! What a refusal says: its reason, the place that is wrong, what goes with it.
use holdfast_host::status::reason_of;
use std::fmt::Debug;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// What is wrong with a message before there is a field, and with what goes along with one.
const OF_NO_FIELD: &[&str] = &["MESSAGE_MALFORMED", "METADATA_MALFORMED", "PURPOSE_UNKNOWN"];

/// The name of the reason in the catalogue. Whoever asked wrongly is told where.
#[track_caller]
pub fn reason(status: &Status) -> &'static str {
    let reason = reason_of(status).unwrap_or_else(|| panic!("no reason of the catalogue: {status:?}")).name();
    let is_told =
        status.code() != Code::InvalidArgument || OF_NO_FIELD.contains(&reason) || !place(status).is_empty();
    assert!(is_told, "{reason} names no place: {status:?}");
    reason
}

/// The status of a call that must be refused.
pub fn refused<T: Debug>(result: Result<T, Status>) -> Status {
    result.expect_err("not refused")
}

/// Where in the request it is: the fields that are wrong, or else the place inside a file.
pub fn place(status: &Status) -> String {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| {
        bad.field_violations.iter().map(|violation| violation.field.clone()).collect::<Vec<_>>().join(", ")
    });
    fields.unwrap_or_else(|| metadata(status, "place"))
}

/// Reason and place at once.
pub fn reason_at<T: Debug>(result: Result<T, Status>) -> (&'static str, String) {
    let status = refused(result);
    (reason(&status), place(&status))
}

/// A value that goes with the refusal; empty where there is none.
pub fn metadata(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key)).cloned().unwrap_or_default()
}

/// Whether it says when to try again.
pub fn says_when_to_retry(status: &Status) -> bool {
    status.get_error_details().retry_info().is_some_and(|info| info.retry_delay.is_some())
}

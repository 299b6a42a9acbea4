//! Why a handler cannot answer, and the one place where a refusal of a service becomes a page.
use crate::{
    alias::base32,
    line,
    pages::{
        Frame, show_as,
        sign_in::SignedOut,
        trouble::{Trouble, TroublePage},
    },
};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use holdfast_host::{Reason, catalogue, status::reason_of};
use holdfast_types::Service;
use http::{HeaderValue, StatusCode, header};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// As the page says: in a minute.
const AGAIN_SECONDS: &str = "60";

/// What a handler answers with.
pub type Answer = Result<Response, Failure>;

/// A handler that wants to say more than the page of trouble looks at `reason`, `fields` and `place` first.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    /// Of the error catalogue.
    pub reason: Option<&'static Reason>,
    /// The request's fields that are wrong, by their paths.
    pub fields: Vec<String>,
    /// Where in a file something is wrong.
    pub place: Option<String>,
    /// The last day on which something must be kept.
    pub retain_until: Option<NaiveDate>,
    /// Who does not answer, where something does not.
    pub away: Option<Service>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// The account's roles want a second factor before anything else.
    SecondFactor,
    /// Who is there is to be shown again.
    StepUp,
    Trouble(Trouble),
}

impl Failure {
    pub fn of(trouble: Trouble) -> Self {
        Self::plain(FailureKind::Trouble(trouble))
    }

    pub fn signed_out() -> Self {
        Self::plain(FailureKind::SignedOut)
    }

    pub(crate) fn second_factor() -> Self {
        Self::plain(FailureKind::SecondFactor)
    }

    pub(crate) fn step_up() -> Self {
        Self::plain(FailureKind::StepUp)
    }

    pub fn not_shown() -> Self {
        Self::of(Trouble::NotShown)
    }

    /// A page that is not for whoever asks is shown to nobody else, however empty its form is.
    pub fn shown_if(is_theirs: bool) -> Result<(), Self> {
        is_theirs.then_some(()).ok_or_else(Self::not_shown)
    }

    pub fn bad_form() -> Self {
        Self::of(Trouble::BadForm)
    }

    fn plain(kind: FailureKind) -> Self {
        Self { kind, reason: None, fields: Vec::new(), place: None, retain_until: None, away: None }
    }

    pub fn is(&self, reason: &Reason) -> bool {
        self.reason.is_some_and(|own| own.name() == reason.name())
    }

    /// The path of the first wrong field, whose beginning may differ: `demographics.birth_date` ends with `birth_date`.
    pub fn names(&self, field: &str) -> bool {
        self.fields.iter().any(|own| own.rsplit('.').next() == Some(field))
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let violations = details.bad_request().map(|request| request.field_violations.as_slice());
        let fields = violations.unwrap_or_default().iter().map(|wrong| wrong.field.clone()).collect();
        let told = |name| details.error_info().and_then(|info| info.metadata.get(name));
        let (place, retain_until) = (told("place").cloned(), told("retain_until_date"));
        let retain_until = retain_until.and_then(|date| date.parse().ok());
        let reason = reason_of(&status);
        // A service that needs another one says which; of anything else it speaks for itself.
        let other = details.error_info().and_then(|info| info.metadata.get("service")?.parse().ok());
        let kind = kind_of(status.code(), reason);
        let says = [Trouble::Unavailable, Trouble::Unrecordable].map(FailureKind::Trouble).contains(&kind);
        let away = other.or_else(|| line::of(&status)).filter(|_| says);
        if kind == FailureKind::Trouble(Trouble::Failed) {
            tracing::error!(code = ?status.code(), reason = reason.map(Reason::name), "a service failed");
        } else if kind == FailureKind::Trouble(Trouble::Unavailable) {
            let service = away.map(Service::as_str);
            tracing::warn!(code = ?status.code(), reason = reason.map(Reason::name), service, "a service does not answer");
        }
        Self { kind, reason, fields, place, retain_until, away }
    }
}

fn is_away(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
}

fn kind_of(code: Code, reason: Option<&'static Reason>) -> FailureKind {
    let is = |one: &Reason| reason.is_some_and(|own| own.name() == one.name());
    if code == Code::Unauthenticated {
        return FailureKind::SignedOut;
    }
    if is(catalogue::STEP_UP_REQUIRED) {
        return FailureKind::StepUp;
    }
    let large = [
        catalogue::MESSAGE_TOO_LARGE,
        catalogue::COMMAND_TOO_LARGE,
        catalogue::BUNDLE_TOO_LARGE,
        catalogue::DOCUMENT_TOO_LARGE,
    ];
    FailureKind::Trouble(match code {
        _ if is(catalogue::UNRECORDABLE) => Trouble::Unrecordable,
        _ if is(catalogue::CONSENT_STALE) => Trouble::SharingLate,
        _ if large.iter().any(|one| is(one)) => Trouble::TooLarge,
        Code::PermissionDenied | Code::NotFound => Trouble::NotShown,
        code if is_away(code) => Trouble::Unavailable,
        Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::AlreadyExists
        | Code::ResourceExhausted
        | Code::DataLoss => Trouble::BadForm,
        _ => Trouble::Failed,
    })
}

/// Carries itself to the entrance, which knows the visitor and draws the page.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.kind {
            FailureKind::SignedOut => StatusCode::UNAUTHORIZED,
            FailureKind::SecondFactor | FailureKind::StepUp => StatusCode::FORBIDDEN,
            FailureKind::Trouble(trouble) => trouble.status(),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a refusal that is no page of ours stands for: of the router, of an extractor.
pub(crate) fn of_bare(status: StatusCode) -> Option<Failure> {
    let trouble = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Trouble::NotShown,
        StatusCode::PAYLOAD_TOO_LARGE => Trouble::TooLarge,
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            Trouble::BadForm
        }
        StatusCode::INTERNAL_SERVER_ERROR => Trouble::Failed,
        _ => return None,
    };
    Some(Failure::of(trouble))
}

/// The page of a failure. An address that a service cannot read is an address of nothing.
pub(crate) fn page(failure: &Failure, frame: Frame, correlation: Uuid, reading: bool) -> Response {
    match failure.kind {
        // The entrance leads to the factor before it asks for a page.
        FailureKind::SignedOut | FailureKind::SecondFactor | FailureKind::StepUp => show_as(
            StatusCode::UNAUTHORIZED,
            &SignedOut { frame: Frame { session_seconds: None, ..frame }, by_time: true },
        ),
        FailureKind::Trouble(trouble) => {
            let trouble = if reading && trouble == Trouble::BadForm { Trouble::NotShown } else { trouble };
            let page = TroublePage {
                frame,
                trouble,
                away: failure.away,
                number: number(correlation),
                problems: Vec::new(),
                back: None,
            };
            let mut response = show_as(trouble.status(), &page);
            if trouble.status() == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN_SECONDS));
            }
            response
        }
    }
}

/// What a person quotes; it stands in the request's log line, too.
pub(crate) fn number(correlation: Uuid) -> String {
    let text = base32(correlation.as_bytes().get(11..).unwrap_or_default()).to_uppercase();
    let (first, last) = text.split_at_checked(4).unwrap_or((&text, ""));
    format!("R-{first}-{last}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::Problem;

    fn kind(reason: &'static Reason) -> FailureKind {
        Failure::from(Status::from(Problem::new(reason, "no"))).kind
    }

    #[test]
    fn refused_and_not_found_are_one_page() {
        for reason in [catalogue::NOT_PERMITTED, catalogue::ITEM_UNKNOWN, catalogue::RECORD_UNKNOWN] {
            assert_eq!(kind(reason), FailureKind::Trouble(Trouble::NotShown), "{}", reason.name());
        }
    }

    #[test]
    fn what_has_a_page_of_its_own_gets_it() {
        assert_eq!(kind(catalogue::UNRECORDABLE), FailureKind::Trouble(Trouble::Unrecordable));
        assert_eq!(kind(catalogue::CONSENT_STALE), FailureKind::Trouble(Trouble::SharingLate));
        assert_eq!(kind(catalogue::BUNDLE_TOO_LARGE), FailureKind::Trouble(Trouble::TooLarge));
        assert_eq!(kind(catalogue::LOG_UNAVAILABLE), FailureKind::Trouble(Trouble::Unavailable));
        assert_eq!(kind(catalogue::SESSION_ENDED), FailureKind::SignedOut);
        assert_eq!(kind(catalogue::TOKEN_EXPIRED), FailureKind::SignedOut);
        assert_eq!(kind(catalogue::INTERNAL_FAULT), FailureKind::Trouble(Trouble::Failed));
    }

    #[test]
    fn every_refusal_of_the_catalogue_has_a_page_and_only_a_fault_is_ours() {
        for reason in catalogue::ALL {
            let ours = kind(reason) == FailureKind::Trouble(Trouble::Failed);
            assert_eq!(
                ours,
                matches!(reason.code(), Code::Internal | Code::Unimplemented),
                "{}",
                reason.name()
            );
        }
    }

    #[test]
    fn a_failure_keeps_what_is_wrong_and_where() {
        let problem = Problem::of_field(catalogue::DATE_IMPOSSIBLE, "demographics.birth_date", "no such day");
        let failure = Failure::from(Status::from(problem));
        assert!(
            failure.is(catalogue::DATE_IMPOSSIBLE) && failure.names("birth_date") && !failure.names("phone")
        );
        let problem = Problem::new(catalogue::BUNDLE_MALFORMED, "no").with("place", "Bundle.entry[1]");
        assert_eq!(Failure::from(Status::from(problem)).place.as_deref(), Some("Bundle.entry[1]"));
    }

    #[test]
    fn whoever_is_away_is_named_and_nobody_else() {
        let away = |problem: Problem| Failure::from(Status::from(problem)).away;
        let peer = Problem::new(catalogue::PEER_UNAVAILABLE, "no").with("service", Service::Consent);
        assert_eq!(away(peer), Some(Service::Consent));
        assert_eq!(away(Problem::new(catalogue::NOT_PERMITTED, "no").with("service", "records")), None);
        assert_eq!(away(Problem::new(catalogue::LOG_UNAVAILABLE, "no")), None, "nobody has said whose");
    }

    #[test]
    fn the_number_to_quote_is_of_the_request() {
        assert_eq!(number(Uuid::from_u128(0)), "R-0000-0000");
        assert_ne!(number(Uuid::from_u128(1)), number(Uuid::from_u128(2)));
    }
}

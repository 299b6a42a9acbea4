//! SMART Health Links as others open them: the manifest of a link, and its file where it is not in the manifest (HL7, SMART Health Cards
//! and Links, 1.0). Everybody may ask from everywhere, without a cookie: who has the secret of an address is whom it is for. The secret
//! stands in no line of a log, as no address does, and of what is answered nothing is kept anywhere.
mod address;
mod content;
mod document;
mod jwe;

pub(crate) use address::Made;

use crate::{
    entrance::Correlation,
    network,
    site::Site,
    words::{Lang, Words},
};
use address::MANIFESTS;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Path, State, rejection::JsonRejection},
    response::{IntoResponse as _, Response},
    routing::get,
};
use chrono::TimeDelta;
use content::Bearer;
use holdfast_host::{catalogue, client::Outgoing, status::reason_of};
use holdfast_proto::identity::v1::{IssueLinkTokenRequest, issue_link_token_request::Shown};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Each holds what a link gives out in memory.
pub(crate) const OPENINGS_MAX: usize = 4;
pub(crate) const NETWORKS_MAX: usize = 10_000;
/// From one network: more than a school's front office needs.
const ASKED_PER_MINUTE_MAX: u32 = 30;
const ASKED_BYTES_MAX: usize = 4 * 1024;
/// FHIR R4, as the specification names it.
const CONTENT_TYPE: &str = "application/fhir+json";
/// As consent has it.
const RECIPIENT_CHARACTERS_MAX: usize = 100;

const HEADERS: [(HeaderName, &str); 7] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/shl/{secret}", get(elsewhere).post(manifest).options(allowed))
        .route("/shl/{secret}/file", get(file).options(allowed))
        .layer(DefaultBodyLimit::max(ASKED_BYTES_MAX))
        .layer(axum::middleware::map_response(dressed))
}

async fn dressed(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn allowed() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// A manifest is asked for by POST alone, so that no browser's guess is an opening.
async fn elsewhere() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    recipient: String,
    #[serde(default)]
    passcode: String,
    embedded_length_max: Option<u64>,
}

/// Who asks, and from where.
struct Visit {
    saying: Outgoing,
    words: Words,
    /// Whether the network has asked too often.
    too_often: bool,
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Infallible> {
        let from = network::address(parts, site.pages.proxies);
        let correlation = parts.extensions.get::<Correlation>().map_or_else(|| site.ids.next(), |id| id.0);
        let (now, minute) = (site.now(), site.now().timestamp().div_euclid(60));
        let asked = from.map(|from| (from, minute));
        let before = asked.and_then(|key| site.asked.get(&key, now)).unwrap_or_default();
        if let Some(key) = asked {
            site.asked.put(key, before.saturating_add(1), now + TimeDelta::minutes(1), now);
        }
        Ok(Self {
            saying: Outgoing::new().correlation(correlation).client(from),
            words: words(&parts.headers),
            too_often: before >= ASKED_PER_MINUTE_MAX,
        })
    }
}

fn words(headers: &HeaderMap) -> Words {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Words::new(Lang::preferred(accepted.unwrap_or_default()))
}

async fn manifest(
    State(site): State<Arc<Site>>,
    visit: Visit,
    Path(secret): Path<String>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    let Ok(Json(Asked { recipient, passcode, embedded_length_max })) = asked else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let recipient = one_line(&recipient);
    if recipient.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let asked = IssueLinkTokenRequest {
        request_id: site.ids.next().to_string(),
        shown: Some(Shown::Secret(secret)),
        passcode,
        recipient,
    };
    let bearer = match opened(&site, visit, asked).await {
        Ok(bearer) => bearer,
        Err(answer) => return answer,
    };
    let beside = || ("location", location(&site, &bearer.opened().ticket));
    let (name, file) = match embedded_length_max {
        // Whoever limits the length fetches the file: what is not taken is not looked up.
        Some(_) => beside(),
        None => match sealed(&bearer).await {
            Ok(file) => ("embedded", file),
            // The opening is counted: what does not answer now may be fetched when it does.
            Err(status) if refused(&status).status() == StatusCode::SERVICE_UNAVAILABLE => beside(),
            Err(status) => return refused(&status),
        },
    };
    Json(json!({ "files": [{ "contentType": CONTENT_TYPE, name: file }] })).into_response()
}

async fn file(State(site): State<Arc<Site>>, visit: Visit, Path(ticket): Path<String>) -> Response {
    let asked = IssueLinkTokenRequest {
        request_id: site.ids.next().to_string(),
        shown: Some(Shown::Ticket(ticket)),
        ..IssueLinkTokenRequest::default()
    };
    let sealed = match opened(&site, visit, asked).await {
        Ok(bearer) => sealed(&bearer).await,
        Err(answer) => return answer,
    };
    match sealed {
        Ok(file) => ([(header::CONTENT_TYPE, "application/jose")], file).into_response(),
        Err(status) => refused(&status),
    }
}

/// Where the file is for an hour, for whoever opened the link.
fn location(site: &Site, ticket: &str) -> String {
    format!("{}{MANIFESTS}{ticket}/file", site.public_url)
}

/// Whoever bears the link, or why nobody does.
async fn opened(site: &Site, visit: Visit, asked: IssueLinkTokenRequest) -> Result<Bearer<'_>, Response> {
    let Visit { saying, words, too_often } = visit;
    if too_often {
        return Err((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")]).into_response());
    }
    let one_of_few = site.openings.try_acquire().map_err(|_| later())?;
    let issued = site.services.identity(saying.clone()).issue_link_token(asked).await;
    let issued = issued.map_err(|status| refused(&status))?.into_inner();
    Bearer::of(site, one_of_few, words, issued, saying).ok_or_else(later)
}

async fn sealed(bearer: &Bearer<'_>) -> Result<String, Status> {
    let content = bearer.content().await?;
    let failed = |error: &(dyn std::error::Error + 'static)| {
        tracing::error!(error, "what a link opens cannot be given out");
        Status::internal("what a link opens cannot be given out")
    };
    let document = content.document().map_err(|error| failed(&error))?;
    jwe::seal(&bearer.opened().content_key, CONTENT_TYPE, document).map_err(|error| failed(&error))
}

/// What is closed, was ended meanwhile or was erased is not there; what may come right is asked for again.
fn refused(status: &Status) -> Response {
    let is = |one: &holdfast_host::Reason| reason_of(status).is_some_and(|own| own.name() == one.name());
    if is(catalogue::PASSCODE_WRONG) || is(catalogue::PASSCODE_MISSING) {
        let said = status.get_error_details();
        let left = said.error_info().and_then(|info| info.metadata.get("remaining_attempts")?.parse().ok());
        let left: Value = json!({ "remainingAttempts": left.unwrap_or(0_u32) });
        return (StatusCode::UNAUTHORIZED, Json(left)).into_response();
    }
    match status.code() {
        _ if is(catalogue::CONSENT_STALE) => later(),
        Code::InvalidArgument => StatusCode::BAD_REQUEST.into_response(),
        Code::NotFound | Code::PermissionDenied | Code::FailedPrecondition => {
            StatusCode::NOT_FOUND.into_response()
        }
        _ => later(),
    }
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
}

/// Whatever a program calls itself fits where it is shown.
fn one_line(recipient: &str) -> String {
    let plain = recipient.chars().map(|sign| if sign.is_control() { ' ' } else { sign });
    plain
        .collect::<String>()
        .trim()
        .chars()
        .take(RECIPIENT_CHARACTERS_MAX)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::{Problem, Reason};

    #[test]
    fn what_is_closed_is_not_there_and_a_wrong_passcode_says_how_many_are_left() {
        let answer = |reason: &'static Reason| refused(&Problem::new(reason, "no").into()).status();
        for closed in [catalogue::SHARED_LINK_CLOSED, catalogue::NOT_PERMITTED, catalogue::CONTENT_ERASED] {
            assert_eq!(answer(closed), StatusCode::NOT_FOUND, "{}", closed.name());
        }
        for away in [catalogue::CONSENT_STALE, catalogue::PEER_UNAVAILABLE, catalogue::UNRECORDABLE] {
            assert_eq!(answer(away), StatusCode::SERVICE_UNAVAILABLE, "{}", away.name());
        }
        assert_eq!(answer(catalogue::PASSCODE_WRONG), StatusCode::UNAUTHORIZED);
        assert_eq!(answer(catalogue::TEXT_TOO_LONG), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_recipient_is_one_line_that_fits() {
        assert_eq!(one_line("  Nurse\nOrtiz\u{0}"), "Nurse Ortiz");
        assert_eq!(one_line(&"é".repeat(300)).chars().count(), RECIPIENT_CHARACTERS_MAX);
        assert_eq!(one_line("\t\n"), "");
    }
}

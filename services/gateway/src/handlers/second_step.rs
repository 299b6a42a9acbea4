//! The step after the link, signing in by a passkey instead, and showing again who is there: by a code, a passkey, or a new link.
use crate::{
    cookie::{self, Cookie},
    failure::{Answer, Failure},
    form::{Fields, way_back},
    handlers::sign_in::{device_digest, user_agent},
    pages::{
        Tab,
        factors::{LinkAgain, SecondStep},
        parts::{Field, Problem},
        show, show_as,
    },
    session::Session,
    site::Site,
    visitor::Visitor,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use holdfast_host::catalogue;
use holdfast_proto::identity::v1::{
    BeginPasskeyShowingRequest, BeginPasskeySignInRequest, CompletePasskeySignInRequest, ShowCodeRequest,
    ShowPasskeyRequest,
};
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

const CODE_CHARACTERS_MAX: u32 = 40;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-in/code", get(form).post(code))
        .route("/sign-in/passkey", post(passkey))
        .route("/sign-in/passkey/challenge", post(challenge))
}

async fn form(visitor: Visitor) -> Response {
    match visitor.session() {
        Session::Signed(who) if !who.has_second => {
            let email = who.account.email.clone();
            show(&LinkAgain { frame: visitor.frame(Tab::None), email })
        }
        Session::Signed(_) | Session::Awaiting => show(&page(&visitor, None)),
        _ => Redirect::to("/sign-in").into_response(),
    }
}

fn page(visitor: &Visitor, wrong: Option<&'static str>) -> SecondStep {
    let words = visitor.words();
    let wrong = wrong.map(|key| words.t(key));
    let field = Field::line("code", words.t("step-code")).autocomplete("one-time-code");
    SecondStep {
        frame: visitor.frame(Tab::None),
        problems: wrong.iter().map(|text| Problem { field: "code".to_owned(), text: text.clone() }).collect(),
        code: Field { size_max: CODE_CHARACTERS_MAX, wrong, ..field.hint(words.t("step-code-hint")) },
        again: matches!(visitor.session(), Session::Signed(_)),
    }
}

async fn code(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let session_secret = secret(&headers)?;
    let asked = ShowCodeRequest {
        request_id: fields.request_id()?.to_string(),
        session_secret,
        code: fields.one("code").to_owned(),
    };
    let answer = visitor.site().services.identity(visitor.unsigned()).show_code(asked).await;
    match answer.map_err(Failure::from) {
        Ok(_) => Ok(shown(&visitor, &headers)),
        Err(failure) => match wrong_code(&failure) {
            Some(key) => Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, Some(key)))),
            None => Err(failure),
        },
    }
}

/// What to say next to the field.
pub(super) fn wrong_code(failure: &Failure) -> Option<&'static str> {
    let said = [
        (catalogue::CODE_WRONG, "step-wrong"),
        (catalogue::FIELD_MISSING, "step-wrong"),
        (catalogue::TEXT_TOO_LONG, "step-wrong"),
        (catalogue::CODE_USED, "step-used"),
        (catalogue::TOO_MANY_CODES, "step-too-many"),
    ];
    said.into_iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| key)
}

/// Signs in by a passkey, or shows one for the session that is there.
async fn passkey(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    let credential_json = fields.one("credential").to_owned();
    let mut identity = visitor.site().services.identity(visitor.unsigned());
    let outcome = match visitor.session() {
        Session::Signed(_) | Session::Awaiting => {
            let asked = ShowPasskeyRequest { request_id, session_secret: secret(&headers)?, credential_json };
            identity.show_passkey(asked).await.map(|_| ())
        }
        _ => {
            let (user_agent, device_digest) = (user_agent(&headers), device_digest(&visitor, &headers)?);
            let asked =
                CompletePasskeySignInRequest { request_id, credential_json, user_agent, device_digest };
            identity.complete_passkey_sign_in(asked).await.map(|signed| {
                let seconds = visitor.site().pages.session_seconds();
                let secret = signed.into_inner().session_secret;
                visitor.set(Cookie::new(cookie::SESSION, secret).lasting(seconds));
            })
        }
    };
    match outcome.map_err(Failure::from) {
        Ok(()) => Ok(shown(&visitor, &headers)),
        Err(failure) if of_passkey(&failure) => {
            let refused = super::sign_in::passkey_refused(&visitor);
            Ok(match visitor.session() {
                Session::Signed(_) | Session::Awaiting => {
                    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, Some("passkey-refused")))
                }
                _ => refused,
            })
        }
        Err(failure) => Err(failure),
    }
}

/// Whether what the passkey said is the trouble, and not the way there.
pub(super) fn of_passkey(failure: &Failure) -> bool {
    let refusals = [
        catalogue::PASSKEY_REFUSED,
        catalogue::PASSKEY_UNKNOWN,
        catalogue::PASSKEY_COUNTER,
        catalogue::PASSKEY_KNOWN,
        catalogue::TOO_MANY_PASSKEYS,
        catalogue::CHALLENGE_UNKNOWN,
        catalogue::FIELD_INVALID,
        catalogue::FIELD_MISSING,
    ];
    refusals.iter().any(|reason| failure.is(reason))
}

/// What the browser is to have signed: by any passkey, or by one of the account that is there.
async fn challenge(visitor: Visitor, headers: HeaderMap) -> Answer {
    let mut identity = visitor.site().services.identity(visitor.unsigned());
    let options = match visitor.session() {
        Session::Signed(_) | Session::Awaiting => {
            let asked = BeginPasskeyShowingRequest { session_secret: secret(&headers)? };
            identity.begin_passkey_showing(asked).await?
        }
        _ => identity.begin_passkey_sign_in(BeginPasskeySignInRequest {}).await?,
    };
    Ok(json(options.into_inner().options_json))
}

pub(super) fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn secret(headers: &HeaderMap) -> Result<String, Failure> {
    cookie::read(headers, cookie::SESSION).map(str::to_owned).ok_or_else(Failure::signed_out)
}

/// On to where one was; the session's next token says what it has shown.
fn shown(visitor: &Visitor, headers: &HeaderMap) -> Response {
    visitor.forget_token();
    visitor.set(Cookie::gone(cookie::BACK).of_sign_in());
    Redirect::to(cookie::read(headers, cookie::BACK).map_or("/h", way_back)).into_response()
}

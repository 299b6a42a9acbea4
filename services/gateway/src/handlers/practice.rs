//! Signing in by a practice's own provider: which one, off to it, and back. What comes back is confirmed with a button, so that the browser's
//! own cookies come along, which another site's redirect does not bring.
use super::sign_in::{Browser, device_digest, user_agent};
use crate::{
    cookie::{self, Cookie},
    failure::{Answer, Failure, FailureKind},
    form::{Fields, way_back},
    pages::{
        Tab,
        parts::{Field, Problem},
        show, show_as,
        sign_in::{PracticeBack, PracticeGo, PracticeSignIn, PracticeTrouble, PracticeTroublePage},
        trouble::Trouble,
    },
    site::Site,
    visitor::Visitor,
};
use axum::{
    Router,
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use holdfast_host::catalogue;
use holdfast_proto::identity::v1::{BeginProviderSignInRequest, CompleteProviderSignInRequest};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Where it begins.
const FORM: &str = "/sign-in/practice";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-in/practice", get(form).post(ask))
        .route("/sign-in/practice/back", get(back))
        .route("/sign-in/practice/confirm", post(confirm))
}

/// What the provider sends along (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207).
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    iss: String,
}

/// Also for whoever is signed in: so an account is linked that was there before.
async fn form(visitor: Visitor) -> Response {
    show(&page(&visitor, "", None))
}

fn page(visitor: &Visitor, email: &str, wrong: Option<String>) -> PracticeSignIn {
    let words = visitor.words();
    let field = Field::of("email", "email", words.t("practice-email")).autocomplete("username").value(email);
    let problems =
        wrong.iter().map(|text| Problem { field: "email".to_owned(), text: text.clone() }).collect();
    let email = match wrong {
        Some(text) => field.wrong(text),
        None => field,
    };
    PracticeSignIn { frame: visitor.frame(Tab::None), email, problems }
}

async fn ask(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let email = fields.one("email");
    let browser = Browser::asking(&headers, email)?;
    let asked = BeginProviderSignInRequest {
        email: email.to_owned(),
        browser_digest: Sha256::digest(browser.secret.as_bytes()).to_vec().into(),
    };
    let answer = visitor.site().services.identity(visitor.unsigned()).begin_provider_sign_in(asked).await;
    let wrong = |status, key| {
        let wrong = Some(visitor.words().t(key));
        Ok(show_as(status, &page(&visitor, email, wrong)))
    };
    match answer.map_err(Failure::from) {
        Ok(answer) => {
            visitor.set(browser.cookie());
            let url = answer.into_inner().authorization_url;
            let host = url.split('/').nth(2).unwrap_or_default().to_owned();
            Ok(show(&PracticeGo { frame: visitor.frame(Tab::None), url, host }))
        }
        Err(failure) if failure.is(catalogue::PROVIDER_UNKNOWN) => {
            wrong(StatusCode::UNPROCESSABLE_ENTITY, "practice-none")
        }
        Err(failure) if failure.is(catalogue::TOO_MANY_CHALLENGES) => {
            wrong(StatusCode::TOO_MANY_REQUESTS, "sign-in-too-many")
        }
        Err(failure) if failure.kind == FailureKind::Trouble(Trouble::BadForm) => {
            wrong(StatusCode::UNPROCESSABLE_ENTITY, "sign-in-email-wrong")
        }
        Err(failure) => troubled(&visitor, failure),
    }
}

/// Whoever was refused there comes back without a code.
async fn back(visitor: Visitor, headers: HeaderMap, Query(said): Query<Said>) -> Response {
    let Said { state, code, iss } = said;
    let frame = visitor.frame(Tab::None);
    let trouble = match (Browser::of(&headers), code.is_empty()) {
        (Some(_), false) => return show(&PracticeBack { frame, state, code, issuer: iss }),
        (Some(_), true) => PracticeTrouble::Refused,
        (None, _) => PracticeTrouble::Again,
    };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &PracticeTroublePage { frame, trouble })
}

async fn confirm(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let Some(browser) = Browser::of(&headers) else { return trouble(&visitor, PracticeTrouble::Again) };
    let asked = CompleteProviderSignInRequest {
        request_id: fields.request_id()?.to_string(),
        state: fields.one("state").to_owned(),
        code: fields.one("code").to_owned(),
        issuer: fields.one("issuer").to_owned(),
        browser_secret: browser.secret,
        session_secret: cookie::read(&headers, cookie::SESSION).unwrap_or_default().to_owned(),
        user_agent: user_agent(&headers),
        device_digest: device_digest(&visitor, &headers)?,
    };
    let answer = visitor.site().services.identity(visitor.unsigned()).complete_provider_sign_in(asked).await;
    match answer.map_err(Failure::from) {
        Ok(signed) => {
            let (signed, seconds) = (signed.into_inner(), visitor.site().pages.session_seconds());
            visitor.set(Cookie::new(cookie::SESSION, signed.session_secret).lasting(seconds));
            visitor.set(Cookie::gone(cookie::BROWSER).of_sign_in());
            if signed.awaits_second_factor {
                return Ok(Redirect::to("/sign-in/code").into_response());
            }
            visitor.set(Cookie::gone(cookie::BACK).of_sign_in());
            let back = cookie::read(&headers, cookie::BACK).map_or("/h", way_back);
            let back = if back.starts_with("/sign-in") { "/h" } else { back };
            Ok(Redirect::to(back).into_response())
        }
        Err(failure) => troubled(&visitor, failure),
    }
}

fn troubled(visitor: &Visitor, failure: Failure) -> Answer {
    let of = |reasons: &[&holdfast_host::Reason]| reasons.iter().any(|reason| failure.is(reason));
    if of(&[
        catalogue::PROVIDER_SIGN_IN_UNKNOWN,
        catalogue::PROVIDER_OTHER_BROWSER,
        catalogue::FIELD_INVALID,
        catalogue::FIELD_MISSING,
    ]) {
        return trouble(visitor, PracticeTrouble::Again);
    }
    if of(&[catalogue::PROVIDER_UNAVAILABLE, catalogue::PROVIDER_ANSWER_REFUSED]) {
        return trouble(visitor, PracticeTrouble::Provider);
    }
    if of(&[
        catalogue::PROVIDER_NOT_INVITED,
        catalogue::PROVIDER_EMAIL_UNVERIFIED,
        catalogue::PROVIDER_EMAIL_BEYOND,
    ]) {
        return trouble(visitor, PracticeTrouble::NotInvited);
    }
    if failure.is(catalogue::PROVIDER_LINK_IN_SESSION) {
        visitor.come_back_to(FORM);
        return trouble(visitor, PracticeTrouble::LinkFirst);
    }
    Err(failure)
}

fn trouble(visitor: &Visitor, trouble: PracticeTrouble) -> Answer {
    let frame = visitor.frame(Tab::None);
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &PracticeTroublePage { frame, trouble }))
}

//! Signing in by an e-mailed link: ask, check the mail, confirm with a button. The link's page changes nothing, because mail
//! scanners open links; the browser that asked is known by a cookie.
use crate::{
    cookie::{self, Cookie},
    failure::{Answer, Failure},
    form::{Fields, way_back},
    pages::{
        Tab,
        parts::{Field, Problem},
        show, show_as,
        sign_in::{CheckMail, ConfirmSignIn, LinkTrouble, LinkTroublePage, SignIn},
        trouble::Trouble,
    },
    session::Session,
    site::Site,
    visitor::Visitor,
};
use aws_lc_rs::rand;
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use holdfast_host::catalogue;
use holdfast_proto::identity::v1::{CompleteSignInRequest, RequestSignInRequest};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A link is good for ten minutes; the cookie a little longer, so that a late link is called late.
const BROWSER_SECONDS: u32 = 1200;
const USER_AGENT_CHARACTERS_MAX: usize = 200;
const DEVICE_SECONDS: u32 = 400 * 24 * 60 * 60;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(door))
        .route("/sign-in", get(form).post(ask))
        .route("/sign-in/confirm", post(confirm))
        .route("/sign-in/{secret}", get(landing))
}

async fn door(visitor: Visitor) -> Redirect {
    match visitor.session() {
        Session::Signed(_) => Redirect::to("/h"),
        _ => Redirect::to("/sign-in"),
    }
}

async fn form(visitor: Visitor) -> Response {
    match visitor.session() {
        Session::Signed(_) => Redirect::to("/h").into_response(),
        Session::Awaiting => Redirect::to("/sign-in/code").into_response(),
        _ => show(&page(&visitor, "", None)),
    }
}

/// Whoever comes with a passkey that nobody knows is offered the link.
pub(super) fn passkey_refused(visitor: &Visitor) -> Response {
    let refused = SignIn { refused: true, ..page(visitor, "", None) };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &refused)
}

fn page(visitor: &Visitor, email: &str, wrong: Option<String>) -> SignIn {
    let words = visitor.words();
    let field =
        Field::of("email", "email", words.t("sign-in-email")).autocomplete("username webauthn").value(email);
    let problems =
        wrong.iter().map(|text| Problem { field: "email".to_owned(), text: text.clone() }).collect();
    let email = match wrong {
        Some(text) => field.wrong(text),
        None => field,
    };
    SignIn { frame: visitor.frame(Tab::None), email, problems, refused: false }
}

async fn ask(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let email = fields.one("email");
    let browser = Browser::asking(&headers, email)?;
    let asked = RequestSignInRequest {
        request_id: fields.request_id()?.to_string(),
        email: email.to_owned(),
        browser_digest: Sha256::digest(browser.secret.as_bytes()).to_vec().into(),
        locale: visitor.words().lang.code().to_owned(),
    };
    let answer = visitor.site().services.identity(visitor.unsigned()).request_sign_in(asked).await;
    match answer.map_err(Failure::from) {
        Ok(_) => {
            visitor.set(browser.cookie());
            let frame = visitor.frame(Tab::None);
            Ok(show(&CheckMail { frame, address_hint: hint(email) }))
        }
        Err(failure) if failure.is(catalogue::TOO_MANY_LINKS) => {
            let wrong = visitor.words().t("sign-in-too-many");
            Ok(show_as(StatusCode::TOO_MANY_REQUESTS, &page(&visitor, email, Some(wrong))))
        }
        Err(failure) if failure.kind == crate::failure::FailureKind::Trouble(Trouble::BadForm) => {
            let wrong = visitor.words().t("sign-in-email-wrong");
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visitor, email, Some(wrong))))
        }
        Err(failure) => Err(failure),
    }
}

async fn landing(visitor: Visitor, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let frame = visitor.frame(Tab::None);
    match Browser::of(&headers) {
        Some(browser) => show(&ConfirmSignIn { frame, address_hint: hint(&browser.address), token }),
        None => show(&LinkTroublePage { frame, trouble: LinkTrouble::OtherBrowser }),
    }
}

async fn confirm(visitor: Visitor, headers: HeaderMap, fields: Fields) -> Answer {
    let trouble = |trouble| {
        let frame = visitor.frame(Tab::None);
        Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &LinkTroublePage { frame, trouble }))
    };
    let Some(browser) = Browser::of(&headers) else { return trouble(LinkTrouble::OtherBrowser) };
    let asked = CompleteSignInRequest {
        request_id: fields.request_id()?.to_string(),
        link_secret: fields.one("token").to_owned(),
        browser_secret: browser.secret,
        user_agent: user_agent(&headers),
        device_digest: device_digest(&visitor, &headers)?,
    };
    let answer = visitor.site().services.identity(visitor.unsigned()).complete_sign_in(asked).await;
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
            Ok(Redirect::to(back).into_response())
        }
        Err(failure) if failure.is(catalogue::LINK_OTHER_BROWSER) => trouble(LinkTrouble::OtherBrowser),
        Err(failure)
            if [
                catalogue::LINK_USED,
                catalogue::LINK_EXPIRED,
                catalogue::LINK_UNKNOWN,
                catalogue::FIELD_INVALID,
            ]
            .iter()
            .any(|reason| failure.is(reason)) =>
        {
            trouble(LinkTrouble::UsedOrExpired)
        }
        Err(failure) => Err(failure),
    }
}

pub(super) fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    agent.chars().take(USER_AGENT_CHARACTERS_MAX).collect()
}

/// By which this browser is known again the next time somebody signs in.
pub(super) fn device_digest(visitor: &Visitor, headers: &HeaderMap) -> Result<Bytes, Failure> {
    let known = match cookie::read(headers, cookie::DEVICE) {
        Some(known) => known.to_owned(),
        None => random()?,
    };
    visitor.set(Cookie::new(cookie::DEVICE, known.clone()).of_sign_in().lasting(DEVICE_SECONDS));
    Ok(Sha256::digest(known).to_vec().into())
}

fn random() -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| Failure::of(Trouble::Failed))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the browser that asks keeps: a secret of its own, and whom it asked for.
pub(super) struct Browser {
    pub(super) secret: String,
    address: String,
}

impl Browser {
    fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self { secret: random()?, address: address.to_owned() })
    }

    /// A browser that asks again keeps its secret, so that the earlier link still is its own.
    pub(super) fn asking(headers: &HeaderMap, address: &str) -> Result<Self, Failure> {
        match Self::of(headers) {
            Some(known) => Ok(Self { address: address.to_owned(), ..known }),
            None => Self::new(address),
        }
    }

    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (secret, address) = cookie::read(headers, cookie::BROWSER)?.split_once('.')?;
        let address = String::from_utf8(URL_SAFE_NO_PAD.decode(address).ok()?).ok()?;
        (!secret.is_empty()).then(|| Self { secret: secret.to_owned(), address })
    }

    pub(super) fn cookie(&self) -> Cookie {
        let value = format!("{}.{}", self.secret, URL_SAFE_NO_PAD.encode(&self.address));
        Cookie::new(cookie::BROWSER, value).of_sign_in().lasting(BROWSER_SECONDS)
    }
}

/// "r…@mail.example": enough to notice a slip, too little for a passer-by.
fn hint(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    let first = name.chars().next().map(String::from).unwrap_or_default();
    format!("{first}…@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn an_address_is_hinted_at_by_its_first_letter() {
        assert_eq!(hint("rosa@mail.example"), "r…@mail.example");
        assert_eq!(hint("élan@mail.example"), "é…@mail.example");
    }

    #[test]
    fn the_browser_that_asked_is_known_again() {
        let browser = Browser::new("rosa@mail.example").unwrap();
        let mut headers = HeaderMap::new();
        let set = browser.cookie().header(false).unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap();
        headers.insert(header::COOKIE, HeaderValue::from_str(pair).unwrap());
        let known = Browser::of(&headers).unwrap();
        assert_eq!((known.secret, known.address), (browser.secret, browser.address));
        assert!(Browser::of(&HeaderMap::new()).is_none());
    }
}

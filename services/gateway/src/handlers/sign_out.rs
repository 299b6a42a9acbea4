//! Ways out, and what keeps a visit going: sign out, leave fast, still here, language, help.
use crate::{
    cookie::{self, Cookie},
    failure::{Answer, Failure},
    form::{Fields, way_back},
    pages::{Frame, Tab, shell::Help, show, sign_in::SignedOut},
    session::Session,
    site::Site,
    visitor::{Arriving, Visitor},
    words::Lang,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use holdfast_proto::identity::v1::{EndSessionRequest, SignOutEverywhereRequest};
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-out", post(sign_out))
        .route("/sign-out/everywhere", post(everywhere))
        .route("/signed-out", get(signed_out))
        .route("/leave", post(leave))
        .route("/still", post(still))
        .route("/language", post(language))
        .route("/help", get(help))
}

async fn sign_out(visitor: Visitor) -> Answer {
    end(&visitor).await?;
    Ok(cleared(Redirect::to("/signed-out")))
}

/// The neutral page comes whatever happens.
async fn leave(visitor: Visitor) -> Response {
    if end(&visitor).await.is_err() {
        tracing::warn!("a session was left but could not be ended");
    }
    cleared(Redirect::to("/away"))
}

/// The browser forgets in any case; then identity ends the session.
async fn end(visitor: &Visitor) -> Result<(), Failure> {
    forget(visitor);
    let Session::Signed(_) = visitor.session() else { return Ok(()) };
    let Arriving(signed) = Arriving::of(visitor)?;
    signed.forget_token();
    let request_id = visitor.site().ids.next().to_string();
    signed.identity().end_session(EndSessionRequest { request_id, session_id: String::new() }).await?;
    Ok(())
}

async fn everywhere(Arriving(signed): Arriving, fields: Fields) -> Answer {
    let request_id = fields.request_id()?.to_string();
    signed.identity().sign_out_everywhere(SignOutEverywhereRequest { request_id }).await?;
    signed.forget_sessions();
    forget(&signed);
    Ok(cleared(Redirect::to("/signed-out")))
}

fn forget(visitor: &Visitor) {
    for name in [cookie::SESSION, cookie::AFTER, cookie::OPEN, cookie::SAID] {
        visitor.set(Cookie::gone(name));
    }
}

/// What the browser kept of the pages goes, too.
fn cleared(redirect: Redirect) -> Response {
    let mut response = redirect.into_response();
    let name = HeaderName::from_static("clear-site-data");
    response.headers_mut().insert(name, HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

async fn signed_out(visitor: Visitor) -> Response {
    match visitor.session() {
        Session::Signed(_) => Redirect::to("/h").into_response(),
        _ => show(&SignedOut { frame: visitor.frame(Tab::None), by_time: false }),
    }
}

/// Typing counts as being here; the entrance keeps the session for as long again.
async fn still(visitor: Visitor) -> StatusCode {
    match visitor.session() {
        Session::Signed(_) => StatusCode::NO_CONTENT,
        Session::Unknown(_) => StatusCode::SERVICE_UNAVAILABLE,
        Session::None | Session::Ended | Session::Awaiting => StatusCode::UNAUTHORIZED,
    }
}

async fn language(visitor: Visitor, fields: Fields) -> Answer {
    visitor.choose(Lang::from_code(fields.one("lang")).ok_or_else(Failure::bad_form)?);
    Ok(Redirect::to(way_back(fields.one("back"))).into_response())
}

async fn help(visitor: Visitor) -> Response {
    let frame: Frame = visitor.frame(Tab::None);
    show(&Help { frame })
}

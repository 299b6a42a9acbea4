//! Around every page: the visitor is met before it, failures become pages after it, and the browser is told what to keep.
use crate::{
    cookie::{self, Cookie},
    failure::{self, Failure, FailureKind},
    pages::Tab,
    session::Session,
    site::Site,
    visitor::Visitor,
};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use holdfast_host::rpc;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use std::sync::Arc;
use tracing::{Instrument as _, field::Empty};
use uuid::Uuid;

/// The id under which all that a request causes can be found.
#[derive(Clone, Copy)]
pub(crate) struct Correlation(pub Uuid);

/// One span per request: method, route and status; nothing of what stands in the address.
pub(crate) async fn observe(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let id = site.ids.next();
    request.extensions_mut().insert(Correlation(id));
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
        correlation = %id,
        number = Empty,
    );
    rpc::with_correlation(
        id,
        async move {
            let response = next.run(request).await;
            let status = response.status();
            let span = tracing::Span::current();
            span.record("http.response.status_code", status.as_u16());
            if status.is_server_error() {
                let number = failure::number(id);
                span.record("number", &number);
                tracing::warn!(number, status = status.as_u16(), "a page could not be shown");
            }
            response
        }
        .instrument(span),
    )
    .await
}

pub(crate) async fn enter(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let correlation = parts.extensions.get::<Correlation>().map_or_else(|| site.ids.next(), |id| id.0);
    let visitor = Visitor::meet(Arc::clone(&site), &parts, correlation).await;
    let reading = parts.method == Method::GET || parts.method == Method::HEAD;
    let part = parts.headers.contains_key("hx-request");
    let secret = cookie::read(&parts.headers, cookie::SESSION).map(str::to_owned);
    parts.extensions.insert(visitor.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(failure) = failure_of(&response) {
        response = answer(&visitor, &failure, reading, part);
    }
    keep(&site, &visitor, secret, &mut response);
    response
}

fn failure_of(response: &Response) -> Option<Failure> {
    let own = response.extensions().get::<Failure>().cloned();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let bare = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    own.or_else(|| bare.then(|| failure::of_bare(response.status())).flatten())
}

fn answer(visitor: &Visitor, failure: &Failure, reading: bool, part: bool) -> Response {
    match failure.kind {
        // The part of a page cannot show another page: the whole is asked for again.
        FailureKind::SignedOut | FailureKind::SecondFactor | FailureKind::StepUp if part => {
            (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-refresh"), "true")]).into_response()
        }
        FailureKind::SignedOut if reading => {
            visitor.come_back_to(visitor.here());
            Redirect::to("/sign-in").into_response()
        }
        FailureKind::SecondFactor => Redirect::to("/second-factor").into_response(),
        FailureKind::StepUp => {
            if !visitor.has_way_back() {
                visitor.come_back_to(visitor.here());
            }
            Redirect::to("/sign-in/code").into_response()
        }
        _ => failure::page(failure, visitor.frame(Tab::None), visitor.correlation(), reading),
    }
}

/// Sets what the handlers want kept; a session that was used is kept for as long again.
fn keep(site: &Site, visitor: &Visitor, secret: Option<String>, response: &mut Response) {
    let mut sets = visitor.take_sets();
    let touched = !sets.iter().any(|cookie| cookie.name == cookie::SESSION);
    match visitor.session() {
        Session::Signed(_) if touched => {
            let kept = secret
                .map(|secret| Cookie::new(cookie::SESSION, secret).lasting(site.pages.session_seconds()));
            sets.extend(kept);
        }
        Session::Ended if touched => sets.push(Cookie::gone(cookie::SESSION)),
        _ => {}
    }
    for cookie in sets {
        if let Some(value) = cookie.header(site.secure) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Cookie, Accept-Language"));
}

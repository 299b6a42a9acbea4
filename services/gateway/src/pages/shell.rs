//! What is there without a record: the offline page, help, the neutral page to leave to, the manifest and the service worker.

use askama::Template;
use axum::Router;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Frame, show};
use crate::web;
use crate::words::{Lang, Words};

#[derive(Debug, Template)]
#[template(path = "offline.html")]
pub struct Offline {
    pub frame: Frame,
}

#[derive(Debug, Template)]
#[template(path = "help.html")]
pub struct Help {
    pub frame: Frame,
}

/// A page about kitchen measures: nothing in it, its title or its address says where somebody has been.
#[derive(Debug, Template)]
#[template(path = "away.html")]
pub struct Away {
    pub words: Words,
}

impl Away {
    fn asset(&self, name: &str) -> &'static str {
        web::asset(name)
    }
}

/// Keeps the shell for a time without a line; nothing of a record passes through it.
#[derive(Debug, Template)]
#[template(path = "worker.js", escape = "none")]
struct Worker {
    shell: Vec<&'static str>,
}

#[derive(Debug, Template)]
#[template(path = "manifest.webmanifest", escape = "none")]
struct Manifest {
    icon: &'static str,
}

/// The routes that need no session and read nothing.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/offline", get(async || offline(Lang::En)))
        .route("/offline/es", get(async || offline(Lang::Es)))
        .route("/away", get(away))
        .route("/worker.js", get(worker))
        .route("/manifest.webmanifest", get(manifest))
        // The neutral page names no icon of ours; browsers then ask here.
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
}

/// The shell may be kept, if the browser asks whether it changed.
const KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

fn offline(lang: Lang) -> Response {
    ([KEPT], show(&Offline { frame: Frame::outside(Words::new(lang)) })).into_response()
}

async fn away(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    show(&Away { words: Words::new(Lang::preferred(accepted.unwrap_or_default())) })
}

async fn worker() -> Response {
    file(
        "text/javascript; charset=utf-8",
        &Worker { shell: vec![web::asset("holdfast.css"), web::asset("icon.svg")] },
    )
}

async fn manifest() -> Response {
    file("application/manifest+json", &Manifest { icon: web::asset("icon.svg") })
}

fn file(media_type: &'static str, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => ([KEPT, (header::CONTENT_TYPE, media_type)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

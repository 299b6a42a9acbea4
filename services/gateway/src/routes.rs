//! The site: every route with the layers around it.
use crate::{entrance, gallery, handlers, pages::shell, proof, shl, site::Site, web};
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use http::StatusCode;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// A form; routes that take files set a limit of their own.
const FORM_BYTES_MAX: usize = 256 * 1024;

pub(crate) fn site(site: Arc<Site>) -> Router {
    let pages = handlers::routes()
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&site), entrance::enter));
    let mut all: Router<Arc<Site>> =
        Router::new().merge(shell::routes()).merge(web::assets()).merge(proof::routes()).merge(pages);
    if site.pages.gallery {
        all = all.merge(gallery::pages_only());
    }
    all.layer(CompressionLayer::new())
        .layer(from_fn(web::guard))
        .merge(shl::routes())
        .route("/healthz/live", get(async || StatusCode::OK))
        .route("/healthz/ready", get(ready))
        .layer(from_fn_with_state(Arc::clone(&site), entrance::observe))
        .with_state(site)
}

async fn ready(State(site): State<Arc<Site>>) -> StatusCode {
    if site.is_ready().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[cfg(test)]
mod tests;

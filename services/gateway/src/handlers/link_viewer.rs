//! The page on which whoever has a link looks at what was shared: for everybody, and the same for everybody.
use crate::{
    pages::{Tab, link::LinkViewer, show},
    site::Site,
    visitor::Visitor,
};
use axum::{Router, response::Response, routing::get};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/shl", get(page))
}

async fn page(visitor: Visitor) -> Response {
    show(&LinkViewer { frame: visitor.frame(Tab::None) })
}

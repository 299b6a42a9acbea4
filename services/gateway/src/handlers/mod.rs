//! What the pages do: one file per page, each handler converts, asks the services and shows.

mod sign_in;

use crate::site::Site;
use axum::Router;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().merge(sign_in::routes())
}

//! The transparency log for everybody: its files under `/log/`, read-only, as C2SP tlog-tiles names them. Not its entries: they name
//! nobody, but tell when something happened to which pseudonym. Auditors have them from the store.
use crate::site::Site;
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use holdfast_host::client::Outgoing;
use holdfast_proto::audit::v1::GetLogFileRequest;
use holdfast_translog::{CHECKPOINT_PATH, Tile, VERIFIER_KEY_PATH};
use http::{StatusCode, header};
use std::sync::Arc;
use tonic::Code;

/// Files that are on their way at once; a verifier who comes when there are more comes again.
pub(crate) const FILES_MAX: usize = 16;
pub(crate) const LOG: &str = "/log/";
/// What lies under a tile's path never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const NEWEST: &str = "no-cache";

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/log/{*path}", get(file))
}

async fn file(State(site): State<Arc<Site>>, Path(path): Path<String>) -> Response {
    let (media_type, keep) = match path.as_str() {
        CHECKPOINT_PATH | VERIFIER_KEY_PATH => ("text/plain; charset=utf-8", NEWEST),
        path if matches!(path.parse(), Ok(Tile::Hashes { .. })) => ("application/octet-stream", FOR_EVER),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(_one_of_few) = site.log_files.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response();
    };
    let asked = site.services.log(Outgoing::new()).get_log_file(GetLogFileRequest { path }).await;
    match asked {
        Ok(found) => {
            let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, keep)];
            (headers, found.into_inner().content).into_response()
        }
        Err(status) if status.code() == Code::NotFound => StatusCode::NOT_FOUND.into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response(),
    }
}

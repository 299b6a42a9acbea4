//! The proof of a record's history as one file: for the check in the browser, and to take along.
use crate::{failure::Answer, shelf::Open, site::Site};
use axum::{
    Router,
    body::Body,
    extract::{Path, Query},
    response::IntoResponse as _,
    routing::get,
};
use futures::TryStreamExt as _;
use holdfast_proto::audit::v1::DownloadPatientProofRequest;
use http::header;
use serde::Deserialize;
use std::sync::Arc;

/// As many as audit takes.
const OLDER_MAX: usize = 8;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/looked/proof", get(proof))
}

#[derive(Default, Deserialize)]
struct Seen {
    /// Sizes of checkpoints that the browser keeps, with commas between them.
    #[serde(default)]
    older: String,
}

async fn proof(open: Open, Path(_): Path<String>, Query(seen): Query<Seen>) -> Answer {
    let older_sizes = seen.older.split(',').filter_map(|size| size.parse().ok()).take(OLDER_MAX).collect();
    let asked = DownloadPatientProofRequest { patient_id: open.patient_id(), older_sizes };
    let parts = open.audit().download_patient_proof(asked).await?.into_inner();
    // Says nothing about whose it is.
    let name = format!("holdfast-proof-{}.ndjson", open.local_now().date_naive());
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(parts.map_ok(|part| part.content))).into_response())
}

//! The proof of a record's history as one file: for the check in the browser, and to take along.
use crate::{
    failure::{Answer, Failure},
    shelf::Open,
    site::Site,
};
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
    let older_sizes = sizes(&seen.older).ok_or_else(Failure::bad_form)?;
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

/// What is no list of sizes is refused: a proof that left one out would look as if the log had forked.
fn sizes(older: &str) -> Option<Vec<u64>> {
    if older.is_empty() {
        return Some(Vec::new());
    }
    let sizes: Vec<u64> = older.split(',').map(|size| size.parse().ok()).collect::<Option<_>>()?;
    (sizes.len() <= OLDER_MAX).then_some(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_asked_for_or_none_is() {
        assert_eq!(sizes(""), Some(vec![]));
        assert_eq!(sizes("0,7,300"), Some(vec![0, 7, 300]));
        for malformed in ["7,", "7,x", " 7", "-7", "7;8", "1,2,3,4,5,6,7,8,9", "99999999999999999999"] {
            assert_eq!(sizes(malformed), None, "{malformed}");
        }
    }
}

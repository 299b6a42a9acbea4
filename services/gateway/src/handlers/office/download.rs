//! What was found, to take along as one file of lines.
use super::{asked, unfound, writers};
use crate::{
    failure::{Answer, Failure, FailureKind},
    form::Fields,
    pages::sharing::Carried,
    visitor::Signed,
};
use axum::{body::Body, response::IntoResponse as _};
use futures::TryStreamExt as _;
use holdfast_proto::audit::v1::{DownloadEntriesRequest, SearchEntriesRequest};
use http::header;

/// What makes a search, its page aside.
const SEARCHED: [&str; 5] = ["patient", "actor", "from", "to", "kind"];

pub(super) async fn file(signed: Signed, fields: Fields) -> Answer {
    let asked = match asked(&signed, &fields).await? {
        Ok(asked) => asked,
        Err(wrong) => return unfound(&signed, &fields, wrong).await,
    };
    let SearchEntriesRequest { tenant_id, patient_id, account_id, from_time, until_time, kinds, .. } = asked;
    let asked = DownloadEntriesRequest { tenant_id, patient_id, account_id, from_time, until_time, kinds };
    let parts = match signed.audit().download_entries(asked).await.map_err(Failure::from) {
        Ok(parts) => parts.into_inner(),
        Err(failure) if failure.kind == FailureKind::StepUp => {
            signed.come_back_to("/office");
            return Err(failure);
        }
        Err(failure) => return unfound(&signed, &fields, writers(failure)?).await,
    };
    // Says nothing about what was searched for.
    let name = format!("holdfast-history-{}.ndjson", signed.local_now().date_naive());
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(parts.map_ok(|part| part.content))).into_response())
}

/// The search that a page shows the findings of.
pub(super) fn naming(fields: &Fields) -> Vec<Carried> {
    let carried = |name: &'static str| {
        fields.all(name).map(move |value| Carried { name: name.to_owned(), value: value.to_owned() })
    };
    SEARCHED.into_iter().flat_map(carried).filter(|one| !one.value.is_empty()).collect()
}

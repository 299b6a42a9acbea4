//! Sending a paper: whole, or in parts that survive a dropped line. The script of the page speaks the second way:
//! POST begins (`Location` is where parts go), PATCH adds a part at `Upload-Offset`, GET says how much is here. The part that
//! completes the file, or an empty one after it, answers with the paper's address; every one can be sent again.
use crate::{
    failure::{Answer, Failure},
    form,
    shelf::Open,
    site::Site,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path},
    response::IntoResponse as _,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::stream;
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    Word as _,
    documents::v1::{
        AppendUploadRequest, CompleteUploadRequest, GetUploadRequest, StartUploadRequest, Upload,
    },
};
use holdfast_types::Category;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use uuid::Uuid;

pub(super) const SIZE_BYTES_MAX: u64 = 100 << 20;
const PART_BYTES_MAX: usize = 1 << 20;
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const DIGEST: HeaderName = HeaderName::from_static("content-digest");

const SAID: [(&Reason, &str); 6] = [
    (catalogue::MEDIA_TYPE_NOT_ALLOWED, "add-paper-not-taken"),
    (catalogue::MEDIA_TYPE_MISMATCH, "add-paper-other-kind"),
    (catalogue::DIGEST_MISMATCH, "add-paper-garbled"),
    (catalogue::DOCUMENT_TOO_LARGE, "add-paper-too-large"),
    (catalogue::TOO_MANY_UPLOADS, "add-paper-too-many"),
    (catalogue::UPLOAD_ENDED, "add-paper-again"),
];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/papers/uploads", post(begin)).route(
        "/r/{r}/papers/uploads/{upload}",
        get(count).patch(part).layer(DefaultBodyLimit::max(PART_BYTES_MAX)),
    )
}

/// What its sender says of a paper.
pub(super) struct Sent<'a> {
    pub request_id: Uuid,
    pub title: &'a str,
    /// The room it goes to.
    pub kind: &'a str,
}

#[derive(Deserialize)]
struct Begin {
    request_id: Uuid,
    title: String,
    kind: String,
    media_type: String,
    size_bytes: i64,
}

async fn begin(open: Open, Json(asked): Json<Begin>) -> Answer {
    let sent = Sent { request_id: asked.request_id, title: asked.title.trim(), kind: &asked.kind };
    let upload = match start(&open, sent, &asked.media_type, asked.size_bytes, Bytes::new()).await {
        Ok(upload) => upload,
        Err(failure) => return refused(&open, failure),
    };
    let address = open.path(&format!("/papers/uploads/{}", upload.upload_id));
    let headers = [(header::LOCATION, address), (OFFSET, upload.received_bytes.to_string())];
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn count(open: Open, Path((_, upload)): Path<(String, String)>) -> Answer {
    let found = open.documents().get_upload(GetUploadRequest { upload_id: upload }).await?.into_inner();
    if found.patient_id != open.patient_id() {
        return Err(Failure::not_shown());
    }
    Ok((StatusCode::NO_CONTENT, [(OFFSET, found.received_bytes.to_string())]).into_response())
}

async fn part(
    open: Open,
    Path((_, upload)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let offset: i64 = text(&OFFSET).and_then(|offset| offset.parse().ok()).ok_or_else(Failure::bad_form)?;
    // What arrived is not what was sent: the sender asks how much is here, and sends it again.
    if text(&DIGEST).is_some_and(|digest| !is_digest_of(digest, &body)) {
        return Ok(StatusCode::CONFLICT.into_response());
    }
    let known = match append(&open, &upload, offset, vec![body]).await {
        Ok(known) => known,
        Err(failure) if failure.is(catalogue::UPLOAD_OFFSET_WRONG) => {
            return Ok(StatusCode::CONFLICT.into_response());
        }
        // The answer to the last part may have been lost on its way.
        Err(failure) if failure.is(catalogue::UPLOAD_ENDED) => {
            return completed(&open, &upload, offset).await;
        }
        Err(failure) => return Err(failure),
    };
    if known.received_bytes < known.size_bytes {
        return Ok((StatusCode::NO_CONTENT, [(OFFSET, known.received_bytes.to_string())]).into_response());
    }
    completed(&open, &upload, known.received_bytes).await
}

async fn completed(open: &Open, upload: &str, received: i64) -> Answer {
    let paper = match complete(open, upload).await {
        Ok(paper) => paper,
        Err(failure) => return refused(open, failure),
    };
    Ok((StatusCode::NO_CONTENT, [(OFFSET, received.to_string()), (header::LOCATION, paper)]).into_response())
}

/// The script shows what its sender can do something about.
fn refused(open: &Open, failure: Failure) -> Answer {
    let key = said(&failure).ok_or(failure)?;
    let body = Json(serde_json::json!({ "say": open.words().t(key) }));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response())
}

/// The key of what to tell the sender of a file.
pub(super) fn said(failure: &Failure) -> Option<&'static str> {
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

/// Sends a file that is here; the address of its page.
pub(super) async fn whole(
    open: &Open,
    sent: Sent<'_>,
    media_type: &str,
    file: Bytes,
) -> Result<String, Failure> {
    let size = i64::try_from(file.len()).map_err(|_| Failure::bad_form())?;
    let digest = Bytes::copy_from_slice(&Sha256::digest(&file));
    let upload = start(open, sent, media_type, size, digest).await?;
    // A second tap finds the first one's upload, wherever it stands.
    let here = usize::try_from(upload.received_bytes).unwrap_or_default();
    if here < file.len() {
        let rest = file.slice(here..);
        let chunks = (0..rest.len()).step_by(PART_BYTES_MAX);
        let chunks = chunks.map(|at| rest.slice(at..rest.len().min(at + PART_BYTES_MAX))).collect();
        match append(open, &upload.upload_id, upload.received_bytes, chunks).await {
            Ok(_) => {}
            Err(failure) if failure.is(catalogue::UPLOAD_ENDED) => {}
            Err(failure) => return Err(failure),
        }
    }
    complete(open, &upload.upload_id).await
}

async fn start(
    open: &Open,
    sent: Sent<'_>,
    media_type: &str,
    size_bytes: i64,
    sha256: Bytes,
) -> Result<Upload, Failure> {
    let category = sent.kind.parse().unwrap_or(Category::Documents);
    let asked = StartUploadRequest {
        request_id: sent.request_id.to_string(),
        patient_id: open.patient_id(),
        title: sent.title.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes,
        sha256,
        category: category.to_proto(),
    };
    Ok(open.documents().start_upload(asked).await?.into_inner())
}

async fn append(open: &Open, upload: &str, offset_bytes: i64, chunks: Vec<Bytes>) -> Result<Upload, Failure> {
    let upload_id = upload.to_owned();
    let first = AppendUploadRequest { upload_id, offset_bytes, chunk: Bytes::new() };
    let rest =
        chunks.into_iter().map(|chunk| AppendUploadRequest { chunk, ..AppendUploadRequest::default() });
    let messages = std::iter::once(first).chain(rest).collect::<Vec<_>>();
    Ok(open.documents().append_upload(stream::iter(messages)).await?.into_inner())
}

/// The id of the command is the upload's own, so that whoever repeats it gets the first answer.
async fn complete(open: &Open, upload: &str) -> Result<String, Failure> {
    let id = Uuid::try_parse(upload).map_err(|_| Failure::not_shown())?;
    let asked =
        CompleteUploadRequest { request_id: form::step(id, "complete"), upload_id: upload.to_owned() };
    let answer = open.documents().complete_upload(asked).await?.into_inner();
    open.wrote(answer.position);
    let document = answer.document.unwrap_or_default();
    Ok(open.path(&format!("/papers/{}", document.document_id)))
}

/// RFC 9530: `sha-256=:<base64>:`, among others that are not looked at.
fn is_digest_of(header: &str, body: &[u8]) -> bool {
    let said = header.split(',').find_map(|part| part.trim().strip_prefix("sha-256=:")?.strip_suffix(':'));
    said.is_none_or(|said| STANDARD.decode(said).is_ok_and(|said| said == Sha256::digest(body).as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Lang, Words};

    #[test]
    fn what_is_wrong_with_a_file_is_said_in_every_language() {
        for words in Lang::ALL.map(Words::new) {
            assert!(SAID.iter().all(|(_, key)| words.holds(key)));
        }
    }

    #[test]
    fn a_part_is_taken_as_it_was_sent_or_not_at_all() {
        let header = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(b"part")));
        assert!(is_digest_of(&header, b"part"));
        assert!(!is_digest_of(&header, b"pert"));
        assert!(!is_digest_of("sha-256=:%%%:", b"part"));
        assert!(is_digest_of("sha-512=:AAAA:", b"part"), "another digest is not ours to check");
        assert!(!is_digest_of(&format!("sha-512=:AAAA:, {header}"), b"pert"));
    }
}

//! Papers, each handed in by who has it.
use super::{Loading, ids::request, installation::send, record::Record};
use anyhow::{Context, Result};
use futures::stream;
use holdfast_demo::Document;
use holdfast_host::catalogue;
use holdfast_proto::{Word, documents::v1 as pb};
use holdfast_types::Category;
use sha2::{Digest, Sha256};

const CHUNK_BYTES: usize = 256 * 1024;

pub(super) async fn hand_in(loading: Loading<'_>, record: &Record<'_>) -> Result<()> {
    for document in &record.patient.documents {
        upload(loading, record, document).await.with_context(|| format!("`{}`", document.key))?;
    }
    Ok(())
}

async fn upload(loading: Loading<'_>, record: &Record<'_>, document: &Document) -> Result<()> {
    let by = loading.people.speaker(record.hand(loading, &document.uploaded_by))?;
    let client = loading.installation.documents(by, &record.after)?;
    let start = pb::StartUploadRequest {
        request_id: request("StartUpload", &document.key),
        patient_id: record.id.clone(),
        title: document.title.clone(),
        media_type: document.media_type.to_owned(),
        size_bytes: i64::try_from(document.bytes.len())?,
        sha256: Sha256::digest(&document.bytes).to_vec().into(),
        category: Category::Documents.to_proto(),
    };
    let upload =
        send(&client, &start, |mut client, message| async move { client.start_upload(message).await })
            .await?;
    let rest = document.bytes.get(usize::try_from(upload.received_bytes)?..).unwrap_or_default();
    if !rest.is_empty() {
        let parts = parts(&upload, rest);
        let appended = send(&client, &parts, |mut client, parts| async move {
            client.append_upload(stream::iter(parts)).await
        })
        .await;
        match appended {
            // The load was interrupted after it was complete.
            Err(refusal) if refusal.is(catalogue::UPLOAD_ENDED) => {}
            appended => {
                appended?;
            }
        }
    }
    let complete = pb::CompleteUploadRequest {
        request_id: request("CompleteUpload", &document.key),
        upload_id: upload.upload_id,
    };
    send(&client, &complete, |mut client, message| async move { client.complete_upload(message).await })
        .await?;
    Ok(())
}

fn parts(upload: &pb::Upload, bytes: &[u8]) -> Vec<pb::AppendUploadRequest> {
    let chunks = bytes.chunks(CHUNK_BYTES).enumerate();
    let part = |(number, chunk): (usize, &[u8])| pb::AppendUploadRequest {
        upload_id: if number == 0 { upload.upload_id.clone() } else { String::new() },
        offset_bytes: if number == 0 { upload.received_bytes } else { 0 },
        chunk: chunk.to_vec().into(),
    };
    chunks.map(part).collect()
}

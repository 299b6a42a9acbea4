//! Documents and uploads as the contract writes them, and the fields that only documents reads.
use crate::{
    app::{ShownUpload, StartUpload},
    domain::upload::Digest,
    views::{Changed, Done, Moments, ShownDocument, Step},
};
use holdfast_eventlog::Right;
use holdfast_host::{Problem, catalogue, field, mask};
use holdfast_proto::{Word, documents::v1 as pb, timestamp};
use holdfast_types::{Actor, Category};

const TITLE_CHARACTERS_MAX: usize = 200;
const REASON_CHARACTERS_MAX: usize = 500;
/// Of one message of an upload.
pub(super) const CHUNK_BYTES_MAX: usize = 1024 * 1024;

pub(super) fn start(message: &pb::StartUploadRequest) -> Result<StartUpload, Problem> {
    Ok(StartUpload {
        patient: field::id("patient_id", &message.patient_id)?,
        title: field::line("title", &message.title, 1, TITLE_CHARACTERS_MAX)?,
        media_type: message.media_type.parse().map_err(|_| {
            Problem::of_field(catalogue::MEDIA_TYPE_NOT_ALLOWED, "media_type", "not a kind that is taken")
        })?,
        size_bytes: size(message.size_bytes)?,
        sha256: digest(&message.sha256)?,
        category: field::optional_word("category", message.category)?.unwrap_or(Category::Documents),
    })
}

fn size(bytes: i64) -> Result<u64, Problem> {
    u64::try_from(bytes)
        .ok()
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| Problem::of_field(catalogue::FIELD_INVALID, "size_bytes", "at least 1"))
}

fn digest(bytes: &[u8]) -> Result<Option<Digest>, Problem> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let digest = bytes
        .try_into()
        .map_err(|_| Problem::of_field(catalogue::FIELD_INVALID, "sha256", "32 bytes or none"))?;
    Ok(Some(Digest(digest)))
}

pub(super) fn offset(bytes: i64) -> Result<u64, Problem> {
    u64::try_from(bytes)
        .map_err(|_| Problem::of_field(catalogue::FIELD_INVALID, "offset_bytes", "not below 0"))
}

pub(super) fn reason(text: &str) -> Result<String, Problem> {
    field::lines("reason", text, 1, REASON_CHARACTERS_MAX)
}

impl From<ShownUpload> for pb::Upload {
    fn from(upload: ShownUpload) -> Self {
        Self {
            upload_id: upload.id.to_string(),
            patient_id: upload.patient.to_string(),
            size_bytes: signed(upload.size_bytes),
            received_bytes: signed(upload.received_bytes),
            expire_time: Some(timestamp(upload.expires)),
        }
    }
}

impl From<ShownDocument> for pb::Document {
    fn from(document: ShownDocument) -> Self {
        let ShownDocument { id, revision, paper, withdrawal, withdrawn_by } = document;
        let (withdraw_time, withdrawal_reason) = match withdrawal {
            Some(withdrawal) => (Some(timestamp(withdrawal.withdrawn)), withdrawal.reason),
            None => (None, String::new()),
        };
        Self {
            document_id: id.to_string(),
            patient_id: paper.patient.to_string(),
            category: paper.category.to_proto(),
            title: paper.title,
            media_type: paper.media_type.as_str().to_owned(),
            size_bytes: signed(paper.size_bytes),
            sha256: paper.sha256.to_vec().into(),
            create_time: Some(timestamp(paper.added)),
            created_by: Actor::Account(paper.added_by).to_string(),
            withdraw_time,
            withdrawal_reason,
            revision,
            etag: mask::etag(revision),
            withdrawn_by: withdrawn_by.unwrap_or_default(),
        }
    }
}

pub(super) fn step(moments: Moments, step: Step) -> pb::Step {
    let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    pb::Step {
        step_time: moments.step.map(timestamp),
        changes: step.changes.into_iter().map(Into::into).collect(),
        total_size: count(step.total),
        previous_time: moments.previous.map(timestamp),
        following_time: moments.following.map(timestamp),
        step_number: count(moments.number),
        step_count: count(moments.count),
    }
}

impl From<Changed> for pb::DocumentChange {
    fn from(changed: Changed) -> Self {
        let kind = match changed.done {
            Done::Added => pb::DocumentChangeKind::Added,
            Done::Withdrawn => pb::DocumentChangeKind::Withdrawn,
        };
        Self {
            kind: kind.into(),
            document: Some(changed.document.into()),
            recorded_by: changed.by.unwrap_or_default(),
            rule_ids: changed.by_right.iter().flat_map(Right::rules).map(str::to_owned).collect(),
        }
    }
}

/// Sizes are far below what either type holds.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

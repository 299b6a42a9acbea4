//! The sealed columns of a document: each opens at its own place only.
use super::ViewsError;
use crate::{domain::document::Paper, keys::PaperKey};
use holdfast_eventlog::KeyError;
use uuid::Uuid;

pub(super) fn seal_paper(key: &PaperKey, document: Uuid, paper: &Paper) -> Result<Vec<u8>, KeyError> {
    let bytes = serde_json::to_vec(paper).map_err(|_| KeyError::Crypto)?;
    key.seal(&place("documents.paper", document), &bytes)
}

pub(super) fn open_paper(key: &PaperKey, document: Uuid, sealed: &[u8]) -> Result<Paper, ViewsError> {
    let opened = key.open(&place("documents.paper", document), sealed)?;
    serde_json::from_slice(&opened).map_err(|_| ViewsError::Malformed("paper"))
}

pub(super) fn seal_reason(key: &PaperKey, document: Uuid, reason: &str) -> Result<Vec<u8>, KeyError> {
    key.seal(&place("documents.reason", document), reason.as_bytes())
}

pub(super) fn open_reason(key: &PaperKey, document: Uuid, sealed: &[u8]) -> Result<String, ViewsError> {
    let opened = key.open(&place("documents.reason", document), sealed)?;
    String::from_utf8(opened).map_err(|_| ViewsError::Malformed("reason"))
}

fn place(column: &str, row: Uuid) -> Vec<u8> {
    [column.as_bytes(), b"/", row.as_bytes()].concat()
}

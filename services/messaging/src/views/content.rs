//! The words of a thread, sealed: each opens at its own place only.
use super::ViewsError;
use crate::domain::thread::Attachment;
use holdfast_eventlog::{DataKey, KeyError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A message's sealed columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) body: String,
    pub(super) language: String,
    pub(super) attachments: Vec<Attachment>,
}

pub(super) fn seal_subject(key: &DataKey, thread: Uuid, subject: &str) -> Result<Vec<u8>, KeyError> {
    key.seal(&place("threads.subject", thread), subject.as_bytes())
}

pub(super) fn open_subject(key: &DataKey, thread: Uuid, sealed: &[u8]) -> Result<String, ViewsError> {
    let opened = key.open(&place("threads.subject", thread), sealed)?;
    String::from_utf8(opened).map_err(|_| ViewsError::Malformed("subject"))
}

pub(super) fn seal_content(key: &DataKey, message: Uuid, content: &Content) -> Result<Vec<u8>, KeyError> {
    let bytes = serde_json::to_vec(content).map_err(|_| KeyError::Crypto)?;
    key.seal(&place("messages.content", message), &bytes)
}

pub(super) fn open_content(key: &DataKey, message: Uuid, sealed: &[u8]) -> Result<Content, ViewsError> {
    let opened = key.open(&place("messages.content", message), sealed)?;
    serde_json::from_slice(&opened).map_err(|_| ViewsError::Malformed("content"))
}

fn place(column: &str, row: Uuid) -> Vec<u8> {
    [column.as_bytes(), row.as_bytes()].concat()
}

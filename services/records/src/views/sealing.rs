//! What stands sealed in the tables, and the place that each piece is sealed to.
use super::ViewsError;
use crate::domain::{content::Sha, demographics::Demographics, directory::Entry};
use holdfast_eventlog::{DataKey, KeyError};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// What belongs where: sealed content opens at its own place only.
pub(crate) trait Sealed: Serialize + DeserializeOwned {
    const TABLE: &'static str;
    const WHAT: &'static str;
}

impl Sealed for Demographics {
    const TABLE: &'static str = "views.patients";
    const WHAT: &'static str = "patient";
}

impl Sealed for Entry {
    const TABLE: &'static str = "views.directory";
    const WHAT: &'static str = "directory entry";
}

fn place(table: &str, id: Uuid, revision: u64) -> Vec<u8> {
    format!("{table}/{id}/{revision}").into_bytes()
}

/// Our own types always encode; a failure to would be one of sealing.
pub(crate) fn seal<S: Sealed>(
    key: &DataKey,
    id: Uuid,
    revision: u64,
    value: &S,
) -> Result<Vec<u8>, KeyError> {
    let bytes = serde_json::to_vec(value).map_err(|_| KeyError::Crypto)?;
    key.seal(&place(S::TABLE, id, revision), &bytes)
}

pub(crate) fn open<S: Sealed>(
    key: &DataKey,
    id: Uuid,
    revision: u64,
    sealed: &[u8],
) -> Result<S, ViewsError> {
    let bytes = key.open(&place(S::TABLE, id, revision), sealed)?;
    serde_json::from_slice(&bytes).map_err(|_| ViewsError::Malformed(S::WHAT))
}

/// Where digests stand.
pub(crate) const OF_ITEMS: &str = "views.items";
pub(crate) const OF_IMPORTS: &str = "views.imports";

/// Digests of health data could be guessed from, so they are sealed like it.
pub(crate) fn seal_digest(key: &DataKey, table: &str, id: Uuid, digest: &Sha) -> Result<Vec<u8>, KeyError> {
    key.seal(&place(table, id, 0), digest)
}

pub(crate) fn open_digest(key: &DataKey, table: &str, id: Uuid, sealed: &[u8]) -> Result<Sha, ViewsError> {
    let bytes = key.open(&place(table, id, 0), sealed)?;
    bytes.try_into().map_err(|_| ViewsError::Malformed("digest"))
}

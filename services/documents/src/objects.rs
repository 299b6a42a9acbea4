//! The object store: parts of documents, each sealed under its document's key before it leaves the process.
//!
//! A part is sealed to its place: which document, which number, whether it is the last. So parts can neither be swapped nor
//! dropped nor cut off without being found out; and how long each must be follows from the document's size.
use crate::{config::ObjectStoreSettings, domain::parts, keys::PaperKey};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use holdfast_eventlog::KeyError;
use holdfast_host::settings::SettingError;
use holdfast_objects::OpenError;
use holdfast_types::{DocumentId, PatientId, TenantId};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Parts that are fetched ahead while one is being looked at.
const AHEAD: usize = 4;
/// Sealing adds a format byte, a nonce and a tag.
const SEALED_BYTES_MAX: u64 = parts::PART_BYTES + 64;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the store that HOLDFAST_OBJECT_STORE names cannot be opened")]
    Open(#[source] OpenError),
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    #[error("the object store cannot be reached")]
    Unavailable(#[source] object_store::Error),
    #[error("part {number} is missing or not what was stored")]
    Damaged { number: u64 },
    #[error("a part cannot be sealed")]
    Seal(#[source] KeyError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

/// Where a document's parts are, and what they must add up to.
#[derive(Debug, Clone)]
pub struct Parts {
    pub document: DocumentId,
    pub size_bytes: u64,
    pub folder: String,
    pub names: Vec<Uuid>,
}

/// The folder of an upload: it says which tenant, and nothing about whom.
pub fn folder(tenant: TenantId, patient: PatientId, upload: Uuid) -> String {
    let mut hash = Sha256::new_with_prefix(b"holdfast-object-folder-v1");
    hash.update(tenant.uuid().as_bytes());
    hash.update(patient.uuid().as_bytes());
    let mut patient = hex::encode(hash.finalize());
    patient.truncate(32);
    format!("{tenant}/{patient}/{}", upload.hyphenated())
}

impl Objects {
    pub fn open(settings: &ObjectStoreSettings) -> Result<Self, StoreError> {
        let url = settings.url.as_ref().ok_or(SettingError::Missing { name: "HOLDFAST_OBJECT_STORE" })?;
        let (store, root) = holdfast_objects::open(url, &settings.aws).map_err(StoreError::Open)?;
        Ok(Self { store, root })
    }

    /// Stores one part under a new name; durable when it returns. It is the last when it ends where the document ends.
    pub async fn put(
        &self,
        key: &PaperKey,
        of: &Parts,
        number: u64,
        content: &[u8],
        name: Uuid,
    ) -> Result<(), ObjectsError> {
        let ends = number * parts::PART_BYTES + content.len() as u64;
        let place = place(of.document, number, ends == of.size_bytes);
        let sealed = key.seal(&place, content).map_err(ObjectsError::Seal)?;
        self.store
            .put(&self.path(&of.folder, name), sealed.into())
            .await
            .map_err(ObjectsError::Unavailable)?;
        Ok(())
    }

    /// One part of which `length` bytes have arrived.
    pub async fn get(
        &self,
        key: &PaperKey,
        of: &Parts,
        number: u64,
        length: u64,
    ) -> Result<Bytes, ObjectsError> {
        let damaged = || ObjectsError::Damaged { number };
        let name =
            usize::try_from(number).ok().and_then(|number| of.names.get(number)).ok_or_else(damaged)?;
        let found = match self.store.get(&self.path(&of.folder, *name)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(damaged()),
            found => found.map_err(ObjectsError::Unavailable)?,
        };
        if found.meta.size > SEALED_BYTES_MAX {
            return Err(damaged());
        }
        let sealed = found.bytes().await.map_err(ObjectsError::Unavailable)?;
        let last = number * parts::PART_BYTES + length == of.size_bytes;
        let content = key.open(&place(of.document, number, last), &sealed).map_err(|_| damaged())?;
        if content.len() as u64 != length {
            return Err(damaged());
        }
        Ok(content.into())
    }

    /// All parts in order, some fetched ahead.
    pub fn all<'a>(
        &'a self,
        key: &'a PaperKey,
        of: &'a Parts,
    ) -> impl Stream<Item = Result<Bytes, ObjectsError>> + Send + 'a {
        let numbers = 0..parts::count(of.size_bytes);
        stream::iter(numbers)
            .map(move |number| self.get(key, of, number, parts::length(of.size_bytes, number)))
            .buffered(AHEAD)
    }

    pub async fn delete(&self, folder: &str, name: Uuid) -> Result<(), ObjectsError> {
        gone(self.store.delete(&self.path(folder, name)).await)
    }

    /// Removes everything in a folder but what is named.
    pub async fn clear(&self, folder: &str, keep: &[Uuid]) -> Result<(), ObjectsError> {
        let kept: Vec<Path> = keep.iter().map(|name| self.path(folder, *name)).collect();
        let found: Vec<Path> = self
            .store
            .list(Some(&self.folder(folder)))
            .map_ok(|object| object.location)
            .try_filter(|location| std::future::ready(!kept.contains(location)))
            .try_collect()
            .await
            .map_err(ObjectsError::Unavailable)?;
        for location in found {
            gone(self.store.delete(&location).await)?;
        }
        Ok(())
    }

    fn folder(&self, folder: &str) -> Path {
        self.root.parts().chain(Path::from(folder).parts()).collect()
    }

    fn path(&self, folder: &str, name: Uuid) -> Path {
        self.folder(folder).join(name.hyphenated().to_string())
    }
}

/// What is not there need not be removed.
fn gone(deleted: object_store::Result<()>) -> Result<(), ObjectsError> {
    match deleted {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(ObjectsError::Unavailable(error)),
    }
}

fn place(document: DocumentId, number: u64, last: bool) -> Vec<u8> {
    let mut place = b"documents.part/".to_vec();
    place.extend_from_slice(document.uuid().as_bytes());
    place.extend_from_slice(&number.to_be_bytes());
    place.push(u8::from(last));
    place
}

#[cfg(test)]
mod tests;

//! The use cases: authorise, load, decide, append; or authorise, read, release.
mod append;
mod arrival;
mod complete;
mod download;
mod read;
mod start;
mod withdraw;

pub(crate) use download::CHUNK_BYTES;
pub(crate) use start::StartUpload;
pub(crate) use withdraw::WithdrawDocument;

use crate::{
    domain::{
        document,
        upload::{self, Announced},
    },
    keys::PaperKey,
    objects::{Objects, ObjectsError, Parts},
    views::{self, Progress, ViewsError},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Parts as InPart, Permit, Refused, RequestContext, Thing, Unreleased};
use holdfast_eventlog::{AppendError, EventLog, ExecuteError, KeyError, ReadError};
use holdfast_host::{Ground, Problem};
use holdfast_types::{Action, Category, DocumentId, PatientId, UploadId};
use std::slice;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Clone)]
pub(crate) struct App {
    ground: Ground,
    objects: Objects,
    stop: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the caller is refused")]
    Denied(#[from] Refused),
    #[error("a rule of uploads is broken")]
    Upload(#[source] upload::Refusal),
    #[error("a rule of documents is broken")]
    Document(#[source] document::Refusal),
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error("the read models cannot be read")]
    Views(#[source] ViewsError),
    #[error("the objects cannot be read or written")]
    Objects(#[source] ObjectsError),
    #[error("the patient's key cannot be had")]
    Key(#[source] KeyError),
    #[error("a message of the stream is refused")]
    Message(#[source] Problem),
    #[error("the stream broke off, or nothing more came")]
    BrokenOff,
    #[error("a task came to an unexpected end")]
    Task(#[source] tokio::task::JoinError),
}

/// An upload and how far it has come.
#[derive(Debug, Clone)]
pub(crate) struct ShownUpload {
    pub(crate) id: UploadId,
    pub(crate) patient: PatientId,
    pub(crate) size_bytes: u64,
    pub(crate) received_bytes: u64,
    pub(crate) expires: DateTime<Utc>,
}

impl ShownUpload {
    fn of(id: UploadId, announced: &Announced, received_bytes: u64) -> Self {
        let Announced { patient, size_bytes, expires, .. } = announced;
        Self { id, patient: *patient, size_bytes: *size_bytes, received_bytes, expires: *expires }
    }
}

impl Failure {
    fn of_upload(error: ExecuteError<upload::Refusal>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Upload(refusal),
            ExecuteError::Read(error) => Self::Read(error),
            ExecuteError::Append(error) => Self::Append(error),
        }
    }

    fn of_document(error: ExecuteError<document::Refusal>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Document(refusal),
            ExecuteError::Read(error) => Self::Read(error),
            ExecuteError::Append(error) => Self::Append(error),
        }
    }
}

impl App {
    pub(crate) const fn new(ground: Ground, objects: Objects, stop: CancellationToken) -> Self {
        Self { ground, objects, stop }
    }

    fn log(&self) -> &EventLog {
        self.ground.log()
    }

    /// An upload belongs to the account that started it, as long as that may contribute.
    async fn own_upload(
        &self,
        asked: &RequestContext,
        id: UploadId,
        operation: &'static str,
    ) -> Result<Permit, Failure> {
        let known = views::upload(self.log().pool(), id).await.map_err(Failure::Views)?;
        let (patient, categories) = match &known {
            Some(known) => (known.patient, slice::from_ref(&known.category)),
            None => (PatientId::NIL, Category::ALL),
        };
        let gate = self.ground.gate();
        let permit = gate.authorise(asked, Action::Contribute, patient, categories, operation).await?;
        if known.is_some_and(|known| known.account == permit.account()) {
            return Ok(permit);
        }
        // That there is none is an answer, too.
        gate.release(permit, Unreleased::new((), Vec::new())).await?;
        Err(Failure::Upload(upload::Refusal::NotStarted))
    }

    /// A permit for a document's own category. What is not there is told only to those from whom nothing would be hidden.
    async fn for_document(
        &self,
        asked: &RequestContext,
        action: Action,
        patient: PatientId,
        id: DocumentId,
        operation: &'static str,
    ) -> Result<Permit<InPart>, Failure> {
        let gate = self.ground.gate();
        let known = views::known(self.log().pool(), patient, id).await.map_err(Failure::Views)?;
        if let Some(known) = known {
            let categories = slice::from_ref(&known.category);
            let permit = gate.authorise_in_part(asked, action, patient, categories, operation).await?;
            let (first, last) = (known.added, known.added);
            let authors = known.added_by.as_slice();
            let thing = Thing { category: known.category, id: id.uuid(), authors, first, last };
            // What is kept from the caller, or not of the part that is shared, is answered like what is not there.
            if !permit.withheld().holds(id.uuid(), known.added_by.as_deref()) && permit.within().shows(&thing)
            {
                return Ok(permit);
            }
        }
        let permit = gate.authorise_in_part(asked, action, patient, Category::ALL, operation).await?;
        let sees_all = Category::ALL.iter().all(|category| permit.covers_whole(*category));
        gate.release(permit, Unreleased::new((), Vec::new())).await?;
        if !sees_all {
            return Err(Failure::Denied(Refused::NotPermitted));
        }
        let erased = views::is_erased(self.log().pool(), patient, id).await.map_err(Failure::Views)?;
        Err(if erased {
            Failure::Denied(Refused::Erased)
        } else {
            Failure::Document(document::Refusal::NotAdded)
        })
    }

    /// What a paper is sealed under, or what becomes one.
    async fn key(&self, patient: PatientId, paper: Uuid) -> Result<PaperKey, Failure> {
        PaperKey::of(self.log().keys(), patient.uuid(), paper).await.map_err(Failure::Key)
    }

    async fn progress(&self, id: UploadId) -> Result<Progress, Failure> {
        views::progress(self.log().pool(), id).await.map_err(Failure::Views)
    }
}

/// Where an upload's parts are; the document it becomes has its id.
fn parts_of(id: UploadId, announced: &Announced, names: Vec<Uuid>) -> Parts {
    Parts {
        document: DocumentId::new(id.uuid()),
        size_bytes: announced.size_bytes,
        folder: announced.folder.clone(),
        names,
    }
}

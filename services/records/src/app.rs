//! The use cases: authorise, load, decide, append; or authorise, read, release.
mod authoring;
mod directory;
mod importing;
mod incoming;
mod locking;
mod patients;
mod proposals;
mod proposing;
mod reading;
mod recording;
mod stepping;
mod told;

pub(crate) use authoring::{Authored, NewItem};
pub(crate) use importing::{ImportBundle, Imported, Unresolved, read_file};
pub(crate) use incoming::RESOURCE_BYTES_MAX;
pub(crate) use locking::InForce;
pub(crate) use patients::PatientAfter;
pub(crate) use proposals::ListProposals;
pub(crate) use proposing::{Change, Propose, Verdict};
pub(crate) use reading::{ListItems, NamedVersion, Names};
pub(crate) use stepping::{ListStep, NamedChange, Step};
pub(crate) use told::DemographicsChanged;

use crate::{
    domain::{content::NotJson, item, locks::chosen, patient, proposal},
    views::ViewsError,
};
use holdfast_access::{Gate, Refused};
use holdfast_eventlog::{AppendError, EventLog, ExecuteError, ReadError, Request};
use holdfast_fhir::{BundleError, UnknownCodes};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, PatientId};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Files that are taken in at the same time, each of them in memory.
const IMPORTS_MAX: usize = 4;

#[derive(Clone)]
pub(crate) struct App {
    log: EventLog,
    gate: Gate,
    imports: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the caller is refused")]
    Denied(#[from] Refused),
    #[error("a rule of patients is broken")]
    Patient(#[source] patient::Refusal),
    #[error("a rule of items is broken")]
    Item(#[source] item::Refusal),
    #[error("a rule of what is locked for families is broken")]
    Locks(#[source] chosen::Refusal),
    #[error("a rule of proposals is broken")]
    Proposal(#[source] proposal::Refusal),
    #[error("the bundle is refused")]
    Bundle(#[source] BundleError),
    #[error("the resource is refused")]
    Resource(#[source] BundleError),
    #[error("entries say what they are by codes that nobody here can look up")]
    UnknownCodes(UnknownCodes),
    #[error("the file cannot be taken in")]
    Unfit(#[source] Unfit),
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error("the read models cannot be read")]
    Views(#[source] ViewsError),
    #[error("the reading of a file did not end as it should")]
    Interrupted,
}

/// What is wrong with a file or a resource as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the bundle is about somebody else")]
    OtherPatient,
    #[error("the bundle holds nothing of a patient")]
    NothingOfAPatient,
    #[error("the bundle holds what belongs to a patient")]
    OfAPatient,
    #[error("an entry is larger than one item may be")]
    EntryTooLarge,
    #[error("not a resource that an item can hold, about this patient")]
    NotAnItem { place: String },
}

impl From<NotJson> for Failure {
    fn from(_: NotJson) -> Self {
        Self::Interrupted
    }
}

impl App {
    pub(crate) fn new(log: EventLog, gate: Gate) -> Self {
        Self { log, gate, imports: Arc::new(Semaphore::new(IMPORTS_MAX)) }
    }

    /// Room to take a file in; whoever comes too early waits.
    pub(crate) async fn room_for_import(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.imports).acquire_owned().await.map_err(|_| Failure::Interrupted)
    }
}

impl Failure {
    fn of<R>(error: ExecuteError<R>, rule: impl FnOnce(R) -> Self) -> Self {
        match error {
            ExecuteError::Refused(refusal) => rule(refusal),
            ExecuteError::Read(error) => Self::Read(error),
            ExecuteError::Append(error) => Self::Append(error),
        }
    }
}

/// The command as its sender's own: the same id and content from another account is another command.
fn request(sender: AccountId, command: CommandId) -> Request {
    let mut hash = Sha256::new_with_prefix(sender.uuid().as_bytes());
    hash.update(command.fingerprint);
    Request { id: command.id, fingerprint: hash.finalize().into() }
}

/// The id of what a command makes. It follows from sender and request, so that a repeated command means the same thing again.
fn made_by(sender: AccountId, command: CommandId, within: Uuid) -> Uuid {
    Uuid::new_v5(&sender.uuid(), &[command.id.uuid().as_bytes().as_slice(), within.as_bytes()].concat())
}

/// A record as the subject of an append.
const fn subject(patient: PatientId) -> holdfast_eventlog::Subject {
    holdfast_eventlog::Subject::Patient(patient)
}

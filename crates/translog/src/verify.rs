//! What an outsider verifies with the public key alone: a whole log, or one patient's part of it, from an export or from tiles.
mod log;
mod patient;
mod reading;
mod roots;
mod tiles;
mod trust;

pub use log::LogVerifier;
pub use patient::{PatientProof, PatientVerifier};
pub use reading::{Scope, verify_export};
pub use tiles::{verify_published, verify_tiles};
pub use trust::Trust;

use crate::{
    bundle::BundleError,
    checkpoint::{Checkpoint, CheckpointError},
    entry::EntryError,
    export::ExportError,
    heads::HeadError,
    key::SignatureError,
    plan::TileError,
    proof::ProofError,
    store::StoreError,
};
use chrono::{DateTime, Utc};

/// What holds, once everything was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub scope: Scope,
    pub checkpoint: Checkpoint,
    /// With which the newest checkpoint's tree closes; none where no entry was read.
    pub time: Option<DateTime<Utc>>,
    /// Entries that were read, of the hashes alone those; of a patient, the patient's.
    pub entries: u64,
    /// In the whole log: chains that were counted. Of a patient: one, and no lanes.
    pub patients: u64,
    pub lanes: u64,
    /// Earlier checkpoints that the newest continues.
    pub older: u64,
}

/// The first thing found that does not hold: what, and where.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the export cannot be read")]
    Export(#[source] ExportError),
    #[error("line {line} of the export: {expected} belongs here")]
    Order { line: u64, expected: &'static str },
    #[error("the export is of a form that is not known here")]
    Format,
    #[error("the checkpoint {place} cannot be trusted")]
    Checkpoint {
        place: CheckpointPlace,
        #[source]
        cause: CheckpointError,
    },
    #[error("the newest checkpoint is not cosigned by the witness `{witness}`")]
    Witness {
        witness: String,
        #[source]
        cause: SignatureError,
    },
    #[error("the newest checkpoint is cosigned by {found} of the witnesses, {needed} are needed")]
    Quorum { needed: usize, found: usize },
    #[error("there is no checkpoint to verify against")]
    NoCheckpoint,
    #[error("the checkpoints are out of order: one of {newer} entries stands before one of {older}")]
    CheckpointOrder { older: u64, newer: u64 },
    #[error("the log was forked: its tree of {size} entries is not the one that a checkpoint signs")]
    Forked { size: u64 },
    #[error("the log went back: a checkpoint of {older} entries was seen, the newest is of {newest}")]
    WentBack { older: u64, newest: u64 },
    #[error("entry {index} is malformed")]
    Entry {
        index: u64,
        #[source]
        cause: EntryError,
    },
    #[error("entry {found} stands where entry {expected} belongs")]
    Index { expected: u64, found: u64 },
    #[error("entry {index} is beyond the tree, which holds {size} entries")]
    BeyondTree { index: u64, size: u64 },
    #[error("there are {found} entries, the checkpoint is of {expected}")]
    Missing { expected: u64, found: u64 },
    #[error(
        "entry {index}: number {found} stands where number {expected} of lane {lane} of {service} belongs"
    )]
    LaneCount { index: u64, service: &'static str, lane: u16, expected: u64, found: u64 },
    #[error("entry {index}: number {found} stands where number {expected} of its patient belongs")]
    PatientCount { index: u64, expected: u64, found: u64 },
    #[error("entry {index} does not continue the entry before of its patient")]
    PatientChain { index: u64 },
    #[error("entry {index} closes with other heads than the entries before it make")]
    Heads { index: u64 },
    #[error(
        "entry {index} follows another history than the entries before it: something between {from} and it was changed"
    )]
    Previous { index: u64, from: u64 },
    #[error("the tree of {size} entries does not close with the heads of its chains")]
    NotClosed { size: u64 },
    #[error("entry {index} is not the patient's")]
    OtherPatient { index: u64 },
    #[error("the patient has {expected} entries, {found} are shown")]
    Omitted { expected: u64, found: u64 },
    #[error("the patient's entries end in another than the head says")]
    OtherLast,
    #[error("the head of the patient is not the one of this checkpoint")]
    Head(#[source] HeadError),
    #[error("a proof does not hold")]
    Proof(#[source] ProofError),
    #[error("nothing proves that the checkpoint continues the earlier one of {older} entries")]
    NoConsistency { older: u64 },
    #[error("a tile is not what the log signs")]
    Tile(#[source] TileError),
    #[error("{path} holds something else than the entries make")]
    OtherTile { path: String },
    #[error("{path} is not a bundle of entries")]
    Bundle {
        path: String,
        #[source]
        cause: BundleError,
    },
    #[error("the log's files cannot be read")]
    Store(#[source] StoreError),
}

/// Where a checkpoint came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointPlace {
    Line(u64),
    Published,
    Earlier,
}

impl std::fmt::Display for CheckpointPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "in line {line} of the export"),
            Self::Published => f.write_str("that the log publishes"),
            Self::Earlier => f.write_str("that was seen earlier"),
        }
    }
}

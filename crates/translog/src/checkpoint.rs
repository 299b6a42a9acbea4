//! Checkpoints (C2SP tlog-checkpoint): a log's origin, its size and its root, signed by the log and cosigned by witnesses.
use crate::{
    hash::{Hash, decode_hash, encode_hash},
    key::{SignatureError, SigningKey, VerifierKey},
    note::{Note, NoteError},
    tile::TREE_SIZE_MAX,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: that of its key.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint is malformed: {0}")]
    Malformed(&'static str),
    #[error("the checkpoint is of the log `{found}`, the key is of `{expected}`")]
    OtherLog { expected: String, found: String },
    #[error("the checkpoint is not a signed note")]
    Note(#[source] NoteError),
    #[error("the checkpoint of the log `{origin}` is not signed by its key")]
    Signature {
        origin: String,
        #[source]
        cause: SignatureError,
    },
}

impl Checkpoint {
    /// Lines after the third are extensions: covered by the signature, not understood here.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let mut lines = text.split('\n');
        let origin = lines
            .next()
            .filter(|origin| !origin.is_empty())
            .ok_or(malformed("its first line is no origin"))?;
        let size = lines.next().and_then(decimal).ok_or(malformed("its second line is no tree size"))?;
        let root = lines.next().and_then(decode_hash).ok_or(malformed("its third line is no root"))?;
        if size > TREE_SIZE_MAX {
            return Err(malformed("its tree is larger than a tree can be"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encode_hash(&self.root))
    }

    pub fn sign(&self, key: &SigningKey) -> SignedCheckpoint {
        let mut note = Note::unsigned(self.text());
        note.add(key.sign(note.text(), 0));
        SignedCheckpoint { checkpoint: self.clone(), note }
    }
}

/// Without sign and without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A checkpoint with the log's signature on it, which has been verified or just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads and verifies: of the log that the key names, signed with the key.
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes).map_err(CheckpointError::Note)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::OtherLog {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        key.verify(&note)
            .map_err(|cause| CheckpointError::Signature { origin: checkpoint.origin.clone(), cause })?;
        Ok(Self { checkpoint, note })
    }

    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// A witness says that it saw no other history; which it must have checked before.
    pub fn cosign(&mut self, witness: &SigningKey, time_s: u64) {
        let signature = witness.sign(self.note.text(), time_s);
        self.note.add(signature);
    }

    /// Takes over what a witness answered.
    pub fn add_cosignature(&mut self, line: &str, witness: &VerifierKey) -> Result<u64, SignatureError> {
        let missing = || SignatureError::Missing { key: witness.name().to_owned() };
        let mut note = self.note.clone();
        note.add(crate::note::NoteSignature::parse(line.trim_end_matches('\n')).ok_or_else(missing)?);
        let time = witness.verify(&note)?.ok_or_else(missing)?;
        self.note = note;
        Ok(time)
    }

    /// When that witness cosigned, in seconds since 1970.
    pub fn cosigned_by(&self, witness: &VerifierKey) -> Result<u64, SignatureError> {
        let missing = || SignatureError::Missing { key: witness.name().to_owned() };
        witness.verify(&self.note)?.ok_or_else(missing)
    }

    pub fn to_text(&self) -> String {
        self.note.to_string()
    }
}

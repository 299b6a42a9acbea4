//! What a witness is asked, what it checks before it cosigns, and what it must remember (C2SP tlog-witness).
use crate::{
    checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, decimal},
    hash::{Hash, decode_hash, encode_hash},
    key::{SigningKey, VerifierKey},
    note::NoteSignature,
    proof::{ProofError, verify_consistency},
};

/// `old <size>`, the hashes of a consistency proof, a blank line, the checkpoint: the body of `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the sender believes the witness to have cosigned last.
    pub older: u64,
    pub proof: Vec<Hash>,
    pub checkpoint: String,
}

/// What a witness remembers of a log: the last checkpoint that it cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witnessed {
    pub size: u64,
    pub root: Hash,
}

impl Witnessed {
    pub const fn of(checkpoint: &Checkpoint) -> Self {
        Self { size: checkpoint.size, root: checkpoint.root }
    }
}

/// Lines of a proof that a client may send; a tree of 2^63 leaves needs no more.
const PROOF_LINES_MAX: usize = 63;

/// Each with the status that the protocol answers.
#[derive(Debug, thiserror::Error)]
pub enum WitnessRefusal {
    /// 400.
    #[error("the request is malformed: {0}")]
    Malformed(&'static str),
    /// 403, or 404 where the log itself is unknown.
    #[error("the checkpoint is not one of the log that is witnessed")]
    Checkpoint(#[source] CheckpointError),
    /// 400.
    #[error("the checkpoint is of size {newer}, older than the {older} from which it is to continue")]
    Older { older: u64, newer: u64 },
    /// 409, with the size as the body.
    #[error("the checkpoint cosigned last is of size {size}")]
    Conflict { size: u64 },
    /// 409, with the size as the body.
    #[error("another tree of size {size} was cosigned")]
    Forked { size: u64 },
    /// 422.
    #[error("the checkpoint does not continue the one cosigned last")]
    Inconsistent(#[source] ProofError),
}

impl AddCheckpoint {
    pub fn parse(body: &[u8]) -> Result<Self, WitnessRefusal> {
        let malformed = WitnessRefusal::Malformed;
        let text = std::str::from_utf8(body).map_err(|_| malformed("it is not text"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("it has no blank line"))?;
        let mut lines = head.split('\n');
        let older = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(decimal)
            .ok_or(malformed("it does not begin with the older size"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == PROOF_LINES_MAX {
                return Err(malformed("its proof is too long"));
            }
            proof.push(decode_hash(line).ok_or(malformed("its proof holds no hash where one belongs"))?);
        }
        Ok(Self { older, proof, checkpoint: checkpoint.to_owned() })
    }

    pub fn to_text(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| format!("{}\n", encode_hash(hash))).collect();
        format!("old {}\n{proof}\n{}", self.older, self.checkpoint)
    }

    /// The caller stores the new `Witnessed`, provided that the old one is still what it was, before it gives the signature out.
    pub fn cosign(
        &self,
        log: &VerifierKey,
        witnessed: Option<Witnessed>,
        witness: &SigningKey,
        time_s: u64,
    ) -> Result<(Witnessed, NoteSignature), WitnessRefusal> {
        let signed =
            SignedCheckpoint::open(self.checkpoint.as_bytes(), log).map_err(WitnessRefusal::Checkpoint)?;
        let Checkpoint { size, root, .. } = *signed.checkpoint();
        if self.older > size {
            return Err(WitnessRefusal::Older { older: self.older, newer: size });
        }
        let last = witnessed.map_or(0, |last| last.size);
        if self.older != last {
            return Err(WitnessRefusal::Conflict { size: last });
        }
        match witnessed {
            Some(last) if last.size == size && last.root != root => {
                return Err(WitnessRefusal::Forked { size });
            }
            Some(last) if last.size > 0 => {
                verify_consistency(last.size, size, &last.root, &root, &self.proof)
                    .map_err(WitnessRefusal::Inconsistent)?;
            }
            _ if !self.proof.is_empty() => {
                return Err(WitnessRefusal::Malformed("nothing was cosigned yet, but there is a proof"));
            }
            _ => {}
        }
        Ok((Witnessed { size, root }, witness.sign(signed.note().text(), time_s)))
    }
}

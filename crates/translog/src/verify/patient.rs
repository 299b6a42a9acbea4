//! Verifies that a patient is shown every entry that the log holds of them, and nothing that it does not.
use super::{Scope, Verified, VerifyError};
use crate::{
    chain::{Chain, ChainKey, Head},
    checkpoint::Checkpoint,
    entry::{Entry, HeadsEntry},
    export::{HashText, PatientHead, Placed},
    hash::{Hash, leaf_hash},
    heads::verify_head,
    proof::verify_inclusion,
};
use holdfast_types::PatientId;

/// What goes before a patient's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientProof {
    pub patient: PatientId,
    /// Its signature was verified.
    pub checkpoint: Checkpoint,
    /// The last entry of the checkpoint's tree.
    pub closing: Placed,
    pub head: PatientHead,
}

/// Holds no more than the last entry's hash.
pub struct PatientVerifier {
    checkpoint: Checkpoint,
    patient: PatientId,
    chain: ChainKey,
    closing: HeadsEntry,
    head: Head,
    reached: Head,
    next_index: u64,
}

impl PatientVerifier {
    pub fn new(proof: PatientProof) -> Result<Self, VerifyError> {
        let PatientProof { patient, checkpoint, closing, head } = proof;
        let size = checkpoint.size;
        if closing.index.checked_add(1) != Some(size) {
            return Err(VerifyError::NotClosed { size });
        }
        included(&closing, &checkpoint)?;
        let index = closing.index;
        let closing = match Entry::decode(&closing.bytes) {
            Ok(Entry::Heads(heads)) => heads,
            Ok(Entry::Event(_)) => return Err(VerifyError::NotClosed { size }),
            Err(cause) => return Err(VerifyError::Entry { index, cause }),
        };
        let chain = Chain::Patient(patient).key();
        let PatientHead { count, last: HashText(last), proof } = head;
        let head = Head { count, last };
        verify_head(&chain, head, &closing.heads_root, &HashText::hashes(&proof))
            .map_err(VerifyError::Head)?;
        Ok(Self { checkpoint, patient, chain, closing, head, reached: Head::NONE, next_index: 0 })
    }

    /// The patient's next entry.
    pub fn take(&mut self, placed: &Placed) -> Result<(), VerifyError> {
        let index = placed.index;
        let leaf = included(placed, &self.checkpoint)?;
        let entry = Entry::decode(&placed.bytes).map_err(|cause| VerifyError::Entry { index, cause })?;
        let link = match entry {
            Entry::Event(event) => event.patient.filter(|link| link.chain == self.chain),
            Entry::Heads(_) => None,
        };
        let link = link.ok_or(VerifyError::OtherPatient { index })?;
        let expected = self.reached.count + 1;
        if link.seq != expected {
            return Err(VerifyError::PatientCount { index, expected, found: link.seq });
        }
        if link.previous != self.reached.last {
            return Err(VerifyError::PatientChain { index });
        }
        if index < self.next_index {
            return Err(VerifyError::Index { expected: self.next_index, found: index });
        }
        self.next_index = index + 1;
        self.reached = Head { count: link.seq, last: leaf };
        Ok(())
    }

    /// After the last entry.
    pub fn finish(self) -> Result<Verified, VerifyError> {
        let (expected, found) = (self.head.count, self.reached.count);
        if expected != found {
            return Err(VerifyError::Omitted { expected, found });
        }
        if self.head.last != self.reached.last {
            return Err(VerifyError::OtherLast);
        }
        Ok(Verified {
            scope: Scope::Patient(self.patient),
            checkpoint: self.checkpoint,
            time: Some(self.closing.time),
            entries: found,
            patients: 1,
            lanes: 0,
            older: 0,
        })
    }
}

fn included(placed: &Placed, checkpoint: &Checkpoint) -> Result<Hash, VerifyError> {
    let leaf = leaf_hash(&placed.bytes);
    let proof = HashText::hashes(&placed.proof);
    verify_inclusion(&leaf, placed.index, checkpoint.size, &checkpoint.root, &proof)
        .map_err(VerifyError::Proof)?;
    Ok(leaf)
}

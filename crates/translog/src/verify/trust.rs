//! What a verifier starts from: the log's public key, the witnesses that must have cosigned, what was seen before.
use super::{CheckpointPlace, VerifyError};
use crate::{
    checkpoint::{Checkpoint, SignedCheckpoint},
    key::VerifierKey,
};

#[derive(Debug, Clone)]
pub struct Trust {
    key: VerifierKey,
    witnesses: Vec<VerifierKey>,
    /// How many of them are enough; all, unless it is said.
    quorum: Option<usize>,
    earlier: Vec<Vec<u8>>,
}

impl Trust {
    pub const fn in_key(key: VerifierKey) -> Self {
        Self { key, witnesses: Vec::new(), quorum: None, earlier: Vec::new() }
    }

    /// The newest checkpoint must carry the cosignature of each.
    #[must_use]
    pub fn and_witnesses(self, witnesses: Vec<VerifierKey>) -> Self {
        Self { witnesses, ..self }
    }

    /// So many of the witnesses are enough.
    #[must_use]
    pub fn and_quorum(self, quorum: usize) -> Self {
        Self { quorum: Some(quorum), ..self }
    }

    /// Checkpoints as they were kept: the newest must continue each.
    #[must_use]
    pub fn and_earlier(self, notes: Vec<Vec<u8>>) -> Self {
        Self { earlier: notes, ..self }
    }

    pub(super) fn earlier(&self) -> Result<Vec<Checkpoint>, VerifyError> {
        let open = |note: &Vec<u8>| Ok(self.opened(note, CheckpointPlace::Earlier)?.checkpoint().clone());
        self.earlier.iter().map(open).collect()
    }

    pub(super) fn opened(
        &self,
        note: &[u8],
        place: CheckpointPlace,
    ) -> Result<SignedCheckpoint, VerifyError> {
        SignedCheckpoint::open(note, &self.key).map_err(|cause| VerifyError::Checkpoint { place, cause })
    }

    /// Enough witnesses saw it, and the log has not had more entries before than it has now.
    pub(super) fn newest(
        &self,
        signed: &SignedCheckpoint,
        earlier: &[Checkpoint],
    ) -> Result<Checkpoint, VerifyError> {
        let needed = self.quorum.unwrap_or(self.witnesses.len());
        let (mut found, mut unseen) = (0, None);
        for witness in &self.witnesses {
            match signed.cosigned_by(witness) {
                Ok(_) => found += 1,
                Err(cause) => unseen = unseen.or(Some((witness.name().to_owned(), cause))),
            }
        }
        match unseen {
            Some((witness, cause)) if self.quorum.is_none() => {
                return Err(VerifyError::Witness { witness, cause });
            }
            _ if found < needed => return Err(VerifyError::Quorum { needed, found }),
            _ => {}
        }
        let newest = signed.checkpoint().clone();
        match earlier.iter().find(|older| older.size > newest.size) {
            Some(older) => Err(VerifyError::WentBack { older: older.size, newest: newest.size }),
            None => Ok(newest),
        }
    }
}

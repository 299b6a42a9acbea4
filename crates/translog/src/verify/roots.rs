//! The roots that the log's key signed, by size: what a log must come to when it is made again.
use super::VerifyError;
use crate::{
    checkpoint::Checkpoint,
    hash::{EMPTY_ROOT, Hash},
};
use std::collections::BTreeMap;

pub(super) struct Roots {
    pub(super) newest: Checkpoint,
    by_size: BTreeMap<u64, Hash>,
}

impl Roots {
    /// Of checkpoints whose signatures were verified; the largest is the newest.
    pub(super) fn of(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Result<Self, VerifyError> {
        let (mut newest, mut by_size) = (None::<Checkpoint>, BTreeMap::new());
        for checkpoint in checkpoints {
            let size = checkpoint.size;
            if by_size.insert(size, checkpoint.root).is_some_and(|root| root != checkpoint.root) {
                return Err(VerifyError::Forked { size });
            }
            if newest.as_ref().is_none_or(|newest| newest.size <= size) {
                newest = Some(checkpoint);
            }
        }
        let newest = newest.ok_or(VerifyError::NoCheckpoint)?;
        if by_size.get(&0).is_some_and(|root| *root != EMPTY_ROOT) {
            return Err(VerifyError::Forked { size: 0 });
        }
        Ok(Self { newest, by_size })
    }

    pub(super) fn is_signed(&self, size: u64) -> bool {
        self.by_size.contains_key(&size)
    }

    /// The tree of that size is the one that was signed, if one was.
    pub(super) fn compare(&self, size: u64, root: impl FnOnce() -> Hash) -> Result<(), VerifyError> {
        match self.by_size.get(&size) {
            Some(signed) if *signed != root() => Err(VerifyError::Forked { size }),
            _ => Ok(()),
        }
    }

    /// Beside the newest.
    pub(super) fn older(&self) -> u64 {
        self.by_size.len() as u64 - 1
    }
}

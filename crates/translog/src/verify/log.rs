//! Verifies a whole log, entry by entry: every chain counted, every checkpoint's root made again, every closing compared.
use super::{Scope, Verified, VerifyError};
use crate::{
    chain::{Chain, ChainKey, Head},
    checkpoint::Checkpoint,
    edge::Edge,
    entry::{Entry, EventEntry, HeadsEntry},
    hash::{EMPTY_ROOT, Hash, leaf_hash},
    heads::Heads,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Holds the head of every chain, and so grows with the number of patients, not of entries.
pub struct LogVerifier {
    newest: Checkpoint,
    /// Roots that the log's key signed, by size.
    roots: BTreeMap<u64, Hash>,
    edge: Edge,
    heads: Heads,
    closed: Closed,
    patients: u64,
    lanes: u64,
}

/// The last heads entry: the tree that it closed.
#[derive(Clone, Copy)]
struct Closed {
    size: u64,
    root: Hash,
    time: Option<DateTime<Utc>>,
}

impl LogVerifier {
    /// Against checkpoints whose signatures were verified; the largest is the newest.
    pub fn new(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Result<Self, VerifyError> {
        let (mut newest, mut roots) = (None::<Checkpoint>, BTreeMap::new());
        for checkpoint in checkpoints {
            let size = checkpoint.size;
            if roots.insert(size, checkpoint.root).is_some_and(|root| root != checkpoint.root) {
                return Err(VerifyError::Forked { size });
            }
            if newest.as_ref().is_none_or(|newest| newest.size <= size) {
                newest = Some(checkpoint);
            }
        }
        let newest = newest.ok_or(VerifyError::NoCheckpoint)?;
        let closed = Closed { size: 0, root: EMPTY_ROOT, time: None };
        if roots.get(&0).is_some_and(|root| *root != EMPTY_ROOT) {
            return Err(VerifyError::Forked { size: 0 });
        }
        let (edge, heads) = (Edge::default(), Heads::default());
        Ok(Self { newest, roots, edge, heads, closed, patients: 0, lanes: 0 })
    }

    /// How many entries were taken.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The next entry.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        let index = self.size();
        if index >= self.newest.size {
            return Err(VerifyError::BeyondTree { index, size: self.newest.size });
        }
        let entry = Entry::decode(bytes).map_err(|cause| VerifyError::Entry { index, cause })?;
        let leaf = leaf_hash(bytes);
        match &entry {
            Entry::Event(event) => self.count(index, event, leaf)?,
            Entry::Heads(heads) => self.compare(index, heads)?,
        }
        self.edge.append(leaf);
        let signed = self.roots.get(&self.size());
        if signed.is_none() && matches!(entry, Entry::Event(_)) {
            return Ok(());
        }
        let (size, root) = (self.size(), self.edge.root());
        if signed.is_some_and(|signed| *signed != root) {
            return Err(VerifyError::Forked { size });
        }
        match entry {
            Entry::Heads(heads) => self.closed = Closed { size, root, time: Some(heads.time) },
            Entry::Event(_) => return Err(VerifyError::NotClosed { size }),
        }
        Ok(())
    }

    fn count(&mut self, index: u64, event: &EventEntry, leaf: Hash) -> Result<(), VerifyError> {
        let EventEntry { service, lane, lane_seq, patient, .. } = *event;
        let key = Chain::Lane(service, lane).key();
        let expected = self.head(&key).count + 1;
        if lane_seq != expected {
            let service = service.as_str();
            return Err(VerifyError::LaneCount { index, service, lane, expected, found: lane_seq });
        }
        self.lanes += u64::from(expected == 1);
        self.heads.set(key, Head { count: lane_seq, last: leaf });
        let Some(link) = patient else { return Ok(()) };
        let Head { count, last } = self.head(&link.chain);
        if link.seq != count + 1 {
            return Err(VerifyError::PatientCount { index, expected: count + 1, found: link.seq });
        }
        if link.previous != last {
            return Err(VerifyError::PatientChain { index });
        }
        self.patients += u64::from(count == 0);
        self.heads.set(link.chain, Head { count: link.seq, last: leaf });
        Ok(())
    }

    fn compare(&mut self, index: u64, heads: &HeadsEntry) -> Result<(), VerifyError> {
        let Closed { size, root, .. } = self.closed;
        if (heads.previous_size, heads.previous_root) != (size, root) {
            return Err(VerifyError::Previous { index, from: size.min(heads.previous_size) });
        }
        if (heads.chains, heads.heads_root) != (self.heads.len(), self.heads.root()) {
            return Err(VerifyError::Heads { index });
        }
        Ok(())
    }

    fn head(&self, key: &ChainKey) -> Head {
        self.heads.get(key).unwrap_or(Head::NONE)
    }

    /// After the last entry.
    pub fn finish(self) -> Result<Verified, VerifyError> {
        let (expected, found) = (self.newest.size, self.size());
        if found != expected {
            return Err(VerifyError::Missing { expected, found });
        }
        let time = self.closed.time.ok_or(VerifyError::NotClosed { size: found })?;
        Ok(Verified {
            scope: Scope::Log,
            checkpoint: self.newest,
            time,
            entries: found,
            patients: self.patients,
            lanes: self.lanes,
            older: self.roots.len() as u64 - 1,
        })
    }
}

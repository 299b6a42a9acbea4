//! Verifies a whole log, entry by entry: every chain counted, every checkpoint's root made again, every closing compared.
use super::{Scope, Verified, VerifyError, roots::Roots};
use crate::{
    chain::{Chain, ChainKey, Head},
    checkpoint::Checkpoint,
    edge::Edge,
    entry::{Entry, EventEntry, HeadsEntry},
    hash::{EMPTY_ROOT, Hash, leaf_hash},
    heads::Heads,
};
use chrono::{DateTime, Utc};

/// Holds the head of every chain, and so grows with the number of patients, not of entries.
pub struct LogVerifier {
    roots: Roots,
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
        let roots = Roots::of(checkpoints)?;
        let closed = Closed { size: 0, root: EMPTY_ROOT, time: None };
        let (edge, heads) = (Edge::default(), Heads::default());
        Ok(Self { roots, edge, heads, closed, patients: 0, lanes: 0 })
    }

    /// How many entries were taken.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The next entry.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        let index = self.size();
        let size = self.roots.newest.size;
        if index >= size {
            return Err(VerifyError::BeyondTree { index, size });
        }
        let entry = Entry::decode(bytes).map_err(|cause| VerifyError::Entry { index, cause })?;
        let leaf = leaf_hash(bytes);
        match &entry {
            Entry::Event(event) => self.count(index, event, leaf)?,
            Entry::Heads(heads) => self.compare(index, heads)?,
        }
        self.edge.append(leaf);
        let size = self.size();
        self.roots.compare(size, || self.edge.root())?;
        match entry {
            Entry::Heads(heads) => {
                self.closed = Closed { size, root: self.edge.root(), time: Some(heads.time) };
                Ok(())
            }
            Entry::Event(_) if self.roots.is_signed(size) => Err(VerifyError::NotClosed { size }),
            Entry::Event(_) => Ok(()),
        }
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
        let (expected, found) = (self.roots.newest.size, self.size());
        if found != expected {
            return Err(VerifyError::Missing { expected, found });
        }
        let time = self.closed.time.ok_or(VerifyError::NotClosed { size: found })?;
        Ok(Verified {
            scope: Scope::Log,
            older: self.roots.older(),
            checkpoint: self.roots.newest,
            time: Some(time),
            entries: found,
            patients: self.patients,
            lanes: self.lanes,
        })
    }
}

//! The log as its one sequencer grows it: events become entries, each counted in its chains, and the heads close every checkpoint.
//!
//! Pure: what it makes is in memory alone. A sequencer whose checkpoint was not taken throws its `Sequence` away and resumes.
use crate::{
    chain::{Chain, ChainKey, Head},
    checkpoint::Checkpoint,
    entry::{Entry, EntryError, EventEntry, HeadsEntry, PatientLink},
    frontier::{Frontier, FrontierError, Growth},
    hash::{EMPTY_ROOT, Hash, leaf_hash},
    heads::Heads,
    tile::TREE_SIZE_MAX,
};
use chrono::{DateTime, Utc};
use holdfast_types::{EventId, PatientId, Service};
use std::collections::HashMap;

/// Events in one batch; what waits longer comes in the next.
pub const BATCH_EVENTS_MAX: usize = 16_384;

/// What of an event's header goes into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub service: Service,
    pub lane: u16,
    pub lane_seq: u64,
    pub event_id: EventId,
    pub leaf: Hash,
    pub patient: Option<PatientId>,
}

pub struct Sequence {
    origin: String,
    frontier: Frontier,
    heads: Heads,
    previous: (u64, Hash),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SequenceError {
    #[error("lane {lane} of {service} stands at {last}, so {found} is not its next event")]
    LaneOrder { service: Service, lane: u16, last: u64, found: u64 },
    #[error("a batch holds at most {BATCH_EVENTS_MAX} events, not {found}")]
    TooMany { found: usize },
    #[error("the tree cannot take the entries")]
    Frontier(#[source] FrontierError),
    #[error("the tiles make another tree than the checkpoint of size {size} signs")]
    OtherTree { size: u64 },
    #[error("the heads of the chains are not those that the checkpoint of size {size} closes with")]
    OtherHeads { size: u64 },
    #[error("the checkpoint of size {size} does not close with the heads of the chains")]
    NotClosed {
        size: u64,
        #[source]
        cause: Option<EntryError>,
    },
}

/// One entry with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequenced {
    pub index: u64,
    pub entry: Entry,
    pub bytes: Vec<u8>,
    /// Its leaf hash in this log.
    pub leaf: Hash,
}

/// What a batch of events does to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// In order; the last is the heads entry.
    pub entries: Vec<Sequenced>,
    /// The heads that have moved, by key.
    pub heads: Vec<(ChainKey, Head)>,
    pub growth: Growth,
    pub checkpoint: Checkpoint,
}

impl Sequence {
    /// A log without entries. The origin is the name of its key.
    pub fn new(origin: String) -> Self {
        Self { origin, frontier: Frontier::default(), heads: Heads::default(), previous: (0, EMPTY_ROOT) }
    }

    /// Where a checkpoint ended: with the tiles of [`Frontier::tiles`], the checkpoint's last entry, and the heads of all chains.
    pub fn resume(
        checkpoint: &Checkpoint,
        frontier: Frontier,
        last_entry: &[u8],
        heads: impl IntoIterator<Item = (ChainKey, Head)>,
    ) -> Result<Self, SequenceError> {
        let size = checkpoint.size;
        if frontier.size() != size || frontier.root() != checkpoint.root {
            return Err(SequenceError::OtherTree { size });
        }
        let mut heads: Heads = heads.into_iter().collect();
        match Entry::decode(last_entry) {
            Ok(Entry::Heads(entry)) if entry.heads_root == heads.root() && entry.chains == heads.len() => {}
            Ok(Entry::Heads(_)) => return Err(SequenceError::OtherHeads { size }),
            Ok(Entry::Event(_)) => return Err(SequenceError::NotClosed { size, cause: None }),
            Err(cause) => return Err(SequenceError::NotClosed { size, cause: Some(cause) }),
        }
        Ok(Self { origin: checkpoint.origin.clone(), frontier, heads, previous: (size, checkpoint.root) })
    }

    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }
    pub const fn heads(&self) -> &Heads {
        &self.heads
    }

    /// All of the events or none, in the order given. Without events, the checkpoint says only that nothing was added until then.
    pub fn append(&mut self, events: &[Event], time: DateTime<Utc>) -> Result<Batch, SequenceError> {
        if events.len() > BATCH_EVENTS_MAX {
            return Err(SequenceError::TooMany { found: events.len() });
        }
        if self.size().saturating_add(events.len() as u64) >= TREE_SIZE_MAX {
            return Err(SequenceError::Frontier(FrontierError::Full));
        }
        let mut moved = HashMap::new();
        let mut entries = Vec::with_capacity(events.len() + 1);
        for event in events {
            let index = self.size() + entries.len() as u64;
            entries.push(self.sequenced(event, index, &mut moved)?);
        }
        let mut heads: Vec<(ChainKey, Head)> = moved.into_iter().collect();
        heads.sort_unstable_by_key(|(key, _)| *key);
        heads.iter().for_each(|(key, head)| self.heads.set(*key, *head));
        let (previous_size, previous_root) = self.previous;
        let (heads_root, chains) = (self.heads.root(), self.heads.len());
        let closing = HeadsEntry { time, chains, heads_root, previous_size, previous_root };
        entries.push(placed(Entry::Heads(closing), self.size() + entries.len() as u64));
        let bytes = entries.iter().map(|sequenced| sequenced.bytes.clone());
        let growth = self.frontier.grow(bytes).map_err(SequenceError::Frontier)?;
        self.previous = (growth.size, growth.root);
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: growth.size, root: growth.root };
        Ok(Batch { entries, heads, growth, checkpoint })
    }

    fn sequenced(
        &self,
        event: &Event,
        index: u64,
        moved: &mut HashMap<ChainKey, Head>,
    ) -> Result<Sequenced, SequenceError> {
        let Event { service, lane, lane_seq, event_id, leaf, patient } = *event;
        let head = |moved: &HashMap<ChainKey, Head>, key: &ChainKey| {
            moved.get(key).copied().or_else(|| self.heads.get(key)).unwrap_or(Head::NONE)
        };
        let lane_key = Chain::Lane(service, lane).key();
        let last = head(moved, &lane_key).count;
        if last.checked_add(1) != Some(lane_seq) {
            return Err(SequenceError::LaneOrder { service, lane, last, found: lane_seq });
        }
        let patient = patient.map(|patient| {
            let chain = Chain::Patient(patient).key();
            let Head { count, last } = head(moved, &chain);
            PatientLink { chain, seq: count + 1, previous: last }
        });
        let entry = EventEntry { service, lane, lane_seq, event_id, leaf, patient };
        let sequenced = placed(Entry::Event(entry), index);
        moved.insert(lane_key, Head { count: lane_seq, last: sequenced.leaf });
        if let Some(link) = patient {
            moved.insert(link.chain, Head { count: link.seq, last: sequenced.leaf });
        }
        Ok(sequenced)
    }
}

fn placed(entry: Entry, index: u64) -> Sequenced {
    let bytes = entry.encode();
    Sequenced { index, entry, leaf: leaf_hash(&bytes), bytes }
}

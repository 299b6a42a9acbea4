//! Revisions that a committer remembers: true of a lane for as long as nobody else has moved it on.
use std::collections::HashMap;

/// Streams remembered at a time; beyond it all are forgotten and asked for again.
const STREAMS_MAX: usize = 16_384;

#[derive(Default)]
pub(crate) struct Heads {
    lanes: HashMap<u16, Lane>,
    streams: usize,
}

#[derive(Default)]
struct Lane {
    seq: u64,
    revisions: HashMap<String, u64>,
}

impl Heads {
    /// The lane stands at `seq`: if that is not where it was left, somebody else wrote, and nothing is known of it.
    pub(crate) fn found(&mut self, lane: u16, seq: u64) {
        if let Some(left) = self.lanes.get(&lane)
            && left.seq != seq
            && let Some(left) = self.lanes.remove(&lane)
        {
            self.streams -= left.revisions.len();
        }
    }

    /// None: it has to be asked for.
    pub(crate) fn revision(&self, lane: u16, stream: &str) -> Option<u64> {
        self.lanes.get(&lane)?.revisions.get(stream).copied()
    }

    /// The lane was left at `seq`.
    pub(crate) fn left(&mut self, lane: u16, seq: u64) {
        self.lanes.entry(lane).or_default().seq = seq;
    }

    pub(crate) fn remember(&mut self, lane: u16, stream: &str, revision: u64) {
        if self.streams >= STREAMS_MAX {
            for lane in self.lanes.values_mut() {
                lane.revisions = HashMap::new();
            }
            self.streams = 0;
        }
        let revisions = &mut self.lanes.entry(lane).or_default().revisions;
        if let Some(known) = revisions.get_mut(stream) {
            *known = revision;
        } else {
            revisions.insert(stream.to_owned(), revision);
            self.streams += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_lane_holds_until_somebody_else_has_moved_it() {
        let mut heads = Heads::default();
        heads.left(7, 3);
        heads.remember(7, "jar/a", 3);
        heads.remember(8, "jar/b", 1);
        heads.found(7, 3);
        assert_eq!((heads.revision(7, "jar/a"), heads.revision(8, "jar/a")), (Some(3), None));
        heads.found(7, 4);
        assert_eq!((heads.revision(7, "jar/a"), heads.revision(8, "jar/b")), (None, Some(1)));
        assert_eq!(heads.streams, 1);
    }

    #[test]
    fn no_more_streams_are_remembered_than_stated() {
        let mut heads = Heads::default();
        for number in 0..=STREAMS_MAX {
            heads.remember(1, &number.to_string(), 1);
        }
        assert_eq!(heads.lanes.values().map(|lane| lane.revisions.len()).sum::<usize>(), 1);
        assert_eq!(heads.revision(1, &STREAMS_MAX.to_string()), Some(1));
    }
}

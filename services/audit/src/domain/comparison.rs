//! One lane of a log as it is read again, against what was heard of it.
use super::FaultKind;
use holdfast_eventlog::{Envelope, Hash};
use std::collections::BTreeMap;

/// An entry as it was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub leaf: Hash,
    pub payload_sha256: Hash,
    /// It did not match its leaf even then, which stands as a fault already.
    pub mismatched: bool,
}

/// An entry as its log tells it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub lane_seq: u64,
    pub leaf: Hash,
    pub payload_sha256: Hash,
    /// The leaf that the header hashes to.
    pub computed: Hash,
}

impl From<&Envelope> for Told {
    fn from(envelope: &Envelope) -> Self {
        Self {
            lane_seq: envelope.header.lane_seq,
            leaf: envelope.leaf,
            payload_sha256: envelope.header.payload_sha256,
            computed: envelope.header.leaf(),
        }
    }
}

/// Goes through a lane once, in order, in pages.
#[derive(Debug)]
pub struct LaneCheck {
    /// The last sequence number that was looked at.
    after: u64,
    /// The last one that must be there.
    end: u64,
}

impl LaneCheck {
    /// `end` is the larger of what was heard and of what the log says is its head, both asked before the lane is read.
    pub const fn until(end: u64) -> Self {
        Self { after: 0, end }
    }

    pub const fn after(&self) -> u64 {
        self.after
    }

    pub const fn is_done(&self) -> bool {
        self.after >= self.end
    }

    /// What the log tells next, in order; nothing when it has no more.
    pub fn compare(&mut self, told: &[Told], heard: &BTreeMap<u64, Heard>) -> Vec<(u64, FaultKind)> {
        let mut faults = Vec::new();
        let (before, end) = (self.after, self.end);
        for told in told.iter().filter(|told| told.lane_seq <= end) {
            if told.lane_seq <= self.after {
                continue;
            }
            if told.lane_seq > self.after + 1 {
                faults.push((self.after + 1, FaultKind::Hole));
            }
            self.after = told.lane_seq;
            // What was not heard yet is judged when it is.
            if heard.get(&told.lane_seq).is_some_and(|heard| told.is_altered(heard)) {
                faults.push((told.lane_seq, FaultKind::Altered));
            }
        }
        // Whatever follows lies beyond the end.
        let passed = told.last().is_some_and(|last| last.lane_seq > end);
        if !self.is_done() && (passed || self.after == before) {
            faults.push((self.after + 1, FaultKind::Hole));
            self.after = self.end;
        }
        faults
    }

    /// The log cannot read what it holds next.
    pub fn pass_unreadable(&mut self, heard: &BTreeMap<u64, Heard>) -> Option<(u64, FaultKind)> {
        self.after += 1;
        heard.contains_key(&self.after).then_some((self.after, FaultKind::Altered))
    }
}

impl Told {
    fn is_altered(&self, heard: &Heard) -> bool {
        self.leaf != heard.leaf
            || self.payload_sha256 != heard.payload_sha256
            || (self.computed != self.leaf && !heard.mismatched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(lane_seq: u64) -> Told {
        let leaf = [u8::try_from(lane_seq).unwrap(); 32];
        Told { lane_seq, leaf, payload_sha256: [9; 32], computed: leaf }
    }

    fn heard(seqs: impl IntoIterator<Item = u64>) -> BTreeMap<u64, Heard> {
        let entry = |seq| {
            let Told { leaf, payload_sha256, .. } = told(seq);
            (seq, Heard { leaf, payload_sha256, mismatched: false })
        };
        seqs.into_iter().map(entry).collect()
    }

    /// Faults of a lane that is told in pages.
    fn faults(end: u64, lane: &[Told], heard: &BTreeMap<u64, Heard>, page: usize) -> Vec<(u64, FaultKind)> {
        let mut check = LaneCheck::until(end);
        let mut found = Vec::new();
        while !check.is_done() {
            let after = check.after();
            let next: Vec<Told> =
                lane.iter().filter(|told| told.lane_seq > after).take(page).cloned().collect();
            found.extend(check.compare(&next, heard));
        }
        found
    }

    #[test]
    fn a_changed_leaf_digest_or_header_is_an_alteration_with_its_place() {
        for change in [
            |told: &mut Told| (told.leaf, told.computed) = ([7; 32], [7; 32]),
            |told: &mut Told| told.payload_sha256 = [8; 32],
            |told: &mut Told| told.computed = [7; 32],
        ] {
            let mut lane: Vec<Told> = (1..=3).map(told).collect();
            change(&mut lane[1]);
            assert_eq!(faults(3, &lane, &heard(1..=3), 10), [(2, FaultKind::Altered)]);
        }
    }

    #[test]
    fn an_envelope_that_never_matched_its_leaf_is_not_called_altered() {
        let mut lane: Vec<Told> = (1..=2).map(told).collect();
        lane[0].computed = [7; 32];
        let mut known = heard(1..=2);
        known.get_mut(&1).unwrap().mismatched = true;
        assert_eq!(faults(2, &lane, &known, 10), []);
        // But it must not become another one.
        lane[0].leaf = [7; 32];
        assert_eq!(faults(2, &lane, &known, 10), [(1, FaultKind::Altered)]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_an_alteration_of_what_was_heard() {
        let mut check = LaneCheck::until(3);
        assert_eq!(check.compare(&[told(1)], &heard(1..=2)), []);
        assert_eq!(check.pass_unreadable(&heard(1..=2)), Some((2, FaultKind::Altered)));
        assert_eq!(check.pass_unreadable(&heard(1..=2)), None, "nobody has heard it yet");
        assert!(check.is_done());
    }

    #[test]
    fn what_the_log_got_since_is_left_for_the_next_time() {
        let mut later = told(3);
        later.computed = [7; 32];
        assert_eq!(faults(2, &[told(1), told(2), later.clone()], &heard(1..=2), 10), []);
        assert_eq!(faults(2, &[told(1), later], &heard(1..=2), 10), [(2, FaultKind::Hole)]);
    }

    proptest! {
        /// Every hole is found, wherever it is and however the lane is cut into pages; and nothing else is.
        #[test]
        fn the_first_number_of_each_gap_is_named(
            gone in proptest::collection::vec(any::<bool>(), 0..40), known in 0_u64..40, page in 1_usize..7,
        ) {
            let end = gone.len() as u64;
            let missing = |seq: u64| gone[seq as usize - 1];
            let lane: Vec<Told> = (1..=end).filter(|seq| !missing(*seq)).map(told).collect();
            let expected: Vec<_> = (1..=end)
                .filter(|seq| missing(*seq) && (*seq == 1 || !missing(seq - 1)))
                .map(|seq| (seq, FaultKind::Hole))
                .collect();
            prop_assert_eq!(faults(end, &lane, &heard(1..=known), page), expected);
        }
    }
}

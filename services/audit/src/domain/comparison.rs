//! One lane of a log as it is read again, against what was heard of it.
use super::FaultKind;
use holdfast_eventlog::Envelope;
use std::collections::BTreeMap;

/// An entry as it stands in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// In every column what its log tells.
    pub is_told: bool,
    /// The published log stands for it, as far as it has come.
    pub is_published: bool,
    /// It did not match its leaf even when it was heard, which stands as a fault already.
    pub mismatched: bool,
}

/// An entry as its log tells it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub lane_seq: u64,
    /// Its header hashes to its leaf.
    pub is_sound: bool,
}

impl From<&Envelope> for Told {
    fn from(Envelope { header, leaf, .. }: &Envelope) -> Self {
        Self { lane_seq: header.lane_seq, is_sound: header.leaf() == *leaf }
    }
}

/// Goes through a lane once, in order, in pages.
#[derive(Debug)]
pub struct LaneCheck {
    /// The last sequence number that was looked at.
    after: u64,
    /// The last one that must be there.
    end: u64,
    /// The last one that must be in the history.
    heard: u64,
}

impl LaneCheck {
    /// How far it was heard and what the log says is its head, both asked before the lane is read.
    pub const fn of(heard: u64, head: u64) -> Self {
        Self { after: 0, end: if heard > head { heard } else { head }, heard }
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
            match heard.get(&told.lane_seq) {
                Some(heard) if told.is_altered(*heard) => faults.push((told.lane_seq, FaultKind::Altered)),
                // What was not heard yet is judged when it is.
                None if told.lane_seq <= self.heard => faults.push((told.lane_seq, FaultKind::Hole)),
                _ => {}
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
    const fn is_altered(self, heard: Heard) -> bool {
        !heard.is_told || !heard.is_published || !(self.is_sound || heard.mismatched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: Heard = Heard { is_told: true, is_published: true, mismatched: false };

    const fn told(lane_seq: u64) -> Told {
        Told { lane_seq, is_sound: true }
    }

    fn heard(seqs: impl IntoIterator<Item = u64>) -> BTreeMap<u64, Heard> {
        seqs.into_iter().map(|seq| (seq, SOUND)).collect()
    }

    /// Faults of a lane that is told in pages, and was heard as far as the history goes.
    fn faults(end: u64, lane: &[Told], heard: &BTreeMap<u64, Heard>, page: usize) -> Vec<(u64, FaultKind)> {
        let reached = heard.last_key_value().map_or(0, |(seq, _)| end.min(*seq));
        let mut check = LaneCheck::of(reached, end);
        let mut found = Vec::new();
        while !check.is_done() {
            let after = check.after();
            let next: Vec<Told> =
                lane.iter().filter(|told| told.lane_seq > after).take(page).copied().collect();
            found.extend(check.compare(&next, heard));
        }
        found
    }

    #[test]
    fn what_history_log_and_published_log_do_not_say_alike_is_an_alteration_with_its_place() {
        let lane: Vec<Told> = (1..=3).map(told).collect();
        for other in [Heard { is_told: false, ..SOUND }, Heard { is_published: false, ..SOUND }] {
            let mut known = heard(1..=3);
            known.insert(2, other);
            assert_eq!(faults(3, &lane, &known, 10), [(2, FaultKind::Altered)], "{other:?}");
        }
        let unsound = [told(1), Told { lane_seq: 2, is_sound: false }, told(3)];
        assert_eq!(faults(3, &unsound, &heard(1..=3), 10), [(2, FaultKind::Altered)]);
    }

    #[test]
    fn what_was_taken_out_of_the_history_is_a_hole() {
        let lane: Vec<Told> = (1..=4).map(told).collect();
        assert_eq!(faults(4, &lane, &heard([1, 3]), 10), [(2, FaultKind::Hole)], "4 was not heard yet");
        let mut check = LaneCheck::of(2, 2);
        let found = check.compare(&lane[..2], &heard([1]));
        assert_eq!(
            found,
            [(2, FaultKind::Hole)],
            "what stands in the history does not say how far it was heard"
        );
    }

    #[test]
    fn an_envelope_that_never_matched_its_leaf_is_not_called_altered() {
        let lane = [Told { lane_seq: 1, is_sound: false }, told(2)];
        let mut known = heard(1..=2);
        known.insert(1, Heard { mismatched: true, ..SOUND });
        assert_eq!(faults(2, &lane, &known, 10), []);
        // But it must not become another one.
        known.insert(1, Heard { mismatched: true, is_told: false, ..SOUND });
        assert_eq!(faults(2, &lane, &known, 10), [(1, FaultKind::Altered)]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_an_alteration_of_what_was_heard() {
        let mut check = LaneCheck::of(2, 3);
        assert_eq!(check.compare(&[told(1)], &heard(1..=2)), []);
        assert_eq!(check.pass_unreadable(&heard(1..=2)), Some((2, FaultKind::Altered)));
        assert_eq!(check.pass_unreadable(&heard(1..=2)), None, "nobody has heard it yet");
        assert!(check.is_done());
    }

    #[test]
    fn what_the_log_got_since_is_left_for_the_next_time() {
        let later = Told { lane_seq: 3, is_sound: false };
        assert_eq!(faults(2, &[told(1), told(2), later], &heard(1..=2), 10), []);
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

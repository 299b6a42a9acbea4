//! Counts what is wrong when all is quiet: the log against what was acknowledged, its read models and its listener's effects.
use crate::{
    Acked, Place, log,
    tally::{Count, Counted, Sum, Tally, TallyEvent},
    views::{self, TablesError},
};
use holdfast_eventlog::{Decider, DecodeError, EventLog, ReadError, SchemaError, schema};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, ops,
};
use uuid::Uuid;

const PAGE: u32 = 1000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events read.
    pub events: u64,
    pub missing: u64,
    pub reordered: u64,
    pub duplicates: u64,
}

impl Counts {
    pub const fn is_clean(&self) -> bool {
        self.missing == 0 && self.reordered == 0 && self.duplicates == 0
    }
}

impl ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.missing += other.missing;
        self.reordered += other.reordered;
        self.duplicates += other.duplicates;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "missing {}, reordered {}, duplicate effects {}",
            self.missing, self.reordered, self.duplicates
        )
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("a database's address is none")]
    Schema(#[from] SchemaError),
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    #[error("an event cannot be read")]
    Decode(#[source] DecodeError),
    #[error(transparent)]
    Tables(#[from] TablesError),
}

/// An event of a lane.
struct Told {
    event_id: Uuid,
    patient: Uuid,
}

/// All of the log, told by what it must hold.
#[derive(Default)]
struct Seen {
    counts: Counts,
    commands: BTreeMap<Counted, u64>,
    tallies: BTreeMap<Uuid, (Sum, u64)>,
}

/// `missing`: an acknowledged event not in the log, a gap, an altered leaf, an event without its effect. `reordered`: a revision or an
/// effect out of order. `duplicates`: a command or an effect that came twice, or an effect of nothing.
pub async fn count(place: &Place, acked: &Acked) -> Result<Counts, CheckError> {
    let log = log(place)?;
    let listener = schema::connect(&place.listener_url, 2)?;
    let mut seen = Seen::default();
    for (lane, head) in log.heads().await? {
        let events = seen.read_lane(&log, lane, head).await?;
        let heard = views::heard(&listener, lane).await?;
        seen.compare(&events, &heard);
    }
    seen.judge_commands(&acked.all());
    seen.judge_tallies(&views::tallies(log.pool()).await?);
    Ok(seen.counts)
}

impl Seen {
    async fn read_lane(
        &mut self,
        log: &EventLog,
        lane: u16,
        head: u64,
    ) -> Result<BTreeMap<u64, Told>, CheckError> {
        let mut events = BTreeMap::new();
        let mut reached = 0;
        loop {
            let page = log.read_lane(lane, reached, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                let header = stored.header.clone();
                self.counts.events += 1;
                self.counts.missing += header.lane_seq - reached - 1;
                self.counts.missing += u64::from(header.leaf() != stored.leaf);
                reached = header.lane_seq;
                let (event_id, patient) = (header.event_id.uuid(), header.subject);
                events.insert(header.lane_seq, Told { event_id, patient });
                let event: TallyEvent = log.open(stored).await?.decode().map_err(CheckError::Decode)?;
                let TallyEvent::Counted(counted) = &event;
                *self.commands.entry(*counted).or_default() += 1;
                let (sum, revision) = self.tallies.entry(header.stream.id()).or_default();
                self.counts.reordered += u64::from(header.revision != *revision + 1);
                (*sum, *revision) = (Tally::evolve(*sum, &event), header.revision);
            }
        }
        self.counts.missing += head.saturating_sub(reached);
        Ok(events)
    }

    /// A lane's events beside its effects, which have an order for each patient: those of one that was parked come after others'.
    fn compare(&mut self, events: &BTreeMap<u64, Told>, heard: &[(u64, Uuid)]) {
        let mut had = BTreeSet::new();
        let mut last: BTreeMap<Uuid, u64> = BTreeMap::new();
        for (seq, event_id) in heard {
            let told = events.get(seq).filter(|told| told.event_id == *event_id);
            let last = told.map(|told| last.entry(told.patient).or_default());
            match last {
                Some(last) if had.insert(*seq) => {
                    self.counts.reordered += u64::from(*seq < *last);
                    *last = *seq;
                }
                _ => self.counts.duplicates += 1,
            }
        }
        self.counts.missing += events.keys().filter(|seq| !had.contains(seq)).count() as u64;
    }

    /// All that was acknowledged, each part once; of the next number, which was on its way, all parts or none.
    fn judge_commands(&mut self, acked: &BTreeMap<u16, u64>) {
        for (&writer, &last) in acked {
            for number in 1..=last {
                for part in 0..(Count { writer, number }).parts() {
                    self.counts.missing +=
                        u64::from(!self.commands.contains_key(&Counted { writer, number, part }));
                }
            }
        }
        for (&counted, &times) in &self.commands {
            let Counted { writer, number, .. } = counted;
            let acknowledged = acked.get(&writer).copied().unwrap_or_default();
            self.counts.duplicates += times - 1 + u64::from(number > acknowledged + 1);
            if number == acknowledged + 1 {
                let parts = 0..(Count { writer, number }).parts();
                let absent = |part: &u64| !self.commands.contains_key(&Counted { part: *part, ..counted });
                self.counts.missing += parts.filter(absent).count() as u64;
            }
        }
    }

    fn judge_tallies(&mut self, live: &BTreeMap<Uuid, (Sum, u64)>) {
        for (patient, (replayed, revision)) in &self.tallies {
            let (kept, at) = live.get(patient).copied().unwrap_or_default();
            self.counts.missing += replayed.events.saturating_sub(kept.events);
            self.counts.duplicates += kept.events.saturating_sub(replayed.events);
            let same_number = kept.events == replayed.events;
            self.counts.reordered += u64::from(same_number && (kept.sum != replayed.sum || at != *revision));
        }
        let unknown = live.iter().filter(|(patient, _)| !self.tallies.contains_key(patient));
        self.counts.duplicates += unknown.map(|(_, (kept, _))| kept.events).sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(commands: &[(u64, u64)]) -> Seen {
        let commands =
            commands.iter().map(|&(number, part)| (Counted { writer: 1, number, part }, 1)).collect();
        Seen { commands, ..Seen::default() }
    }

    fn found(mut seen: Seen, look: impl FnOnce(&mut Seen)) -> (u64, u64, u64) {
        look(&mut seen);
        (seen.counts.missing, seen.counts.reordered, seen.counts.duplicates)
    }

    #[test]
    fn effects_that_are_missing_out_of_order_twice_or_of_nothing_are_counted() {
        let id = Uuid::from_u128;
        let told = |seq: u64, patient| (seq, Told { event_id: id(u128::from(seq)), patient: id(patient) });
        let events = BTreeMap::from([told(1, 7), told(2, 7), told(3, 7), told(4, 8)]);
        let heard = |order: &[u64]| {
            let heard: Vec<_> = order.iter().map(|seq| (*seq, id(u128::from(*seq)))).collect();
            found(Seen::default(), |seen| seen.compare(&events, &heard))
        };
        assert_eq!(heard(&[1, 2, 3, 4]), (0, 0, 0));
        assert_eq!(heard(&[1, 3, 4]), (1, 0, 0));
        assert_eq!(heard(&[2, 1, 3, 4]), (0, 1, 0));
        assert_eq!(heard(&[4, 1, 2, 3]), (0, 0, 0), "the patient was parked");
        assert_eq!(heard(&[1, 2, 2, 3, 4]), (0, 0, 1));
        assert_eq!(heard(&[1, 2, 3, 4, 5]), (0, 0, 1));
    }

    #[test]
    fn acknowledged_commands_must_be_there_once_and_the_next_one_whole_or_not_at_all() {
        let judge = |commands: &[(u64, u64)], last| {
            found(seen(commands), |seen| seen.judge_commands(&BTreeMap::from([(1, last)])))
        };
        let whole = [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0)];
        assert_eq!(judge(&whole, 3), (0, 0, 0));
        assert_eq!(judge(&whole, 2), (0, 0, 0), "the third was on its way");
        assert_eq!(judge(&whole, 1), (0, 0, 1), "nobody sent the third yet");
        assert_eq!(judge(&whole, 4).0, 2, "the fourth is lost, with its two parts");
        assert_eq!(judge(&[(1, 0), (1, 1), (2, 0)], 1), (2, 0, 0), "half a command");
        let mut twice = seen(&whole);
        twice.commands.insert(Counted { writer: 1, number: 3, part: 0 }, 2);
        assert_eq!(found(twice, |seen| seen.judge_commands(&BTreeMap::from([(1, 3)]))), (0, 0, 1));
    }

    #[test]
    fn a_tally_that_differs_from_replay_is_counted() {
        let sum = |events, sum| BTreeMap::from([(Uuid::nil(), (Sum { events, sum }, events))]);
        let judge =
            |live| found(Seen { tallies: sum(2, 5), ..Seen::default() }, |seen| seen.judge_tallies(&live));
        assert_eq!(judge(sum(2, 5)), (0, 0, 0));
        assert_eq!(judge(sum(1, 5)), (1, 0, 0));
        assert_eq!(judge(sum(3, 5)), (0, 0, 1));
        assert_eq!(judge(sum(2, 6)), (0, 1, 0));
        assert_eq!(judge(BTreeMap::new()), (2, 0, 0));
    }
}

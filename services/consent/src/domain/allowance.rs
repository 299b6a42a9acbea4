//! How often one person opens records in an emergency: counted over all records, so that nobody reads through a network by it.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{GrantId, PatientId};
use serde::{Deserialize, Serialize};

/// More emergencies of different patients in a day are no one person's.
pub const USED_MAX: usize = 5;
pub const WITHIN: TimeDelta = TimeDelta::hours(24);

/// Once that somebody opened a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What stands for the access.
    pub grant: GrantId,
    pub patient: PatientId,
    pub used: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "allowance.used")]
    Used(Use),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "allowance";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Used(_) => "allowance.used",
        }
    }
}

/// Those that still count, and some that do not any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub uses: Vec<Use>,
}

impl State {
    /// The last time that the person opened the record, as far as it may still be open.
    pub fn last(&self, patient: PatientId) -> Option<&Use> {
        self.uses.iter().rev().find(|used| used.patient == patient)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the caller has opened {USED_MAX} records in an emergency within a day")]
    TooMany,
}

/// The rules; the stream has the id of the person's account.
pub struct Allowance;

impl Decider for Allowance {
    type State = State;
    type Command = Use;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Use) -> Result<Vec<Event>, Refusal> {
        if state.uses.iter().any(|used| used.grant == command.grant) {
            return Ok(Vec::new());
        }
        let counts = |used: &&Use| command.used - used.used < WITHIN;
        if state.uses.iter().filter(counts).count() >= USED_MAX {
            return Err(Refusal::TooMany);
        }
        Ok(vec![Event::Used(command)])
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::Used(used) = event;
        state.uses.retain(|before| used.used - before.used < WITHIN);
        state.uses.push(*used);
        state
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

//! Visits by a grant that is good for a number of them: counted here alone, whichever services are looked at.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, PatientId};
use serde::{Deserialize, Serialize};

/// For its time the account's looks by the grant are one use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub patient: PatientId,
    pub account: AccountId,
    /// It is the grant's so manieth.
    pub number: u32,
    pub begun: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Somebody looks by the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    pub patient: PatientId,
    pub account: AccountId,
    pub now: DateTime<Utc>,
    pub lasts: TimeDelta,
    /// That the grant is good for.
    pub uses_max: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "visit.begun")]
    Begun(Visit),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "visit";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Begun(_) => "visit.begun",
        }
    }
}

/// All that were begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub visits: Vec<Visit>,
}

impl State {
    /// The visit that the account is on.
    pub fn of(&self, account: AccountId, now: DateTime<Utc>) -> Option<&Visit> {
        self.visits.iter().find(|visit| visit.account == account && now < visit.until)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("all {uses_max} visits that the grant is good for were made")]
    UsedUp { uses_max: u32 },
}

/// The rules; the stream has the id of the grant.
pub struct Visits;

impl Decider for Visits {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        let Command { patient, account, now, lasts, uses_max } = command;
        if state.of(account, now).is_some() {
            return Ok(Vec::new());
        }
        let used = u32::try_from(state.visits.len()).unwrap_or(u32::MAX);
        if used >= uses_max {
            return Err(Refusal::UsedUp { uses_max });
        }
        let until = now.checked_add_signed(lasts).unwrap_or(now);
        Ok(vec![Event::Begun(Visit { patient, account, number: used.saturating_add(1), begun: now, until })])
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::Begun(visit) = event;
        state.visits.push(*visit);
        state
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

//! A practice's policy: what its care team is to see of whom it treats. The newest counts; every earlier one stays on the log.
use super::care::Care;
use chrono::{DateTime, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::AccountId;
use serde::{Deserialize, Serialize};

/// What it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub care: Care,
    pub by: AccountId,
    pub now: DateTime<Utc>,
    /// The version that was seen.
    pub seen: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "treatment-policy.set")]
    Set { by: AccountId, set: DateTime<Utc>, before: Care, after: Care },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "treatment-policy";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Set { .. } => "treatment-policy.set",
        }
    }
}

/// In force; version 0 was never set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub care: Care,
    pub version: u64,
    pub set: Option<DateTime<Utc>>,
}

impl Default for State {
    fn default() -> Self {
        Self { care: Care::usual(), version: 0, set: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a role gets more by the policy than grants can open to it")]
    BeyondRole,
    #[error("the policy has changed since it was seen")]
    NotAsSeen,
}

/// The rules; the stream has the id of the practice.
pub struct TreatmentPolicy;

impl Decider for TreatmentPolicy {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        let Command { care, by, now, seen } = command;
        if !care.is_within_roles() {
            return Err(Refusal::BeyondRole);
        }
        if seen != state.version {
            return Err(Refusal::NotAsSeen);
        }
        if care == state.care && state.version > 0 {
            return Ok(Vec::new());
        }
        Ok(vec![Event::Set { by, set: now, before: state.care.clone(), after: care }])
    }

    fn evolve(state: State, event: &Event) -> State {
        let Event::Set { after, set, .. } = event;
        State { care: after.clone(), version: state.version + 1, set: Some(*set) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::care::tests::reads;
    use holdfast_types::{Category, Role};
    use uuid::Uuid;

    fn to(care: Care, seen: u64) -> Command {
        let now = DateTime::from_timestamp(1_772_452_800, 0).unwrap();
        Command { care, by: AccountId::new(Uuid::from_u128(0xACC1)), now, seen }
    }

    pub(crate) fn samples() -> Vec<Event> {
        let goals = to(reads(Role::Therapist, &[Category::Goals]), 0);
        TreatmentPolicy::decide(&State::default(), goals).unwrap()
    }

    #[test]
    fn a_policy_is_set_with_what_was_before_and_each_time_is_a_version() {
        let goals = reads(Role::Therapist, &[Category::Goals]);
        let set = TreatmentPolicy::decide(&State::default(), to(goals.clone(), 0)).unwrap();
        let [Event::Set { before, after, .. }] = set.as_slice() else { panic!("{set:?}") };
        assert_eq!((before, after), (&Care::usual(), &goals));
        let state = set.iter().fold(State::default(), TreatmentPolicy::evolve);
        assert_eq!((&state.care, state.version), (&goals, 1));
        assert_eq!(TreatmentPolicy::decide(&state, to(goals, 1)), Ok(vec![]));
        assert_eq!(TreatmentPolicy::decide(&state, to(Care::usual(), 0)), Err(Refusal::NotAsSeen));
    }

    #[test]
    fn no_policy_gives_a_role_more_than_a_grant_could() {
        let notes = reads(Role::FrontDesk, &[Category::Notes]);
        assert_eq!(TreatmentPolicy::decide(&State::default(), to(notes, 0)), Err(Refusal::BeyondRole));
    }

    #[test]
    fn a_practice_may_want_to_see_nothing_by_itself() {
        assert_eq!(TreatmentPolicy::decide(&State::default(), to(Care::default(), 0)).unwrap().len(), 1);
    }
}

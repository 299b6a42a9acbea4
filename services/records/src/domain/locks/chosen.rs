//! What a network's practices say is locked for families: each time as a whole, beside what was in force before.
use super::{Lock, Locks};
use holdfast_eventlog::Decider;
use serde::{Deserialize, Serialize};

pub struct FieldLocks;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "field-locks.set")]
    Set { before: Locks, after: Locks },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "field-locks";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Set { .. } => "field-locks.set",
        }
    }
}

/// Says anew what is locked. `as_seen`: nobody changed it since its sender read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub locks: Locks,
    pub as_seen: bool,
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(pub Locks);

impl Default for State {
    fn default() -> Self {
        Self(Locks::of_networks())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody can open `{}` to families", .0.place())]
    Required(Lock),
    #[error("changed since it was read")]
    NotAsSeen,
}

impl Decider for FieldLocks {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(State(before): &State, Command { locks, as_seen }: Command) -> Result<Vec<Event>, Refusal> {
        if let Some(required) = locks.lacks() {
            return Err(Refusal::Required(required));
        }
        if !as_seen {
            return Err(Refusal::NotAsSeen);
        }
        let unchanged = *before == locks;
        Ok(if unchanged { vec![] } else { vec![Event::Set { before: before.clone(), after: locks }] })
    }

    fn evolve(_: State, Event::Set { after, .. }: &Event) -> State {
        State(after.clone())
    }
}

#[cfg(test)]
pub(in super::super) fn samples() -> Vec<Event> {
    let mut after = Locks::of_networks();
    after
        .locks
        .insert(Lock { room: Some(holdfast_types::Category::Demographics), field: "phone".to_owned() });
    after.reviewed.insert(holdfast_types::Category::Conditions);
    vec![Event::Set { before: Locks::of_networks(), after }]
}

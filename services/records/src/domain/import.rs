//! A file that was taken in: from whom, and what it brought; so that asking for it again is answered the same.
use super::content::Sha;
use holdfast_eventlog::Decider;
use holdfast_types::Category;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

pub struct Import;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub added: BTreeMap<Category, u32>,
    pub changed: BTreeMap<Category, u32>,
    pub unchanged: BTreeMap<Category, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DirectoryTally {
    pub added: u32,
    pub changed: u32,
    pub unchanged: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "import.completed")]
    Completed {
        source: Uuid,
        source_name: String,
        tally: Tally,
        /// SHA-256 of its bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<Sha>,
    },
    #[serde(rename = "import.directory-completed")]
    DirectoryCompleted(DirectoryTally),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "import";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Completed { .. } => "import.completed",
            Self::DirectoryCompleted(_) => "import.directory-completed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Unknown,
    OfRecord(Tally),
    OfDirectory(DirectoryTally),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedAlready;

impl Decider for Import {
    type State = State;
    type Command = Event;
    type Event = Event;
    type Refusal = CompletedAlready;

    fn decide(state: &State, completed: Event) -> Result<Vec<Event>, CompletedAlready> {
        match state {
            State::Unknown => Ok(vec![completed]),
            State::OfRecord(_) | State::OfDirectory(_) => Err(CompletedAlready),
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        match event {
            Event::Completed { tally, .. } => State::OfRecord(tally.clone()),
            Event::DirectoryCompleted(tally) => State::OfDirectory(*tally),
        }
    }
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Event> {
    let tally = Tally {
        added: BTreeMap::from([(Category::VitalSigns, 2), (Category::CarePlans, 1)]),
        changed: BTreeMap::from([(Category::Results, 1)]),
        unchanged: BTreeMap::new(),
    };
    let of = |content| Event::Completed {
        source: Uuid::from_u128(1),
        source_name: "Hospital portal".into(),
        tally: tally.clone(),
        content,
    };
    vec![
        of(None),
        of(Some([7; 32])),
        Event::DirectoryCompleted(DirectoryTally { added: 3, changed: 2, unchanged: 1 }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_completed_once() {
        let [of_record, _, of_directory] = samples().try_into().unwrap();
        let state = Import::evolve(State::default(), &of_record);
        assert!(matches!(&state, State::OfRecord(tally) if tally.added.len() == 2));
        assert_eq!(Import::decide(&state, of_directory), Err(CompletedAlready));
    }
}

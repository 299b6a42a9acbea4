//! What the holders of one record never share: marks that stand until they are lifted.
use chrono::{DateTime, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Category, MarkId, PracticeId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Marks of one record that stand. Every decision about its content reads all that reach its caller.
pub const MARKS_MAX: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marked {
    Category(Category),
    /// An item, a document or a thread.
    Item(Uuid),
    /// Whatever an account wrote.
    Author(AccountId),
}

/// Never from the record's holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptFrom {
    Everybody,
    Account(AccountId),
    /// Everybody who holds whatever role there.
    Practice(PracticeId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub mark: MarkId,
    pub what: Marked,
    pub kept_from: KeptFrom,
    /// Empty: the holder did not say.
    pub reason: String,
    pub by: AccountId,
    pub set: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Set {
        mark: Mark,
        /// Whether it is to be kept from somebody who holds the record.
        from_holder: bool,
    },
    Lift {
        mark: MarkId,
        by: AccountId,
        lifted: DateTime<Utc>,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "mark.set")]
    Set(Mark),
    #[serde(rename = "mark.lifted")]
    Lifted { mark: MarkId, by: AccountId, lifted: DateTime<Utc>, reason: String },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "mark";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Set(_) => "mark.set",
            Self::Lifted { .. } => "mark.lifted",
        }
    }
}

/// Those that stand, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub standing: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the same is marked already")]
    AlreadyMarked,
    #[error("nothing is kept from who holds the record")]
    FromHolder,
    #[error("the record has {MARKS_MAX} marks that stand")]
    TooMany,
    #[error("the record has no such mark")]
    NotMarked,
}

/// The rules.
pub struct Marks;

impl Decider for Marks {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Set { mark, from_holder } => {
                if from_holder {
                    return Err(Refusal::FromHolder);
                }
                let same = |known: &Mark| known.what == mark.what && known.kept_from == mark.kept_from;
                if state.standing.iter().any(same) {
                    return Err(Refusal::AlreadyMarked);
                }
                if state.standing.len() >= MARKS_MAX {
                    return Err(Refusal::TooMany);
                }
                Ok(vec![Event::Set(mark)])
            }
            Command::Lift { mark, by, lifted, reason } => match state.standing(mark) {
                Some(_) => Ok(vec![Event::Lifted { mark, by, lifted, reason }]),
                None => Err(Refusal::NotMarked),
            },
        }
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Set(mark) => state.standing.push(mark.clone()),
            Event::Lifted { mark, .. } => state.standing.retain(|standing| standing.mark != *mark),
        }
        state
    }
}

impl State {
    pub fn standing(&self, mark: MarkId) -> Option<&Mark> {
        self.standing.iter().find(|standing| standing.mark == mark)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

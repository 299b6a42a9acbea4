//! A document: added once, complete and checked; withdrawn at most once.
use super::media_type::MediaType;
use chrono::{DateTime, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Category, PatientId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a document is, from the beginning to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub patient: PatientId,
    pub category: Category,
    pub title: String,
    pub media_type: MediaType,
    pub size_bytes: u64,
    #[serde(with = "hex::serde")]
    pub sha256: [u8; 32],
    pub added_by: AccountId,
    pub added: DateTime<Utc>,
    /// Where its objects are.
    pub folder: String,
    /// The objects' names, one for each part, in order.
    pub parts: Vec<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Add(Box<Paper>),
    Withdraw {
        reason: String,
        now: DateTime<Utc>,
        /// The revision that the caller saw; None when it does not matter.
        seen: Option<u64>,
        present: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "document.added")]
    Added(Box<Paper>),
    #[serde(rename = "document.withdrawn")]
    Withdrawn { category: Category, reason: String, withdrawn: DateTime<Utc> },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "document";
    const OWN_KEY: bool = true;

    fn event_type(&self) -> &'static str {
        match self {
            Self::Added(_) => "document.added",
            Self::Withdrawn { .. } => "document.withdrawn",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    pub withdrawn: DateTime<Utc>,
    pub reason: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    NotAdded,
    Standing(Box<Paper>),
    Withdrawn(Box<Paper>, Withdrawal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the document was added already")]
    AlreadyAdded,
    #[error("there is no such document")]
    NotAdded,
    #[error("the document was withdrawn already")]
    AlreadyWithdrawn,
    #[error("the document has changed since it was seen")]
    NotAsSeen,
}

/// The rules.
pub struct Document;

impl Decider for Document {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::NotAdded, Command::Add(paper)) => Ok(vec![Event::Added(paper)]),
            (State::Standing(_) | State::Withdrawn(..), Command::Add(_)) => Err(Refusal::AlreadyAdded),
            (State::NotAdded, Command::Withdraw { .. }) => Err(Refusal::NotAdded),
            (State::Withdrawn(..), Command::Withdraw { .. }) => Err(Refusal::AlreadyWithdrawn),
            (State::Standing(_), Command::Withdraw { seen: Some(seen), present, .. }) if seen != present => {
                Err(Refusal::NotAsSeen)
            }
            (State::Standing(paper), Command::Withdraw { reason, now, .. }) => {
                Ok(vec![Event::Withdrawn { category: paper.category, reason, withdrawn: now }])
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Added(paper)) => State::Standing(paper.clone()),
            (State::Standing(paper), Event::Withdrawn { reason, withdrawn, .. }) => {
                State::Withdrawn(paper, Withdrawal { withdrawn: *withdrawn, reason: reason.clone() })
            }
            (state @ (State::NotAdded | State::Withdrawn(..)), Event::Withdrawn { .. }) => state,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

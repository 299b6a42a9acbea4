//! What somebody proposes of a record: it waits, and is accepted, rejected with a reason, or taken back. Accepting makes the change in the
//! same append.
use super::{
    content::Content,
    demographics::{Demographics, Field},
};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Category, ItemId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub struct Proposal;

/// What should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Of the named fields, what they said and what they should say.
    Demographics {
        was: Box<Demographics>,
        values: Box<Demographics>,
        fields: Vec<Field>,
    },
    /// `seen`: the version on which it was decided.
    Change {
        item: ItemId,
        seen: u64,
        stood: Category,
        content: Arc<Content>,
    },
    Addition {
        content: Arc<Content>,
    },
    Retraction {
        item: ItemId,
        seen: u64,
        stood: Category,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Demographics,
    Change,
    Addition,
    Retraction,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Demographics, Self::Change, Self::Addition, Self::Retraction];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demographics => "demographics",
            Self::Change => "change",
            Self::Addition => "addition",
            Self::Retraction => "retraction",
        }
    }
}

impl Wish {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Demographics { .. } => Kind::Demographics,
            Self::Change { .. } => Kind::Change,
            Self::Addition { .. } => Kind::Addition,
            Self::Retraction { .. } => Kind::Retraction,
        }
    }

    /// Where it is about something, and where that would be.
    pub fn rooms(&self) -> Vec<Category> {
        match self {
            Self::Demographics { .. } => vec![Category::Demographics],
            Self::Change { stood, content, .. } if *stood != content.category => {
                vec![*stood, content.category]
            }
            Self::Change { content, .. } | Self::Addition { content } => vec![content.category],
            Self::Retraction { stood, .. } => vec![*stood],
        }
    }

    /// The item that it is about, and the version on which it was decided.
    pub const fn item(&self) -> Option<(ItemId, u64)> {
        match self {
            Self::Change { item, seen, .. } | Self::Retraction { item, seen, .. } => Some((*item, *seen)),
            Self::Demographics { .. } | Self::Addition { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub by: AccountId,
    pub reason: String,
    pub wish: Wish,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "proposal.made")]
    Made(Box<Made>),
    #[serde(rename = "proposal.withdrawn")]
    Withdrawn,
    /// `item`: what was changed or added.
    #[serde(rename = "proposal.accepted")]
    Accepted { item: Option<ItemId>, answer: String },
    #[serde(rename = "proposal.rejected")]
    Rejected { answer: String },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "proposal";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Made(_) => "proposal.made",
            Self::Withdrawn => "proposal.withdrawn",
            Self::Accepted { .. } => "proposal.accepted",
            Self::Rejected { .. } => "proposal.rejected",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Make(Box<Made>),
    Withdraw {
        by: AccountId,
    },
    /// `item`: what accepting changes or adds. `as_seen`: it stands as whoever decides saw it.
    Accept {
        by: AccountId,
        item: Option<ItemId>,
        answer: String,
        as_seen: bool,
    },
    Reject {
        by: AccountId,
        answer: String,
        as_seen: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Unknown,
    Waiting(Box<Made>),
    /// `item`: what was changed or added.
    Decided {
        item: Option<ItemId>,
    },
}

impl State {
    /// What accepting changed or added.
    pub const fn item(&self) -> Option<ItemId> {
        match self {
            Self::Decided { item } => *item,
            Self::Unknown | Self::Waiting(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such proposal in this record")]
    Unknown,
    #[error("the proposal waits no more")]
    Decided,
    #[error("somebody else proposed it")]
    OfAnother,
    #[error("whoever proposed it does not decide on it")]
    Own,
    #[error("a rejection says why")]
    NoReason,
    #[error("changed since it was read")]
    NotAsSeen,
    #[error("what is proposed is what stands already")]
    Nothing,
    #[error("too many proposals wait")]
    TooMany,
}

impl Decider for Proposal {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::Unknown, Command::Make(made)) => Ok(vec![Event::Made(made)]),
            // An id is made from who asks and from the request: it is the same proposal.
            (State::Waiting(_) | State::Decided { .. }, Command::Make(_)) => Ok(vec![]),
            (State::Unknown, _) => Err(Refusal::Unknown),
            (State::Decided { .. }, _) => Err(Refusal::Decided),
            (State::Waiting(made), Command::Withdraw { by }) if made.by != by => Err(Refusal::OfAnother),
            (State::Waiting(_), Command::Withdraw { .. }) => Ok(vec![Event::Withdrawn]),
            (State::Waiting(made), Command::Accept { by, .. } | Command::Reject { by, .. })
                if made.by == by =>
            {
                Err(Refusal::Own)
            }
            (
                State::Waiting(_),
                Command::Accept { as_seen: false, .. } | Command::Reject { as_seen: false, .. },
            ) => Err(Refusal::NotAsSeen),
            (State::Waiting(_), Command::Reject { answer, .. }) if answer.is_empty() => {
                Err(Refusal::NoReason)
            }
            (State::Waiting(_), Command::Accept { item, answer, .. }) => {
                Ok(vec![Event::Accepted { item, answer }])
            }
            (State::Waiting(_), Command::Reject { answer, .. }) => Ok(vec![Event::Rejected { answer }]),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Unknown, Event::Made(made)) => State::Waiting(made.clone()),
            (State::Waiting(_), Event::Accepted { item, .. }) => State::Decided { item: *item },
            (State::Waiting(_), Event::Withdrawn | Event::Rejected { .. }) => State::Decided { item: None },
            (state @ (State::Unknown | State::Waiting(_) | State::Decided { .. }), _) => state,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::samples;

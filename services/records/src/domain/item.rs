//! One thing in a record over all its versions: recorded by its source, replaced by whoever may, retracted, never removed.
use super::content::{Content, Sha};
use holdfast_eventlog::Decider;
use holdfast_types::{Category, ItemId, PatientId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

pub struct Item;

/// The same source's same key is the same item, however often it is sent.
pub fn id_of(patient: PatientId, source: Uuid, key: &str) -> ItemId {
    ItemId::new(Uuid::new_v5(&patient.uuid(), &[source.as_bytes().as_slice(), key.as_bytes()].concat()))
}

/// A source by what identifies it: where a file says it comes from, or else what its system is called whatever its case and
/// spacing; or an account.
pub fn source_id(patient: PatientId, identity: &SourceIdentity<'_>) -> Uuid {
    let name = match identity {
        SourceIdentity::System(name) => {
            format!("system {}", name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
        }
        SourceIdentity::Origin(origin) => format!("origin {origin}"),
        SourceIdentity::Account(account) => format!("account {account}"),
    };
    Uuid::new_v5(&patient.uuid(), name.as_bytes())
}

#[derive(Debug, Clone, Copy)]
pub enum SourceIdentity<'a> {
    System(&'a str),
    Origin(&'a str),
    Account(holdfast_types::AccountId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "item.recorded")]
    Recorded(Arc<Content>),
    #[serde(rename = "item.changed")]
    Changed(Arc<Content>),
    #[serde(rename = "item.retracted")]
    Retracted { category: Category, reason: String },
}

impl Event {
    /// What the item says from then on.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Recorded(content) | Self::Changed(content) => Some(content),
            Self::Retracted { .. } => None,
        }
    }

    /// Why the item was retracted, if it was.
    pub fn into_reason(self) -> Option<String> {
        match self {
            Self::Retracted { reason, .. } => Some(reason),
            Self::Recorded(_) | Self::Changed(_) => None,
        }
    }
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "item";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Recorded(_) => "item.recorded",
            Self::Changed(_) => "item.changed",
            Self::Retracted { .. } => "item.retracted",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What its source says.
    Record(Arc<Content>),
    /// What somebody says it should be. `as_seen`: nobody changed it since its sender read it.
    Replace {
        content: Arc<Content>,
        as_seen: bool,
    },
    Retract {
        reason: String,
        as_seen: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Absent,
    Standing(Standing),
    Retracted(Standing),
}

/// What the next command needs to know of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The source that recorded it first.
    pub origin: Uuid,
    pub category: Category,
    pub resource_type: String,
    pub content: Sha,
    /// What the origin sent last: its sending that again says nothing new, even after somebody replaced it.
    pub sent: Sha,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such item in this record")]
    Unknown,
    #[error("the item is marked as entered in error already")]
    AlreadyRetracted,
    #[error("an item keeps the resource type that it began with")]
    OtherType,
    #[error("changed since it was read")]
    NotAsSeen,
}

impl Decider for Item {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::Absent, Command::Record(content)) => Ok(vec![Event::Recorded(content)]),
            (State::Absent, Command::Replace { .. } | Command::Retract { .. }) => Err(Refusal::Unknown),
            // A source that has not heard of the retraction does not undo it.
            (State::Retracted(_), Command::Record(_)) => Ok(vec![]),
            (State::Retracted(_), Command::Replace { .. } | Command::Retract { .. }) => {
                Err(Refusal::AlreadyRetracted)
            }
            (State::Standing(item), Command::Record(content))
                if item.resource_type == content.resource_type =>
            {
                let says = content.resource.sha256();
                Ok(if says == item.sent || says == item.content {
                    vec![]
                } else {
                    vec![Event::Changed(content)]
                })
            }
            (State::Standing(item), Command::Replace { content, as_seen: true })
                if item.resource_type == content.resource_type =>
            {
                Ok(if content.resource.sha256() == item.content {
                    vec![]
                } else {
                    vec![Event::Changed(content)]
                })
            }
            (State::Standing(item), Command::Retract { reason, as_seen: true }) => {
                Ok(vec![Event::Retracted { category: item.category, reason }])
            }
            (
                State::Standing(_),
                Command::Replace { as_seen: false, .. } | Command::Retract { as_seen: false, .. },
            ) => Err(Refusal::NotAsSeen),
            (State::Standing(_), Command::Record(_) | Command::Replace { .. }) => Err(Refusal::OtherType),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (State::Absent, Event::Recorded(content) | Event::Changed(content)) => {
                State::Standing(Standing::of(content, content.source.id, content.resource.sha256()))
            }
            (State::Standing(item), Event::Recorded(content) | Event::Changed(content)) => {
                let says = content.resource.sha256();
                let sent = if content.source.id == item.origin { says } else { item.sent };
                State::Standing(Standing::of(content, item.origin, sent))
            }
            (State::Standing(item), Event::Retracted { .. }) => State::Retracted(item),
            (state @ (State::Absent | State::Retracted(_)), _) => state,
        }
    }
}

impl Standing {
    fn of(content: &Content, origin: Uuid, sent: Sha) -> Self {
        Self {
            origin,
            category: content.category,
            resource_type: content.resource_type.clone(),
            content: content.resource.sha256(),
            sent,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::samples;

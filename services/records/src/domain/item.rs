//! One thing in a record over all its versions: recorded by its source, replaced by whoever may, retracted, never removed.
use super::{
    content::{Content, Proposed, Resource, Sha, SourceKind},
    locks::{EVERY, Locks, place},
};
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
    Retracted {
        category: Category,
        reason: String,
        /// Where it was accepted, and not said, by who recorded it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposed: Option<Proposed>,
    },
}

impl Event {
    /// By whom it was proposed, where somebody else accepted it.
    pub fn proposed(&self) -> Option<Proposed> {
        match self {
            Self::Recorded(content) | Self::Changed(content) => content.proposed,
            Self::Retracted { proposed, .. } => *proposed,
        }
    }

    /// What the item says from then on.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Recorded(content) | Self::Changed(content) => Some(content),
            Self::Retracted { .. } => None,
        }
    }

    /// Why the item was retracted, if it was.
    pub fn reason(&self) -> Option<&str> {
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
    /// What somebody says it should be. `as_seen`: nobody changed it since its sender read it. `locks` bind who sends it.
    Replace {
        content: Arc<Content>,
        as_seen: bool,
        locks: Option<Locks>,
    },
    Retract {
        reason: String,
        as_seen: bool,
        locks: Option<Locks>,
        proposed: Option<Proposed>,
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
    /// Who said last what it is, but for families: what they change of another's word stays that other's.
    pub keeper: SourceKind,
    pub content: Sha,
    /// What the origin sent last: its sending that again says nothing new, even after somebody replaced it.
    pub sent: Sha,
    /// What it says; none where it was not read.
    pub resource: Option<Resource>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such item in this record")]
    Unknown,
    #[error("the item is marked as entered in error already")]
    AlreadyRetracted,
    #[error("an item keeps the resource type that it began with")]
    OtherType,
    #[error("changed since it was read")]
    NotAsSeen,
    #[error("`{0}` is locked for families: propose it")]
    Locked(String),
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
                if says == item.sent || says == item.content {
                    return Ok(vec![]);
                }
                // What a family adds again does not undo what others have made of it.
                if content.source.kind == SourceKind::Patient && item.keeper != SourceKind::Patient {
                    return Err(Refusal::Locked(place(Some(item.category), EVERY)));
                }
                Ok(vec![Event::Changed(content)])
            }
            (State::Standing(item), Command::Replace { content, as_seen: true, locks })
                if item.resource_type == content.resource_type =>
            {
                if content.resource.sha256() == item.content {
                    return Ok(vec![]);
                }
                match locks.and_then(|locks| item.closed_to_change(&locks, &content)) {
                    Some(field) => Err(Refusal::Locked(field)),
                    None => Ok(vec![Event::Changed(content)]),
                }
            }
            (State::Standing(item), Command::Retract { reason, as_seen: true, locks, proposed }) => {
                match locks.and_then(|locks| item.closed_to_retraction(&locks)) {
                    Some(field) => Err(Refusal::Locked(field)),
                    None => Ok(vec![Event::Retracted { category: item.category, reason, proposed }]),
                }
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
            (State::Absent, Event::Recorded(content) | Event::Changed(content)) => State::Standing(
                Standing::of(content, content.source.id, content.resource.sha256(), content.source.kind),
            ),
            (State::Standing(item), Event::Recorded(content) | Event::Changed(content)) => {
                let says = content.resource.sha256();
                let sent = if content.source.id == item.origin { says } else { item.sent };
                let keeper = match content.source.kind {
                    SourceKind::Patient => item.keeper,
                    kind => kind,
                };
                State::Standing(Standing::of(content, item.origin, sent, keeper))
            }
            (State::Standing(item), Event::Retracted { .. }) => State::Retracted(item),
            (state @ (State::Absent | State::Retracted(_)), _) => state,
        }
    }
}

impl Standing {
    fn of(content: &Content, origin: Uuid, sent: Sha, keeper: SourceKind) -> Self {
        Self {
            origin,
            category: content.category,
            resource_type: content.resource_type.clone(),
            keeper,
            content: content.resource.sha256(),
            sent,
            resource: Some(content.resource.clone()),
        }
    }

    /// What a family wrote itself is its own.
    fn closed_to_change(&self, locks: &Locks, content: &Content) -> Option<String> {
        if self.keeper == SourceKind::Patient {
            return None;
        }
        let rooms = [self.category, content.category];
        let closed = match &self.resource {
            Some(stands) => locks.closed_between(rooms, stands, &content.resource),
            None => rooms.iter().any(|room| locks.closes(*room, EVERY)).then(|| EVERY.to_owned()),
        };
        closed.map(|element| place(Some(self.category), &element))
    }

    /// So is a file that it brought in.
    fn closed_to_retraction(&self, locks: &Locks) -> Option<String> {
        let is_its_own = matches!(self.keeper, SourceKind::Patient | SourceKind::Import);
        let closed = !is_its_own && locks.closes(self.category, EVERY);
        closed.then(|| place(Some(self.category), EVERY))
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::samples;

//! A record: opened once, held by at least one account.
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Relationship, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The tenant of a record that no network opened.
pub const FREE_STANDING: TenantId = TenantId::new(Uuid::nil());
pub const HOLDERS_MAX: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub account: AccountId,
    pub relationship: Relationship,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Opens the record and names its first holder.
    Open {
        tenant: TenantId,
        holder: Holder,
    },
    AddHolder(Holder),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "record.opened")]
    Opened { tenant: TenantId },
    #[serde(rename = "record.holder-added")]
    HolderAdded(Holder),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "record";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "record.opened",
            Self::HolderAdded(_) => "record.holder-added",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Unopened,
    Open {
        tenant: TenantId,
        holders: Vec<Holder>,
    },
}

impl State {
    pub fn holders(&self) -> &[Holder] {
        match self {
            Self::Unopened => &[],
            Self::Open { holders, .. } => holders,
        }
    }

    /// None: it was not opened.
    pub const fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Unopened => None,
            Self::Open { tenant, .. } => Some(*tenant),
        }
    }

    /// No network opened it.
    pub fn is_free_standing(&self) -> bool {
        matches!(self, Self::Open { tenant, .. } if *tenant == FREE_STANDING)
    }

    pub fn is_held_by(&self, account: AccountId) -> bool {
        self.holders().iter().any(|holder| holder.account == account)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the record is open already")]
    AlreadyOpen,
    #[error("there is no such record")]
    NotOpen,
    #[error("the account holds the record already")]
    AlreadyHolder,
    #[error("the record has {HOLDERS_MAX} holders already")]
    TooManyHolders,
}

/// The rules.
pub struct Record;

impl Decider for Record {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::Unopened, Command::Open { tenant, holder }) => {
                Ok(vec![Event::Opened { tenant }, Event::HolderAdded(holder)])
            }
            (State::Open { .. }, Command::Open { .. }) => Err(Refusal::AlreadyOpen),
            (State::Unopened, Command::AddHolder(_)) => Err(Refusal::NotOpen),
            (State::Open { .. }, Command::AddHolder(holder)) if state.is_held_by(holder.account) => {
                Err(Refusal::AlreadyHolder)
            }
            (State::Open { holders, .. }, Command::AddHolder(_)) if holders.len() >= HOLDERS_MAX => {
                Err(Refusal::TooManyHolders)
            }
            (State::Open { .. }, Command::AddHolder(holder)) => Ok(vec![Event::HolderAdded(holder)]),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Opened { tenant }) => State::Open { tenant: *tenant, holders: Vec::new() },
            (State::Open { tenant, mut holders }, Event::HolderAdded(holder)) => {
                holders.push(*holder);
                State::Open { tenant, holders }
            }
            (State::Unopened, Event::HolderAdded(_)) => State::Unopened,
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<Event> {
    let holder =
        |number, relationship| Holder { account: AccountId::new(Uuid::from_u128(number)), relationship };
    vec![
        Event::Opened { tenant: TenantId::new(Uuid::from_u128(0x7E1)) },
        Event::HolderAdded(holder(0xACC1, Relationship::Parent)),
        Event::HolderAdded(holder(0xACC2, Relationship::Patient)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(number: u128) -> Holder {
        Holder { account: AccountId::new(Uuid::from_u128(number)), relationship: Relationship::Parent }
    }

    fn open() -> Command {
        Command::Open { tenant: FREE_STANDING, holder: holder(1) }
    }

    fn after(commands: &[Command]) -> State {
        commands.iter().fold(State::default(), |state, command| {
            let events = Record::decide(&state, *command).unwrap();
            events.iter().fold(state, Record::evolve)
        })
    }

    #[test]
    fn a_record_opens_with_its_first_holder() {
        assert_eq!(
            Record::decide(&State::Unopened, open()),
            Ok(vec![Event::Opened { tenant: FREE_STANDING }, Event::HolderAdded(holder(1))])
        );
        assert!(after(&[open()]).is_held_by(holder(1).account));
    }

    #[test]
    fn a_record_opens_once() {
        assert_eq!(Record::decide(&after(&[open()]), open()), Err(Refusal::AlreadyOpen));
    }

    #[test]
    fn a_second_parent_becomes_a_holder_beside_the_first() {
        let state = after(&[open(), Command::AddHolder(holder(2))]);
        assert_eq!(state.holders(), [holder(1), holder(2)]);
    }

    #[test]
    fn nobody_is_a_proxy_of_themselves() {
        let patient = Holder { relationship: Relationship::Patient, ..holder(1) };
        let state = after(&[Command::Open { tenant: FREE_STANDING, holder: patient }]);
        assert_eq!(Record::decide(&state, Command::AddHolder(holder(1))), Err(Refusal::AlreadyHolder));
    }

    #[test]
    fn a_record_that_is_not_open_takes_no_holder() {
        assert_eq!(Record::decide(&State::Unopened, Command::AddHolder(holder(1))), Err(Refusal::NotOpen));
    }

    #[test]
    fn the_number_of_holders_is_limited() {
        let mut commands = vec![open()];
        commands.extend((2..=HOLDERS_MAX as u128).map(|number| Command::AddHolder(holder(number))));
        let state = after(&commands);
        assert_eq!(state.holders().len(), HOLDERS_MAX);
        assert_eq!(Record::decide(&state, Command::AddHolder(holder(99))), Err(Refusal::TooManyHolders));
    }
}

//! The erasure of a record's content: asked for by a holder, forbidden by legal holds and retention, carried out by somebody else.
use chrono::{DateTime, NaiveDate, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, EventId, HoldId};
use serde::{Deserialize, Serialize};

pub const HOLDS_MAX: usize = 16;

/// Why something is ordered, and by what right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    pub authority: String,
    pub reason: String,
}

/// An order that forbids the erasure, while it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub hold: HoldId,
    pub by: AccountId,
    pub placed: DateTime<Utc>,
    pub grounds: Grounds,
}

/// How long the record had to be kept, and by which stated rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    pub rule: String,
    pub until: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub by: AccountId,
    pub requested: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedOut {
    pub by: AccountId,
    pub erased: DateTime<Utc>,
    pub grounds: Grounds,
    pub retained: Retained,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Request(Wish),
    Withdraw {
        by: AccountId,
    },
    PlaceHold(Hold),
    LiftHold {
        hold: HoldId,
        by: AccountId,
        grounds: Grounds,
    },
    CarryOut(CarriedOut),
    /// This log was restored from before the erasure: what the ledger says of it holds.
    Repeat {
        first: EventId,
        erased: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "erasure.requested")]
    Requested(Wish),
    #[serde(rename = "erasure.withdrawn")]
    Withdrawn { by: AccountId },
    #[serde(rename = "erasure.hold-placed")]
    HoldPlaced(Hold),
    #[serde(rename = "erasure.hold-lifted")]
    HoldLifted { hold: HoldId, by: AccountId, grounds: Grounds },
    #[serde(rename = "erasure.carried-out")]
    CarriedOut(CarriedOut),
    /// `first` carried it out, in a log that was lost.
    #[serde(rename = "erasure.repeated")]
    Repeated { first: EventId, erased: DateTime<Utc> },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "erasure";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Requested(_) => "erasure.requested",
            Self::Withdrawn { .. } => "erasure.withdrawn",
            Self::HoldPlaced(_) => "erasure.hold-placed",
            Self::HoldLifted { .. } => "erasure.hold-lifted",
            Self::CarriedOut(_) => "erasure.carried-out",
            Self::Repeated { .. } => "erasure.repeated",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Kept,
    Requested(Wish),
    Erased {
        erased: DateTime<Utc>,
        /// None: of a log that was lost.
        told: Option<(Wish, CarriedOut)>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub stage: Stage,
    /// Those that stand, in the order in which they were placed.
    pub holds: Vec<Hold>,
}

impl Event {
    /// When the content was destroyed, if it was by this.
    pub const fn erased(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::CarriedOut(order) => Some(order.erased),
            Self::Repeated { erased, .. } => Some(*erased),
            Self::Requested(_) | Self::Withdrawn { .. } | Self::HoldPlaced(_) | Self::HoldLifted { .. } => {
                None
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody asks for the record's erasure")]
    NotRequested,
    #[error("who asked for the erasure does not carry it out")]
    SamePerson,
    #[error("the record is under a legal hold")]
    Held,
    #[error("the record must be kept until {until}")]
    Retained { until: NaiveDate },
    #[error("the record has no such hold")]
    NotHeld,
    #[error("the record has {HOLDS_MAX} holds already")]
    TooManyHolds,
    #[error("the record's content was erased")]
    Erased,
}

/// The rules.
pub struct Erasure;

impl Decider for Erasure {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (&state.stage, command) {
            (Stage::Erased { .. }, Command::Repeat { .. }) => Ok(Vec::new()),
            (_, Command::Repeat { first, erased }) => Ok(vec![Event::Repeated { first, erased }]),
            (_, Command::LiftHold { hold, by, grounds }) => match state.standing(hold) {
                Some(_) => Ok(vec![Event::HoldLifted { hold, by, grounds }]),
                None => Err(Refusal::NotHeld),
            },
            (Stage::Erased { .. }, _) => Err(Refusal::Erased),
            (_, Command::PlaceHold(hold)) if state.standing(hold.hold).is_some() => Ok(Vec::new()),
            (_, Command::PlaceHold(_)) if state.holds.len() >= HOLDS_MAX => Err(Refusal::TooManyHolds),
            (_, Command::PlaceHold(hold)) => Ok(vec![Event::HoldPlaced(hold)]),
            (Stage::Kept, Command::Request(wish)) => Ok(vec![Event::Requested(wish)]),
            (Stage::Requested(_), Command::Request(_)) => Ok(Vec::new()),
            (Stage::Kept, Command::Withdraw { .. } | Command::CarryOut(_)) => Err(Refusal::NotRequested),
            (Stage::Requested(_), Command::Withdraw { by }) => Ok(vec![Event::Withdrawn { by }]),
            (Stage::Requested(wish), Command::CarryOut(order)) => {
                if wish.by == order.by {
                    return Err(Refusal::SamePerson);
                }
                if !state.holds.is_empty() {
                    return Err(Refusal::Held);
                }
                let until = order.retained.until;
                if order.erased.date_naive() <= until {
                    return Err(Refusal::Retained { until });
                }
                Ok(vec![Event::CarriedOut(order)])
            }
        }
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Requested(wish) => state.stage = Stage::Requested(*wish),
            Event::Withdrawn { .. } => state.stage = Stage::Kept,
            Event::HoldPlaced(hold) => state.holds.push(hold.clone()),
            Event::HoldLifted { hold, .. } => state.holds.retain(|standing| standing.hold != *hold),
            Event::CarriedOut(order) => {
                let wish = match state.stage {
                    Stage::Requested(wish) => Some(wish),
                    Stage::Kept | Stage::Erased { .. } => None,
                };
                let told = wish.map(|wish| (wish, order.clone()));
                state.stage = Stage::Erased { erased: order.erased, told };
            }
            Event::Repeated { erased, .. } => state.stage = Stage::Erased { erased: *erased, told: None },
        }
        state
    }
}

impl State {
    fn standing(&self, hold: HoldId) -> Option<&Hold> {
        self.holds.iter().find(|standing| standing.hold == hold)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

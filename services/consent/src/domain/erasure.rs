//! The erasure of a record's content, or of one document's alone: asked for by a holder, forbidden by legal holds and retention, carried
//! out by somebody else. Holds are the record's: one forbids everything.
use chrono::{DateTime, NaiveDate, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, DocumentId, EventId, HoldId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const HOLDS_MAX: usize = 16;
/// Documents of one record that somebody asks to have erased and that are not yet.
pub const DOCUMENTS_ASKED_MAX: usize = 64;

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

/// A step towards an erasure, or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Request(Wish),
    Withdraw {
        by: AccountId,
    },
    CarryOut(CarriedOut),
    /// This log was restored from before the erasure: what the ledger says of it holds.
    Repeat {
        first: EventId,
        erased: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    PlaceHold(Hold),
    LiftHold {
        hold: HoldId,
        by: AccountId,
        grounds: Grounds,
    },
    /// Of the one document, or of all of the record.
    Erase {
        of: Option<DocumentId>,
        step: Step,
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
    #[serde(rename = "erasure.document-requested")]
    DocumentRequested { document: DocumentId, wish: Wish },
    #[serde(rename = "erasure.document-withdrawn")]
    DocumentWithdrawn { document: DocumentId, by: AccountId },
    #[serde(rename = "erasure.document-carried-out")]
    DocumentCarriedOut { document: DocumentId, order: CarriedOut },
    #[serde(rename = "erasure.document-repeated")]
    DocumentRepeated { document: DocumentId, first: EventId, erased: DateTime<Utc> },
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
            Self::DocumentRequested { .. } => "erasure.document-requested",
            Self::DocumentWithdrawn { .. } => "erasure.document-withdrawn",
            Self::DocumentCarriedOut { .. } => "erasure.document-carried-out",
            Self::DocumentRepeated { .. } => "erasure.document-repeated",
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
    /// Of all of the record.
    pub stage: Stage,
    /// Those that stand, in the order in which they were placed.
    pub holds: Vec<Hold>,
    /// Of single documents; one that nobody asked to have erased is not there.
    pub documents: BTreeMap<DocumentId, Stage>,
}

/// What was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destroyed {
    /// None: all of the record.
    pub document: Option<DocumentId>,
    pub erased: DateTime<Utc>,
    /// The event that carried it out, where that stood in a log that was lost.
    pub first: Option<EventId>,
}

impl Event {
    /// What was destroyed by this, if anything was.
    pub fn destroyed(&self) -> Option<Destroyed> {
        let (document, erased, first) = match self {
            Self::CarriedOut(order) => (None, order.erased, None),
            Self::Repeated { first, erased } => (None, *erased, Some(*first)),
            Self::DocumentCarriedOut { document, order } => (Some(*document), order.erased, None),
            Self::DocumentRepeated { document, first, erased } => (Some(*document), *erased, Some(*first)),
            Self::Requested(_)
            | Self::Withdrawn { .. }
            | Self::HoldPlaced(_)
            | Self::HoldLifted { .. }
            | Self::DocumentRequested { .. }
            | Self::DocumentWithdrawn { .. } => return None,
        };
        Some(Destroyed { document, erased, first })
    }

    fn of(of: Option<DocumentId>, step: Step) -> Self {
        match (of, step) {
            (None, Step::Request(wish)) => Self::Requested(wish),
            (None, Step::Withdraw { by }) => Self::Withdrawn { by },
            (None, Step::CarryOut(order)) => Self::CarriedOut(order),
            (None, Step::Repeat { first, erased }) => Self::Repeated { first, erased },
            (Some(document), Step::Request(wish)) => Self::DocumentRequested { document, wish },
            (Some(document), Step::Withdraw { by }) => Self::DocumentWithdrawn { document, by },
            (Some(document), Step::CarryOut(order)) => Self::DocumentCarriedOut { document, order },
            (Some(document), Step::Repeat { first, erased }) => {
                Self::DocumentRepeated { document, first, erased }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody asks for this erasure")]
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
    #[error("the record has {DOCUMENTS_ASKED_MAX} documents already that are to be erased")]
    TooManyAsked,
    #[error("the content was erased")]
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
        match command {
            Command::LiftHold { hold, by, grounds } => match state.standing(hold) {
                Some(_) => Ok(vec![Event::HoldLifted { hold, by, grounds }]),
                None => Err(Refusal::NotHeld),
            },
            Command::PlaceHold(_) if state.is_erased() => Err(Refusal::Erased),
            Command::PlaceHold(hold) if state.standing(hold.hold).is_some() => Ok(Vec::new()),
            Command::PlaceHold(_) if state.holds.len() >= HOLDS_MAX => Err(Refusal::TooManyHolds),
            Command::PlaceHold(hold) => Ok(vec![Event::HoldPlaced(hold)]),
            Command::Erase { of, step } => {
                Ok(step_taken(state, of, step)?.map(|step| Event::of(of, step)).into_iter().collect())
            }
        }
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Requested(wish) => state.stage = Stage::Requested(*wish),
            Event::Withdrawn { .. } => state.stage = Stage::Kept,
            Event::HoldPlaced(hold) => state.holds.push(hold.clone()),
            Event::HoldLifted { hold, .. } => state.holds.retain(|standing| standing.hold != *hold),
            Event::CarriedOut(order) => state.stage = carried_out(&state.stage, order),
            Event::Repeated { erased, .. } => state.stage = Stage::Erased { erased: *erased, told: None },
            Event::DocumentRequested { document, wish } => {
                state.documents.insert(*document, Stage::Requested(*wish));
            }
            Event::DocumentWithdrawn { document, .. } => {
                state.documents.remove(document);
            }
            Event::DocumentCarriedOut { document, order } => {
                let stage = carried_out(state.stage(Some(*document)), order);
                state.documents.insert(*document, stage);
            }
            Event::DocumentRepeated { document, erased, .. } => {
                state.documents.insert(*document, Stage::Erased { erased: *erased, told: None });
            }
        }
        state
    }
}

/// The step that is taken; none where it is so already.
fn step_taken(state: &State, of: Option<DocumentId>, step: Step) -> Result<Option<Step>, Refusal> {
    match (state.stage(of), &step) {
        (Stage::Erased { .. }, Step::Repeat { .. }) => return Ok(None),
        (_, Step::Repeat { .. }) => return Ok(Some(step)),
        _ if state.is_erased() => return Err(Refusal::Erased),
        (Stage::Erased { .. }, _) => return Err(Refusal::Erased),
        (Stage::Kept, Step::Request(_)) if of.is_some() && state.asked().count() >= DOCUMENTS_ASKED_MAX => {
            return Err(Refusal::TooManyAsked);
        }
        (Stage::Kept, Step::Request(_)) | (Stage::Requested(_), Step::Withdraw { .. }) => {}
        (Stage::Requested(_), Step::Request(_)) => return Ok(None),
        (Stage::Kept, Step::Withdraw { .. } | Step::CarryOut(_)) => return Err(Refusal::NotRequested),
        (Stage::Requested(wish), Step::CarryOut(order)) => {
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
        }
    }
    Ok(Some(step))
}

fn carried_out(before: &Stage, order: &CarriedOut) -> Stage {
    let told = match before {
        Stage::Requested(wish) => Some((*wish, order.clone())),
        Stage::Kept | Stage::Erased { .. } => None,
    };
    Stage::Erased { erased: order.erased, told }
}

impl State {
    /// Of the one document, or of all of the record.
    pub fn stage(&self, of: Option<DocumentId>) -> &Stage {
        const KEPT: &Stage = &Stage::Kept;
        match of {
            None => &self.stage,
            Some(document) => self.documents.get(&document).unwrap_or(KEPT),
        }
    }

    /// Documents that somebody asks to have erased and that are not yet.
    pub fn asked(&self) -> impl Iterator<Item = DocumentId> {
        let asked = self.documents.iter().filter(|(_, stage)| matches!(stage, Stage::Requested(_)));
        asked.map(|(document, _)| *document)
    }

    const fn is_erased(&self) -> bool {
        matches!(self.stage, Stage::Erased { .. })
    }

    fn standing(&self, hold: HoldId) -> Option<&Hold> {
        self.holds.iter().find(|standing| standing.hold == hold)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

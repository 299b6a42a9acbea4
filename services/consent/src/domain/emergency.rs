//! What somebody opens in an emergency without a holder's word, and the review by which an officer closes it.
use super::grant::{Grantee, Refusal as GrantRefusal, Terms};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Action, Basis, Category, PatientId, Period, Purpose};
use serde::{Deserialize, Serialize};

/// Long enough for a crisis and for handing over to who comes to help; whoever comes on after that gives a reason of their own.
pub const LASTS: TimeDelta = TimeDelta::hours(4);

/// What treats nobody in an emergency: what the family and others wrote to each other, what was paid, and what is protected; but for
/// treatment of substance use, which whoever treats an emergency may have to know (42 CFR 2.51).
pub const LEFT_CLOSED: [Category; 5] = [
    Category::Messages,
    Category::Coverage,
    Category::Claims,
    Category::PsychotherapyNotes,
    Category::ConfidentialServices,
];

/// Somebody opens a record now, for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    pub patient: PatientId,
    pub by: AccountId,
    pub reason: String,
    pub now: DateTime<Utc>,
}

impl Taking {
    /// Read, and nothing else, until it ends by itself.
    pub(super) fn terms(self) -> Result<Terms, GrantRefusal> {
        let Self { patient, by, reason, now } = self;
        let until = now.checked_add_signed(LASTS).ok_or(GrantRefusal::EndsBeforeItBegins)?;
        let open = Category::ALL.iter().copied().filter(|category| !LEFT_CLOSED.contains(category));
        Ok(Terms {
            patient,
            given_by: by,
            grantee: Grantee::Account(by),
            categories: open.collect(),
            actions: vec![Action::Read],
            purposes: vec![Purpose::EmergencyTreatment],
            period: Period::try_new(now, Some(until)).map_err(|_| GrantRefusal::EndsBeforeItBegins)?,
            narrowing: None,
            basis: Basis::Emergency,
            reason,
            replaces: None,
            uses_max: None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Justified,
    NotJustified,
}

/// The sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub finding: Finding,
    /// Empty: the officer said nothing more.
    pub note: String,
    pub by: AccountId,
    pub reviewed: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub review: Review,
    /// Who opened the record.
    pub taken_by: AccountId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "emergency.reviewed")]
    Reviewed(Review),
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "emergency";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Reviewed(_) => "emergency.reviewed",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Waiting,
    Reviewed(Review),
}

impl State {
    pub const fn review(&self) -> Option<&Review> {
        match self {
            Self::Waiting => None,
            Self::Reviewed(review) => Some(review),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody reviews what they opened themselves")]
    OwnAccess,
    #[error("the emergency access was reviewed already")]
    AlreadyReviewed,
}

/// The rules of a review; its stream has the id of the grant that stands for the access.
pub struct Emergency;

impl Decider for Emergency {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        let Command { review, taken_by } = command;
        if review.by == taken_by {
            return Err(Refusal::OwnAccess);
        }
        match state {
            State::Waiting => Ok(vec![Event::Reviewed(review)]),
            State::Reviewed(_) => Err(Refusal::AlreadyReviewed),
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        match event {
            Event::Reviewed(review) => State::Reviewed(review.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{samples, taking};

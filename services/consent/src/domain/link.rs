//! A link: whoever shows its secret, and says its passcode where there is one, is the account that a grant reaches. The grant says what
//! is shared until when; here is counted how often the link was opened and how often somebody guessed, so that no restart forgets it.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{PatientId, RequestId};
use serde::{Deserialize, Serialize};

pub const OPENINGS_MAX: u32 = 100;
/// In the life of a link: a short passcode is not to be found by trying.
pub const WRONG_MAX: u32 = 5;
/// How long what was opened may be gone on with.
pub const TICKET_LASTS: TimeDelta = TimeDelta::hours(1);
pub const LASTS_MAX: TimeDelta = TimeDelta::days(365);

/// What a secret or a passcode was made into; never shown.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// What a link says from the beginning to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub patient: PatientId,
    /// Whom it is for, as the record's holders call them.
    pub label: String,
    /// SHA-256.
    pub secret: Digest,
    /// None: whoever has the link needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode: Option<Digest>,
    pub openings_max: u32,
}

/// Somebody opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub attempt: RequestId,
    pub opened: DateTime<Utc>,
    /// Who it was by their own word.
    pub recipient: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Make(Terms),
    Open {
        opening: Opening,
        /// What was said was made into; none where nothing was said.
        passcode: Option<Digest>,
        /// Whether the link's grant is.
        in_force: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "link.made")]
    Made(Terms),
    #[serde(rename = "link.opened")]
    Opened(Opening),
    #[serde(rename = "link.passcode-wrong")]
    PasscodeWrong { attempt: RequestId },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "link";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Made(_) => "link.made",
            Self::Opened(_) => "link.opened",
            Self::PasscodeWrong { .. } => "link.passcode-wrong",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    NotMade,
    Made {
        terms: Terms,
        openings: Vec<Opening>,
        wrong: Vec<RequestId>,
    },
}

impl State {
    pub const fn terms(&self) -> Option<&Terms> {
        match self {
            Self::NotMade => None,
            Self::Made { terms, .. } => Some(terms),
        }
    }

    /// Whether that attempt opened it.
    pub fn was_opened_by(&self, attempt: RequestId) -> bool {
        matches!(self, Self::Made { openings, .. } if openings.iter().any(|one| one.attempt == attempt))
    }

    pub fn attempts_left(&self) -> u32 {
        let wrong = match self {
            Self::NotMade => 0,
            Self::Made { wrong, .. } => wrong.len(),
        };
        WRONG_MAX.saturating_sub(u32::try_from(wrong).unwrap_or(u32::MAX))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a link is opened 1 to {OPENINGS_MAX} times")]
    OpeningsOutOfRange,
    #[error("the link was made already")]
    AlreadyMade,
    /// Whoever has a secret is told no more.
    #[error("there is no such link, or it is closed")]
    Closed,
    #[error("the link wants a passcode")]
    PasscodeMissing,
}

/// The rules; a link's stream has the id of its grant.
pub struct Link;

impl Decider for Link {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::NotMade, Command::Make(terms)) if !(1..=OPENINGS_MAX).contains(&terms.openings_max) => {
                Err(Refusal::OpeningsOutOfRange)
            }
            (State::NotMade, Command::Make(terms)) => Ok(vec![Event::Made(terms)]),
            (State::Made { .. }, Command::Make(_)) => Err(Refusal::AlreadyMade),
            (State::NotMade, Command::Open { .. }) => Err(Refusal::Closed),
            (State::Made { terms, openings, .. }, Command::Open { opening, passcode, in_force }) => {
                let used_up = openings.len() >= usize::try_from(terms.openings_max).unwrap_or(0);
                if !in_force || used_up || state.attempts_left() == 0 {
                    return Err(Refusal::Closed);
                }
                match (terms.passcode, passcode) {
                    (Some(_), None) => Err(Refusal::PasscodeMissing),
                    (Some(wanted), Some(said)) if wanted != said => {
                        Ok(vec![Event::PasscodeWrong { attempt: opening.attempt }])
                    }
                    (None | Some(_), _) => Ok(vec![Event::Opened(opening)]),
                }
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Made(terms)) => {
                State::Made { terms: terms.clone(), openings: Vec::new(), wrong: Vec::new() }
            }
            (State::Made { terms, mut openings, wrong }, Event::Opened(opening)) => {
                openings.push(opening.clone());
                State::Made { terms, openings, wrong }
            }
            (State::Made { terms, openings, mut wrong }, Event::PasscodeWrong { attempt }) => {
                wrong.push(*attempt);
                State::Made { terms, openings, wrong }
            }
            (State::NotMade, Event::Opened(_) | Event::PasscodeWrong { .. }) => State::NotMade,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

//! That a practice treats the person of a record: proposed by one side, agreed to by the other, ended by either, and perhaps begun again.
//! What it gives are grants of their own; here stands which, and for what of the care.
use super::care::{Care, Line};
use chrono::{DateTime, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, GrantId, PatientId, PracticeId, TreatmentId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Of one record that have not ended.
pub const UNENDED_MAX: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Family,
    Practice,
}

/// A grant that it gave, and what it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub grant: GrantId,
    pub line: Line,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub patient: PatientId,
    pub practice: PracticeId,
    pub side: Side,
    pub by: AccountId,
    pub proposed: DateTime<Utc>,
    /// What the family wants to be seen; of what a practice proposes, its policy at that time.
    pub care: Care,
    /// What the family wrote so that the practice knows who it is.
    pub introduction: String,
}

/// The care team sees this from now on, by these grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The holder whose word it is.
    pub holder: AccountId,
    pub agreed: DateTime<Utc>,
    pub care: Care,
    pub grants: Vec<Given>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "treatment.proposed")]
    Proposed(Proposal),
    /// By a holder: to what a practice proposed, or to another care than before.
    #[serde(rename = "treatment.agreed")]
    Agreed(Agreement),
    /// By the practice: to what a holder proposed.
    #[serde(rename = "treatment.accepted")]
    Accepted { by: AccountId, agreement: Agreement },
    /// By a policy that became narrower.
    #[serde(rename = "treatment.narrowed")]
    Narrowed(Agreement),
    #[serde(rename = "treatment.ended")]
    Ended { side: Side, by: AccountId, ended: DateTime<Utc> },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "treatment";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "treatment.proposed",
            Self::Agreed(_) => "treatment.agreed",
            Self::Accepted { .. } => "treatment.accepted",
            Self::Narrowed(_) => "treatment.narrowed",
            Self::Ended { .. } => "treatment.ended",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Propose {
        proposal: Proposal,
        /// Of the practice, now.
        policy: Care,
        /// Of the record.
        unended: u32,
    },
    Agree {
        agreement: Agreement,
        policy: Care,
    },
    Accept {
        by: AccountId,
        agreement: Agreement,
    },
    /// Nothing where nothing is beyond the policy.
    Narrow(Agreement),
    End {
        side: Side,
        by: AccountId,
        now: DateTime<Utc>,
    },
}

/// Who said the last word, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub side: Side,
    /// None: a policy's, nobody's.
    pub by: Option<AccountId>,
    pub said: DateTime<Utc>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Unheard,
    Proposed(Proposal),
    Standing {
        proposal: Proposal,
        agreement: Agreement,
        word: Word,
    },
    Ended {
        proposal: Proposal,
        word: Word,
    },
}

impl State {
    pub const fn proposal(&self) -> Option<&Proposal> {
        match self {
            Self::Unheard => None,
            Self::Proposed(proposal) | Self::Standing { proposal, .. } | Self::Ended { proposal, .. } => {
                Some(proposal)
            }
        }
    }

    /// Every grant that it gave and that may still stand.
    pub fn grants(&self) -> &[Given] {
        match self {
            Self::Standing { agreement, .. } => &agreement.grants,
            Self::Unheard | Self::Proposed(_) | Self::Ended { .. } => &[],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing is to be seen by the care team")]
    NothingShared,
    #[error("the care is beyond what the practice's policy says")]
    BeyondPolicy,
    #[error("it was proposed, and the other side has not agreed yet")]
    Proposed,
    #[error("the practice treats already")]
    Stands,
    #[error("nobody has proposed it, or it has ended")]
    Ended,
    #[error("the record has {UNENDED_MAX} practices that have not ended")]
    TooMany,
}

/// The rules.
pub struct Treatment;

/// One for each record and practice, whoever begins.
pub fn id_of(patient: PatientId, practice: PracticeId) -> TreatmentId {
    TreatmentId::new(Uuid::new_v5(&patient.uuid(), practice.uuid().as_bytes()))
}

impl Decider for Treatment {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::Unheard | State::Ended { .. }, Command::Propose { proposal, policy, unended }) => {
                propose(proposal, &policy, unended)
            }
            (State::Proposed(_), Command::Propose { .. }) => Err(Refusal::Proposed),
            (State::Standing { .. }, Command::Propose { .. }) => Err(Refusal::Stands),
            (State::Unheard | State::Ended { .. }, _) => Err(Refusal::Ended),
            (State::Proposed(proposal), Command::Agree { agreement, policy }) => match proposal.side {
                Side::Practice => agree(agreement, &policy),
                Side::Family => Err(Refusal::Proposed),
            },
            // Also to what it agreed to before: that is its answer to what the practice asks for since.
            (State::Standing { .. }, Command::Agree { agreement, policy }) => agree(agreement, &policy),
            (State::Proposed(proposal), Command::Accept { by, agreement }) => match proposal.side {
                Side::Family => Ok(vec![Event::Accepted { by, agreement }]),
                Side::Practice => Err(Refusal::Proposed),
            },
            (State::Standing { .. }, Command::Accept { .. }) => Err(Refusal::Stands),
            (State::Proposed(_), Command::Narrow(_)) => Ok(Vec::new()),
            (State::Standing { agreement: before, .. }, Command::Narrow(agreement)) => {
                Ok(if before.care == agreement.care { vec![] } else { vec![Event::Narrowed(agreement)] })
            }
            (State::Proposed(_) | State::Standing { .. }, Command::End { side, by, now }) => {
                Ok(vec![Event::Ended { side, by, ended: now }])
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        let word = |side, by, said| Word { side, by, said };
        match (state, event) {
            (_, Event::Proposed(proposal)) => State::Proposed(proposal.clone()),
            (State::Proposed(proposal) | State::Standing { proposal, .. }, event) => match event {
                Event::Agreed(agreement) => {
                    let word = word(Side::Family, Some(agreement.holder), agreement.agreed);
                    State::Standing { proposal, agreement: agreement.clone(), word }
                }
                Event::Accepted { by, agreement } => {
                    let word = word(Side::Practice, Some(*by), agreement.agreed);
                    State::Standing { proposal, agreement: agreement.clone(), word }
                }
                Event::Narrowed(agreement) => {
                    let word = word(Side::Practice, None, agreement.agreed);
                    State::Standing { proposal, agreement: agreement.clone(), word }
                }
                Event::Ended { side, by, ended } => {
                    State::Ended { proposal, word: word(*side, Some(*by), *ended) }
                }
                Event::Proposed(proposal) => State::Proposed(proposal.clone()),
            },
            (state @ (State::Unheard | State::Ended { .. }), _) => state,
        }
    }
}

fn propose(proposal: Proposal, policy: &Care, unended: u32) -> Result<Vec<Event>, Refusal> {
    if proposal.side == Side::Family {
        seen_by(&proposal.care, policy)?;
    }
    if unended >= UNENDED_MAX {
        return Err(Refusal::TooMany);
    }
    Ok(vec![Event::Proposed(proposal)])
}

fn agree(agreement: Agreement, policy: &Care) -> Result<Vec<Event>, Refusal> {
    seen_by(&agreement.care, policy)?;
    Ok(vec![Event::Agreed(agreement)])
}

/// A family says what is seen, and a practice how much that can be.
fn seen_by(care: &Care, policy: &Care) -> Result<(), Refusal> {
    if care.is_nothing() {
        return Err(Refusal::NothingShared);
    }
    if care.is_within(policy) { Ok(()) } else { Err(Refusal::BeyondPolicy) }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

//! An invitation: a practice asks whoever reads an address; answered once, taken back, or over by itself after two weeks.
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{AccountId, PracticeId};
use serde::{Deserialize, Serialize};

pub(crate) const LASTS: TimeDelta = TimeDelta::days(14);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub practice: PracticeId,
    pub email: String,
    pub locale: String,
    pub by: AccountId,
    pub sent: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum InvitationEvent {
    #[serde(rename = "invitation.sent")]
    Sent(Sent),
    #[serde(rename = "invitation.withdrawn")]
    Withdrawn { by: AccountId },
    #[serde(rename = "invitation.answered")]
    Answered { by: AccountId, accepted: bool },
}

impl Event for InvitationEvent {
    const AGGREGATE: &'static str = "invitation";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Sent(_) => "invitation.sent",
            Self::Withdrawn { .. } => "invitation.withdrawn",
            Self::Answered { .. } => "invitation.answered",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Send(Sent),
    Withdraw {
        by: AccountId,
    },
    /// By whoever reads the address.
    Answer {
        by: AccountId,
        accepted: bool,
        now: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such invitation")]
    Unknown,
    #[error("an invitation with this id was sent")]
    Exists,
    #[error("the invitation was answered or taken back already")]
    Over,
    #[error("the invitation has expired")]
    Expired,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Accepted,
    Declined,
    Withdrawn,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Invitation {
    #[default]
    None,
    Sent {
        sent: Sent,
        end: Option<End>,
    },
}

impl Invitation {
    /// For its answer.
    pub(crate) fn waits(&self, now: DateTime<Utc>) -> bool {
        matches!(self, Self::Sent { sent, end: None } if now < sent.expires)
    }
}

impl Decider for Invitation {
    type State = Self;
    type Command = Command;
    type Event = InvitationEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<InvitationEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Send(sent)) => Ok(vec![InvitationEvent::Sent(sent)]),
            (Self::None, Command::Withdraw { .. } | Command::Answer { .. }) => Err(Refusal::Unknown),
            (Self::Sent { .. }, Command::Send(_)) => Err(Refusal::Exists),
            (Self::Sent { end: Some(_), .. }, _) => Err(Refusal::Over),
            (Self::Sent { .. }, Command::Withdraw { by }) => Ok(vec![InvitationEvent::Withdrawn { by }]),
            (Self::Sent { sent, .. }, Command::Answer { now, .. }) if sent.expires <= now => {
                Err(Refusal::Expired)
            }
            (Self::Sent { .. }, Command::Answer { by, accepted, .. }) => {
                Ok(vec![InvitationEvent::Answered { by, accepted }])
            }
        }
    }

    fn evolve(state: Self, event: &InvitationEvent) -> Self {
        let ended = match event {
            InvitationEvent::Sent(sent) => return Self::Sent { sent: sent.clone(), end: None },
            InvitationEvent::Withdrawn { .. } => End::Withdrawn,
            InvitationEvent::Answered { accepted: true, .. } => End::Accepted,
            InvitationEvent::Answered { accepted: false, .. } => End::Declined,
        };
        match state {
            Self::None => Self::None,
            Self::Sent { sent, .. } => Self::Sent { sent, end: Some(ended) },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    pub(crate) fn sent(at: DateTime<Utc>) -> Sent {
        Sent {
            practice: PracticeId::new(Uuid::from_u128(0x9A)),
            email: "rosa@families.example".into(),
            locale: "es".into(),
            by: account(0xACC1),
            sent: at,
            expires: at + LASTS,
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_452_800, 0).unwrap()
    }

    pub(crate) fn samples() -> Vec<InvitationEvent> {
        vec![
            InvitationEvent::Sent(sent(now())),
            InvitationEvent::Withdrawn { by: account(0xACC1) },
            InvitationEvent::Answered { by: account(0xACC2), accepted: true },
            InvitationEvent::Answered { by: account(0xACC2), accepted: false },
        ]
    }

    fn answer(accepted: bool, now: DateTime<Utc>) -> Command {
        Command::Answer { by: account(0xACC2), accepted, now }
    }

    fn after(commands: &[Command]) -> Invitation {
        commands.iter().fold(Invitation::None, |state, command| {
            let events = Invitation::decide(&state, command.clone()).unwrap();
            events.iter().fold(state, Invitation::evolve)
        })
    }

    #[test]
    fn an_invitation_is_answered_once_or_taken_back() {
        let send = Command::Send(sent(now()));
        let withdraw = Command::Withdraw { by: account(0xACC1) };
        for first in [answer(true, now()), answer(false, now()), withdraw.clone()] {
            let state = after(&[send.clone(), first]);
            for second in [answer(true, now()), withdraw.clone()] {
                assert_eq!(Invitation::decide(&state, second), Err(Refusal::Over));
            }
        }
        assert_eq!(Invitation::decide(&Invitation::None, answer(true, now())), Err(Refusal::Unknown));
        assert_eq!(Invitation::decide(&after(std::slice::from_ref(&send)), send), Err(Refusal::Exists));
    }

    #[test]
    fn nobody_answers_after_two_weeks() {
        let state = after(&[Command::Send(sent(now()))]);
        let last = now() + LASTS - TimeDelta::seconds(1);
        assert!(Invitation::decide(&state, answer(true, last)).is_ok());
        assert_eq!(Invitation::decide(&state, answer(true, now() + LASTS)), Err(Refusal::Expired));
    }
}

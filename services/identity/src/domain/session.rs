//! A session: a browser that is signed in, until it is ended or its time is over. How lately it was used is no fact of the log.
use super::Digest;
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{RequestId, TenantId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum SessionEvent {
    #[serde(rename = "session.started")]
    Started(Start),
    /// `by`: the command, so that a repeated one finds what it ended.
    #[serde(rename = "session.ended")]
    Ended { by: RequestId },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    pub secret_sha256: Digest,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Whatever happens, not longer than this.
    pub expire_time: DateTime<Utc>,
    /// Whether it is good for nothing until it has shown a second factor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits: bool,
    /// Whether a passkey began it, and no link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_passkey: bool,
    /// The practice's provider that vouched for them, where it was that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_provider: Option<ByProvider>,
    /// What the browser keeps to be known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_sha256: Option<Digest>,
    /// From which network: of an IPv4 address 24 bits, of an IPv6 address 48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// A session that a sign-in provider's word began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ByProvider {
    /// The roles of no other tenant go with it.
    pub tenant: TenantId,
    /// Whether the provider saw a second factor.
    pub second: bool,
}

impl Event for SessionEvent {
    const AGGREGATE: &'static str = "session";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Started(_) => "session.started",
            Self::Ended { .. } => "session.ended",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Start(Start),
    End { by: RequestId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such session")]
    Unknown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Session {
    #[default]
    None,
    Open,
    Ended,
}

impl Decider for Session {
    type State = Self;
    type Command = Command;
    type Event = SessionEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<SessionEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Start(start)) => Ok(vec![SessionEvent::Started(start)]),
            // The id is made of the link's: it is the same sign-in.
            (Self::Open | Self::Ended, Command::Start(_)) | (Self::Ended, Command::End { .. }) => Ok(vec![]),
            (Self::Open, Command::End { by }) => Ok(vec![SessionEvent::Ended { by }]),
            (Self::None, Command::End { .. }) => Err(Refusal::Unknown),
        }
    }

    fn evolve(_: Self, event: &SessionEvent) -> Self {
        match event {
            SessionEvent::Started(_) => Self::Open,
            SessionEvent::Ended { .. } => Self::Ended,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use uuid::Uuid;

    fn start() -> Start {
        Start {
            secret_sha256: Digest::new([1; 32]),
            user_agent: "Firefox on Android".into(),
            expire_time: DateTime::from_timestamp(1_775_044_800, 0).unwrap(),
            awaits: false,
            by_passkey: false,
            by_provider: None,
            device_sha256: None,
            network: None,
        }
    }

    fn by() -> RequestId {
        RequestId::new(Uuid::from_u128(3))
    }

    pub(crate) fn samples() -> Vec<SessionEvent> {
        let known = Start {
            awaits: true,
            by_passkey: true,
            device_sha256: Some(Digest::new([2; 32])),
            network: Some("192.0.2.0/24".into()),
            ..start()
        };
        let by_provider = Some(ByProvider { tenant: TenantId::new(Uuid::from_u128(1)), second: true });
        let vouched = Start { by_provider, ..start() };
        vec![
            SessionEvent::Started(start()),
            SessionEvent::Started(known),
            SessionEvent::Started(vouched),
            SessionEvent::Ended { by: by() },
        ]
    }

    #[test]
    fn a_session_starts_once_and_ends_once() {
        let end = || Command::End { by: by() };
        let [started, ended] = [SessionEvent::Started(start()), SessionEvent::Ended { by: by() }];
        assert_eq!(Session::decide(&Session::None, Command::Start(start())), Ok(vec![started]));
        assert_eq!(Session::decide(&Session::Open, Command::Start(start())), Ok(vec![]));
        assert_eq!(Session::decide(&Session::Open, end()), Ok(vec![ended]));
        assert_eq!(Session::decide(&Session::Ended, end()), Ok(vec![]));
        assert_eq!(Session::decide(&Session::Ended, Command::Start(start())), Ok(vec![]));
    }

    #[test]
    fn a_session_that_never_was_cannot_be_ended() {
        assert_eq!(Session::decide(&Session::None, Command::End { by: by() }), Err(Refusal::Unknown));
    }
}

//! One sign-in link: asked for by a browser, good once, for a short time, in that browser only.
use super::Digest;
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{AccountId, SessionId};
use serde::{Deserialize, Serialize};

/// How long a link is good.
pub(crate) const LINK_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How many links an address gets in that time.
pub(crate) const LINKS_MAX: i32 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum SignInEvent {
    #[serde(rename = "sign-in.requested")]
    Requested(Link),
    #[serde(rename = "sign-in.used")]
    Used { account: AccountId, session: SessionId },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub email: String,
    /// The language of the mail, and of an account that the link opens.
    pub locale: String,
    pub link_sha256: Digest,
    pub browser_sha256: Digest,
    pub expire_time: DateTime<Utc>,
}

impl Event for SignInEvent {
    const AGGREGATE: &'static str = "sign-in";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Requested(_) => "sign-in.requested",
            Self::Used { .. } => "sign-in.used",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Request(Link),
    Use { browser_sha256: Digest, now: DateTime<Utc>, account: AccountId, session: SessionId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such link")]
    Unknown,
    #[error("the link was asked for already")]
    Requested,
    #[error("the link was used already")]
    Used,
    #[error("the link is too old")]
    Expired,
    #[error("the link was asked for in another browser")]
    OtherBrowser,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum SignIn {
    #[default]
    None,
    Open(Link),
    Used {
        account: AccountId,
        session: SessionId,
    },
}

impl Decider for SignIn {
    type State = Self;
    type Command = Command;
    type Event = SignInEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<SignInEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Request(link)) => Ok(vec![SignInEvent::Requested(link)]),
            (Self::Open(_) | Self::Used { .. }, Command::Request(_)) => Err(Refusal::Requested),
            (Self::None, Command::Use { .. }) => Err(Refusal::Unknown),
            (Self::Used { .. }, Command::Use { .. }) => Err(Refusal::Used),
            (Self::Open(link), Command::Use { browser_sha256, now, account, session }) => {
                if link.expire_time <= now {
                    return Err(Refusal::Expired);
                }
                // Digests of 32 random bytes: how long the comparison takes tells nothing.
                if link.browser_sha256 != browser_sha256 {
                    return Err(Refusal::OtherBrowser);
                }
                Ok(vec![SignInEvent::Used { account, session }])
            }
        }
    }

    fn evolve(_: Self, event: &SignInEvent) -> Self {
        match event {
            SignInEvent::Requested(link) => Self::Open(link.clone()),
            SignInEvent::Used { account, session } => Self::Used { account: *account, session: *session },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use uuid::Uuid;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_452_800, 0).unwrap()
    }

    fn link() -> Link {
        Link {
            email: "pat@example.org".into(),
            locale: "es".into(),
            link_sha256: Digest::new([1; 32]),
            browser_sha256: Digest::new([2; 32]),
            expire_time: noon() + LINK_LIFE,
        }
    }

    fn used() -> SignInEvent {
        SignInEvent::Used {
            account: AccountId::new(Uuid::from_u128(5)),
            session: SessionId::new(Uuid::from_u128(6)),
        }
    }

    pub(crate) fn samples() -> Vec<SignInEvent> {
        vec![SignInEvent::Requested(link()), used()]
    }

    fn use_it(browser: u8, now: DateTime<Utc>) -> Command {
        let SignInEvent::Used { account, session } = used() else { unreachable!() };
        Command::Use { browser_sha256: Digest::new([browser; 32]), now, account, session }
    }

    #[test]
    fn a_link_signs_in_once_in_the_browser_that_asked() {
        let open = SignIn::evolve(SignIn::None, &SignInEvent::Requested(link()));
        assert_eq!(SignIn::decide(&open, use_it(2, noon())), Ok(vec![used()]));
        let state = SignIn::evolve(open, &used());
        assert_eq!(SignIn::decide(&state, use_it(2, noon())), Err(Refusal::Used));
    }

    #[test]
    fn a_link_is_good_for_less_than_ten_minutes() {
        let open = SignIn::Open(link());
        let almost = noon() + LINK_LIFE - TimeDelta::microseconds(1);
        assert_eq!(SignIn::decide(&open, use_it(2, almost)), Ok(vec![used()]));
        assert_eq!(SignIn::decide(&open, use_it(2, noon() + LINK_LIFE)), Err(Refusal::Expired));
    }

    #[test]
    fn another_browser_is_refused_and_the_link_stays_good() {
        let open = SignIn::Open(link());
        assert_eq!(SignIn::decide(&open, use_it(3, noon())), Err(Refusal::OtherBrowser));
        assert_eq!(SignIn::decide(&open, use_it(2, noon())), Ok(vec![used()]));
    }

    #[test]
    fn a_link_that_never_was_cannot_be_used_and_one_that_was_is_not_asked_for_again() {
        assert_eq!(SignIn::decide(&SignIn::None, use_it(2, noon())), Err(Refusal::Unknown));
        assert_eq!(SignIn::decide(&SignIn::Open(link()), Command::Request(link())), Err(Refusal::Requested));
        assert_eq!(
            SignIn::decide(&SignIn::None, Command::Request(link())),
            Ok(vec![SignInEvent::Requested(link())])
        );
    }
}

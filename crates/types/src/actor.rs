//! Who acts: a person or app by account, or a service by itself.
use crate::{AccountId, Service};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    Account(AccountId),
    Service(Service),
    /// Somebody who has not said who they are: a sign-in that is only being asked for.
    Anonymous,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an actor: expected `account/<uuid>`, `service/<name>` or `anonymous`")]
pub struct ActorParseError;

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account/{id}"),
            Self::Service(service) => write!(f, "service/{service}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl FromStr for Actor {
    type Err = ActorParseError;
    fn from_str(text: &str) -> Result<Self, ActorParseError> {
        match text.split_once('/') {
            Some(("account", id)) => id.parse().map(Self::Account).map_err(|_| ActorParseError),
            Some(("service", name)) => name.parse().map(Self::Service).map_err(|_| ActorParseError),
            None if text == "anonymous" => Ok(Self::Anonymous),
            _ => Err(ActorParseError),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorParseError;
    fn try_from(text: String) -> Result<Self, ActorParseError> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

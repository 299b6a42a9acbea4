//! An upload: announced, then completed by exactly the announced bytes, or abandoned.
use super::{media_type::MediaType, parts::DOCUMENT_BYTES_MAX};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, Category, PatientId};
use serde::{Deserialize, Serialize};

/// Uploads of one account that are neither ended nor expired.
pub const OPEN_MAX: u32 = 20;
pub const LIFE: TimeDelta = TimeDelta::hours(24);

/// What its sender says that it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub patient: PatientId,
    pub by: AccountId,
    pub category: Category,
    pub title: String,
    pub media_type: MediaType,
    pub size_bytes: u64,
    /// None when the sender could not know.
    pub sha256: Option<Digest>,
    /// Where its objects go.
    pub folder: String,
    pub expires: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "hex::serde")] pub [u8; 32]);

/// What its bytes turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub sha256: [u8; 32],
    /// None: a kind that is not taken.
    pub media_type: Option<MediaType>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Start {
        announced: Box<Announced>,
        /// The sender's other uploads.
        open: u32,
    },
    /// Whether bytes may be added there; nothing of it goes on the log.
    Append {
        offset: u64,
        received: u64,
        now: DateTime<Utc>,
    },
    Complete {
        received: u64,
        found: Found,
        now: DateTime<Utc>,
    },
    Expire {
        now: DateTime<Utc>,
    },
}

/// Why nothing came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    Expired,
    DigestMismatch,
    MediaTypeMismatch,
    MediaTypeNotAllowed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "upload.started")]
    Started(Box<Announced>),
    /// The document has the upload's id.
    #[serde(rename = "upload.completed")]
    Completed { media_type: MediaType },
    #[serde(rename = "upload.abandoned")]
    Abandoned { cause: Cause },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "upload";
    const OWN_KEY: bool = true;

    fn event_type(&self) -> &'static str {
        match self {
            Self::Started(_) => "upload.started",
            Self::Completed { .. } => "upload.completed",
            Self::Abandoned { .. } => "upload.abandoned",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    NotStarted,
    Open(Box<Announced>),
    Completed(Box<Announced>),
    Abandoned(Box<Announced>, Cause),
}

impl Announced {
    /// Whether all of it is there, in time.
    pub fn may_complete(&self, received: u64, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now >= self.expires {
            return Err(Refusal::Ended);
        }
        if received == self.size_bytes { Ok(()) } else { Err(Refusal::Incomplete { received }) }
    }
}

impl State {
    /// What was announced, while it is still awaited.
    pub fn open(&self) -> Result<&Announced, Refusal> {
        match self {
            Self::NotStarted => Err(Refusal::NotStarted),
            Self::Open(announced) => Ok(announced),
            Self::Completed(_) | Self::Abandoned(..) => Err(Refusal::Ended),
        }
    }

    pub fn announced(&self) -> Option<&Announced> {
        match self {
            Self::NotStarted => None,
            Self::Open(announced) | Self::Completed(announced) | Self::Abandoned(announced, _) => {
                Some(announced)
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the upload was started already")]
    AlreadyStarted,
    #[error("there is no such upload")]
    NotStarted,
    #[error("a document has at most {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the account has {OPEN_MAX} uploads that have not ended")]
    TooManyOpen,
    #[error("the upload was completed or has expired")]
    Ended,
    #[error("the bytes do not begin where the last ones ended")]
    OffsetWrong { received: u64 },
    #[error("more bytes were sent than announced")]
    Overfull { received: u64 },
    #[error("not all bytes have arrived")]
    Incomplete { received: u64 },
    #[error("what arrived is not what was announced")]
    DigestMismatch,
    #[error("the content is of another kind than was said")]
    MediaTypeMismatch,
    #[error("files of this kind are not taken")]
    MediaTypeNotAllowed,
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Expired => Self::Ended,
            Cause::DigestMismatch => Self::DigestMismatch,
            Cause::MediaTypeMismatch => Self::MediaTypeMismatch,
            Cause::MediaTypeNotAllowed => Self::MediaTypeNotAllowed,
        }
    }
}

/// The rules.
pub struct Upload;

impl Decider for Upload {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        let (announced, command) = match (state, command) {
            (State::NotStarted, Command::Start { announced, open }) => return start(announced, open),
            (_, Command::Start { .. }) => return Err(Refusal::AlreadyStarted),
            (state, command) => (state.open()?, command),
        };
        match command {
            Command::Start { .. } => Err(Refusal::AlreadyStarted),
            Command::Expire { now } if now < announced.expires => Ok(Vec::new()),
            Command::Expire { .. } => Ok(vec![Event::Abandoned { cause: Cause::Expired }]),
            Command::Append { now, .. } if now >= announced.expires => Err(Refusal::Ended),
            Command::Append { offset, received, .. } if offset != received => {
                Err(Refusal::OffsetWrong { received })
            }
            Command::Append { .. } => Ok(Vec::new()),
            Command::Complete { received, found, now } => {
                announced.may_complete(received, now)?;
                Ok(vec![complete(announced, found)])
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Started(announced)) => State::Open(announced.clone()),
            (State::Open(announced), Event::Completed { media_type }) => {
                State::Completed(Box::new(Announced { media_type: *media_type, ..*announced }))
            }
            (State::Open(announced), Event::Abandoned { cause }) => State::Abandoned(announced, *cause),
            (state, Event::Completed { .. } | Event::Abandoned { .. }) => state,
        }
    }
}

fn start(announced: Box<Announced>, open: u32) -> Result<Vec<Event>, Refusal> {
    if announced.size_bytes > DOCUMENT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    if open >= OPEN_MAX {
        return Err(Refusal::TooManyOpen);
    }
    Ok(vec![Event::Started(announced)])
}

/// Wrong bytes cannot become right ones: they end the upload.
fn complete(announced: &Announced, found: Found) -> Event {
    let cause = match (announced.sha256, found.media_type) {
        (Some(Digest(said)), _) if said != found.sha256 => Cause::DigestMismatch,
        (_, None) => Cause::MediaTypeNotAllowed,
        (_, Some(content)) => match announced.media_type.found_as(content) {
            Some(media_type) => return Event::Completed { media_type },
            None => Cause::MediaTypeMismatch,
        },
    };
    Event::Abandoned { cause }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

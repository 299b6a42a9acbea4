//! A thread: opened with its first message, answered, read up to a message by each reader, closed.
use holdfast_eventlog::Decider;
use holdfast_types::{AccountId, DocumentId, ItemId, MessageId, PatientId, PracticeId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Messages of one thread; a longer conversation goes on in a new one.
pub const MESSAGES_MAX: usize = 2_000;

/// A thing of the same record, by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    Document(DocumentId),
    Item(ItemId),
}

impl Attachment {
    pub const fn uuid(&self) -> uuid::Uuid {
        match self {
            Self::Document(document) => document.uuid(),
            Self::Item(item) => item.uuid(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub author: AccountId,
    /// Written by a holder of the record.
    pub from_family: bool,
    pub body: String,
    /// BCP 47; may be empty.
    pub language: String,
    pub attachments: Vec<Attachment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Start { patient: PatientId, practice: PracticeId, subject: String, message: Message },
    Post(Message),
    MarkRead { reader: AccountId, message: MessageId },
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "thread.started")]
    Started { patient: PatientId, practice: PracticeId, subject: String },
    #[serde(rename = "thread.message-posted")]
    MessagePosted(Message),
    #[serde(rename = "thread.read")]
    Read { reader: AccountId, message: MessageId },
    #[serde(rename = "thread.closed")]
    Closed {},
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "thread";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Started { .. } => "thread.started",
            Self::MessagePosted(_) => "thread.message-posted",
            Self::Read { .. } => "thread.read",
            Self::Closed {} => "thread.closed",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    NotStarted,
    Open(Conversation),
    Closed(Conversation),
}

/// What the rules need to know of a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation {
    pub messages: Vec<MessageId>,
    /// Per reader the place of the last message read.
    read: HashMap<AccountId, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the thread was started already")]
    AlreadyStarted,
    #[error("there is no such thread")]
    NotStarted,
    #[error("the thread is closed")]
    Closed,
    #[error("the thread holds {MESSAGES_MAX} messages: start a new one")]
    Full,
    #[error("there is no such message in the thread")]
    NoSuchMessage,
}

/// The rules.
pub struct Thread;

impl Decider for Thread {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::NotStarted, Command::Start { patient, practice, subject, message }) => {
                Ok(vec![Event::Started { patient, practice, subject }, Event::MessagePosted(message)])
            }
            (State::Open(_) | State::Closed(_), Command::Start { .. }) => Err(Refusal::AlreadyStarted),
            (State::NotStarted, Command::Post(_) | Command::MarkRead { .. } | Command::Close) => {
                Err(Refusal::NotStarted)
            }
            (State::Closed(_), Command::Post(_) | Command::Close) => Err(Refusal::Closed),
            (State::Open(conversation), Command::Post(_)) if conversation.messages.len() >= MESSAGES_MAX => {
                Err(Refusal::Full)
            }
            (State::Open(_), Command::Post(message)) => Ok(vec![Event::MessagePosted(message)]),
            (State::Open(_), Command::Close) => Ok(vec![Event::Closed {}]),
            (
                State::Open(conversation) | State::Closed(conversation),
                Command::MarkRead { reader, message },
            ) => {
                let place = conversation.place(message).ok_or(Refusal::NoSuchMessage)?;
                let news = conversation.read.get(&reader).is_none_or(|read| *read < place);
                Ok(if news { vec![Event::Read { reader, message }] } else { Vec::new() })
            }
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        let conversation = match state {
            State::NotStarted => Conversation::default(),
            State::Closed(conversation) => return State::Closed(conversation.with(event)),
            State::Open(conversation) => conversation,
        };
        match event {
            Event::Closed {} => State::Closed(conversation),
            event => State::Open(conversation.with(event)),
        }
    }
}

impl Conversation {
    fn place(&self, message: MessageId) -> Option<usize> {
        self.messages.iter().position(|known| *known == message)
    }

    fn with(mut self, event: &Event) -> Self {
        match event {
            Event::MessagePosted(message) => self.messages.push(message.id),
            Event::Read { reader, message } => {
                if let Some(place) = self.place(*message) {
                    self.read.insert(*reader, place);
                }
            }
            Event::Started { .. } | Event::Closed {} => {}
        }
        self
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

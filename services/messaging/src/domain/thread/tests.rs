//! Given what happened, when a command comes, then these events or that refusal.
use super::*;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn message(number: u128) -> Message {
    Message {
        id: MessageId::new(id(number)),
        author: AccountId::new(id(1)),
        from_family: true,
        body: "He asked for water by himself.".into(),
        language: "en".into(),
        attachments: vec![Attachment::Document(DocumentId::new(id(5))), Attachment::Item(ItemId::new(id(6)))],
    }
}

fn start(number: u128) -> Command {
    Command::Start {
        patient: PatientId::new(id(2)),
        practice: PracticeId::new(id(3)),
        subject: "Practice at home".into(),
        message: message(number),
    }
}

fn given(commands: impl IntoIterator<Item = Command>) -> State {
    commands.into_iter().fold(State::default(), |state, command| {
        Thread::decide(&state, command).unwrap().iter().fold(state, Thread::evolve)
    })
}

fn read(number: u128) -> Command {
    Command::MarkRead { reader: AccountId::new(id(9)), message: MessageId::new(id(number)) }
}

pub(crate) fn samples() -> Vec<Event> {
    vec![
        Event::Started {
            patient: PatientId::new(id(2)),
            practice: PracticeId::new(id(3)),
            subject: "Practice at home".into(),
        },
        Event::MessagePosted(message(4)),
        Event::Read { reader: AccountId::new(id(9)), message: MessageId::new(id(4)) },
        Event::Closed {},
    ]
}

#[test]
fn a_thread_starts_with_its_first_message() {
    let events = Thread::decide(&State::default(), start(4)).unwrap();
    assert_eq!(events.len(), 2);
    assert!(matches!(&events[1], Event::MessagePosted(posted) if posted.id == MessageId::new(id(4))));
    assert_eq!(Thread::decide(&given([start(4)]), start(5)), Err(Refusal::AlreadyStarted));
}

#[test]
fn nothing_is_posted_to_a_closed_thread_but_it_can_still_be_read() {
    let closed = given([start(4), Command::Close]);
    assert_eq!(Thread::decide(&closed, Command::Post(message(5))), Err(Refusal::Closed));
    assert_eq!(Thread::decide(&closed, Command::Close), Err(Refusal::Closed));
    assert_eq!(Thread::decide(&closed, read(4)).unwrap().len(), 1);
}

#[test]
fn reading_moves_forward_only() {
    let thread = given([start(4), Command::Post(message(5)), read(5)]);
    assert_eq!(Thread::decide(&thread, read(4)), Ok(vec![]));
    assert_eq!(Thread::decide(&thread, read(5)), Ok(vec![]));
    assert_eq!(Thread::decide(&thread, read(6)), Err(Refusal::NoSuchMessage));
}

#[test]
fn a_full_thread_takes_no_more() {
    let full = State::Open(Conversation {
        messages: vec![MessageId::new(id(1)); MESSAGES_MAX],
        ..Default::default()
    });
    assert_eq!(Thread::decide(&full, Command::Post(message(5))), Err(Refusal::Full));
}

#[test]
fn a_thread_that_was_not_started_has_nothing() {
    for command in [Command::Post(message(5)), Command::Close, read(4)] {
        assert_eq!(Thread::decide(&State::default(), command), Err(Refusal::NotStarted));
    }
}

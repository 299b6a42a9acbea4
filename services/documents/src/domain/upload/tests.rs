//! Uploads: given, when, then.
use super::*;
use uuid::Uuid;

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap()
}

fn announced() -> Box<Announced> {
    Box::new(Announced {
        patient: PatientId::new(Uuid::from_u128(0xA1)),
        by: AccountId::new(Uuid::from_u128(0xACC)),
        category: Category::Documents,
        title: "Hearing test, spring".into(),
        media_type: MediaType::Csv,
        size_bytes: 10,
        sha256: Some(Digest([7; 32])),
        folder: "00000000-0000-0000-0000-0000000007e1/ab/00000000-0000-0000-0000-0000000000d1".into(),
        expires: moment() + LIFE,
    })
}

pub(crate) fn samples() -> Vec<Event> {
    vec![
        Event::Started(announced()),
        Event::Started(Box::new(Announced { sha256: None, ..*announced() })),
        Event::Completed { media_type: MediaType::Csv },
        Event::Abandoned { cause: Cause::Expired },
        Event::Abandoned { cause: Cause::DigestMismatch },
        Event::Abandoned { cause: Cause::MediaTypeMismatch },
        Event::Abandoned { cause: Cause::MediaTypeNotAllowed },
    ]
}

fn open() -> State {
    State::Open(announced())
}

fn found(sha256: [u8; 32], media_type: Option<MediaType>) -> Command {
    Command::Complete { received: 10, found: Found { sha256, media_type }, now: moment() }
}

fn decided(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
    Upload::decide(state, command)
}

#[test]
fn an_upload_starts_once_within_the_limits() {
    let start = |announced, open| Command::Start { announced, open };
    assert_eq!(decided(&State::NotStarted, start(announced(), 19)), Ok(vec![Event::Started(announced())]));
    assert_eq!(decided(&State::NotStarted, start(announced(), 20)), Err(Refusal::TooManyOpen));
    assert_eq!(decided(&open(), start(announced(), 0)), Err(Refusal::AlreadyStarted));
    let of_size = |size_bytes| start(Box::new(Announced { size_bytes, ..*announced() }), 0);
    assert!(decided(&State::NotStarted, of_size(DOCUMENT_BYTES_MAX)).is_ok());
    assert_eq!(decided(&State::NotStarted, of_size(DOCUMENT_BYTES_MAX + 1)), Err(Refusal::TooLarge));
}

#[test]
fn bytes_go_on_where_the_last_ones_ended() {
    let append = |offset| Command::Append { offset, received: 4, now: moment() };
    assert_eq!(decided(&open(), append(4)), Ok(Vec::new()));
    for offset in [0, 3, 5] {
        assert_eq!(decided(&open(), append(offset)), Err(Refusal::OffsetWrong { received: 4 }));
    }
    assert_eq!(decided(&State::NotStarted, append(4)), Err(Refusal::NotStarted));
}

#[test]
fn an_upload_is_completed_by_the_announced_bytes() {
    let completed = vec![Event::Completed { media_type: MediaType::Csv }];
    // Nothing in a text says that it is a table.
    assert_eq!(decided(&open(), found([7; 32], Some(MediaType::PlainText))), Ok(completed));
    let short = Command::Complete {
        received: 9,
        found: Found { sha256: [7; 32], media_type: Some(MediaType::Csv) },
        now: moment(),
    };
    assert_eq!(decided(&open(), short), Err(Refusal::Incomplete { received: 9 }));
}

#[test]
fn other_bytes_than_announced_end_the_upload() {
    for (command, cause) in [
        (found([8; 32], Some(MediaType::PlainText)), Cause::DigestMismatch),
        (found([7; 32], Some(MediaType::Pdf)), Cause::MediaTypeMismatch),
        (found([7; 32], None), Cause::MediaTypeNotAllowed),
    ] {
        assert_eq!(decided(&open(), command), Ok(vec![Event::Abandoned { cause }]));
    }
    let unknown = State::Open(Box::new(Announced { sha256: None, ..*announced() }));
    assert!(decided(&unknown, found([8; 32], Some(MediaType::PlainText))).is_ok());
}

#[test]
fn an_upload_expires_after_a_day_and_takes_nothing_from_then_on() {
    let (before, after) = (moment() + LIFE - TimeDelta::microseconds(1), moment() + LIFE);
    assert_eq!(decided(&open(), Command::Expire { now: before }), Ok(Vec::new()));
    assert_eq!(
        decided(&open(), Command::Expire { now: after }),
        Ok(vec![Event::Abandoned { cause: Cause::Expired }])
    );
    let append = |now| Command::Append { offset: 0, received: 0, now };
    assert!(decided(&open(), append(before)).is_ok());
    assert_eq!(decided(&open(), append(after)), Err(Refusal::Ended));
    let found = Found { sha256: [7; 32], media_type: Some(MediaType::Csv) };
    assert_eq!(decided(&open(), Command::Complete { received: 10, found, now: after }), Err(Refusal::Ended));
}

#[test]
fn what_has_ended_stays_ended() {
    for ended in [State::Completed(announced()), State::Abandoned(announced(), Cause::Expired)] {
        for command in [
            Command::Append { offset: 0, received: 0, now: moment() },
            found([7; 32], Some(MediaType::Csv)),
            Command::Expire { now: moment() + LIFE },
        ] {
            assert_eq!(decided(&ended, command), Err(Refusal::Ended));
        }
        for event in &samples()[2..] {
            assert_eq!(Upload::evolve(ended.clone(), event), ended);
        }
    }
}

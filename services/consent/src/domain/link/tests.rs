//! Given how often a link was opened and guessed at, when somebody shows its secret, then what follows.
use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn attempt(number: u128) -> RequestId {
    RequestId::new(Uuid::from_u128(number))
}

fn terms(passcode: Option<u8>, openings_max: u32) -> Terms {
    Terms {
        patient: PatientId::new(Uuid::from_u128(0xA0)),
        label: "School nurse".into(),
        secret: Digest([7; 32]),
        passcode: passcode.map(|byte| Digest([byte; 32])),
        openings_max,
    }
}

fn opening(number: u128) -> Opening {
    let opened = DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap();
    Opening { attempt: attempt(number), opened, recipient: "Nurse Ortiz".into() }
}

fn open(number: u128, said: Option<u8>) -> Command {
    Command::Open { opening: opening(number), passcode: said.map(|byte| Digest([byte; 32])), in_force: true }
}

fn given(events: &[Event]) -> State {
    events.iter().fold(State::default(), Link::evolve)
}

fn made(passcode: Option<u8>, openings_max: u32) -> State {
    given(&Link::decide(&State::NotMade, Command::Make(terms(passcode, openings_max))).unwrap())
}

pub(crate) fn samples() -> Vec<Event> {
    vec![
        Event::Made(terms(None, 1)),
        Event::Made(terms(Some(9), 20)),
        Event::Opened(opening(1)),
        Event::PasscodeWrong { attempt: attempt(2) },
    ]
}

#[test]
fn a_link_is_made_once_to_be_opened_once_or_often_but_not_for_ever() {
    assert_eq!(Link::decide(&made(None, 1), Command::Make(terms(None, 1))), Err(Refusal::AlreadyMade));
    for openings_max in [0, OPENINGS_MAX + 1] {
        let make = Command::Make(terms(None, openings_max));
        assert_eq!(Link::decide(&State::NotMade, make), Err(Refusal::OpeningsOutOfRange));
    }
}

#[test]
fn whoever_has_the_secret_opens_it_and_with_a_passcode_says_that_too() {
    assert_eq!(Link::decide(&made(None, 1), open(1, None)), Ok(vec![Event::Opened(opening(1))]));
    assert_eq!(Link::decide(&made(None, 1), open(1, Some(3))), Ok(vec![Event::Opened(opening(1))]));
    let guarded = made(Some(9), 1);
    assert_eq!(Link::decide(&guarded, open(1, Some(9))), Ok(vec![Event::Opened(opening(1))]));
    let wrong = Event::PasscodeWrong { attempt: attempt(1) };
    assert_eq!(Link::decide(&guarded, open(1, Some(8))), Ok(vec![wrong]));
    assert_eq!(
        Link::decide(&guarded, open(1, None)),
        Err(Refusal::PasscodeMissing),
        "and nothing is counted"
    );
}

#[test]
fn what_is_not_there_was_ended_used_up_or_guessed_at_too_often_is_closed_alike() {
    assert_eq!(Link::decide(&State::NotMade, open(1, None)), Err(Refusal::Closed));
    let ended = Command::Open { opening: opening(1), passcode: Some(Digest([9; 32])), in_force: false };
    assert_eq!(Link::decide(&made(Some(9), 1), ended), Err(Refusal::Closed));
    let used = Link::evolve(made(None, 1), &Event::Opened(opening(1)));
    assert_eq!(Link::decide(&used, open(2, None)), Err(Refusal::Closed));
    let wrong = |number| Event::PasscodeWrong { attempt: attempt(number) };
    let guessed =
        (0..u128::from(WRONG_MAX)).map(wrong).fold(made(Some(9), 9), |at, one| Link::evolve(at, &one));
    assert_eq!(
        Link::decide(&guessed, open(9, Some(9))),
        Err(Refusal::Closed),
        "the right one comes too late"
    );
}

proptest! {
    #[test]
    fn however_it_is_tried_it_is_opened_and_guessed_at_no_more_often_than_it_may_be(
        openings_max in 1_u32..6,
        said in prop::collection::vec(prop::option::of(7_u8..10), 0..40),
    ) {
        let mut state = made(Some(9), openings_max);
        for (number, said) in said.into_iter().enumerate() {
            for event in Link::decide(&state, open(number as u128, said)).unwrap_or_default() {
                state = Link::evolve(state, &event);
            }
            let State::Made { openings, wrong, .. } = &state else { unreachable!() };
            prop_assert!(openings.len() <= openings_max as usize && wrong.len() <= WRONG_MAX as usize);
        }
    }
}

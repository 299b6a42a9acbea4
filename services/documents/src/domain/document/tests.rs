//! Documents: given, when, then.
use super::*;
use holdfast_types::AccountId;

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap()
}

pub(crate) fn paper() -> Box<Paper> {
    Box::new(Paper {
        patient: PatientId::new(Uuid::from_u128(0xA1)),
        category: Category::Documents,
        title: "Hearing test, spring".into(),
        media_type: MediaType::Pdf,
        size_bytes: 1_048_577,
        sha256: [0x5A; 32],
        added_by: AccountId::new(Uuid::from_u128(0xACC)),
        added: moment(),
        folder: "00000000-0000-0000-0000-0000000007e1/ab/00000000-0000-0000-0000-0000000000d1".into(),
        parts: vec![Uuid::from_u128(1), Uuid::from_u128(2)],
    })
}

pub(crate) fn samples() -> Vec<Event> {
    let (category, withdrawn) = (Category::Documents, moment());
    vec![
        Event::Added(paper()),
        Event::Withdrawn { category, reason: "belongs to a sibling".into(), withdrawn },
    ]
}

fn withdraw(seen: Option<u64>) -> Command {
    Command::Withdraw { reason: "belongs to a sibling".into(), now: moment(), seen, present: 1 }
}

fn withdrawn() -> State {
    samples().iter().fold(State::default(), Document::evolve)
}

#[test]
fn a_document_is_added_once() {
    assert_eq!(Document::decide(&State::NotAdded, Command::Add(paper())), Ok(vec![Event::Added(paper())]));
    for state in [State::Standing(paper()), withdrawn()] {
        assert_eq!(Document::decide(&state, Command::Add(paper())), Err(Refusal::AlreadyAdded));
    }
}

#[test]
fn a_document_is_withdrawn_with_a_reason_and_keeps_what_it_was() {
    let state = State::Standing(paper());
    let events = Document::decide(&state, withdraw(None)).unwrap();
    assert_eq!(events, samples()[1..]);
    let State::Withdrawn(kept, withdrawal) = Document::evolve(state, &events[0]) else {
        panic!("not withdrawn")
    };
    assert_eq!((kept, withdrawal.reason.as_str()), (paper(), "belongs to a sibling"));
}

#[test]
fn a_document_is_withdrawn_once_and_only_as_it_was_seen() {
    assert_eq!(Document::decide(&State::NotAdded, withdraw(None)), Err(Refusal::NotAdded));
    assert_eq!(Document::decide(&State::Standing(paper()), withdraw(Some(2))), Err(Refusal::NotAsSeen));
    assert!(Document::decide(&State::Standing(paper()), withdraw(Some(1))).is_ok());
    assert_eq!(Document::decide(&withdrawn(), withdraw(None)), Err(Refusal::AlreadyWithdrawn));
}

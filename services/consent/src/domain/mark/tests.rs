//! Given what is marked, when a holder marks or lifts, then what follows.
use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap()
}

fn parent() -> AccountId {
    AccountId::new(id(0xACC))
}

fn mark(number: u128, what: Marked) -> Mark {
    let (mark, kept_from) = (MarkId::new(id(number)), KeptFrom::Everybody);
    Mark { mark, what, kept_from, reason: String::new(), by: parent(), set: at() }
}

fn lift(number: u128) -> Command {
    Command::Lift { mark: MarkId::new(id(number)), by: parent(), lifted: at(), reason: String::new() }
}

fn set(mark: Mark) -> Command {
    Command::Set { mark, from_holder: false }
}

fn given(events: &[Event]) -> State {
    events.iter().fold(State::default(), Marks::evolve)
}

pub(crate) fn samples() -> Vec<Event> {
    let of = |number, what, kept_from, reason: &str| {
        Event::Set(Mark { kept_from, reason: reason.to_owned(), ..mark(number, what) })
    };
    vec![
        of(1, Marked::Category(Category::Notes), KeptFrom::Everybody, "ours alone"),
        of(2, Marked::Item(id(0x17E)), KeptFrom::Account(AccountId::new(id(0xACD))), ""),
        of(3, Marked::Author(AccountId::new(id(0xACE))), KeptFrom::Practice(PracticeId::new(id(0xB1))), ""),
        Event::Lifted {
            mark: MarkId::new(id(1)),
            by: parent(),
            lifted: at(),
            reason: "no longer".to_owned(),
        },
    ]
}

#[test]
fn a_mark_stands_until_it_is_lifted_and_can_be_set_again() {
    let notes = || mark(1, Marked::Category(Category::Notes));
    let marked = given(&Marks::decide(&State::default(), set(notes())).unwrap());
    assert_eq!(marked.standing, [notes()]);
    assert_eq!(Marks::decide(&marked, set(mark(2, notes().what))), Err(Refusal::AlreadyMarked));
    let lifted = Marks::decide(&marked, lift(1)).unwrap();
    let free = lifted.iter().fold(marked, Marks::evolve);
    assert_eq!(free, State::default());
    assert_eq!(Marks::decide(&free, lift(1)), Err(Refusal::NotMarked));
    assert!(Marks::decide(&free, set(notes())).is_ok());
}

#[test]
fn the_same_thing_is_kept_from_several_each_by_a_mark_of_its_own() {
    let notes = Marked::Category(Category::Notes);
    let marked = given(&[Event::Set(mark(1, notes))]);
    let from_one = Mark { kept_from: KeptFrom::Account(AccountId::new(id(0xACD))), ..mark(2, notes) };
    assert_eq!(Marks::decide(&marked, set(from_one.clone())), Ok(vec![Event::Set(from_one)]));
}

#[test]
fn nothing_is_kept_from_a_holder_and_no_more_is_marked_than_every_decision_can_read() {
    let command = Command::Set { mark: mark(1, Marked::Item(id(7))), from_holder: true };
    assert_eq!(Marks::decide(&State::default(), command), Err(Refusal::FromHolder));
    let full: Vec<Event> = (0..MARKS_MAX as u128)
        .map(|number| Event::Set(mark(number, Marked::Item(id(1000 + number)))))
        .collect();
    let next = set(mark(0xFFFF, Marked::Item(id(0xFFFF))));
    assert_eq!(Marks::decide(&given(&full), next.clone()), Err(Refusal::TooMany));
    assert!(Marks::decide(&given(&full[1..]), next).is_ok());
}

//! Given what happened, when somebody wants something, then this follows.
use super::*;
use uuid::Uuid;

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + number))
}

fn mother() -> AccountId {
    account(1)
}

fn officer() -> AccountId {
    account(2)
}

fn hold_id(number: usize) -> HoldId {
    HoldId::new(Uuid::from_u128(0x401D_0000 + number as u128))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap()
}

fn grounds() -> Grounds {
    Grounds { authority: "Superior Court, docket 12-345".into(), reason: "preservation order".into() }
}

fn wish() -> Wish {
    Wish { by: mother(), requested: now() }
}

fn hold(number: usize) -> Hold {
    Hold { hold: hold_id(number), by: officer(), placed: now(), grounds: grounds() }
}

fn order(until: &str) -> CarriedOut {
    let retained = Retained { rule: "US-NJ".into(), until: until.parse().unwrap() };
    CarriedOut { by: officer(), erased: now(), grounds: grounds(), retained }
}

fn carry_out() -> Command {
    Command::CarryOut(order("2026-03-01"))
}

fn lift(number: usize) -> Command {
    Command::LiftHold { hold: hold_id(number), by: officer(), grounds: grounds() }
}

fn repeat() -> Command {
    Command::Repeat { first: EventId::new(Uuid::from_u128(0xE1)), erased: now() }
}

fn after(commands: &[Command]) -> State {
    commands.iter().fold(State::default(), |state, command| {
        let events = Erasure::decide(&state, command.clone()).unwrap();
        events.iter().fold(state, Erasure::evolve)
    })
}

pub(crate) fn samples() -> Vec<Event> {
    vec![
        Event::Requested(wish()),
        Event::Withdrawn { by: mother() },
        Event::HoldPlaced(hold(1)),
        Event::HoldLifted { hold: hold_id(1), by: officer(), grounds: grounds() },
        Event::CarriedOut(order("2026-03-01")),
        Event::Repeated { first: EventId::new(Uuid::from_u128(0xE1)), erased: now() },
    ]
}

#[test]
fn what_a_holder_asked_for_another_carries_out() {
    let asked = after(&[Command::Request(wish())]);
    assert_eq!(Erasure::decide(&asked, carry_out()), Ok(vec![Event::CarriedOut(order("2026-03-01"))]));
    let erased = after(&[Command::Request(wish()), carry_out()]);
    let told = Some((wish(), order("2026-03-01")));
    assert_eq!(erased.stage, Stage::Erased { erased: now(), told });
}

#[test]
fn nothing_is_erased_that_nobody_asked_for() {
    assert_eq!(Erasure::decide(&State::default(), carry_out()), Err(Refusal::NotRequested));
    let taken_back = after(&[Command::Request(wish()), Command::Withdraw { by: mother() }]);
    assert_eq!(Erasure::decide(&taken_back, carry_out()), Err(Refusal::NotRequested));
    let again = Erasure::decide(&taken_back, Command::Withdraw { by: mother() });
    assert_eq!(again, Err(Refusal::NotRequested));
}

#[test]
fn who_asked_does_not_carry_it_out() {
    let own = after(&[Command::Request(Wish { by: officer(), ..wish() })]);
    assert_eq!(Erasure::decide(&own, carry_out()), Err(Refusal::SamePerson));
}

#[test]
fn every_hold_must_be_lifted_before_anything_is_erased() {
    let mut story = vec![Command::PlaceHold(hold(1)), Command::Request(wish()), Command::PlaceHold(hold(2))];
    assert_eq!(Erasure::decide(&after(&story), carry_out()), Err(Refusal::Held));
    story.push(lift(1));
    assert_eq!(Erasure::decide(&after(&story), carry_out()), Err(Refusal::Held));
    assert_eq!(Erasure::decide(&after(&story), lift(1)), Err(Refusal::NotHeld));
    story.push(lift(2));
    assert!(Erasure::decide(&after(&story), carry_out()).is_ok());
}

#[test]
fn nothing_is_erased_on_the_last_day_of_retention_or_before() {
    let asked = after(&[Command::Request(wish())]);
    for until in ["2026-03-02", "2044-06-15"] {
        let refused = Erasure::decide(&asked, Command::CarryOut(order(until)));
        assert_eq!(refused, Err(Refusal::Retained { until: until.parse().unwrap() }));
    }
}

#[test]
fn what_is_so_already_is_no_event() {
    let asked = after(&[Command::Request(wish()), Command::PlaceHold(hold(1))]);
    let another = Wish { by: account(3), requested: now() };
    assert_eq!(Erasure::decide(&asked, Command::Request(another)), Ok(vec![]));
    assert_eq!(Erasure::decide(&asked, Command::PlaceHold(hold(1))), Ok(vec![]));
}

#[test]
fn the_number_of_holds_is_limited() {
    let story: Vec<Command> = (0..HOLDS_MAX).map(|number| Command::PlaceHold(hold(number))).collect();
    let refused = Erasure::decide(&after(&story), Command::PlaceHold(hold(HOLDS_MAX)));
    assert_eq!(refused, Err(Refusal::TooManyHolds));
}

#[test]
fn what_is_erased_stays_so() {
    let erased = after(&[Command::Request(wish()), carry_out()]);
    for command in [
        Command::Request(wish()),
        Command::Withdraw { by: mother() },
        Command::PlaceHold(hold(1)),
        carry_out(),
    ] {
        assert_eq!(Erasure::decide(&erased, command), Err(Refusal::Erased));
    }
    assert_eq!(Erasure::decide(&erased, repeat()), Ok(vec![]));
}

#[test]
fn what_was_erased_before_the_log_was_restored_is_erased_again_whatever_the_restored_log_says() {
    for story in [vec![], vec![Command::Request(wish())], vec![Command::PlaceHold(hold(1))]] {
        let mut repeated = story.clone();
        repeated.push(repeat());
        assert_eq!(after(&repeated).stage, Stage::Erased { erased: now(), told: None });
    }
    let held = after(&[Command::PlaceHold(hold(1)), repeat()]);
    assert!(Erasure::decide(&held, lift(1)).is_ok(), "a hold that came back can be lifted");
}

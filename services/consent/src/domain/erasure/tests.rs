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

const fn of(of: Option<DocumentId>, step: Step) -> Command {
    Command::Erase { of, step }
}

fn request() -> Command {
    of(None, Step::Request(wish()))
}

fn withdraw() -> Command {
    of(None, Step::Withdraw { by: mother() })
}

fn carry_out() -> Command {
    of(None, Step::CarryOut(order("2026-03-01")))
}

fn document(number: usize) -> Option<DocumentId> {
    Some(DocumentId::new(Uuid::from_u128(0xD0C0_0000 + number as u128)))
}

/// The same of one document alone.
fn alone(number: usize, command: Command) -> Command {
    match command {
        Command::Erase { step, .. } => of(document(number), step),
        other => other,
    }
}

fn lift(number: usize) -> Command {
    Command::LiftHold { hold: hold_id(number), by: officer(), grounds: grounds() }
}

fn repeat() -> Command {
    of(None, Step::Repeat { first: EventId::new(Uuid::from_u128(0xE1)), erased: now() })
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
        Event::DocumentRequested { document: document(1).unwrap(), wish: wish() },
        Event::DocumentWithdrawn { document: document(1).unwrap(), by: mother() },
        Event::DocumentCarriedOut { document: document(1).unwrap(), order: order("2026-03-01") },
        Event::DocumentRepeated {
            document: document(1).unwrap(),
            first: EventId::new(Uuid::from_u128(0xE1)),
            erased: now(),
        },
    ]
}

#[test]
fn what_a_holder_asked_for_another_carries_out() {
    let asked = after(&[request()]);
    assert_eq!(Erasure::decide(&asked, carry_out()), Ok(vec![Event::CarriedOut(order("2026-03-01"))]));
    let erased = after(&[request(), carry_out()]);
    let told = Some((wish(), order("2026-03-01")));
    assert_eq!(erased.stage, Stage::Erased { erased: now(), told });
}

#[test]
fn nothing_is_erased_that_nobody_asked_for() {
    assert_eq!(Erasure::decide(&State::default(), carry_out()), Err(Refusal::NotRequested));
    let taken_back = after(&[request(), withdraw()]);
    assert_eq!(Erasure::decide(&taken_back, carry_out()), Err(Refusal::NotRequested));
    let again = Erasure::decide(&taken_back, withdraw());
    assert_eq!(again, Err(Refusal::NotRequested));
}

#[test]
fn who_asked_does_not_carry_it_out() {
    let own = after(&[of(None, Step::Request(Wish { by: officer(), ..wish() }))]);
    assert_eq!(Erasure::decide(&own, carry_out()), Err(Refusal::SamePerson));
}

#[test]
fn every_hold_must_be_lifted_before_anything_is_erased() {
    let mut story = vec![Command::PlaceHold(hold(1)), request(), Command::PlaceHold(hold(2))];
    assert_eq!(Erasure::decide(&after(&story), carry_out()), Err(Refusal::Held));
    story.push(lift(1));
    assert_eq!(Erasure::decide(&after(&story), carry_out()), Err(Refusal::Held));
    assert_eq!(Erasure::decide(&after(&story), lift(1)), Err(Refusal::NotHeld));
    story.push(lift(2));
    assert!(Erasure::decide(&after(&story), carry_out()).is_ok());
}

#[test]
fn nothing_is_erased_on_the_last_day_of_retention_or_before() {
    let asked = after(&[request()]);
    for until in ["2026-03-02", "2044-06-15"] {
        let refused = Erasure::decide(&asked, of(None, Step::CarryOut(order(until))));
        assert_eq!(refused, Err(Refusal::Retained { until: until.parse().unwrap() }));
    }
}

#[test]
fn what_is_so_already_is_no_event() {
    let asked = after(&[request(), Command::PlaceHold(hold(1))]);
    let another = Wish { by: account(3), requested: now() };
    assert_eq!(Erasure::decide(&asked, of(None, Step::Request(another))), Ok(vec![]));
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
    let erased = after(&[request(), carry_out()]);
    for command in [request(), withdraw(), Command::PlaceHold(hold(1)), carry_out()] {
        assert_eq!(Erasure::decide(&erased, command), Err(Refusal::Erased));
    }
    assert_eq!(Erasure::decide(&erased, repeat()), Ok(vec![]));
}

#[test]
fn what_was_erased_before_the_log_was_restored_is_erased_again_whatever_the_restored_log_says() {
    for story in [vec![], vec![request()], vec![Command::PlaceHold(hold(1))]] {
        let mut repeated = story.clone();
        repeated.push(repeat());
        assert_eq!(after(&repeated).stage, Stage::Erased { erased: now(), told: None });
    }
    let held = after(&[Command::PlaceHold(hold(1)), repeat()]);
    assert!(Erasure::decide(&held, lift(1)).is_ok(), "a hold that came back can be lifted");
}

#[test]
fn one_document_is_erased_by_the_same_rules_and_nothing_else_with_it() {
    let rules: [(Vec<Command>, Command, Result<usize, Refusal>); 8] = [
        (vec![], carry_out(), Err(Refusal::NotRequested)),
        (vec![request(), withdraw()], carry_out(), Err(Refusal::NotRequested)),
        (
            vec![of(None, Step::Request(Wish { by: officer(), ..wish() }))],
            carry_out(),
            Err(Refusal::SamePerson),
        ),
        (vec![request(), Command::PlaceHold(hold(1))], carry_out(), Err(Refusal::Held)),
        (
            vec![request()],
            of(None, Step::CarryOut(order("2026-03-02"))),
            Err(Refusal::Retained { until: "2026-03-02".parse().unwrap() }),
        ),
        (vec![request()], request(), Ok(0)),
        (vec![request(), carry_out()], request(), Err(Refusal::Erased)),
        (vec![request(), carry_out()], repeat(), Ok(0)),
    ];
    for (story, command, expected) in rules {
        let story: Vec<Command> = story.into_iter().map(|command| alone(1, command)).collect();
        let decided = Erasure::decide(&after(&story), alone(1, command.clone())).map(|events| events.len());
        assert_eq!(decided, expected, "{command:?}");
    }
    let erased = after(&[alone(1, request()), alone(2, request()), alone(1, carry_out())]);
    let told = Some((wish(), order("2026-03-01")));
    assert_eq!(erased.stage(document(1)), &Stage::Erased { erased: now(), told });
    assert_eq!((erased.stage(None), erased.stage(document(3))), (&Stage::Kept, &Stage::Kept));
    assert_eq!(erased.asked().collect::<Vec<_>>(), [document(2).unwrap()]);
    assert!(Erasure::decide(&erased, Command::PlaceHold(hold(1))).is_ok(), "the rest is kept");
    assert_eq!(
        Erasure::decide(&erased, carry_out()),
        Err(Refusal::NotRequested),
        "nobody asked for all of it"
    );
}

#[test]
fn a_wish_for_the_record_is_none_for_a_document_and_an_erased_record_has_nothing_left_to_erase() {
    let asked = after(&[request()]);
    assert_eq!(Erasure::decide(&asked, alone(1, carry_out())), Err(Refusal::NotRequested));
    let erased = after(&[alone(1, request()), request(), carry_out()]);
    for command in [request(), withdraw(), carry_out()] {
        assert_eq!(Erasure::decide(&erased, alone(1, command.clone())), Err(Refusal::Erased));
    }
    assert_eq!(Erasure::decide(&erased, alone(1, repeat())).unwrap().len(), 1);
}

#[test]
fn the_number_of_documents_to_be_erased_is_limited_and_counts_those_alone_that_wait() {
    let mut story: Vec<Command> = (0..DOCUMENTS_ASKED_MAX).map(|number| alone(number, request())).collect();
    let one_more = alone(DOCUMENTS_ASKED_MAX, request());
    assert_eq!(Erasure::decide(&after(&story), one_more.clone()), Err(Refusal::TooManyAsked));
    assert!(Erasure::decide(&after(&story), request()).is_ok(), "all of it can always be asked for");
    story.push(alone(0, carry_out()));
    assert!(Erasure::decide(&after(&story), one_more).is_ok());
}

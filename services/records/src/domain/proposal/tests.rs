//! Given, when, then for proposals.
use super::*;
use crate::domain::content::{Source, SourceKind};
use proptest::prelude::*;
use uuid::Uuid;

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

const PARENT: u128 = 1;
const THERAPIST: u128 = 2;

fn content(category: Category) -> Arc<Content> {
    let source = Source {
        id: Uuid::from_u128(3),
        kind: SourceKind::Patient,
        name: String::new(),
        key: "Goal/g".into(),
    };
    let json = br#"{"resourceType":"Goal"}"#.to_vec();
    Arc::new(Content::plain(source, category, "Goal", "Say hello", json).unwrap())
}

fn wishes() -> Vec<Wish> {
    let item = ItemId::new(Uuid::from_u128(4));
    let named = |given: &str| Box::new(Demographics { given_name: given.into(), ..Demographics::default() });
    vec![
        Wish::Demographics { was: named("June"), values: named("Wren"), fields: vec![Field::GivenName] },
        Wish::Change { item, seen: 1, stood: Category::CarePlans, content: content(Category::Goals) },
        Wish::Addition { content: content(Category::Goals) },
        Wish::Retraction { item, seen: 2, stood: Category::Goals },
    ]
}

fn made(wish: Wish) -> Box<Made> {
    Box::new(Made { by: account(PARENT), reason: "It is spelled otherwise".into(), wish })
}

pub(crate) fn samples() -> Vec<Event> {
    let item = Some(ItemId::new(Uuid::from_u128(4)));
    let after = [
        Event::Withdrawn,
        Event::Accepted { item, answer: String::new() },
        Event::Rejected { answer: "The birth certificate says otherwise".into() },
    ];
    wishes().into_iter().map(|wish| Event::Made(made(wish))).chain(after).collect()
}

fn given(events: &[Event]) -> State {
    events.iter().fold(State::default(), Proposal::evolve)
}

fn waiting() -> State {
    given(&[Event::Made(made(wishes().remove(0)))])
}

fn accept(by: u128, as_seen: bool) -> Command {
    Command::Accept { by: account(by), item: None, answer: String::new(), as_seen }
}

fn reject(by: u128, answer: &str) -> Command {
    Command::Reject { by: account(by), answer: answer.into(), as_seen: true }
}

#[test]
fn a_proposal_waits_until_somebody_else_decides() {
    let wish = wishes().remove(0);
    let made = Proposal::decide(&given(&[]), Command::Make(made(wish)));
    assert_eq!(made.as_deref().map(given), Ok(waiting()));
    assert_eq!(Proposal::decide(&waiting(), accept(PARENT, true)), Err(Refusal::Own));
    assert_eq!(Proposal::decide(&waiting(), reject(PARENT, "no")), Err(Refusal::Own));
    let accepted = Event::Accepted { item: None, answer: String::new() };
    assert_eq!(Proposal::decide(&waiting(), accept(THERAPIST, true)), Ok(vec![accepted]));
}

#[test]
fn a_rejection_says_why() {
    assert_eq!(Proposal::decide(&waiting(), reject(THERAPIST, "")), Err(Refusal::NoReason));
    let rejected = Event::Rejected { answer: "Not on the certificate".into() };
    assert_eq!(Proposal::decide(&waiting(), reject(THERAPIST, "Not on the certificate")), Ok(vec![rejected]));
}

#[test]
fn a_decision_is_made_on_what_was_seen() {
    assert_eq!(Proposal::decide(&waiting(), accept(THERAPIST, false)), Err(Refusal::NotAsSeen));
}

#[test]
fn who_proposed_takes_back_and_nobody_else() {
    let withdraw = |by| Proposal::decide(&waiting(), Command::Withdraw { by: account(by) });
    assert_eq!(withdraw(PARENT), Ok(vec![Event::Withdrawn]));
    assert_eq!(withdraw(THERAPIST), Err(Refusal::OfAnother));
}

#[test]
fn what_is_not_there_is_not_decided() {
    assert_eq!(Proposal::decide(&given(&[]), accept(THERAPIST, true)), Err(Refusal::Unknown));
}

#[test]
fn a_proposal_is_about_where_its_thing_stands_and_where_it_would_be() {
    let rooms: Vec<Vec<Category>> = wishes().iter().map(Wish::rooms).collect();
    let goals = vec![Category::Goals];
    assert_eq!(
        rooms,
        [vec![Category::Demographics], vec![Category::CarePlans, Category::Goals], goals.clone(), goals]
    );
}

fn command() -> impl Strategy<Value = Command> {
    let by = prop::sample::select(vec![PARENT, THERAPIST]);
    (by, any::<bool>(), 0..4_u8).prop_map(|(by, as_seen, what)| match what {
        0 => Command::Withdraw { by: account(by) },
        1 => accept(by, as_seen),
        2 => reject(by, if as_seen { "no" } else { "" }),
        _ => Command::Make(made(wishes().remove(0))),
    })
}

proptest! {
    #[test]
    fn whatever_is_commanded_a_proposal_is_decided_at_most_once_and_never_by_its_proposer(
        commands in prop::collection::vec(command(), 0..12)
    ) {
        let (mut state, mut decisions) = (waiting(), 0);
        for command in commands {
            let by = match &command {
                Command::Accept { by, .. } | Command::Reject { by, .. } => Some(*by),
                Command::Withdraw { .. } | Command::Make(_) => None,
            };
            for event in Proposal::decide(&state, command).unwrap_or_default() {
                prop_assert_ne!(by, Some(account(PARENT)));
                decisions += 1;
                state = Proposal::evolve(state, &event);
            }
        }
        prop_assert!(decisions <= 1);
    }
}

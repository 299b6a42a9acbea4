//! Accounts from their opening on: what they are asked, and what becomes of their roles and keys.
use super::*;
use crate::domain::service_key::tests::key;
use holdfast_types::{PracticeId, Role, TenantId};
use proptest::prelude::*;
use uuid::Uuid;

fn therapist(practice: u128) -> RoleAssignment {
    RoleAssignment {
        role: Role::Therapist,
        tenant: TenantId::new(Uuid::from_u128(1)),
        practice: Some(PracticeId::new(Uuid::from_u128(practice))),
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened {
        holder: Holder::Person { email: "pat@example.org".into(), discipline: Some(Discipline::Speech) },
        display_name: "Pat".into(),
        locale: "en".into(),
    }
}

pub(crate) fn samples() -> Vec<AccountEvent> {
    vec![
        opened(),
        AccountEvent::Opened {
            holder: Holder::Program { keys: Vec::new(), secret_sha256: Some(Digest::new([7; 32])) },
            display_name: "Scheduler".into(),
            locale: "en".into(),
        },
        AccountEvent::Changed(Change {
            display_name: Some("Patricia".into()),
            locale: Some("es".into()),
            large_text: Some(true),
        }),
        AccountEvent::Changed(Change { large_text: Some(false), ..Change::default() }),
        AccountEvent::RoleAssigned(unnoted(therapist(2))),
        AccountEvent::RoleAssigned(unnoted(RoleAssignment {
            practice: None,
            role: Role::Operator,
            ..therapist(2)
        })),
        AccountEvent::RoleWithdrawn(unnoted(therapist(2))),
        AccountEvent::RoleAssigned(RoleChange::given(therapist(3), &[therapist(2)])),
        AccountEvent::RoleWithdrawn(RoleChange::taken(therapist(2), &[therapist(2), therapist(3)])),
        AccountEvent::RoleAssigned(RoleChange::given(therapist(2), &[]).by(Uuid::from_u128(8))),
        program(&["a"]),
        AccountEvent::KeysAdded { keys: vec![key("b")] },
        AccountEvent::KeyRemoved { key: key("a") },
    ]
}

fn program(keys: &[&str]) -> AccountEvent {
    AccountEvent::Opened {
        holder: Holder::Program { keys: keys.iter().map(|id| key(id)).collect(), secret_sha256: None },
        display_name: "Scheduler".into(),
        locale: "en".into(),
    }
}

/// As it was recorded before the old and new values were noted.
fn unnoted(assignment: RoleAssignment) -> RoleChange {
    RoleChange { assignment, by_provider: None, held: None }
}

fn assigned(practice: u128, before: &[RoleAssignment]) -> AccountEvent {
    AccountEvent::RoleAssigned(RoleChange::given(therapist(practice), before))
}

fn withdrawn(practice: u128, before: &[RoleAssignment]) -> AccountEvent {
    AccountEvent::RoleWithdrawn(RoleChange::taken(therapist(practice), before))
}

fn given(events: &[AccountEvent]) -> Account {
    events.iter().fold(Account::None, Account::evolve)
}

fn account(id: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(id))
}

fn assign(practice: u128, by: Option<AccountId>) -> Command {
    Command::AssignRole { to: account(1), by, assignment: therapist(practice) }
}

#[test]
fn an_account_is_opened_once_with_the_roles_it_begins_with() {
    let AccountEvent::Opened { holder, display_name, locale } = opened() else { unreachable!() };
    let open = Command::Open { holder, display_name, locale, roles: vec![therapist(2), therapist(3)] };
    let begun = vec![opened(), assigned(2, &[]), assigned(3, &[therapist(2)])];
    assert_eq!(Account::decide(&Account::None, open.clone()), Ok(begun.clone()));
    assert_eq!(Account::decide(&given(&begun), open), Err(Refusal::Exists));
}

#[test]
fn a_change_says_only_what_differs_and_nothing_where_nothing_does() {
    let change =
        Change { display_name: Some("Pat".into()), locale: Some("es".into()), large_text: Some(false) };
    let command = Command::Change { change, present: 1, decided_on: Some(1) };
    let changed = AccountEvent::Changed(Change { locale: Some("es".into()), ..Change::default() });
    assert_eq!(Account::decide(&given(&[opened()]), command.clone()), Ok(vec![changed.clone()]));
    assert_eq!(Account::decide(&given(&[opened(), changed]), command), Ok(vec![]));
}

#[test]
fn a_change_decided_on_an_old_revision_is_refused() {
    let command = Command::Change { change: Change::default(), present: 2, decided_on: Some(1) };
    assert_eq!(Account::decide(&given(&[opened()]), command), Err(Refusal::ChangedSinceRead));
}

#[test]
fn nobody_gives_a_role_to_themselves() {
    let state = given(&[opened()]);
    assert_eq!(Account::decide(&state, assign(2, Some(account(1)))), Err(Refusal::RoleToOneself));
    let given = vec![assigned(2, &[])];
    assert_eq!(Account::decide(&state, assign(2, Some(account(9)))), Ok(given.clone()));
    assert_eq!(Account::decide(&state, assign(2, None)), Ok(given));
}

#[test]
fn a_program_is_given_no_role_of_people() {
    let state = given(&samples()[1..2]);
    assert_eq!(Account::decide(&state, assign(2, None)), Err(Refusal::RoleForPeople));
    let own = RoleAssignment { role: Role::ServiceAccount, ..therapist(2) };
    let command = Command::AssignRole { to: account(1), by: None, assignment: own };
    let joined = vec![AccountEvent::RoleAssigned(RoleChange::given(own, &[]))];
    assert_eq!(Account::decide(&state, command), Ok(joined));
}

#[test]
fn a_program_gets_another_key_before_the_old_one_goes() {
    let (add, remove) = (
        |id: &str| Command::AddKeys { keys: vec![key(id)] },
        |id: &str| Command::RemoveKey { id: id.into() },
    );
    let mut state = given(&[program(&["a"])]);
    let added = AccountEvent::KeysAdded { keys: vec![key("b")] };
    assert_eq!(Account::decide(&state, add("b")), Ok(vec![added.clone()]));
    state = Account::evolve(state, &added);
    assert_eq!(Account::decide(&state, add("b")), Err(Refusal::KeyKnown));
    let removed = AccountEvent::KeyRemoved { key: key("a") };
    assert_eq!(Account::decide(&state, remove("a")), Ok(vec![removed.clone()]));
    state = Account::evolve(state, &removed);
    assert_eq!(Account::decide(&state, remove("a")), Err(Refusal::KeyUnknown));
    assert_eq!(state, given(&[program(&["b"])]));
}

#[test]
fn a_program_has_five_keys_at_most_and_people_have_none() {
    let many = given(&[program(&["a", "b", "c", "d"])]);
    let add = |ids: &[&str]| Command::AddKeys { keys: ids.iter().map(|id| key(id)).collect() };
    assert_eq!(Account::decide(&many, add(&["e", "f"])), Err(Refusal::TooManyKeys));
    assert!(Account::decide(&many, add(&["e"])).is_ok());
    let person = given(&[opened()]);
    assert_eq!(Account::decide(&person, add(&["a"])), Err(Refusal::KeyForPrograms));
    let remove = Command::RemoveKey { id: "a".into() };
    assert_eq!(Account::decide(&person, remove), Err(Refusal::KeyForPrograms));
}

#[test]
fn a_program_that_was_opened_with_a_secret_has_no_key_until_it_is_given_one() {
    let old = given(&samples()[1..2]);
    let add = Command::AddKeys { keys: vec![key("a")] };
    let events = Account::decide(&old, add).unwrap();
    assert_eq!(events.iter().fold(old, Account::evolve), given(&[program(&["a"])]));
}

#[test]
fn roles_follow_a_provider_where_it_has_a_say_and_stay_where_it_has_none() {
    let provider = Uuid::from_u128(8);
    let state = given(&[opened(), assigned(2, &[]), assigned(3, &[therapist(2)])]);
    let follow = |given: &[u128]| Command::Follow {
        provider,
        given: given.iter().map(|id| therapist(*id)).collect(),
        over: vec![therapist(3), therapist(4)],
    };
    let events = Account::decide(&state, follow(&[4])).unwrap();
    let gone = RoleChange::taken(therapist(3), &[therapist(2), therapist(3)]).by(provider);
    let come = RoleChange::given(therapist(4), &[therapist(2)]).by(provider);
    assert_eq!(events, [AccountEvent::RoleWithdrawn(gone), AccountEvent::RoleAssigned(come)]);
    let state = events.iter().fold(state, Account::evolve);
    assert_eq!(Account::decide(&state, follow(&[4])), Ok(vec![]), "what it says again changes nothing");
    assert_eq!(Account::decide(&given(&[program(&["a"])]), follow(&[4])), Err(Refusal::RoleForPeople));
    let many: Vec<u128> = (10..10 + ROLES_MAX as u128).collect();
    assert_eq!(Account::decide(&state, follow(&many)), Err(Refusal::TooManyRoles));
}

#[test]
fn a_role_is_assigned_once_and_withdrawn_once() {
    let withdraw = || Command::WithdrawRole { assignment: therapist(2) };
    let held = given(&[opened(), assigned(2, &[]), assigned(3, &[therapist(2)])]);
    assert_eq!(Account::decide(&held, assign(2, None)), Err(Refusal::AlreadyAssigned));
    let over = withdrawn(2, &[therapist(2), therapist(3)]);
    assert_eq!(Account::decide(&held, withdraw()), Ok(vec![over.clone()]));
    assert_eq!(Account::decide(&Account::evolve(held, &over), withdraw()), Err(Refusal::NotAssigned));
}

#[test]
fn an_account_holds_no_more_roles_than_a_token_carries() {
    let many: Vec<_> = (0..ROLES_MAX as u128).map(|id| assigned(id, &[])).collect();
    let state = many.iter().fold(given(&[opened()]), Account::evolve);
    assert_eq!(Account::decide(&state, assign(1000, None)), Err(Refusal::TooManyRoles));
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let change = Command::Change { change: Change::default(), present: 0, decided_on: None };
    let withdraw = Command::WithdrawRole { assignment: therapist(2) };
    for command in [change, assign(2, None), withdraw] {
        assert_eq!(Account::decide(&Account::None, command), Err(Refusal::Unknown));
    }
}

proptest! {
    #[test]
    fn no_role_is_ever_held_twice(practices in proptest::collection::vec((0u128..4, any::<bool>()), 0..40)) {
        let mut state = given(&[opened()]);
        for (practice, give) in practices {
            let command = match give {
                true => assign(practice, None),
                false => Command::WithdrawRole { assignment: therapist(practice) },
            };
            for event in Account::decide(&state, command).unwrap_or_default() {
                state = Account::evolve(state, &event);
            }
            let Account::Open { roles, .. } = &state else { unreachable!() };
            let mut once = roles.clone();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), roles.len());
        }
    }
}

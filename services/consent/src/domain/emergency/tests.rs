//! What is opened in an emergency, for how long, and who signs it off.
use super::*;
use crate::domain::grant;
use proptest::prelude::*;
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 123_456_000).unwrap()
}

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

pub(crate) fn taking() -> Taking {
    Taking {
        patient: PatientId::new(Uuid::from_u128(0xA1)),
        by: account(0xACC3),
        reason: "seizure in the gym, no family reached".into(),
        now: now(),
    }
}

fn review(by: AccountId, finding: Finding) -> Review {
    Review { finding, note: String::new(), by, reviewed: now() + TimeDelta::days(1) }
}

pub(crate) fn samples() -> Vec<Event> {
    let noted =
        Review { note: "spoke with the family".into(), ..review(account(0xACC4), Finding::Justified) };
    vec![Event::Reviewed(noted), Event::Reviewed(review(account(0xACC4), Finding::NotJustified))]
}

fn sign_off(by: AccountId) -> Command {
    Command { review: review(by, Finding::Justified), taken_by: account(0xACC3) }
}

#[test]
fn what_is_opened_can_be_read_by_who_opened_it_for_hours_and_for_nothing_else() {
    let terms = taking().terms().unwrap();
    assert_eq!(terms.grantee, Grantee::Account(account(0xACC3)));
    assert_eq!((terms.actions, terms.purposes), (vec![Action::Read], vec![Purpose::EmergencyTreatment]));
    assert_eq!(terms.period.until(), Some(now() + LASTS));
    assert_eq!(terms.categories.len(), Category::ALL.len() - LEFT_CLOSED.len());
    assert!(!terms.categories.contains(&Category::Messages));
    assert_eq!((terms.basis, terms.reason.as_str()), (Basis::Emergency, taking().reason.as_str()));
}

#[test]
fn what_would_end_after_the_end_of_time_is_not_opened() {
    let late = Taking { now: DateTime::<Utc>::MAX_UTC, ..taking() };
    assert_eq!(late.terms(), Err(GrantRefusal::EndsBeforeItBegins));
}

#[test]
fn what_was_opened_stands_like_a_grant_and_ends_when_a_holder_says_so() {
    use grant::{Command, Grant, State};
    let opened = Grant::decide(&State::NotGiven, Command::Take(taking())).unwrap();
    let state = opened.iter().fold(State::NotGiven, Grant::evolve);
    let last = now() + LASTS - TimeDelta::microseconds(1);
    assert_eq!([now(), last, now() + LASTS].map(|at| state.is_in_force(at)), [true, true, false]);
    assert_eq!(Grant::decide(&state, Command::Take(taking())), Err(GrantRefusal::AlreadyGiven));
    let stop = Command::Revoke { now: now() + TimeDelta::minutes(3), seen: None, present: 1 };
    let stopped = Grant::decide(&state, stop).unwrap().iter().fold(state, Grant::evolve);
    assert!(!stopped.is_in_force(now() + TimeDelta::minutes(4)));
}

#[test]
fn an_officer_signs_off_once() {
    let reviewed = Emergency::decide(&State::Waiting, sign_off(account(0xACC4))).unwrap();
    let state = reviewed.iter().fold(State::Waiting, Emergency::evolve);
    assert_eq!(state.review().unwrap().by, account(0xACC4));
    assert_eq!(Emergency::decide(&state, sign_off(account(0xACC5))), Err(Refusal::AlreadyReviewed));
}

proptest! {
    #[test]
    fn nobody_signs_off_what_they_opened(by in 0_u128..8, taken_by in 0_u128..8, reviewed in any::<bool>()) {
        let state = if reviewed { State::Reviewed(review(account(9), Finding::NotJustified)) } else { State::Waiting };
        let command = Command { review: review(account(by), Finding::Justified), taken_by: account(taken_by) };
        let decided = Emergency::decide(&state, command);
        prop_assert_eq!(decided.is_ok(), by != taken_by && !reviewed);
    }
}

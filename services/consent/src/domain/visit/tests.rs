//! What is one use, and how many there are.
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const LASTS: TimeDelta = TimeDelta::hours(1);

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 123_456_000).unwrap() + TimeDelta::minutes(minutes)
}

fn look(account: u128, minutes: i64, uses_max: u32) -> Command {
    let patient = PatientId::new(Uuid::from_u128(0xA1));
    let account = AccountId::new(Uuid::from_u128(account));
    Command { patient, account, now: at(minutes), lasts: LASTS, uses_max }
}

pub(crate) fn samples() -> Vec<Event> {
    Visits::decide(&State::default(), look(0xACC2, 0, 3)).unwrap()
}

fn after(commands: impl IntoIterator<Item = Command>) -> State {
    commands.into_iter().fold(State::default(), |state, command| {
        let events = Visits::decide(&state, command).unwrap_or_default();
        events.iter().fold(state, Visits::evolve)
    })
}

#[test]
fn looks_of_an_account_within_its_hour_are_one_visit() {
    let state = after([look(1, 0, 1), look(1, 59, 1)]);
    assert_eq!(state.visits.len(), 1);
    assert_eq!(Visits::decide(&state, look(1, 59, 1)), Ok(Vec::new()));
    assert_eq!(Visits::decide(&state, look(1, 60, 1)), Err(Refusal::UsedUp { uses_max: 1 }));
}

#[test]
fn of_whoever_a_grant_reaches_each_makes_visits_of_their_own() {
    let state = after([look(1, 0, 2), look(2, 10, 2)]);
    assert_eq!(state.visits.iter().map(|visit| visit.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(Visits::decide(&state, look(3, 20, 2)), Err(Refusal::UsedUp { uses_max: 2 }));
    assert!(state.of(AccountId::new(Uuid::from_u128(2)), at(69)).is_some(), "who is on one stays on it");
}

proptest! {
    /// Services ask in whatever order and by whatever clock: consent decides one after the other.
    #[test]
    fn no_interleaving_makes_more_visits_than_there_are(
        looks in prop::collection::vec((1..4_u128, 0..600_i64), 0..60), uses_max in 1..6_u32,
    ) {
        let state = after(looks.iter().map(|(account, minutes)| look(*account, *minutes, uses_max)));
        prop_assert!(state.visits.len() <= uses_max as usize);
        let mut numbers: Vec<u32> = state.visits.iter().map(|visit| visit.number).collect();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), state.visits.len());
        // Whatever an account is on was begun, and lasts no longer than a visit lasts.
        let mut by_account: BTreeMap<AccountId, usize> = BTreeMap::new();
        for visit in &state.visits {
            prop_assert_eq!(visit.until - visit.begun, LASTS);
            *by_account.entry(visit.account).or_default() += 1;
        }
        prop_assert_eq!(by_account.values().sum::<usize>(), state.visits.len());
    }
}

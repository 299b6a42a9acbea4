//! How often is too often.
use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn used(number: u128, minutes: i64) -> Use {
    let begin = DateTime::from_timestamp(1_772_452_800, 123_456_000).unwrap();
    let (grant, patient) =
        (GrantId::new(Uuid::from_u128(number)), PatientId::new(Uuid::from_u128(0xA0 + number)));
    Use { grant, patient, used: begin + TimeDelta::minutes(minutes) }
}

pub(crate) fn samples() -> Vec<Event> {
    vec![Event::Used(used(1, 0))]
}

/// Those that were allowed.
fn after(uses: impl IntoIterator<Item = Use>) -> (State, Vec<Use>) {
    let mut allowed = Vec::new();
    let state = uses.into_iter().fold(State::default(), |state, one| match Allowance::decide(&state, one) {
        Ok(events) => {
            allowed.extend(events.iter().map(|Event::Used(used)| *used));
            events.iter().fold(state, Allowance::evolve)
        }
        Err(Refusal::TooMany) => state,
    });
    (state, allowed)
}

#[test]
fn the_sixth_in_a_day_is_too_many_and_a_day_later_it_is_not() {
    let (state, allowed) = after((1..=5).map(|number| used(number, 0)));
    assert_eq!(allowed.len(), USED_MAX);
    let day = WITHIN.num_minutes();
    assert_eq!(Allowance::decide(&state, used(6, day - 1)), Err(Refusal::TooMany));
    assert_eq!(Allowance::decide(&state, used(6, day)).map(|events| events.len()), Ok(1));
}

#[test]
fn what_counts_already_is_not_counted_again() {
    let (state, _) = after((1..=5).map(|number| used(number, 0)));
    assert_eq!(Allowance::decide(&state, used(5, 1)), Ok(Vec::new()));
}

#[test]
fn the_last_time_that_a_record_was_opened_is_known() {
    let again = Use { grant: GrantId::new(Uuid::from_u128(9)), used: used(1, 30).used, ..used(1, 0) };
    let (state, _) = after([used(1, 0), used(2, 10), again]);
    assert_eq!(state.last(again.patient), Some(&again));
    assert_eq!(state.last(PatientId::new(Uuid::nil())), None);
}

proptest! {
    #[test]
    fn in_no_day_are_there_more_than_that(mut minutes in prop::collection::vec(0..6000_i64, 0..40)) {
        minutes.sort_unstable();
        let (_, allowed) = after((1..).zip(minutes).map(|(number, minutes)| used(number, minutes)));
        for last in &allowed {
            let day = allowed.iter().filter(|one| one.used <= last.used && last.used - one.used < WITHIN);
            prop_assert!(day.count() <= USED_MAX);
        }
    }
}

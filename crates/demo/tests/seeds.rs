//! One seed and day, one network; and what holds for any seed and any day.

use chrono::{Duration, NaiveDate};
use holdfast_demo::{Attendance, network};
use proptest::prelude::*;

#[expect(clippy::unwrap_used, reason = "a literal day")]
fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Duration::days(offset)
}

#[test]
fn the_same_seed_and_day_give_the_same_network() {
    assert!(network(11, day(300)) == network(11, day(300)));
}

#[test]
fn another_seed_gives_other_records_under_the_same_patients() {
    let (one, two) = (network(11, day(300)), network(12, day(300)));
    let keys = |network: &holdfast_demo::Network| {
        network.patients.iter().map(|patient| patient.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&one), keys(&two));
    assert!(
        one.patients.iter().zip(&two.patients).all(|(a, b)| a.sessions != b.sessions && a.data != b.data)
    );
    assert!(one.people.iter().zip(&two.people).filter(|(a, b)| a.name != b.name).count() > 40);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_past_lies_ahead_and_nothing_ahead_is_past(seed in any::<u64>(), offset in 0_i64..800) {
        let today = day(offset);
        let network = network(seed, today);
        prop_assert_eq!(network.patients.len(), 40);
        for patient in &network.patients {
            prop_assert!(!patient.goals.is_empty() && !patient.data.is_empty() && !patient.appointments.is_empty(), "{}", patient.key);
            prop_assert!(patient.demographics.birth_date < today);
            prop_assert!(patient.data.iter().all(|datum| datum.start < datum.end && datum.end.date_naive() < today));
            prop_assert!(patient.data.is_sorted_by_key(|datum| datum.start));
            prop_assert!(patient.sessions.iter().flat_map(|session| &session.note.signatures).all(|signature| signature.time.date_naive() < today));
            prop_assert!(patient.threads.iter().flat_map(|thread| &thread.messages).all(|message| message.sent.date_naive() < today));
            prop_assert!(patient.threads.iter().all(|thread| !thread.messages.is_empty()), "{}", patient.key);
            prop_assert!(patient.threads.iter().all(|thread| thread.messages.is_sorted_by_key(|message| message.sent)), "{}", patient.key);
            prop_assert!(patient.appointments.iter().all(|one| (one.start.date_naive() >= today) == (one.attendance == Attendance::Booked)));
            prop_assert!(patient.documents.iter().all(|document| document.date < today));
            prop_assert!(patient.medications.iter().all(|medicine| medicine.from < today));
        }
    }

    #[test]
    fn no_therapist_is_in_two_places(seed in any::<u64>()) {
        let network = network(seed, day(325));
        let mut busy: Vec<_> = network
            .patients
            .iter()
            .flat_map(|patient| &patient.sessions)
            .map(|session| (&session.rendering, session.start, session.end, &session.group))
            .collect();
        busy.sort_by_key(|(who, start, ..)| (*who, *start));
        for pair in busy.windows(2) {
            let together = pair[0].3.is_some() && pair[0].3 == pair[1].3;
            prop_assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1 || together);
        }
    }
}

//! The table, and what a network makes of it.
use super::{
    chosen::{Command, Event, FieldLocks, Refusal, State},
    *,
};
use crate::domain::demographics::Field;
use holdfast_eventlog::Decider as _;

fn resource(json: &str) -> Resource {
    Resource::parse(json.as_bytes().to_vec()).unwrap()
}

fn lock(room: Option<Category>, field: &str) -> Lock {
    Lock { room, field: field.to_owned() }
}

#[test]
fn every_line_of_the_table_names_a_field_that_there_is_and_on_what_it_rests() {
    for row in DEFAULTS {
        assert!(!row.source.is_empty(), "{}", row.lock().place());
        if row.room == Some(Category::Demographics) {
            assert!(Field::ALL.iter().any(|field| field.path() == row.field), "{}", row.field);
        }
        let free_is_no_closer = row.free != Strength::Always || row.network == Strength::Always;
        assert!(free_is_no_closer, "{}", row.lock().place());
    }
}

#[test]
fn in_a_networks_record_a_family_edits_how_to_reach_it_and_proposes_the_rest() {
    let locks = Locks::of_networks();
    let open: Vec<&str> = Field::ALL.iter().map(|field| field.path()).collect();
    let open: Vec<&str> =
        open.into_iter().filter(|field| !locks.closes(Category::Demographics, field)).collect();
    assert_eq!(
        open,
        ["preferred_name", "gender", "address", "phone", "email", "languages", "identity_language"]
    );
    for room in Category::ALL.iter().filter(|room| **room != Category::Demographics) {
        assert!(locks.closes(*room, "note"), "{room}");
    }
    assert!(Locks::of_free_standing().closes(Category::Conditions, "code"));
    assert!(!Locks::of_free_standing().closes(Category::Conditions, "note"));
    assert!(!Locks::of_free_standing().closes(Category::Demographics, "birth_date"));
}

#[test]
fn what_differs_is_told_by_its_element() {
    let locks =
        Locks { locks: BTreeSet::from([lock(Some(Category::Conditions), "code")]), ..Locks::default() };
    let before = resource(r#"{"code":{"text":"a","coding":[{"code":"F84.0"}]},"note":[{"text":"x"}]}"#);
    let rooms = [Category::Conditions, Category::Other];
    let between = |after: &str| locks.closed_between(rooms, &before, &resource(after));
    let recoded = r#"{"code":{"text":"a","coding":[{"code":"F90.0"}]},"note":[{"text":"x"}]}"#;
    assert_eq!(between(recoded), Some("code".to_owned()));
    assert_eq!(between(r#"{"code":{"text":"a","coding":[{"code":"F84.0"}]},"note":[{"text":"y"}]}"#), None);
    assert_eq!(between(r#"{"note":[{"text":"x"}]}"#), Some("code".to_owned()), "what goes is touched, too");
    let elsewhere = [Category::Goals, Category::Goals];
    assert_eq!(locks.closed_between(elsewhere, &before, &resource(recoded)), None);
}

#[test]
fn a_family_says_a_word_to_what_is_locked_and_takes_none_away() {
    let locks = Locks::of_networks();
    let rooms = [Category::Results, Category::Results];
    let noted = resource(r#"{"code":1,"note":[{"text":"seen"}]}"#);
    let between = |before: &Resource, after: &str| locks.closed_between(rooms, before, &resource(after));
    assert_eq!(between(&resource(r#"{"code":1}"#), r#"{"code":1,"note":[{"text":"tired"}]}"#), None);
    assert_eq!(between(&noted, r#"{"code":1,"note":[{"text":"seen"},{"text":"tired"}]}"#), None);
    let note = Some("note".to_owned());
    for other in [r#"{"code":1}"#, r#"{"code":1,"note":[{"text":"tired"}]}"#, r#"{"code":1,"note":[]}"#] {
        assert_eq!(between(&noted, other), note, "{other}");
    }
    let more = r#"{"code":2,"note":[{"text":"seen"},{"text":"tired"}]}"#;
    assert_eq!(between(&noted, more), Some("code".to_owned()));
    let quiet = Locks { locks: [lock(Some(Category::Results), "note")].into(), ..Locks::default() };
    let more = resource(r#"{"code":1,"note":[{"text":"seen"},{"text":"tired"}]}"#);
    assert_eq!(quiet.closed_between(rooms, &noted, &more), note, "unless a practice locks it by name");
}

#[test]
fn a_network_locks_more_opens_what_may_be_opened_and_never_what_must_stay_locked() {
    let required =
        [lock(Some(Category::Conditions), "code"), lock(Some(Category::Demographics), "identifiers")];
    let locks = |more: &[Lock]| Locks {
        locks: required.iter().chain(more).cloned().collect(),
        reviewed: BTreeSet::from([Category::Conditions]),
    };
    let decide = |locks: Locks, as_seen| FieldLocks::decide(&State::default(), Command { locks, as_seen });
    let chosen = locks(&[lock(Some(Category::Demographics), "phone")]);
    let set = Event::Set { before: Locks::of_networks(), after: chosen.clone() };
    assert_eq!(decide(chosen.clone(), true), Ok(vec![set.clone()]));
    let State(in_force) = FieldLocks::evolve(State::default(), &set);
    assert!(in_force.closes(Category::Demographics, "phone") && in_force.reviews(Category::Conditions));
    assert!(
        !in_force.closes(Category::Demographics, "birth_date") && !in_force.closes(Category::Notes, "text")
    );
    assert_eq!(
        FieldLocks::decide(&State(chosen.clone()), Command { locks: chosen.clone(), as_seen: true }),
        Ok(vec![])
    );
    assert_eq!(decide(chosen, false), Err(Refusal::NotAsSeen));
    for left_out in &required {
        let mut locks = locks(&[]);
        locks.locks.remove(left_out);
        assert_eq!(decide(locks, true), Err(Refusal::Required(left_out.clone())));
    }
}

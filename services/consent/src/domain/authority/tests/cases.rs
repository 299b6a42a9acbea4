//! The cases that a family, a practice and an officer ask about, by state, age and paper.
use super::*;
use Category::{Goals, Notes, Results};

/// Born on 2 March 2010; what each may on a day. `-`: nothing, `r`: read, `s`: decide, for notes, results and goals.
const BY_AGE: &[(&str, &str, &str, &str)] = &[
    // state, day, mother, child
    ("US-CA", "2022-03-01", "sss", "rrr"),
    ("US-CA", "2022-03-02", "--s", "srr"),
    ("US-CA", "2028-03-01", "--s", "srr"),
    ("US-CA", "2028-03-02", "---", "sss"),
    ("US-MI", "2022-03-01", "sss", "rrr"),
    ("US-MI", "2022-03-02", "--s", "rrr"),
    ("US-MI", "2024-03-02", "--s", "srr"),
    ("US-MI", "2028-03-02", "---", "sss"),
    ("US-OH", "2023-03-01", "sss", "rrr"),
    ("US-OH", "2023-03-02", "--s", "rrr"),
    ("US-OH", "2024-03-01", "--s", "rrr"),
    ("US-OH", "2024-03-02", "--s", "srr"),
    ("US-OH", "2028-03-01", "--s", "srr"),
    ("US-OH", "2028-03-02", "---", "sss"),
    // No rule of its own: nothing narrows before majority.
    ("US-PA", "2028-03-01", "sss", "rrr"),
    ("US-PA", "2028-03-02", "---", "sss"),
    ("", "2028-03-01", "sss", "rrr"),
    ("", "2028-03-02", "---", "sss"),
    ("US-AL", "2029-03-01", "sss", "rrr"),
    ("US-AL", "2029-03-02", "---", "sss"),
    ("US-NE", "2029-03-01", "sss", "rrr"),
    ("US-NE", "2029-03-02", "---", "sss"),
    ("US-MS", "2031-03-01", "sss", "rrr"),
    ("US-MS", "2031-03-02", "---", "sss"),
];

fn held(told: &Told, account: AccountId, on: &str) -> String {
    let sign = |room: &Category| match (told.reads(account, *room, on), told.shares(account, *room, on)) {
        (_, true) => 's',
        (true, false) => 'r',
        (false, false) => '-',
    };
    [Notes, Results, Goals].iter().map(sign).collect()
}

#[test]
fn rooms_narrow_and_widen_by_themselves_on_the_birthday_by_state_and_kind_of_service() {
    for (state, on, mother, child) in BY_AGE {
        let told = Told::of(family()).and(born("2010-03-02", state));
        assert_eq!(held(&told, MOTHER, on), *mother, "the mother, {state} on {on}");
        assert_eq!(held(&told, FATHER, on), *mother, "the father, {state} on {on}");
        assert_eq!(held(&told, CHILD, on), *child, "the child, {state} on {on}");
    }
}

#[test]
fn what_a_minor_may_consent_to_alone_is_closed_to_parents_from_that_age() {
    for (state, before, from) in [
        ("US-CA", "2022-03-01", "2022-03-02"),
        ("US-MI", "2024-03-01", "2024-03-02"),
        ("US-OH", "2024-03-01", "2024-03-02"),
    ] {
        let told = Told::of(family()).and(born("2010-03-02", state));
        for room in Category::PROTECTED {
            assert!(!told.shares(CHILD, *room, before) && told.shares(CHILD, *room, from), "{state} {room}");
            assert!(!told.reads(MOTHER, *room, from) && !told.reads(FATHER, *room, from), "{state} {room}");
            assert!(told.reads(MOTHER, *room, "2021-01-01"), "{state} {room}");
        }
    }
}

#[test]
fn a_birthday_begins_at_midnight() {
    let told = Told::of(family()).and(born("2010-03-02", "US-CA"));
    let midnight = day("2022-03-02");
    let before = midnight - TimeDelta::microseconds(1);
    assert!(
        told.may(MOTHER, Action::Read, Notes, before) && !told.may(MOTHER, Action::Read, Notes, midnight)
    );
    assert!(
        !told.may(CHILD, Action::Share, Notes, before) && told.may(CHILD, Action::Share, Notes, midnight)
    );
}

#[test]
fn where_nothing_was_said_of_the_person_nothing_narrows() {
    let told = Told::of(family()).and(Change::Recorded(authority(1, AUNT, Basis::CourtOrder, "2026-01-01")));
    for account in [MOTHER, FATHER, CHILD] {
        assert_eq!(held(&told, account, "2060-01-01"), "sss");
    }
    assert_eq!(held(&told, AUNT, "2060-01-01"), "sss");
}

#[test]
fn two_divorced_parents_hold_what_the_order_says_each() {
    let order = of(authority(1, FATHER, Basis::Custody, "2020-06-01"), &[Goals], &[Action::Read]);
    let told = Told::of(family()).and(born("2014-03-02", "US-PA")).and(Change::Recorded(order.clone()));
    assert_eq!(
        (held(&told, FATHER, "2020-05-31"), held(&told, FATHER, "2020-06-01")),
        ("sss".into(), "--r".into())
    );
    assert_eq!(held(&told, MOTHER, "2020-06-01"), "sss");
    // When the order ends, what was held before it does not come back by itself.
    let ended = Told { now: day("2027-01-01"), ..told };
    let ended = ended.and(Change::Ended { authority: order.id, ended: day("2027-01-01") });
    assert_eq!(held(&ended, FATHER, "2027-01-01"), "---");
    let again = ended.and(Change::Recorded(authority(2, FATHER, Basis::Birth, "2027-02-01")));
    assert_eq!(held(&again, FATHER, "2027-02-01"), "sss");
    assert_eq!(held(&again, FATHER, "2021-01-01"), "--r", "what was, was");
}

#[test]
fn at_majority_guardianship_goes_on_with_evidence_and_parents_end() {
    for (basis, goes_on) in [
        (Basis::Birth, false),
        (Basis::Custody, false),
        (Basis::CourtOrder, false),
        (Basis::Assent, false),
        (Basis::Guardianship, true),
        (Basis::PowerOfAttorney, true),
        (Basis::Incapacity, true),
    ] {
        let told = Told::of(family()).and(born("2010-03-02", "US-PA"));
        let told = told.and(Change::Recorded(authority(1, MOTHER, basis, "2028-03-02")));
        let expected = if goes_on { "sss" } else { "---" };
        assert_eq!(held(&told, MOTHER, "2030-01-01"), expected, "{basis:?}");
        assert_eq!(held(&told, CHILD, "2030-01-01"), "sss", "{basis:?}");
        assert_eq!(held(&told, FATHER, "2030-01-01"), "---", "{basis:?}");
    }
}

#[test]
fn in_incapacity_somebody_stands_in_the_place_of_the_person_who_goes_on_reading() {
    let order = Authority { in_place_of_person: true, ..authority(1, AUNT, Basis::Incapacity, "2030-01-01") };
    let told =
        Told::of(family()).and(born("2000-03-02", "US-OH")).and(Change::Recorded(until(order, "2031-01-01")));
    for (on, aunt, person) in
        [("2029-12-31", "---", "sss"), ("2030-01-01", "sss", "rrr"), ("2031-01-01", "---", "sss")]
    {
        assert_eq!((held(&told, AUNT, on), held(&told, CHILD, on)), (aunt.into(), person.into()), "{on}");
    }
}

#[test]
fn a_minors_guardian_is_narrowed_like_a_parent_until_majority() {
    let told = Told::of(family()).and(born("2010-03-02", "US-CA"));
    let told = told.and(Change::Recorded(authority(1, AUNT, Basis::Guardianship, "2015-01-01")));
    let held = ["2022-03-01", "2022-03-02", "2028-03-02"].map(|on| held(&told, AUNT, on));
    assert_eq!(held, ["sss", "--s", "sss"]);
}

#[test]
fn a_minors_assent_keeps_a_room_open_to_a_parent() {
    let assent = of(authority(1, MOTHER, Basis::Assent, "2026-03-02"), &[Notes], &[Action::Read]);
    let told = Told::of(family()).and(born("2010-03-02", "US-CA")).and(Change::Recorded(assent));
    assert_eq!(
        (held(&told, MOTHER, "2026-03-02"), held(&told, FATHER, "2026-03-02")),
        ("r-s".into(), "--s".into())
    );
    assert_eq!(held(&told, MOTHER, "2028-03-02"), "---");
}

#[test]
fn a_foster_placement_ends_by_itself_and_is_renewed() {
    let placement = authority(1, AUNT, Basis::FosterPlacement, "2026-01-05");
    let told = Told::of(Around { holders: vec![], free_standing: false });
    assert_eq!(told.refused(ADMINISTRATOR, Change::Recorded(placement.clone())), Refusal::EndMissing);
    let told = told.and(Change::Recorded(until(placement.clone(), "2026-07-05")));
    let at = |told: &Told| {
        ["2026-07-04", "2026-07-05", "2027-01-04", "2027-01-05"].map(|on| told.reads(AUNT, Goals, on))
    };
    assert_eq!(at(&told), [true, false, false, false]);
    let renewed = |end: &str| Change::Renewed {
        authority: placement.id,
        until: day(end),
        evidence: Evidence { note: "second order".into(), ..Evidence::default() },
    };
    assert_eq!(told.refused(ADMINISTRATOR, renewed("2026-07-05")), Refusal::EndsBeforeItBegins);
    let told = told.and(renewed("2027-01-05"));
    assert_eq!(at(&told), [true, true, true, false]);
    let late = Told { now: day("2027-01-05"), ..told };
    assert_eq!(late.refused(ADMINISTRATOR, renewed("2028-01-05")), Refusal::Ended);
}

#[test]
fn a_proposal_changes_nothing_until_somebody_else_attests_it() {
    let proposed =
        Authority { word: Word::Waits, by: MOTHER, ..authority(1, AUNT, Basis::Guardianship, "2026-03-02") };
    let told = Told::of(family()).by(MOTHER, Change::Recorded(proposed.clone()));
    assert!(!told.reads(AUNT, Goals, "2026-03-02"));
    let attest = |by| Change::Attested { authority: proposed.id, by };
    assert_eq!(told.refused(MOTHER, attest(MOTHER)), Refusal::SamePerson);
    let told = told.and(attest(ADMINISTRATOR));
    assert!(told.reads(AUNT, Goals, "2026-03-02"));
    assert_eq!(told.refused(OFFICER, attest(OFFICER)), Refusal::Ended);
    let unknown = Change::Attested { authority: AuthorityId::new(Uuid::nil()), by: OFFICER };
    assert_eq!(told.refused(OFFICER, unknown), Refusal::NotRecorded);
}

fn proxy(by: AccountId, account: AccountId) -> Authority {
    let appointed =
        Authority { word: Word::Own, by, ..authority(7, account, Basis::Appointment, "2026-03-02") };
    of(appointed, &[Notes, Goals], &[Action::Read, Action::Contribute])
}

#[test]
fn a_proxy_has_what_the_holder_has_and_loses_what_the_holder_loses() {
    let told = Told::of(family()).and(born("2015-03-02", "US-CA"));
    let helper = until(proxy(MOTHER, AUNT), "2033-03-02");
    assert_eq!(told.refused(MOTHER, Change::Recorded(helper)), Refusal::BeyondOwn, "longer than her own");
    let helper = of(until(proxy(MOTHER, AUNT), "2033-03-02"), &[Goals], &[Action::Read]);
    let told = told.by(MOTHER, Change::Recorded(helper));
    assert!(told.reads(AUNT, Goals, "2033-03-01") && !told.reads(AUNT, Notes, "2026-03-02"));
    let moved = Told { now: day("2027-01-01"), ..told }
        .and(Change::Ended { authority: proxy(MOTHER, AUNT).id, ended: day("2027-01-01") });
    assert!(moved.reads(AUNT, Goals, "2026-12-31") && !moved.reads(AUNT, Goals, "2027-01-01"));
}

#[test]
fn nobody_is_a_proxy_of_themselves_and_what_was_handed_on_is_not_handed_on_again() {
    let told = Told::of(family());
    assert_eq!(told.refused(MOTHER, Change::Recorded(proxy(MOTHER, MOTHER))), Refusal::OfOneself);
    assert_eq!(told.refused(MOTHER, Change::Recorded(proxy(MOTHER, CHILD))), Refusal::OfOneself);
    assert_eq!(told.refused(MOTHER, Change::Recorded(proxy(MOTHER, FATHER))), Refusal::AlreadyHolder);
    let guardian = authority(1, CHILD, Basis::Guardianship, "2026-03-02");
    assert_eq!(told.refused(ADMINISTRATOR, Change::Recorded(guardian)), Refusal::OfOneself);
    let told = told.by(MOTHER, Change::Recorded(proxy(MOTHER, AUNT)));
    // A loop, and any chain, would begin like this.
    assert_eq!(told.refused(AUNT, Change::Recorded(proxy(AUNT, OFFICER))), Refusal::BeyondOwn);
    assert_eq!(told.refused(AUNT, Change::Recorded(proxy(AUNT, MOTHER))), Refusal::AlreadyHolder);
    let nothing = of(proxy(MOTHER, OFFICER), &[], &[Action::Read]);
    assert_eq!(told.refused(MOTHER, Change::Recorded(nothing)), Refusal::NothingHeld);
}

fn freeze(account: AccountId, placed: &str) -> Freeze {
    let id = AuthorityId::new(Uuid::from_u128(0xF0));
    Freeze { id, account, placed: day(placed), reason: "a report".into(), by: ADMINISTRATOR, review: None }
}

#[test]
fn a_freeze_stops_at_once_and_ends_by_itself_unless_an_officer_upholds_it() {
    let told = Told::of(family()).and(born("2015-03-02", "US-PA"));
    let helper = of(proxy(FATHER, AUNT), &[Goals], &[Action::Read]);
    let told = told.by(FATHER, Change::Recorded(until(helper, "2030-01-01")));
    let told = told.and(Change::Frozen(freeze(FATHER, "2026-03-02")));
    let days = ["2026-03-01", "2026-03-02", "2026-03-04", "2026-03-05", "2026-04-01"];
    let reads = |told: &Told, account| days.map(|on| told.reads(account, Goals, on));
    assert_eq!(reads(&told, FATHER), [true, false, false, true, true]);
    assert_eq!(reads(&told, AUNT), [false, false, false, true, true], "whom he appointed, too");
    assert_eq!(reads(&told, MOTHER), [true; 5]);
    let review = |by, upheld, until: Option<&str>| Change::Reviewed {
        freeze: freeze(FATHER, "2026-03-02").id,
        review: Review { upheld, by, until: until.map(day) },
    };
    assert_eq!(told.refused(ADMINISTRATOR, review(ADMINISTRATOR, true, None)), Refusal::SamePerson);
    assert_eq!(told.refused(OFFICER, review(OFFICER, true, Some("2026-03-02"))), Refusal::EndsBeforeItBegins);
    let told = told.by(OFFICER, review(OFFICER, true, Some("2026-04-01")));
    assert_eq!(reads(&told, FATHER), [true, false, false, false, true]);
    let told = told.by(OFFICER, review(OFFICER, true, None));
    assert_eq!(reads(&told, FATHER), [true, false, false, false, false]);
    let lifted = Told { now: day("2026-03-05"), ..told.clone() }
        .by(OFFICER, review(OFFICER, false, Some("2026-03-05")));
    assert_eq!(reads(&lifted, FATHER), [true, false, false, true, true]);
    assert_eq!(lifted.refused(OFFICER, review(OFFICER, true, None)), Refusal::Ended);
    // A clock goes on between the word and the decision.
    let late = Told { now: day("2026-03-05") + TimeDelta::microseconds(1), ..told };
    let late = late.by(OFFICER, review(OFFICER, false, Some("2026-03-05")));
    assert_eq!(reads(&late, FATHER), [true, false, false, true, true]);
}

#[test]
fn the_person_is_never_frozen_nor_whoever_holds_nothing() {
    let told = Told::of(family());
    assert_eq!(told.refused(ADMINISTRATOR, Change::Frozen(freeze(CHILD, "2026-03-02"))), Refusal::OfOneself);
    assert_eq!(told.refused(ADMINISTRATOR, Change::Frozen(freeze(AUNT, "2026-03-02"))), Refusal::NotHolder);
}

#[test]
fn a_free_standing_record_passes_once_the_person_has_a_login() {
    let parents = Around { holders: vec![named(MOTHER, Relationship::Parent)], free_standing: true };
    let told = Told::of(parents.clone()).by(MOTHER, born("2010-03-02", "US-CA"));
    assert_eq!([held(&told, MOTHER, "2022-03-02"), held(&told, MOTHER, "2030-01-01")], ["sss", "sss"]);
    let own = Authority { word: Word::Own, by: MOTHER, ..authority(1, CHILD, Basis::Person, "2026-03-02") };
    let told = told.by(MOTHER, Change::Recorded(own.clone()));
    assert_eq!([held(&told, MOTHER, "2026-03-02"), held(&told, MOTHER, "2030-01-01")], ["--s", "---"]);
    assert_eq!([held(&told, CHILD, "2026-03-02"), held(&told, CHILD, "2030-01-01")], ["srr", "sss"]);
    // In a network's record the practice can hand it over on any day.
    let network = Told::of(Around { free_standing: false, ..parents }).and(born("2010-03-02", "US-CA"));
    assert_eq!([held(&network, MOTHER, "2022-03-02"), held(&network, MOTHER, "2030-01-01")], ["--s", "---"]);
}

#[test]
fn what_is_stated_again_is_reckoned_again_and_nobody_is_born_tomorrow() {
    let told = Told::of(family()).and(born("2010-03-02", "US-CA"));
    assert_eq!(held(&told, MOTHER, "2026-03-02"), "--s");
    assert_eq!(held(&told.and(born("2010-03-02", "US-PA")), MOTHER, "2026-03-02"), "sss");
    assert_eq!(Told::of(family()).refused(ADMINISTRATOR, born("2026-03-03", "")), Refusal::NotBorn);
}

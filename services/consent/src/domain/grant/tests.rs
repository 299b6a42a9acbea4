//! What may be given and revoked, and what holds whatever the order of commands.
use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn samples() -> Vec<Event> {
    let id = Uuid::from_u128;
    let from = DateTime::from_timestamp(1_772_452_800, 123_456_000).unwrap();
    let terms = Terms {
        patient: PatientId::new(id(0xA1)),
        given_by: AccountId::new(id(0xACC1)),
        grantee: Grantee::Practice { practice: PracticeId::new(id(0xB1)), role: Role::FrontDesk },
        categories: vec![Category::Appointments, Category::VitalSigns],
        actions: vec![Action::Read, Action::Contribute],
        purposes: vec![Purpose::Operations, Purpose::Payment],
        period: Period::try_new(from, Some(from + TimeDelta::days(90))).unwrap(),
        narrowing: None,
        basis: Basis::Holder,
        reason: String::new(),
        replaces: None,
        uses_max: None,
    };
    let to_account = Terms {
        grantee: Grantee::Account(AccountId::new(id(0xACC2))),
        period: Period::try_new(from, None).unwrap(),
        ..terms.clone()
    };
    let mut taken = crate::domain::emergency::taking().terms().unwrap();
    // As it was written before there were protected rooms.
    taken.categories.retain(|room| !room.is_protected());
    let (patient, ended) = (terms.patient, from + TimeDelta::days(1));
    let revoked = Event::Revoked { patient, revoked: ended, replaced_by: None };
    let (before, after) = (GrantId::new(id(0x61)), GrantId::new(id(0x62)));
    let replaced = Event::Revoked { patient, revoked: ended, replaced_by: Some(after) };
    let narrowing = Narrowing {
        items: vec![id(0x17E)],
        authors: vec![AccountId::new(id(0xACC3))],
        since: Some(from - TimeDelta::days(30)),
        until: Some(from),
    };
    let in_part = Terms { narrowing: Some(narrowing), actions: vec![Action::Read], ..to_account.clone() };
    let changed = Event::Given(Terms { replaces: Some(before), ..to_account.clone() });
    let (given, in_part, taken) = (Event::Given(terms), Event::Given(in_part), Event::Taken(taken));
    let counted = Event::Given(Terms { uses_max: Some(3), ..to_account.clone() });
    vec![given, Event::Given(to_account), revoked, taken, in_part, changed, replaced, counted]
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap()
}

fn offer() -> Offer {
    Offer {
        patient: PatientId::new(Uuid::from_u128(1)),
        given_by: AccountId::new(Uuid::from_u128(2)),
        grantee: Grantee::Account(AccountId::new(Uuid::from_u128(3))),
        categories: vec![Category::Notes],
        actions: vec![Action::Read],
        purposes: Vec::new(),
        from: None,
        until: None,
        narrowing: None,
        replaces: None,
        uses_max: None,
    }
}

fn give(offer: Offer) -> Command {
    Command::Give { offer, now: now(), to_holder: false, unended: 0 }
}

fn revoke(seen: Option<u64>, present: u64) -> Command {
    Command::Revoke { now: now() + TimeDelta::hours(1), seen, present }
}

fn after(commands: impl IntoIterator<Item = Command>) -> State {
    commands.into_iter().fold(State::default(), |state, command| {
        let events = Grant::decide(&state, command).unwrap();
        events.iter().fold(state, Grant::evolve)
    })
}

fn refusal(command: Command) -> Refusal {
    Grant::decide(&State::NotGiven, command).unwrap_err()
}

#[test]
fn a_grant_to_a_role_names_nothing_that_the_role_never_sees() {
    let to = |role, categories: &[Category], purposes: &[Purpose]| {
        let grantee = Grantee::Practice { practice: PracticeId::new(Uuid::from_u128(0xB1)), role };
        let (categories, purposes) = (categories.to_vec(), purposes.to_vec());
        Grant::decide(&State::NotGiven, give(Offer { grantee, categories, purposes, ..offer() }))
    };
    let beyond = |category| Err(Refusal::BeyondRole(category));
    assert_eq!(
        to(Role::SchoolCoordinator, &[Category::Goals, Category::Claims], &[]),
        beyond(Category::Claims)
    );
    assert_eq!(to(Role::PayerReviewer, &[Category::Goals], &[Purpose::Treatment]), beyond(Category::Goals));
    // A front desk hands papers in and opens none.
    assert_eq!(to(Role::FrontDesk, &[Category::Documents], &[]), beyond(Category::Documents));
    assert!(to(Role::Therapist, Category::ORDINARY, Purpose::ALL).is_ok());
    for (role, usual) in [
        (Role::Therapist, Purpose::Treatment),
        (Role::SchoolCoordinator, Purpose::Treatment),
        (Role::PayerReviewer, Purpose::Payment),
        (Role::Billing, Purpose::Payment),
    ] {
        let given = to(role, &[Category::Demographics], &[]).unwrap();
        assert!(matches!(given.as_slice(), [Event::Given(terms)] if terms.purposes == [usual]), "{role}");
    }
}

#[test]
fn what_is_given_is_in_force_from_now_until_revoked_and_for_treatment() {
    let State::Standing(terms) = after([give(offer())]) else { panic!("not given") };
    assert_eq!(terms.period, Period::try_new(now(), None).unwrap());
    assert_eq!(terms.purposes, [Purpose::Treatment]);
    assert!(State::Standing(terms).is_in_force(now()));
}

#[test]
fn a_grant_can_begin_later_and_ends_with_its_period() {
    let (from, until) = (now() + TimeDelta::days(1), now() + TimeDelta::days(2));
    let state = after([give(Offer { from: Some(from), until: Some(until), ..offer() })]);
    assert_eq!(
        [now(), from, until - TimeDelta::microseconds(1), until].map(|at| state.is_in_force(at)),
        [false, true, true, false]
    );
}

#[test]
fn a_grant_of_nothing_is_refused() {
    assert_eq!(refusal(give(Offer { categories: vec![], ..offer() })), Refusal::NothingShared);
    assert_eq!(refusal(give(Offer { actions: vec![], ..offer() })), Refusal::NothingShared);
}

#[test]
fn a_period_that_has_ended_or_never_begins_is_refused() {
    let tomorrow = now() + TimeDelta::days(1);
    for (from, until) in
        [(Some(tomorrow), tomorrow), (Some(tomorrow), now() + TimeDelta::hours(1)), (None, now())]
    {
        assert_eq!(refusal(give(Offer { from, until: Some(until), ..offer() })), Refusal::EndsBeforeItBegins);
    }
    let long_past =
        Offer { from: Some(now() - TimeDelta::days(2)), until: Some(now() - TimeDelta::days(1)), ..offer() };
    assert_eq!(refusal(give(long_past)), Refusal::EndsBeforeItBegins);
}

#[test]
fn a_grant_is_good_for_one_to_a_thousand_visits_or_without_number() {
    for (uses_max, refused) in [
        (None, false),
        (Some(0), true),
        (Some(1), false),
        (Some(USES_MAX), false),
        (Some(USES_MAX + 1), true),
    ] {
        let given = Grant::decide(&State::NotGiven, give(Offer { uses_max, ..offer() }));
        assert_eq!(given.err(), refused.then_some(Refusal::NoSuchNumber), "{uses_max:?}");
    }
}

#[test]
fn a_holder_needs_no_grant() {
    let command = Command::Give { offer: offer(), now: now(), to_holder: true, unended: 0 };
    assert_eq!(refusal(command), Refusal::ToHolder);
}

#[test]
fn the_number_of_unended_grants_is_limited() {
    let with = |unended| Command::Give { offer: offer(), now: now(), to_holder: false, unended };
    assert_eq!(refusal(with(UNENDED_MAX)), Refusal::TooManyUnended);
    assert!(Grant::decide(&State::NotGiven, with(UNENDED_MAX - 1)).is_ok());
}

#[test]
fn a_grant_is_given_once_and_revoked_once() {
    assert_eq!(Grant::decide(&after([give(offer())]), give(offer())), Err(Refusal::AlreadyGiven));
    let revoked = after([give(offer()), revoke(None, 1)]);
    assert_eq!(Grant::decide(&revoked, revoke(None, 2)), Err(Refusal::AlreadyRevoked));
    assert_eq!(Grant::decide(&revoked, revoke(Some(1), 2)), Err(Refusal::AlreadyRevoked));
    assert_eq!(refusal(revoke(None, 0)), Refusal::NotGiven);
}

#[test]
fn a_revocation_decided_on_another_revision_is_refused() {
    let standing = after([give(offer())]);
    assert_eq!(Grant::decide(&standing, revoke(Some(2), 1)), Err(Refusal::NotAsSeen));
    assert!(Grant::decide(&standing, revoke(Some(1), 1)).is_ok());
}

#[test]
fn a_change_ends_what_stands_as_it_was_seen_and_names_what_takes_its_place() {
    let standing = after([give(offer())]);
    let (patient, by) = (offer().patient, GrantId::new(Uuid::from_u128(9)));
    let replace = |patient, hours, seen| Command::Replace {
        patient,
        by,
        now: now() + TimeDelta::hours(hours),
        seen,
        present: 1,
    };
    let ended = Grant::decide(&standing, replace(patient, 1, Some(1))).unwrap();
    let revoked = now() + TimeDelta::hours(1);
    assert_eq!(ended, [Event::Revoked { patient, revoked, replaced_by: Some(by) }]);
    let over = ended.iter().fold(standing.clone(), Grant::evolve);
    let elsewhere = PatientId::new(Uuid::from_u128(7));
    let short = after([give(Offer { until: Some(now() + TimeDelta::hours(2)), ..offer() })]);
    let taken = after([Command::Take(crate::domain::emergency::taking())]);
    let of = taken.terms().unwrap().patient;
    for (state, command, refusal) in [
        (&standing, replace(patient, 1, Some(2)), Refusal::NotAsSeen),
        (&standing, replace(elsewhere, 1, None), Refusal::NotGiven),
        (&over, replace(patient, 2, None), Refusal::AlreadyRevoked),
        (&short, replace(patient, 2, None), Refusal::NotChangeable),
        (&taken, replace(of, 0, None), Refusal::NotChangeable),
        (&State::NotGiven, replace(patient, 0, None), Refusal::NotGiven),
    ] {
        assert_eq!(Grant::decide(state, command), Err(refusal));
    }
}

fn command() -> impl Strategy<Value = Command> {
    let moment = (-10_i64..10).prop_map(|hours| now() + TimeDelta::hours(hours));
    let give =
        (moment.clone(), prop::option::of(moment.clone()), prop::option::of(moment.clone()), any::<bool>())
            .prop_map(|(now, from, until, to_holder)| Command::Give {
                offer: Offer { from, until, ..offer() },
                now,
                to_holder,
                unended: 0,
            });
    let revoke = (moment.clone(), prop::option::of(0_u64..3), 0_u64..3)
        .prop_map(|(now, seen, present)| Command::Revoke { now, seen, present });
    let replace = (moment, prop::option::of(0_u64..3), 0_u64..3).prop_map(|(now, seen, present)| {
        let (patient, by) = (offer().patient, GrantId::new(Uuid::from_u128(9)));
        Command::Replace { patient, by, now, seen, present }
    });
    prop_oneof![give, revoke, replace]
}

proptest! {
    #[test]
    fn no_sequence_leaves_a_grant_in_force_after_its_revocation(
        commands in prop::collection::vec(command(), 0..20),
        hours in -20_i64..20,
    ) {
        let (mut state, mut revoked) = (State::default(), false);
        for command in commands {
            for event in Grant::decide(&state, command).unwrap_or_default() {
                revoked |= matches!(event, Event::Revoked { .. });
                state = Grant::evolve(state, &event);
            }
            prop_assert!(!(revoked && state.is_in_force(now() + TimeDelta::hours(hours))));
        }
    }

    #[test]
    fn what_is_given_always_says_something_and_ends_after_it_begins(command in command()) {
        for event in Grant::decide(&State::NotGiven, command).unwrap_or_default() {
            let Event::Given(terms) = event else { panic!("revoked before it was given") };
            prop_assert!(!terms.categories.is_empty() && !terms.actions.is_empty() && !terms.purposes.is_empty());
            prop_assert!(terms.period.until().is_none_or(|until| until > terms.period.from()));
        }
    }
}

#[test]
fn what_is_protected_is_shared_by_itself_and_until_a_day() {
    let until = Some(now() + TimeDelta::days(30));
    for room in Category::PROTECTED {
        let alone = Offer { categories: vec![*room], until, ..offer() };
        assert!(
            matches!(after([give(alone.clone())]), State::Standing(terms) if terms.categories == [*room])
        );
        for beside in [Category::Notes, Category::PsychotherapyNotes, Category::SubstanceUse] {
            if beside != *room {
                let both = Offer { categories: vec![beside, *room], ..alone.clone() };
                assert_eq!(refusal(give(both)), Refusal::OwnGrantNeeded);
            }
        }
        assert_eq!(refusal(give(Offer { until: None, ..alone })), Refusal::EndMissing);
    }
}

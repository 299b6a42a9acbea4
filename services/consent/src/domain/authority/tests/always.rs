//! What must hold whatever is known.
use super::*;
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};

fn accounts() -> impl Strategy<Value = AccountId> {
    select(vec![MOTHER, FATHER, AUNT])
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (0..40_i64 * 365).prop_map(|days| day("2005-01-01") + TimeDelta::days(days))
}

prop_compose! {
    fn authorities()(
        number in 1..9_u128,
        account in accounts(),
        basis in select(Basis::ALL),
        by in accounts(),
        categories in subsequence(Category::ALL, 1..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
        from in moments(),
        days in option::of(1..4000_i64),
        waits in prop::bool::weighted(0.2),
        replaces in prop::bool::ANY,
    ) -> Authority {
        let account = if basis == Basis::Person { CHILD } else { account };
        let period = Period::try_new(from, days.map(|days| from + TimeDelta::days(days))).unwrap();
        let word = if waits { Word::Waits } else { Word::Own };
        let in_place_of_person = replaces && basis.may_replace_person();
        let id = AuthorityId::new(Uuid::from_u128(number));
        Authority { id, account, basis, categories, actions, period, word, by, in_place_of_person, ..authority(1, AUNT, basis, "2020-01-01") }
    }
}

prop_compose! {
    fn freezes()(account in accounts(), placed in moments(), days in option::of(option::of(0..900_i64))) -> Freeze {
        let until = |days: Option<i64>| days.map(|days| placed + TimeDelta::days(days));
        let review = days.map(|days| Review { upheld: true, by: OFFICER, until: until(days) });
        let id = AuthorityId::new(Uuid::from_u128(0xF0));
        Freeze { id, account, placed, reason: String::new(), by: ADMINISTRATOR, review }
    }
}

prop_compose! {
    fn knowns()(
        born in option::weighted(0.8, moments()),
        state in select(vec!["", "US-CA", "US-OH", "US-MI", "US-AL", "US-MS", "US-PA"]),
        authorities in vec(authorities(), 0..5),
        freezes in vec(freezes(), 0..3),
    ) -> Known {
        let person = born.map(|born| Person { born: born.date_naive(), state: state.to_owned() });
        Known { person, authorities, freezes }
    }
}

fn arounds() -> impl Strategy<Value = Around> {
    (subsequence(family().holders, 0..=3), prop::bool::ANY)
        .prop_map(|(holders, free_standing)| Around { holders, free_standing })
}

fn reads(spans: &[Span], room: Category, at: DateTime<Utc>) -> usize {
    spans.iter().filter(|span| span.period.contains(at) && span.holds(Action::Read, room)).count()
}

fn is_within(narrow: &[Span], wide: &[Span], at: DateTime<Utc>) -> bool {
    let in_force = |span: &&Span| span.period.contains(at);
    narrow.iter().filter(in_force).all(|span| {
        let held = |action: Action, room: Category| {
            wide.iter()
                .filter(in_force)
                .any(|other| other.account == span.account && other.holds(action, room))
        };
        span.actions.iter().all(|action| span.categories.iter().all(|room| held(*action, *room)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_room_is_held_by_nobody(mut known in knowns(), mut around in arounds(), room in select(Category::ALL), at in moments()) {
        // With a login of the person's own, whoever else is frozen, narrowed or ended.
        around.holders.retain(|holder| holder.relationship != Relationship::Patient);
        around.holders.push(named(CHILD, Relationship::Patient));
        let at = at.max(known.person.as_ref().map_or(at, |person| person.born.and_time(chrono::NaiveTime::MIN).and_utc()));
        prop_assert!(reads(&spans(&known, &around, &rules()), room, at) > 0);
        // Without one, in a record that no practice can hand over: whoever was named.
        around.holders = vec![named(MOTHER, Relationship::Parent)];
        around.free_standing = true;
        known.authorities.retain(|one| !matches!(one.basis, Basis::Person | Basis::Custody));
        known.freezes.clear();
        prop_assert!(reads(&spans(&known, &around, &rules()), room, at) > 0);
    }

    #[test]
    fn spans_of_one_claim_never_say_two_things_of_a_room(known in knowns(), around in arounds(), at in moments()) {
        let mut ids = std::collections::BTreeSet::new();
        prop_assume!(known.authorities.iter().all(|one| ids.insert(one.id)));
        let spans = spans(&known, &around, &rules());
        for room in Category::ALL {
            let mut seen = std::collections::BTreeSet::new();
            for span in spans.iter().filter(|span| span.period.contains(at) && span.categories.contains(room)) {
                prop_assert!(seen.insert((span.account, span.authority, span.relationship)), "{room} on {at}");
            }
        }
    }

    #[test]
    fn the_list_says_what_is_reckoned_for_each_moment(known in knowns(), around in arounds(), account in accounts(), at in moments()) {
        let (list, rules) = (spans(&known, &around, &rules()), rules());
        let now = everything(&known, &around, &rules, account, at);
        let born = known.person.as_ref().is_none_or(|person| person.born <= at.date_naive());
        for room in Category::ALL {
            for action in Action::ALL {
                let listed = list.iter().any(|span| span.account == account && span.period.contains(at) && span.holds(*action, *room));
                let reckoned = now.get(room).is_some_and(|actions| actions.contains(action));
                prop_assert!(listed == reckoned || !born, "{account} {action} {room} on {at}");
            }
        }
    }

    #[test]
    fn a_freeze_never_widens(known in knowns(), around in arounds(), freeze in freezes(), at in moments()) {
        let before = spans(&known, &around, &rules());
        let after = spans(&known.with(&Change::Frozen(freeze.clone())), &around, &rules());
        prop_assert!(is_within(&after, &before, at));
        if freeze.holds_back(freeze.account, at) {
            prop_assert!(!after.iter().any(|span| span.account == freeze.account && span.period.contains(at)));
        }
    }

    #[test]
    fn what_waits_changes_nothing_and_proxies_never_have_more_than_who_appointed_them(
        known in knowns(), around in arounds(), one in authorities(), at in moments()
    ) {
        let before = spans(&known, &around, &rules());
        let waits = Authority { word: Word::Waits, ..one };
        let after = spans(&known.clone().with(&Change::Recorded(waits)), &around, &rules());
        prop_assert!(is_within(&after, &before, at) && is_within(&before, &after, at));
        for proxy in known.authorities.iter().filter(|one| one.basis == Basis::Appointment && one.counts()) {
            let own = held_by(&known, &around, &rules(), proxy.by, at);
            let mut ids = std::collections::BTreeSet::new();
            prop_assume!(known.authorities.iter().all(|one| ids.insert(one.id)));
            for span in before.iter().filter(|span| span.authority == Some(proxy.id) && span.period.contains(at)) {
                for room in &span.categories {
                    prop_assert!(span.actions.iter().all(|action| own.get(room).is_some_and(|held| held.contains(action))));
                }
            }
        }
    }
}

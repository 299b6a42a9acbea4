//! What must hold for every decision, whatever the caller, the grants and the request.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use chrono::TimeDelta;
use given::*;
use holdfast_access::*;
use holdfast_types::*;
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};
use std::{sync::LazyLock, time::Duration};

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());

fn practices() -> impl Strategy<Value = PracticeId> {
    select(vec![practice(), other_practice()])
}

fn callers() -> impl Strategy<Value = Caller> {
    let role = (select(Role::ALL), option::of(practices()));
    vec(role, 0..3).prop_map(|roles| Caller {
        roles: roles
            .into_iter()
            .map(|(role, practice)| RoleAssignment { role, tenant: tenant(), practice })
            .collect(),
        ..caller(&[])
    })
}

fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        select(vec![account(), AccountId::new(id(0xACD))]).prop_map(Grantee::Account),
        (practices(), select(Role::ALL)).prop_map(|(practice, role)| Grantee::Practice { practice, role }),
    ]
}

prop_compose! {
    fn grants()(
        number in 1..1000_u128,
        grantee in grantees(),
        patient in select(vec![patient(), patient(), patient(), other_patient()]),
        categories in subsequence(Category::ALL, 0..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
        purposes in subsequence(Purpose::ALL, 1..=Purpose::ALL.len()),
        from in -3..2_i64,
        hours in option::of(1..4_i64),
        revoked in prop::bool::weighted(0.2),
    ) -> GrantFact {
        let from = now() + TimeDelta::hours(from);
        let period = Period::try_new(from, hours.map(|hours| from + TimeDelta::hours(hours))).unwrap();
        let revoked = revoked.then(|| now() - TimeDelta::minutes(1));
        GrantFact { id: GrantId::new(id(number)), revision: 1, patient, grantee, categories, actions, purposes, period, revoked }
    }
}

fn marks() -> impl Strategy<Value = MarkFact> {
    let what = prop_oneof![
        3 => select(Category::ALL).prop_map(Marked::Category),
        1 => (1..5_u128).prop_map(|number| Marked::Item(id(number))),
        1 => select(vec![account(), AccountId::new(id(0xACE))]).prop_map(Marked::Author),
    ];
    let kept_from = prop_oneof![
        2 => Just(KeptFrom::Everybody),
        1 => select(vec![account(), AccountId::new(id(0xACD))]).prop_map(KeptFrom::Account),
        1 => practices().prop_map(KeptFrom::Practice),
    ];
    let of = select(vec![patient(), patient(), patient(), other_patient()]);
    (1..1000_u128, of, what, kept_from).prop_map(|(number, patient, what, kept_from)| MarkFact {
        id: MarkId::new(id(number)),
        patient,
        what,
        kept_from,
    })
}

#[derive(Debug, Clone)]
struct Case {
    caller: Caller,
    action: Action,
    purpose: Purpose,
    record: Record,
    facts: Facts,
}

impl Case {
    fn decide(&self) -> Decision {
        decide(
            &POLICIES,
            &Request { purpose: self.purpose, ..request(&self.caller, self.action, &self.record) },
            &self.facts,
        )
    }

    /// A mark that keeps the room from the caller, in so many words.
    fn is_kept(&self, category: Category) -> bool {
        self.facts.marks.iter().any(|mark| {
            mark.patient == self.record.patient
                && mark.what == Marked::Category(category)
                && match mark.kept_from {
                    KeptFrom::Everybody => true,
                    KeptFrom::Account(account) => account == self.caller.account,
                    KeptFrom::Practice(practice) => {
                        self.caller.roles.iter().any(|held| held.practice == Some(practice))
                    }
                }
        })
    }

    fn withheld(&self) -> Withheld {
        Withheld::of(&self.caller, self.record.patient, &self.facts)
    }

    /// A grant that says, in so many words, what is asked: written without the policies in view.
    fn explained_by(&self, grant: &GrantFact, category: Category) -> bool {
        let reaches = match grant.grantee {
            Grantee::Account(account) => account == self.caller.account,
            Grantee::Practice { practice, role } => {
                self.caller.roles.iter().any(|held| held.role == role && held.practice == Some(practice))
            }
        };
        reaches
            && grant.patient == self.record.patient
            && grant.revoked.is_none()
            && grant.period.contains(now())
            && grant.categories.contains(&category)
            && grant.actions.contains(&self.action)
            && grant.purposes.contains(&self.purpose)
    }
}

prop_compose! {
    fn cases()(
        caller in callers(),
        action in select(Action::ALL),
        purpose in select(Purpose::ALL),
        categories in subsequence(Category::ALL, 0..=6),
        relationship in option::weighted(0.2, select(Relationship::ALL)),
        grants in vec(grants(), 0..5),
        marks in vec(marks(), 0..3),
        consent_age_ms in option::weighted(0.9, 0..12_000_u64),
    ) -> Case {
        let consent_age = consent_age_ms.map(Duration::from_millis);
        Case { caller, action, purpose, record: record(&categories), facts: Facts { consent_age, marks, ..facts(relationship, grants) } }
    }
}

fn permitted(decision: &Decision) -> &[Category] {
    match decision {
        Decision::Permitted { categories, .. } => categories,
        Decision::Refused { .. } => &[],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_permitted_that_no_grant_and_no_holding_explains(case in cases()) {
        for category in permitted(&case.decide()) {
            prop_assert!(case.record.categories.contains(category));
            let explained = case.facts.grants.iter().any(|grant| case.explained_by(grant, *category));
            prop_assert!(case.facts.relationship.is_some() || (explained && !case.is_kept(*category)));
        }
    }

    #[test]
    fn every_permit_names_its_rules_and_its_grants(case in cases()) {
        if let Decision::Permitted { categories, rule_ids, grants } = case.decide() {
            prop_assert!(!categories.is_empty() && !rule_ids.is_empty());
            prop_assert!(rule_ids.iter().all(|rule| POLICIES.rule_ids().contains(rule)));
            prop_assert_eq!(case.facts.relationship.is_none(), !grants.is_empty());
            for named in &grants {
                let explains = |grant: &&GrantFact| categories.iter().any(|category| case.explained_by(grant, *category));
                prop_assert!(case.facts.grants.iter().filter(explains).any(|grant| grant.id == named.grant));
            }
        }
    }

    #[test]
    fn a_stale_feed_permits_nothing_to_third_parties(case in cases(), heard in prop::bool::ANY, late_ms in 1..100_000_u64) {
        let consent_age = heard.then(|| CONSENT_AGE_MAX + Duration::from_millis(late_ms));
        let facts = Facts { consent_age, relationship: None, ..case.facts.clone() };
        let decision = Case { facts, ..case.clone() }.decide();
        prop_assert!(permitted(&decision).is_empty());
        if !case.record.categories.is_empty() {
            let stale = matches!(decision, Decision::Refused { reason: Denial::ConsentStale, .. });
            prop_assert!(stale);
        }
    }

    #[test]
    fn taking_a_grant_away_never_widens(case in cases(), which in prop::sample::Index::arbitrary()) {
        if !case.facts.grants.is_empty() {
            let mut without = case.clone();
            without.facts.grants.remove(which.index(case.facts.grants.len()));
            let (before, after) = (case.decide(), without.decide());
            prop_assert!(permitted(&after).iter().all(|category| permitted(&before).contains(category)));
        }
    }

    #[test]
    fn a_mark_never_widens_and_closes_what_it_names_whatever_is_granted(case in cases(), mark in marks()) {
        let mut marked = case.clone();
        marked.facts.marks.push(mark);
        let (before, after) = (case.decide(), marked.decide());
        prop_assert!(permitted(&after).iter().all(|category| permitted(&before).contains(category)));
        prop_assert!(case.withheld().items().iter().all(|item| marked.withheld().items().contains(item)));
        prop_assert!(case.withheld().authors().iter().all(|author| marked.withheld().authors().contains(author)));
        if case.facts.relationship.is_some() {
            prop_assert_eq!(permitted(&after), permitted(&before), "nothing is kept from a holder");
            prop_assert!(marked.withheld().is_empty());
        } else {
            prop_assert!(permitted(&after).iter().all(|category| !marked.is_kept(*category)));
            if let Decision::Refused { rule_ids, .. } = &after
                && marked.record.categories.iter().any(|category| marked.is_kept(*category))
            {
                prop_assert!(rule_ids.iter().any(|rule| rule == "never-shared"));
            }
        }
    }

    #[test]
    fn only_holders_share_and_holders_are_never_refused(case in cases()) {
        let decision = case.decide();
        if case.facts.relationship.is_some() {
            prop_assert_eq!(permitted(&decision), case.record.categories.as_slice());
        } else if case.action == Action::Share {
            prop_assert!(permitted(&decision).is_empty());
        }
    }

    #[test]
    fn reading_several_categories_is_answered_as_each_alone_and_changing_them_whole_or_not_at_all(case in cases()) {
        let together = case.decide();
        let alone = |category: &Category| {
            let decision = Case { record: record(&[*category]), ..case.clone() }.decide();
            !permitted(&decision).is_empty()
        };
        let mut expected: Vec<Category> = case.record.categories.iter().copied().filter(alone).collect();
        if matches!(case.action, Action::Contribute | Action::Share) && expected.len() < case.record.categories.len() {
            expected.clear();
        }
        prop_assert_eq!(permitted(&together), expected.as_slice());
    }
}

#[test]
fn a_request_for_no_category_is_refused_even_to_the_patient() {
    let (caller, record) = (caller(&[]), record(&[]));
    let decision = decide(
        &POLICIES,
        &request(&caller, Action::Read, &record),
        &facts(Some(Relationship::Patient), vec![]),
    );
    assert!(matches!(decision, Decision::Refused { reason: Denial::NotPermitted, .. }));
}

#[test]
fn a_role_in_the_whole_tenant_is_not_a_role_at_the_practice_that_was_granted() {
    let roles = vec![RoleAssignment { role: Role::Therapist, tenant: tenant(), practice: None }];
    let caller = Caller { roles, ..caller(&[]) };
    let to = Grantee::Practice { practice: practice(), role: Role::Therapist };
    let decision = decide(
        &POLICIES,
        &request(&caller, Action::Read, &record(&[Category::Goals])),
        &facts(None, vec![grant(to, Purpose::Treatment)]),
    );
    assert!(permitted(&decision).is_empty());
}

//! What must hold for every decision, whatever the caller, the grants and the request.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod cases;
mod given;
use cases::*;
use given::*;
use holdfast_access::*;
use holdfast_types::*;
use proptest::{collection::vec, prelude::*, sample::select};
use std::time::Duration;

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
    fn no_grant_opens_more_to_a_role_than_the_role_goes(
        case in cases(), role in select(Role::ALL), purpose in select(Purpose::ALL)
    ) {
        let granted = grant(Grantee::Practice { practice: practice(), role }, purpose);
        let facts = Facts { grants: vec![granted.clone()], ..facts(None, Vec::new()) };
        let asked = Case { caller: caller(&[role]), purpose, record: record(Category::ALL), facts, ..case };
        let open: Vec<Category> = match asked.action {
            // All that is asked for, or nothing.
            Action::Contribute => Category::ALL
                .iter()
                .filter(|category| !permitted(&Case { record: record(&[**category]), ..asked.clone() }.decide()).is_empty())
                .copied()
                .collect(),
            Action::Read | Action::Download | Action::Share => permitted(&asked.decide()).to_vec(),
        };
        let most: Vec<Category> = Category::ALL
            .iter()
            .filter(|category| Roles::table().opens(role, asked.action, purpose, **category))
            .copied()
            .collect();
        prop_assert_eq!(open, most, "all of it is opened, and no more");
    }

    #[test]
    fn who_sees_no_content_by_one_role_sees_none_by_another(case in cases(), role in select(vec![Role::ComplianceOfficer, Role::Operator, Role::Support])) {
        let mut also = case.clone();
        also.caller.roles.push(RoleAssignment { role, tenant: tenant(), practice: None });
        also.facts.relationship = None;
        prop_assert!(permitted(&also.decide()).is_empty());
    }

    #[test]
    fn a_policy_that_is_left_out_beforehand_would_not_have_spoken(case in cases()) {
        let (sliced, whole) = (case.decide_within(), case.decide_by(&UNSLICED));
        prop_assert_eq!(sliced.0, whole.0);
        prop_assert_eq!(format!("{:?}", sliced.1), format!("{:?}", whole.1));
    }

    #[test]
    fn every_permit_names_its_rules_and_its_grants(case in cases()) {
        if let Decision::Permitted { categories, parts, rule_ids, grants } = case.decide() {
            prop_assert!(parts.iter().all(|part| categories.contains(part)));
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
    fn what_was_taken_in_an_emergency_is_read_by_its_own_rule_and_opens_what_a_holder_would_have(
        case in cases(), category in select(Category::ALL), role in select(Role::ALL), action in select(Action::ALL)
    ) {
        let mut taken = grant(Grantee::Account(account()), Purpose::EmergencyTreatment);
        taken.basis = Basis::Emergency;
        let facts = Facts { grants: vec![taken.clone()], relationship: None, ..case.facts };
        let (caller, record) = (caller(&[role]), record(&[category]));
        let emergency = Case { caller, action, purpose: Purpose::EmergencyTreatment, record, facts, in_part: case.in_part };
        let decision = emergency.decide();
        if let Decision::Permitted { rule_ids, grants, .. } = &decision {
            prop_assert_eq!(rule_ids, &["emergency-access"]);
            prop_assert_eq!(grants, &[GrantRevision { grant: taken.id, revision: 1 }]);
        }
        let fresh = emergency.facts.consent_age.is_some_and(|age| age <= CONSENT_AGE_MAX);
        let opens = [Role::Therapist, Role::Supervisor].contains(&role) && action == Action::Read && fresh && !emergency.is_kept(category);
        prop_assert_eq!(!permitted(&decision).is_empty(), opens);
        for purpose in Purpose::ALL.iter().filter(|purpose| **purpose != Purpose::EmergencyTreatment) {
            let otherwise = Case { purpose: *purpose, ..emergency.clone() }.decide();
            prop_assert!(permitted(&otherwise).is_empty());
        }
    }

    #[test]
    fn what_is_shown_of_a_part_is_what_one_of_the_grants_names(case in cases(), there in things()) {
        let alone = |grant: &GrantFact| {
            let whole = GrantFact { narrowing: None, ..grant.clone() };
            let facts = Facts { grants: vec![whole], ..case.facts.clone() };
            let one = Case { record: record(&[there.category]), facts, ..case.clone() };
            let counts = grant.narrowing.is_none()
                || (case.in_part && matches!(case.action, Action::Read | Action::Download));
            counts && !permitted(&one.decide()).is_empty() && there.named_by(grant)
        };
        let asked = Case { record: record(&[there.category]), ..case.clone() };
        let helps = case.facts.relationship == Some(Relationship::Proxy) && case.action == Action::Share;
        let holds = case.facts.relationship.is_some() && !helps;
        let expected = holds || case.facts.grants.iter().any(alone);
        prop_assert_eq!(asked.shows(&there), expected);
        let (decision, within) = asked.decide_within();
        if let Decision::Permitted { parts, .. } = decision {
            prop_assert_eq!(within.is_whole(), parts.is_empty());
        }
    }

    #[test]
    fn a_narrowing_never_widens(
        case in cases(), which in prop::sample::Index::arbitrary(), narrowing in narrowings(), there in things(),
    ) {
        if !case.facts.grants.is_empty() {
            let (mut whole, mut narrowed) = (case.clone(), case.clone());
            let which = which.index(case.facts.grants.len());
            whole.facts.grants[which].narrowing = None;
            narrowed.facts.grants[which].narrowing = Some(narrowing);
            let (before, after) = (whole.decide(), narrowed.decide());
            prop_assert!(permitted(&after).iter().all(|category| permitted(&before).contains(category)));
            prop_assert!(!narrowed.shows(&there) || whole.shows(&there));
            let mut without = case.clone();
            without.facts.grants.remove(which);
            prop_assert!(!without.shows(&there) || narrowed.shows(&there));
        }
    }

    #[test]
    fn to_whom_cannot_leave_out_a_part_grants_of_parts_open_nothing(case in cases()) {
        let whole = Case { in_part: false, ..case.clone() };
        let mut without = whole.clone();
        without.facts.grants.retain(|grant| grant.narrowing.is_none());
        let (with, without) = (whole.decide(), without.decide());
        prop_assert_eq!(permitted(&with), permitted(&without));
        let parts = matches!(whole.decide(), Decision::Permitted { parts, .. } if !parts.is_empty());
        prop_assert!(!parts);
    }

    #[test]
    fn a_visit_is_wanted_where_it_alone_opens_what_is_asked_for(case in cases()) {
        let request = Request { purpose: case.purpose, ..request(&case.caller, case.action, &case.record) };
        let wanted = visits_wanted(&POLICIES, &request, &case.facts, case.in_part);
        let mut begun = case.clone();
        for grant in begun.facts.grants.iter_mut().filter(|grant| wanted.contains(&grant.id)) {
            grant.uses = grant.uses.map(|uses| match uses.are_left() {
                true => Uses { visit_until: Some(chrono::DateTime::<chrono::Utc>::MAX_UTC), ..uses },
                false => uses,
            });
        }
        let after = begun.decide();
        match &after {
            Decision::Permitted { grants, .. } => {
                prop_assert!(wanted.iter().all(|wanted| grants.iter().any(|named| named.grant == *wanted)));
            }
            Decision::Refused { .. } => prop_assert!(wanted.is_empty()),
        }
        // Nothing more would open by any other visit that is left.
        let facts = case.facts.on_visits(request.now).unwrap_or_else(|| case.facts.clone());
        let other = Case { facts, ..case.clone() }.decide();
        prop_assert_eq!(permitted(&other), permitted(&after));
        // And none is used up for what is open without it.
        let mut without = case.clone();
        without.facts.grants.retain(|grant| grant.uses.is_none());
        if permitted(&without.decide()) == case.record.categories && !case.in_part {
            prop_assert!(wanted.is_empty());
        }
    }

    #[test]
    fn only_holders_share_and_holders_are_never_refused(case in cases()) {
        let decision = case.decide();
        if case.facts.relationship == Some(Relationship::Proxy) && case.action == Action::Share {
            prop_assert!(permitted(&decision).is_empty());
        } else if case.facts.relationship.is_some() {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_holder_is_a_holder_where_they_hold_a_room_and_like_anybody_elsewhere(case in cases(), spans in vec(spans(), 0..4)) {
        let relationship = spans.first().map(|span| span.relationship);
        let facts = Facts { relationship, held: Held::Spans(spans.clone()), ..case.facts.clone() };
        let stranger = Facts { relationship: None, held: Held::default(), ..case.facts.clone() };
        for category in &case.record.categories {
            let one = |facts: &Facts| {
                let asked = Case { record: record(&[*category]), facts: facts.clone(), ..case.clone() };
                asked.decide_within()
            };
            let held = spans.iter().find(|span| span.holds(case.action, *category));
            let ((decision, within), as_stranger) = (one(&facts), one(&stranger));
            match held.filter(|span| span.relationship != Relationship::Proxy || case.action != Action::Share) {
                Some(_) => prop_assert!(permitted(&decision) == [*category] && within.is_whole()),
                None if held.is_some() => prop_assert!(permitted(&decision).is_empty()),
                None => {
                    prop_assert_eq!(&decision, &as_stranger.0);
                    prop_assert_eq!(format!("{within:?}"), format!("{:?}", as_stranger.1));
                }
            }
        }
    }

    #[test]
    fn a_history_is_read_by_whoever_holds_every_room_and_by_no_other_holder(spans in vec(spans(), 0..4), caller in callers()) {
        let whole = Category::ALL.iter().all(|room| spans.iter().any(|span| span.holds(Action::Read, *room)));
        let held = Facts {
            relationship: spans.first().map(|span| span.relationship),
            held: Held::Spans(spans),
            ..facts(None, Vec::new())
        };
        let decision = decide_oversight(&POLICIES, &caller, &Oversight::RecordHistory(patient()), &held);
        prop_assert_eq!(matches!(decision, Decision::Permitted { .. }), whole);
    }

    #[test]
    fn a_span_that_is_taken_away_never_widens(case in cases(), spans in vec(spans(), 1..4), there in things()) {
        let holding = |spans: &[Span]| {
            let relationship = spans.first().map(|span| span.relationship);
            let facts = Facts { relationship, held: Held::Spans(spans.to_vec()), ..case.facts.clone() };
            Case { record: record(&[there.category]), facts, ..case.clone() }
        };
        let (before, after) = (holding(&spans), holding(&spans[1..]));
        let proxy = spans[0].relationship == Relationship::Proxy && case.action == Action::Share;
        prop_assert!(proxy || !after.shows(&there) || before.shows(&there));
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

//! Deciding again: consent as it stood is what the tables held, what the gate published leads to what it decided, and any change is seen.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use chrono::TimeDelta;
use given::*;
use holdfast_access::{
    replay::{Asked, Decided, Difference, NoReplay, Stood},
    views::{ConsentFact, VisitFact},
    *,
};
use holdfast_proto::{Word, access::v1 as pb};
use holdfast_testkit::{FakeClock, SeededIds};
use holdfast_types::*;
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};

/// Stories that are told to the tables and to the replay.
const STORIES: u128 = 60;

fn accounts() -> impl Strategy<Value = AccountId> {
    select(vec![account(), AccountId::new(id(0xACD))])
}

fn practices() -> impl Strategy<Value = PracticeId> {
    select(vec![practice(), other_practice()])
}

fn callers() -> impl Strategy<Value = Caller> {
    let role = (select(Role::ALL), option::of(practices()));
    (accounts(), vec(role, 0..3)).prop_map(|(account, roles)| Caller {
        account,
        roles: roles
            .into_iter()
            .map(|(role, practice)| RoleAssignment { role, tenant: tenant(), practice })
            .collect(),
        ..caller(&[])
    })
}

fn grantees() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        accounts().prop_map(Grantee::Account),
        (practices(), select(Role::ALL)).prop_map(|(practice, role)| Grantee::Practice { practice, role }),
    ]
}

fn narrowings() -> impl Strategy<Value = Narrowing> {
    let at = now() - TimeDelta::hours(1);
    select(vec![
        Narrowing { items: vec![id(1), id(2)], ..Narrowing::default() },
        Narrowing { authors: vec![account()], since: Some(at), ..Narrowing::default() },
        Narrowing { items: vec![id(3)], until: Some(at), ..Narrowing::default() },
    ])
}

prop_compose! {
    /// Few ids, so that some are told twice; few beginnings, so that some are the same.
    fn grants(story: u128)(
        number in 1..9_u128,
        grantee in grantees(),
        categories in subsequence(Category::ALL, 1..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
        purposes in subsequence(Purpose::ALL, 1..=Purpose::ALL.len()),
        from in -3..2_i64,
        hours in option::of(1..4_i64),
        basis in select(Basis::ALL),
        narrowing in option::weighted(0.3, narrowings()),
        uses in option::weighted(0.3, (1..4_u32).prop_map(Uses::of)),
    ) -> GrantFact {
        let from = now() + TimeDelta::hours(from);
        let period = Period::try_new(from, hours.map(|hours| from + TimeDelta::hours(hours))).unwrap();
        let (id, patient) = (GrantId::new(id(story * 100 + number)), of(story));
        GrantFact { id, revision: 1, patient, grantee, categories, actions, purposes, period, revoked: None, basis, narrowing, uses }
    }
}

/// Few ids, too: what was lifted is told again, and changes nothing.
fn marks(story: u128) -> impl Strategy<Value = MarkFact> {
    let what = prop_oneof![
        select(Category::ALL).prop_map(Marked::Category),
        (1..5_u128).prop_map(|number| Marked::Item(id(number))),
        accounts().prop_map(Marked::Author),
    ];
    let kept_from = prop_oneof![
        Just(KeptFrom::Everybody),
        accounts().prop_map(KeptFrom::Account),
        practices().prop_map(KeptFrom::Practice),
    ];
    (1..9_u128, what, kept_from).prop_map(move |(number, what, kept_from)| MarkFact {
        id: MarkId::new(id(story * 100 + number)),
        patient: of(story),
        what,
        kept_from,
    })
}

prop_compose! {
    fn spans()(
        account in accounts(),
        relationship in select(Relationship::ALL),
        categories in subsequence(Category::ALL, 1..=Category::ALL.len()),
        actions in subsequence(Action::ALL, 1..=Action::ALL.len()),
        from in -3..2_i64,
        hours in option::of(1..4_i64),
        authority in option::of((1..9_u128).prop_map(|number| AuthorityId::new(id(number)))),
    ) -> Span {
        let from = now() + TimeDelta::hours(from);
        let period = Period::try_new(from, hours.map(|hours| from + TimeDelta::hours(hours))).unwrap();
        Span { account, relationship, categories, actions, period, authority }
    }
}

fn of(story: u128) -> PatientId {
    PatientId::new(id(0xA000 + story))
}

fn facts_told(story: u128) -> impl Strategy<Value = Vec<ConsentFact>> {
    let patient = of(story);
    let fact = prop_oneof![
        2 => select(vec![tenant(), other_tenant()]).prop_map(move |tenant| ConsentFact::RecordOpened { patient, tenant }),
        1 => (accounts(), select(Relationship::ALL)).prop_map(move |(account, relationship)| {
            ConsentFact::HolderAdded { patient, account, relationship }
        }),
        1 => (vec(spans(), 0..4), 1..5_u64).prop_map(move |(spans, revision)| {
            ConsentFact::AuthoritySettled { patient, spans, revision }
        }),
        6 => grants(story).prop_map(ConsentFact::GrantGiven),
        3 => (1..9_u128, 1..4_u64).prop_map(move |(number, revision)| ConsentFact::GrantRevoked {
            grant: GrantId::new(id(story * 100 + number)), revoked: now(), revision,
        }),
        3 => (1..9_u128, accounts(), 1..4_u32, -1..2_i64).prop_map(move |(number, account, visit, hours)| {
            let (grant, until) = (GrantId::new(id(story * 100 + number)), now() + TimeDelta::hours(hours));
            ConsentFact::VisitBegun(VisitFact { patient, grant, account, number: visit, until })
        }),
        3 => marks(story).prop_map(ConsentFact::MarkSet),
        1 => (1..9_u128).prop_map(move |number| ConsentFact::MarkLifted {
            patient, mark: MarkId::new(id(story * 100 + number)),
        }),
    ];
    vec(fact, 0..18)
}

async fn pool() -> PgPool {
    gate_tables().await.pool
}

#[tokio::test]
async fn consent_as_it_stood_is_what_the_tables_held_whatever_was_told() {
    let pool = pool().await;
    let mut runner = TestRunner::deterministic();
    let (mut found, mut with_grants) = (0, 0);
    for story in 0..STORIES {
        let told = facts_told(story).new_tree(&mut runner).unwrap().current();
        let mut stood = Stood::default();
        let mut conn = pool.acquire().await.unwrap();
        for fact in told {
            views::apply(&mut conn, &fact).await.unwrap();
            stood.hear(fact);
        }
        for _ in 0..8 {
            let caller = callers().new_tree(&mut runner).unwrap().current();
            for moment in [now() - TimeDelta::hours(2), now(), now() + TimeDelta::hours(1)] {
                let read = views::facts(&pool, "records", &[of(story)], &caller, moment).await.unwrap();
                let read = read.into_iter().next().unwrap().1;
                let replayed = Facts { consent_seq: Some(0), ..stood.facts(&caller, moment) };
                assert_eq!(replayed, read, "story {story}");
                found += 1;
                with_grants += usize::from(read.grants.len() > 1);
            }
        }
    }
    assert!(found > 1000 && with_grants > 50, "{with_grants} of {found} have an order to keep");
}

/// As old as that.
struct Age(Duration);

impl Freshness for Age {
    fn consent_age(&self) -> Option<Duration> {
        Some(self.0)
    }
}

#[tokio::test]
async fn what_the_gate_published_leads_to_what_it_decided() {
    let (database, clock) = (gate_tables().await, FakeClock::monday_noon());
    clock.set(now());
    let log = log_of(Service::Records, &database, Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
    let policies = Arc::new(Policies::load().unwrap());
    let mut runner = TestRunner::deterministic();
    let mut stood = Stood::default();
    let mut told = facts_told(1).new_tree(&mut runner).unwrap().current();
    told.insert(0, ConsentFact::RecordOpened { patient: of(1), tenant: tenant() });
    let mut part = grant(Grantee::Account(account()), Purpose::Treatment);
    (part.id, part.patient) = (GrantId::new(id(99)), of(1));
    (part.purposes, part.narrowing) =
        (Purpose::ALL.to_vec(), Some(Narrowing { items: vec![id(1)], ..Narrowing::default() }));
    told.push(ConsentFact::GrantGiven(part));
    for fact in told {
        views::apply(&mut database.pool.acquire().await.unwrap(), &fact).await.unwrap();
        stood.hear(fact);
    }
    let asked = [
        Oversight::RecordHistory(of(1)),
        Oversight::TenantHistory { tenant: tenant(), patient: Some(of(1)) },
        Oversight::TenantHistory { tenant: other_tenant(), patient: None },
        Oversight::LogHealth,
        Oversight::Installation,
        Oversight::Tenant(tenant()),
        Oversight::Directory,
        Oversight::Erasure(of(1)),
        Oversight::Treatments(practice()),
        Oversight::TreatmentPolicy(practice()),
    ];
    let mut parts = 0;
    for age_ms in [0, 10_000, 10_001] {
        let age = Arc::new(Age(Duration::from_millis(age_ms)));
        let gate = Gate::new(Arc::clone(&policies), log.clone(), age, CONSENT_AGE_MAX);
        for _ in 0..12 {
            let caller = callers().new_tree(&mut runner).unwrap().current();
            let purpose = option::of(select(Purpose::ALL)).new_tree(&mut runner).unwrap().current();
            let context = RequestContext { caller, purpose, correlation: id(9), traceparent: None };
            for action in Action::ALL {
                let rooms = subsequence(Category::ALL, 1..=6).new_tree(&mut runner).unwrap().current();
                if let Ok(permit) =
                    gate.authorise(&context, *action, of(1), &rooms, "records.ListItems").await
                {
                    gate.release(permit, Unreleased::new((), vec![])).await.unwrap();
                }
                if let Ok(permit) =
                    gate.authorise_in_part(&context, *action, of(1), &rooms, "records.ListItems").await
                {
                    parts += usize::from(!permit.within().is_whole());
                    gate.release(permit, Unreleased::new((), vec![])).await.unwrap();
                }
            }
            for asked in asked {
                if let Ok(permit) = gate.authorise_oversight(&context, asked, "audit.SearchEntries").await {
                    gate.release(permit, Unreleased::new((), vec![])).await.unwrap();
                }
            }
            clock.advance(TimeDelta::seconds(601));
        }
    }
    let (mut permitted, mut refused, mut stale) = (0, 0, 0);
    for (lane, _) in log.heads().await.unwrap() {
        for stored in log.read_lane(lane, 0, 10_000).await.unwrap() {
            let event: AccessEvent = log.open(stored).await.unwrap().decode().unwrap();
            let decided = Decided::read(&event.to_public()).unwrap();
            let again = decided.again(&policies, &stood);
            assert_eq!(decided.differences(&again), [], "{decided:?} and {again:?}");
            match &decided.decision {
                Decision::Permitted { .. } => permitted += 1,
                Decision::Refused { reason: Denial::NotPermitted, .. } => refused += 1,
                Decision::Refused { reason: Denial::ConsentStale, .. } => stale += 1,
            }
        }
    }
    assert!(
        permitted > 20 && refused > 20 && stale > 20 && parts > 5,
        "{permitted} permitted, {parts} of them in part, {refused} refused, {stale} stale"
    );
}

/// A therapist's look at two rooms of which one is open, by the one grant there is.
fn look() -> (pb::AccessRecorded, Stood) {
    let to = Grantee::Practice { practice: practice(), role: Role::Therapist };
    let given = GrantFact { categories: vec![Category::Goals], ..grant(to, Purpose::Treatment) };
    let mut stood = Stood::default();
    stood.hear(ConsentFact::RecordOpened { patient: patient(), tenant: tenant() });
    stood.hear(ConsentFact::GrantGiven(given.clone()));
    let held = RoleAssignment { role: Role::Therapist, tenant: tenant(), practice: Some(practice()) };
    let access = Access {
        account: account(),
        session: None,
        roles: vec![held],
        patient: Some(patient()),
        oversight: None,
        action: Action::Read,
        categories: vec![Category::Goals, Category::Notes],
        permitted_categories: vec![Category::Goals],
        purpose: Purpose::Treatment,
        rule_ids: vec!["granted-to-role-at-organization".to_owned()],
        grants: vec![GrantRevision { grant: given.id, revision: 1 }],
        policy_digest: "00ff".to_owned(),
        relationship: None,
        refusal_reason: None,
        returned: Vec::new(),
        operation: "records.ListItems".to_owned(),
        consent_age_ms: Some(120),
        consent_age_ms_max: 10_000,
        decided_time: now(),
        consent_seq: Some(7),
        in_part: false,
        part_categories: Vec::new(),
        ahead_of_visit: false,
    };
    (AccessEvent::Permitted(Box::new(access)).to_public(), stood)
}

fn differences(event: &pb::AccessRecorded, stood: &Stood) -> Vec<Difference> {
    let decided = Decided::read(event).unwrap();
    decided.differences(&decided.again(&Policies::load().unwrap(), stood))
}

#[test]
fn whatever_is_pretended_is_seen() {
    let (event, stood) = look();
    assert_eq!(differences(&event, &stood), []);
    let seen = |change: fn(&mut pb::AccessRecorded)| {
        let mut changed = event.clone();
        change(&mut changed);
        differences(&changed, &stood)
    };
    assert_eq!(seen(|event| event.grants[0].revision = 2), [Difference::Grants]);
    assert_eq!(seen(|event| event.grants[0].grant_id = id(0x62).to_string()), [Difference::Grants]);
    assert_eq!(seen(|event| event.rule_ids[0].push('x')), [Difference::Rules]);
    let more = |event: &mut pb::AccessRecorded| event.permitted_categories.push(Category::Notes.to_proto());
    assert_eq!(seen(more), [Difference::Categories]);
    let in_part = |event: &mut pb::AccessRecorded| event.part_categories.push(Category::Goals.to_proto());
    assert_eq!(seen(in_part), [Difference::Categories]);
    let holder = |event: &mut pb::AccessRecorded| event.relationship = Relationship::Parent.to_proto();
    assert_eq!(seen(holder), [Difference::Relationship]);
    assert_eq!(seen(|event| event.held_roles.clear()), [Difference::Outcome]);
    assert_eq!(seen(|event| event.purpose = Purpose::Payment.to_proto()), [Difference::Outcome]);
    assert_eq!(seen(|event| event.consent_age_ms = 10_001), [Difference::Outcome]);
    assert_eq!(seen(|event| event.account_id = id(1).to_string()), [], "it was shared with the practice");
}

#[test]
fn a_refusal_is_compared_by_reason_and_rules() {
    let (mut event, mut stood) = look();
    stood.hear(ConsentFact::GrantRevoked { grant: GrantId::new(id(0x61)), revoked: now(), revision: 2 });
    assert_eq!(differences(&event, &stood), [Difference::Outcome], "it was revoked by then");
    event.set_outcome(pb::Outcome::Refused);
    event.refusal_reason = "NOT_PERMITTED".to_owned();
    event.rule_ids.clear();
    assert_eq!(differences(&event, &stood), []);
    event.refusal_reason = "CONSENT_STALE".to_owned();
    assert_eq!(differences(&event, &stood), [Difference::Reason]);
}

#[test]
fn what_cannot_be_decided_again_says_why() {
    let (event, _) = look();
    let why = |change: fn(&mut pb::AccessRecorded)| {
        let mut changed = event.clone();
        change(&mut changed);
        Decided::read(&changed).unwrap_err()
    };
    assert_eq!(why(|event| event.policy_digest.clear()), NoReplay::NotByPolicy);
    assert_eq!(why(|event| event.decided_time = None), NoReplay::InputsNotRecorded);
    assert_eq!(why(|event| event.consent_seq = None), NoReplay::InputsNotRecorded);
    for garble in [
        (|event| event.account_id.clear()) as fn(&mut pb::AccessRecorded),
        |event| event.patient_id = "seven".to_owned(),
        |event| event.action = 0,
        |event| event.purpose = 99,
        |event| event.categories[0] = 99,
        |event| event.outcome = 0,
        |event| event.outcome = pb::Outcome::Refused.into(),
        |event| event.held_roles[0].tenant_id.clear(),
    ] {
        assert!(matches!(why(garble), NoReplay::Unreadable(_)));
    }
    let decided = Decided::read(&event).unwrap();
    assert!(matches!(decided.asked, Asked::Rooms { action: Action::Read, .. }));
    assert_eq!((decided.consent_seq, decided.now), (Some(7), now()));
}

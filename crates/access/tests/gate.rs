//! The gate on a real PostgreSQL: what it answers, what it refuses, and what stands on the log for each.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use chrono::{DateTime, TimeDelta, Utc};
use given::*;
use holdfast_access::{views::ConsentFact, *};
use holdfast_eventlog::{EventLog, Header, Right, Subject};
use holdfast_proto::access::v1 as pb;
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase};
use holdfast_types::*;
use sqlx::{Connection, PgConnection};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A feed as old as it is told to be.
#[derive(Clone, Default)]
struct Age(Arc<AtomicU64>);

impl Freshness for Age {
    fn consent_age(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

struct World {
    database: TestDatabase,
    log: EventLog,
    gate: Gate,
    age: Age,
    clock: FakeClock,
}

async fn world() -> World {
    let (database, clock) = (gate_tables().await, FakeClock::monday_noon());
    clock.set(now());
    let log = log_of(Service::Records, &database, Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
    let age = Age::default();
    let gate =
        Gate::new(Arc::new(Policies::load().unwrap()), log.clone(), Arc::new(age.clone()), CONSENT_AGE_MAX);
    let world = World { database, log, gate, age, clock };
    world.hear(ConsentFact::RecordOpened { patient: patient(), tenant: tenant() }).await;
    world
}

impl World {
    async fn hear(&self, fact: ConsentFact) {
        let mut conn = self.database.pool.acquire().await.unwrap();
        views::apply(&mut conn, &fact).await.unwrap();
    }

    async fn holder(&self, account: AccountId, relationship: Relationship) {
        self.hear(ConsentFact::HolderAdded { patient: patient(), account, relationship }).await;
    }

    /// Everything on the log, in order within each lane.
    async fn recorded(&self) -> Vec<(Header, AccessEvent)> {
        let mut events = Vec::new();
        for (lane, _) in self.log.heads().await.unwrap() {
            for stored in self.log.read_lane(lane, 0, 10_000).await.unwrap() {
                let opened = self.log.open(stored).await.unwrap();
                events.push((opened.header.clone(), opened.decode().unwrap()));
            }
        }
        events
    }

    async fn superuser(&self, sql: &'static str) {
        let mut conn = PgConnection::connect(&self.database.superuser_url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    async fn read(&self, context: &RequestContext, categories: &[Category]) -> Result<Permit, Refused> {
        self.gate.authorise(context, Action::Read, patient(), categories, "records.ListItems").await
    }
}

fn by(caller: Caller) -> RequestContext {
    RequestContext { caller, purpose: None, correlation: id(0xC0), traceparent: None }
}

fn therapist() -> RequestContext {
    by(caller(&[Role::Therapist]))
}

fn goals_for_therapists() -> GrantFact {
    let to = Grantee::Practice { practice: practice(), role: Role::Therapist };
    GrantFact {
        categories: vec![Category::Goals],
        actions: vec![Action::Read],
        ..grant(to, Purpose::Treatment)
    }
}

fn two_goals() -> Unreleased<&'static str> {
    Unreleased::new(
        "two goals",
        vec![Returned { id: id(1), revision: 3 }, Returned { id: id(2), revision: 1 }],
    )
}

#[tokio::test]
async fn an_answer_leaves_once_its_event_with_all_its_grounds_is_on_the_log() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    let permit = world.read(&therapist(), &[Category::Goals, Category::Notes]).await.unwrap();
    assert_eq!((permit.patient(), permit.categories()), (patient(), [Category::Goals].as_slice()));
    assert!(permit.covers(Category::Goals) && !permit.covers(Category::Notes));
    assert!(world.recorded().await.is_empty(), "nothing has left yet");

    assert_eq!(world.gate.release(permit, two_goals()).await.unwrap(), "two goals");

    let recorded = world.recorded().await;
    let [(header, AccessEvent::Permitted(access))] = recorded.as_slice() else { panic!("{recorded:?}") };
    assert_eq!(header.event_type, "access.permitted");
    assert_eq!((header.patient, header.tenant), (Some(patient()), tenant()));
    assert_eq!((header.actor, header.purpose), (Actor::Account(account()), Purpose::Treatment));
    assert_eq!((header.on_behalf_of, header.correlation), (None, id(0xC0)));
    assert_eq!(access.categories, [Category::Goals, Category::Notes]);
    assert_eq!(access.permitted_categories, [Category::Goals]);
    assert_eq!(access.rule_ids, ["granted-to-role-at-organization"]);
    assert_eq!(access.grants, [GrantRevision { grant: goals_for_therapists().id, revision: 1 }]);
    assert_eq!(access.policy_digest, hex::encode(Policies::load().unwrap().digest()));
    assert_eq!(access.returned.len(), 2);
    assert_eq!((access.consent_age_ms, access.consent_age_ms_max), (Some(0), 10_000));
    assert_eq!((access.decided_time, access.operation.as_str()), (now(), "records.ListItems"));
}

#[tokio::test]
async fn what_others_hear_of_an_answer_says_the_same() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    let permit = world.read(&therapist(), &[Category::Goals]).await.unwrap();
    world.gate.release(permit, two_goals()).await.unwrap();
    let stored = world.log.read_lane(Subject::Patient(patient()).lane(), 0, 10).await.unwrap().remove(0);
    let heard = world.log.envelope(stored).await.unwrap().public_payload.unwrap();
    let heard: pb::AccessRecorded = heard.to_msg().unwrap();
    assert_eq!(heard.outcome(), pb::Outcome::Permitted);
    assert_eq!((heard.account_id, heard.patient_id), (account().to_string(), patient().to_string()));
    assert_eq!(heard.roles, [format!("therapist@{}", practice())]);
    assert_eq!(heard.permitted_categories, [holdfast_proto::Word::to_proto(Category::Goals)]);
    assert_eq!(heard.grants[0].grant_id, goals_for_therapists().id.to_string());
    assert_eq!((heard.returned[0].id.clone(), heard.returned[0].revision), (id(1).to_string(), 3));
    assert_eq!((heard.relationship, heard.refusal_reason.as_str()), (0, ""));
}

#[tokio::test]
async fn a_refusal_is_on_the_log_before_it_is_answered() {
    let world = world().await;
    let refused = world.read(&therapist(), &[Category::Goals]).await.unwrap_err();
    assert_eq!(refused.reason(), "NOT_PERMITTED");
    let recorded = world.recorded().await;
    let [(header, AccessEvent::Refused(access))] = recorded.as_slice() else { panic!("{recorded:?}") };
    assert_eq!((header.event_type.as_str(), header.patient), ("access.refused", Some(patient())));
    assert_eq!(access.refusal_reason.as_deref(), Some("NOT_PERMITTED"));
    assert!(access.permitted_categories.is_empty() && access.returned.is_empty());
}

#[tokio::test]
async fn a_revoked_grant_is_refused_from_the_moment_it_is_heard_and_stays_so_when_told_again() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    assert!(world.read(&therapist(), &[Category::Goals]).await.is_ok());
    world
        .hear(ConsentFact::GrantRevoked { grant: goals_for_therapists().id, revoked: now(), revision: 2 })
        .await;
    assert_eq!(world.read(&therapist(), &[Category::Goals]).await.unwrap_err().reason(), "NOT_PERMITTED");
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    assert_eq!(world.read(&therapist(), &[Category::Goals]).await.unwrap_err().reason(), "NOT_PERMITTED");
}

#[tokio::test]
async fn a_grant_ends_by_itself() {
    let world = world().await;
    let until = now() + TimeDelta::hours(1);
    let period = Period::try_new(now() - TimeDelta::hours(1), Some(until)).unwrap();
    world.hear(ConsentFact::GrantGiven(GrantFact { period, ..goals_for_therapists() })).await;
    assert!(world.read(&therapist(), &[Category::Goals]).await.is_ok());
    world.clock.set(until);
    assert_eq!(world.read(&therapist(), &[Category::Goals]).await.unwrap_err().reason(), "NOT_PERMITTED");
}

#[tokio::test]
async fn while_the_feed_is_stale_holders_are_answered_and_others_wait() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    let parent = AccountId::new(id(0x9A));
    world.holder(parent, Relationship::Parent).await;
    let parent = by(Caller { account: parent, ..caller(&[]) });
    world.age.0.store(10_001, Ordering::SeqCst);
    assert_eq!(world.read(&therapist(), &[Category::Goals]).await.unwrap_err().reason(), "CONSENT_STALE");
    assert!(world.read(&parent, &[Category::Goals]).await.is_ok());
    world.age.0.store(0, Ordering::SeqCst);
    assert!(world.read(&therapist(), &[Category::Goals]).await.is_ok());
}

#[tokio::test]
async fn without_a_record_of_it_there_is_no_answer_and_with_the_log_back_there_is() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    let permit = world.read(&therapist(), &[Category::Goals]).await.unwrap();
    world.superuser("ALTER TABLE log.events ADD CONSTRAINT shut CHECK (false) NOT VALID").await;
    let unreleased = world.gate.release(permit, two_goals()).await.unwrap_err();
    assert_eq!(unreleased.reason(), "UNRECORDABLE");
    let denied = world.read(&therapist(), &[Category::Notes]).await.unwrap_err();
    assert_eq!(denied.reason(), "UNRECORDABLE", "a denial that cannot be recorded is still no answer");
    assert!(world.recorded().await.is_empty());
    world.superuser("ALTER TABLE log.events DROP CONSTRAINT shut").await;
    let permit = world.read(&therapist(), &[Category::Goals]).await.unwrap();
    assert_eq!(world.gate.release(permit, two_goals()).await.unwrap(), "two goals");
    world.database.pool.close().await;
    assert_eq!(world.read(&therapist(), &[Category::Goals]).await.unwrap_err().reason(), "UNRECORDABLE");
}

#[tokio::test]
async fn the_purpose_follows_from_what_the_caller_is_and_a_parent_acts_for_the_child() {
    let world = world().await;
    let (parent, child) = (AccountId::new(id(0x9A)), AccountId::new(id(0x9B)));
    world.holder(parent, Relationship::Parent).await;
    world.holder(child, Relationship::Patient).await;
    for (account, purpose, on_behalf_of) in
        [(parent, Purpose::FamilyRequest, Some(patient())), (child, Purpose::PatientRequest, None)]
    {
        let context = by(Caller { account, ..caller(&[]) });
        let authority = world
            .gate
            .authorise(&context, Action::Share, patient(), Category::ALL, "consent.GiveGrant")
            .await
            .unwrap()
            .into_authority();
        let context = authority.context();
        assert_eq!((authority.account(), context.actor), (account, Actor::Account(account)));
        assert_eq!(
            (context.purpose, context.on_behalf_of, context.tenant),
            (purpose, on_behalf_of, tenant())
        );
        let rule = if on_behalf_of.is_some() { "parent-holds-record" } else { "patient-holds-record" };
        assert_eq!(context.by_right, Right::of([rule], []), "what permitted it goes with the command");
    }
    let stated = RequestContext { purpose: Some(Purpose::Payment), ..therapist() };
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    assert_eq!(world.read(&stated, &[Category::Goals]).await.unwrap_err().reason(), "NOT_PERMITTED");
}

#[tokio::test]
async fn a_record_that_was_never_heard_of_is_refused_and_told_in_the_history_of_who_asked() {
    let world = world().await;
    let unknown = other_patient();
    let refused = world
        .gate
        .authorise(&therapist(), Action::Read, unknown, &[Category::Goals], "records.ListItems")
        .await;
    assert_eq!(refused.unwrap_err().reason(), "NOT_PERMITTED");
    let recorded = world.recorded().await;
    let [(header, AccessEvent::Refused(access))] = recorded.as_slice() else { panic!("{recorded:?}") };
    assert_eq!((header.subject, header.patient), (account().uuid(), None));
    assert_eq!(access.patient, Some(unknown));
}

#[tokio::test]
async fn a_list_over_many_records_gives_the_permitted_ones_each_with_its_event() {
    let world = world().await;
    let patients: Vec<PatientId> = (1..=40).map(|number| PatientId::new(id(0xAA00 + number))).collect();
    for (number, patient) in patients.iter().enumerate() {
        world.hear(ConsentFact::RecordOpened { patient: *patient, tenant: tenant() }).await;
        if number % 2 == 0 {
            let id = GrantId::new(patient.uuid());
            world
                .hear(ConsentFact::GrantGiven(GrantFact { id, patient: *patient, ..goals_for_therapists() }))
                .await;
        }
    }
    let context = therapist();
    let candidates = views::reachable(&world.database.pool, &context.caller, now(), None, 100).await.unwrap();
    assert_eq!(candidates.len(), 20);
    let permits = world
        .gate
        .authorise_each(&context, Action::Read, &patients, &[Category::Goals], "records.ListPatients")
        .await
        .unwrap();
    let permitted: Vec<PatientId> = permits.iter().map(Permit::patient).collect();
    assert_eq!(permitted, candidates);
    assert!(world.recorded().await.is_empty(), "nobody asked for the others by name");
    let answers = permits.into_iter().map(|permit| {
        let patient = permit.patient();
        (permit, Unreleased::new(patient, vec![Returned { id: patient.uuid(), revision: 1 }]))
    });
    assert_eq!(world.gate.release_each(answers.collect()).await.unwrap(), candidates);
    let mut told: Vec<_> =
        world.recorded().await.into_iter().filter_map(|(header, _)| header.patient).collect();
    told.sort();
    assert_eq!(told, candidates);
    let rest =
        views::reachable(&world.database.pool, &context.caller, now(), Some(candidates[4]), 3).await.unwrap();
    assert_eq!(rest, candidates[5..8]);
}

#[tokio::test]
async fn more_than_one_event_can_name_is_told_in_several_at_once() {
    let world = world().await;
    world.hear(ConsentFact::GrantGiven(goals_for_therapists())).await;
    let permit = world.read(&therapist(), &[Category::Goals]).await.unwrap();
    let returned: Vec<Returned> =
        (0..2 * RETURNED_MAX + 1).map(|n| Returned { id: id(n as u128), revision: 1 }).collect();
    world.gate.release(permit, Unreleased::new((), returned.clone())).await.unwrap();
    let recorded = world.recorded().await;
    let told = recorded.iter().flat_map(|(_, event)| match event {
        AccessEvent::Permitted(access) | AccessEvent::Refused(access) => access.returned.clone(),
    });
    assert_eq!(told.collect::<Vec<_>>(), returned);
    assert_eq!(recorded.iter().map(|(header, _)| header.revision).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn an_officer_reads_the_history_of_the_own_tenant_and_of_no_other() {
    let world = world().await;
    let officer = by(caller(&[Role::ComplianceOfficer]));
    let about_patient = Oversight::TenantHistory { tenant: tenant(), patient: Some(patient()) };
    let permit =
        world.gate.authorise_oversight(&officer, about_patient, "audit.SearchEntries").await.unwrap();
    world.gate.release(permit, Unreleased::new((), vec![])).await.unwrap();
    let elsewhere = Oversight::TenantHistory { tenant: other_tenant(), patient: None };
    let refused =
        world.gate.authorise_oversight(&officer, elsewhere, "audit.SearchEntries").await.unwrap_err();
    assert_eq!(refused.reason(), "NOT_PERMITTED");
    world.hear(ConsentFact::RecordOpened { patient: other_patient(), tenant: other_tenant() }).await;
    let of_another = Oversight::TenantHistory { tenant: tenant(), patient: Some(other_patient()) };
    assert!(world.gate.authorise_oversight(&officer, of_another, "audit.SearchEntries").await.is_err());
    assert_eq!(world.read(&officer, &[Category::Goals]).await.unwrap_err().reason(), "NOT_PERMITTED");

    let recorded = world.recorded().await;
    let looks: Vec<_> =
        recorded.iter().filter(|(header, _)| header.event_type == "access.permitted").collect();
    let [(header, AccessEvent::Permitted(access))] = looks.as_slice() else { panic!("{recorded:?}") };
    assert_eq!(
        (header.patient, header.purpose),
        (Some(patient()), Purpose::Operations),
        "the patient sees the look"
    );
    assert_eq!(access.oversight, Some(about_patient));
    assert_eq!(recorded.len(), 4);
}

#[tokio::test]
async fn the_grants_read_for_a_decision_are_those_that_reach_the_caller() {
    let world = world().await;
    let to_account = Grantee::Account(account());
    let at: DateTime<Utc> = now();
    let grant = |number: u128, grantee| GrantFact {
        id: GrantId::new(id(number)),
        ..grant(grantee, Purpose::Treatment)
    };
    let to_practice = |practice, role| Grantee::Practice { practice, role };
    for fact in [
        grant(1, to_account),
        grant(2, to_practice(practice(), Role::Therapist)),
        grant(3, to_practice(practice(), Role::FrontDesk)),
        grant(4, to_practice(other_practice(), Role::Therapist)),
        grant(5, Grantee::Account(AccountId::new(id(0xBAD)))),
        GrantFact { patient: other_patient(), ..grant(6, to_account) },
        GrantFact { revoked: Some(at), ..grant(7, to_account) },
        GrantFact {
            period: Period::try_new(at - TimeDelta::hours(2), Some(at)).unwrap(),
            ..grant(8, to_account)
        },
    ] {
        world.hear(ConsentFact::GrantGiven(fact)).await;
    }
    let caller = caller(&[Role::Therapist]);
    let asked = [other_patient(), patient()];
    let read = views::facts(&world.database.pool, "records", &asked, &caller, at).await.unwrap();
    let [(first, unheard), (second, known)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!([*first, *second], asked);
    assert_eq!(unheard.record_tenant, None);
    assert_eq!(known.record_tenant, Some(tenant()));
    assert_eq!(known.grants, [grant(1, to_account), grant(2, to_practice(practice(), Role::Therapist))]);
}

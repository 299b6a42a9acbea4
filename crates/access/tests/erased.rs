//! An erased record: what the gate answers about it, and how a service takes in that it was erased.
#![cfg(test)]
mod given;
use given::*;
use holdfast_access::{
    views::{ConsentFact, ConsentFeed, Erasure},
    *,
};
use holdfast_eventlog::{Envelope, EventLog, KeyError, Reaction, Subject};
use holdfast_proto::{consent::v1 as pb, timestamp};
use holdfast_testkit::{FakeClock, TestDatabase};
use holdfast_types::*;
use prost_types::Any;
use sqlx::Acquire as _;
use std::sync::Arc;

struct World {
    database: TestDatabase,
    log: EventLog,
    gate: Gate,
}

async fn world() -> World {
    world_of(Service::Records).await
}

async fn world_of(service: Service) -> World {
    let (database, clock) = (gate_tables().await, FakeClock::monday_noon());
    clock.set(now());
    let log = log_of(service, &database, Arc::new(clock), Arc::new(SystemIds));
    let gate =
        Gate::new(Arc::new(Policies::load().unwrap()), log.clone(), Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let world = World { database, log, gate };
    for patient in [patient(), other_patient()] {
        world.hear(ConsentFact::RecordOpened { patient, tenant: tenant() }).await;
        let relationship = Relationship::Parent;
        world.hear(ConsentFact::HolderAdded { patient, account: account(), relationship }).await;
    }
    world
}

impl World {
    async fn hear(&self, fact: ConsentFact) {
        let mut conn = self.database.pool.acquire().await.unwrap();
        views::apply(&mut conn, &fact).await.unwrap();
    }

    async fn recorded(&self, subject: Subject) -> Vec<AccessEvent> {
        let mut events = Vec::new();
        for stored in self.log.read_lane(subject.lane(), 0, 100).await.unwrap() {
            if stored.header.subject == subject.uuid() {
                events.push(self.log.open(stored).await.unwrap().decode().unwrap());
            }
        }
        events
    }

    async fn read(&self, who: &RequestContext) -> Result<Permit, Refused> {
        self.gate.authorise(who, Action::Read, patient(), Category::ALL, "records.ListItems").await
    }

    async fn look_at_history(&self) {
        let (who, history) = (by(account()), Oversight::RecordHistory(patient()));
        let permit = self.gate.authorise_oversight(&who, history, "audit.ListPatientEntries").await.unwrap();
        self.gate.release(permit, Unreleased::new((), Vec::new())).await.unwrap();
    }

    async fn keys_left(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM data_keys WHERE wrapped IS NOT NULL")
            .fetch_one(&self.database.keys_pool)
            .await
            .unwrap()
    }
}

fn by(account: AccountId) -> RequestContext {
    let caller = Caller { account, ..caller(&[]) };
    RequestContext { caller, purpose: None, correlation: id(0xC0), traceparent: None }
}

fn erased() -> ConsentFact {
    ConsentFact::RecordErased { patient: patient(), erased: now() }
}

/// As consent tells it.
fn told_erased() -> Envelope {
    let message = pb::RecordErased { patient_id: patient().to_string(), erased_time: Some(timestamp(now())) };
    told("erasure.carried-out", Any::from_msg(&message).ok())
}

#[tokio::test]
async fn who_was_permitted_hears_that_it_is_erased_and_nobody_else_does() {
    let world = world().await;
    world.read(&by(account())).await.unwrap().into_authority();
    world.hear(erased()).await;
    assert_eq!(world.read(&by(account())).await.unwrap_err().reason(), "CONTENT_ERASED");
    let stranger = AccountId::new(id(0x57));
    assert_eq!(world.read(&by(stranger)).await.unwrap_err().reason(), "NOT_PERMITTED");
    for action in [Action::Read, Action::Contribute] {
        let any = world.gate.authorise_any(&by(account()), action, patient(), "records.ImportBundle").await;
        assert_eq!(any.unwrap_err().reason(), "CONTENT_ERASED");
    }
    let own = world.recorded(Subject::Account(account())).await;
    let [AccessEvent::Permitted(look), ..] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!((look.patient, look.returned.len()), (Some(patient()), 0));
    assert_eq!(own.len(), 3);
    let tried = world.recorded(Subject::Account(stranger)).await;
    assert!(matches!(tried.as_slice(), [AccessEvent::Refused(_)]), "{tried:?}");
    assert!(world.recorded(Subject::Patient(patient())).await.is_empty(), "its key is gone");
}

#[tokio::test]
async fn lists_leave_an_erased_record_out_and_its_history_stays_open() {
    let world = world().await;
    world.hear(erased()).await;
    let both = [patient(), other_patient()];
    let (who, operation) = (by(account()), "records.ListPatients");
    let each = world.gate.authorise_each(&who, Action::Read, &both, Category::ALL, operation).await.unwrap();
    let named =
        world.gate.authorise_named(&who, Action::Read, &both, Category::ALL, operation).await.unwrap();
    for permits in [each, named] {
        assert_eq!(permits.iter().map(Permit::patient).collect::<Vec<_>>(), [other_patient()]);
    }
    let own = world.recorded(Subject::Account(account())).await;
    let [AccessEvent::Permitted(look)] = own.as_slice() else {
        panic!("who named it is on the log: {own:?}")
    };
    assert_eq!((look.patient, look.returned.len()), (Some(patient()), 0));
    world.look_at_history().await;
}

#[tokio::test]
async fn a_look_at_an_erased_records_history_stays_in_it_where_its_key_is_kept() {
    for service in [Service::Audit, Service::Consent, Service::Identity] {
        let world = world_of(service).await;
        world.hear(erased()).await;
        world.look_at_history().await;
        let looks = world.recorded(Subject::Patient(patient())).await;
        assert!(matches!(looks.as_slice(), [AccessEvent::Permitted(_)]), "{service}: {looks:?}");
        assert!(world.recorded(Subject::Account(account())).await.is_empty());
    }
    for service in Service::WITH_CONTENT {
        let world = world_of(*service).await;
        world.hear(erased()).await;
        world.look_at_history().await;
        assert!(world.recorded(Subject::Patient(patient())).await.is_empty(), "{service} has no key of it");
        assert_eq!(world.recorded(Subject::Account(account())).await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_erased_between_question_and_answer_is_not_answered() {
    let world = world().await;
    let permit = world.read(&by(account())).await.unwrap();
    world.log.keys().destroy(patient().uuid(), tenant()).await.unwrap();
    let answer = world.gate.release(permit, Unreleased::new("a goal", Vec::new())).await;
    assert!(matches!(answer, Err(Refused::Erased)), "{answer:?}");
}

#[tokio::test]
async fn a_service_that_is_killed_while_it_erases_erases_when_it_is_back() {
    let world = world().await;
    for patient in [patient(), other_patient()] {
        world.log.keys().obtain(Subject::Patient(patient), tenant()).await.unwrap();
    }
    let keys = world.database.keys(Arc::new(FakeClock::monday_noon()), Arc::new(SystemIds));
    // Any table of the patient's will do.
    let rows = &["DELETE FROM access_holders WHERE patient = $1"];
    let reactions: Vec<Arc<dyn Reaction>> = vec![Arc::new(ConsentFeed), Arc::new(Erasure::new(keys, rows))];
    let count = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM access_holders")
            .fetch_one(&world.database.pool)
            .await
            .unwrap()
    };
    let mut conn = world.database.pool.acquire().await.unwrap();
    let mut killed = conn.begin().await.unwrap();
    reactions.react(&mut killed, &[told_erased()]).await.unwrap();
    killed.rollback().await.unwrap();
    assert_eq!((world.keys_left().await, count().await), (1, 2), "the key goes first, and goes alone");
    for _ in 0..2 {
        let mut heard = conn.begin().await.unwrap();
        reactions.react(&mut heard, &[told_erased()]).await.unwrap();
        heard.commit().await.unwrap();
    }
    assert_eq!((world.keys_left().await, count().await), (1, 1), "nobody else is touched");
    let again = world.log.keys().obtain(Subject::Patient(patient()), tenant()).await;
    assert!(again.is_ok(), "this process has it open for a minute yet");
    let elsewhere = world.database.keys(Arc::new(FakeClock::monday_noon()), Arc::new(SystemIds));
    let gone = elsewhere.obtain(Subject::Patient(patient()), tenant()).await;
    assert!(matches!(gone, Err(KeyError::Destroyed)));
    assert_eq!(world.read(&by(account())).await.unwrap_err().reason(), "NOT_PERMITTED");
}

//! What would have come of asking for one thread or one message, by what messaging and identity published of it.
#![cfg(test)]
mod common;
use common::*;
use holdfast_access::{Policies, PolicySets};
use holdfast_eventlog::{Append, Context, NewEvent, Position, StreamAppend, StreamName, Subject};
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, Outcome},
    audit::v1::{DecideHypotheticalRequest, DecideHypotheticalResponse, ThingVerdict},
    consent::v1 as consent,
    identity::v1::RoleAssigned,
    messaging::v1::{MessagePosted, ThreadStarted},
};
use holdfast_types::*;
use prost::Message as _;
use prost_types::Any;
use tonic::Status;

const THREAD: u128 = 0x71;
const MESSAGE: u128 = 0x72;

fn practice() -> PracticeId {
    PracticeId::new(id(0xC1))
}

fn therapist() -> AccountId {
    AccountId::new(id(0xB009))
}

fn grant_to_therapist() -> Any {
    let grant = consent::Grant {
        grant_id: id(0x61).to_string(),
        patient_id: patient(1).to_string(),
        grantee: Some(consent::Grantee {
            kind: Some(consent::grantee::Kind::AccountId(therapist().to_string())),
            role: 0,
        }),
        categories: vec![Category::Messages.to_proto()],
        actions: vec![Action::Read.to_proto()],
        purposes: vec![Purpose::Treatment.to_proto()],
        from_time: Some(holdfast_proto::timestamp(SystemClock.now())),
        basis: Basis::Holder.to_proto(),
        ..consent::Grant::default()
    };
    Any::from_msg(&consent::GrantGiven { grant: Some(grant) }).unwrap()
}

impl Sources {
    async fn start_thread(&self) {
        let (patient_id, thread_id) = (patient(1).to_string(), id(THREAD).to_string());
        let started = ThreadStarted {
            patient_id: patient_id.clone(),
            thread_id: thread_id.clone(),
            practice_id: practice().to_string(),
        };
        let posted = MessagePosted { patient_id, thread_id, message_id: id(MESSAGE).to_string() };
        let said = |event_type, public: Any| NewEvent::encoded(event_type, public.encode_to_vec());
        let events = vec![
            said("thread.started", Any::from_msg(&started).unwrap()),
            said("thread.message-posted", Any::from_msg(&posted).unwrap()),
        ];
        let context = Context {
            tenant: tenant(),
            actor: Actor::Account(parent()),
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: SystemIds.next(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let stream = StreamName::new("thread", id(THREAD));
        let streams = vec![StreamAppend { stream, expected_revision: 0, events, own_key: false }];
        let subject = Subject::Patient(patient(1));
        let append = Append { subject, context, request: None, streams };
        self.log(Service::Messaging).append(append).await.unwrap();
    }

    async fn assign_role(&self) -> Position {
        let assigned = RoleAssigned {
            account_id: therapist().to_string(),
            role: Role::Therapist.to_proto(),
            tenant_id: tenant().to_string(),
            practice_id: practice().to_string(),
            ..RoleAssigned::default()
        };
        let public = Some(Any::from_msg(&assigned).unwrap());
        let subject = Subject::Account(therapist());
        let of = Fact::of(Service::Identity, patient(1), "account", "account.role-assigned");
        self.tell(Fact { subject, public, ..of }).await
    }
}

impl World {
    async fn of(&self, thing: u128) -> Result<DecideHypotheticalResponse, Status> {
        self.caught_up().await;
        let asked = DecideHypotheticalRequest {
            tenant_id: tenant().to_string(),
            patient_id: patient(1).to_string(),
            account_id: therapist().to_string(),
            action: Action::Read.to_proto(),
            thing_id: id(thing).to_string(),
            ..DecideHypotheticalRequest::default()
        };
        Ok(self.replay_as_officer().decide_hypothetical(asked).await?.into_inner())
    }

    async fn verdicts(&self) -> [(ThingVerdict, Outcome, String); 2] {
        let told = [self.of(THREAD).await.unwrap(), self.of(MESSAGE).await.unwrap()];
        told.map(|told| {
            let thing = told.thing.unwrap();
            assert_eq!(thing.category, Category::Messages.to_proto());
            (thing.verdict(), told.grounds.unwrap().outcome(), told.refusal_reason)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_open_with_its_thread_to_whom_it_is_shared_with_and_who_has_a_role_at_its_practice() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    assert_eq!(reason(&world.of(THREAD).await.unwrap_err()), "THING_UNKNOWN");
    world.sources.start_thread().await;
    let closed = (ThingVerdict::RoomClosed, Outcome::Refused, "NOT_PERMITTED".to_owned());
    assert_eq!(world.verdicts().await, [closed.clone(), closed]);
    let given = Fact::of(Service::Consent, patient(1), "grant", "grant.given");
    world.sources.tell(Fact { public: Some(grant_to_therapist()), ..given }).await;
    let elsewhere = (ThingVerdict::OfAnotherPractice, Outcome::Refused, "THREAD_UNKNOWN".to_owned());
    assert_eq!(world.verdicts().await, [elsewhere.clone(), elsewhere]);
    world.sources.assign_role().await;
    let open = (ThingVerdict::Open, Outcome::Permitted, String::new());
    assert_eq!(world.verdicts().await, [open.clone(), open]);
    assert_eq!(reason(&world.of(0x73).await.unwrap_err()), "THING_UNKNOWN");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asked_is_decided_by_the_policies_that_decided_then() {
    let sources = Sources::start().await;
    sources.open_record(patient(1), tenant()).await;
    let before = SystemClock.now();
    let in_force = Policies::load().unwrap().digest_hex();
    let sets = PolicySets::load().unwrap();
    let earlier = sets.all().map(|set| set.digest_hex()).find(|digest| *digest != in_force).unwrap();
    let look = AccessRecorded { policy_digest: earlier.clone(), ..AccessRecorded::default() };
    let read = Fact::of(Service::Records, patient(1), "access", "access.permitted");
    sources.tell(Fact { public: Some(Any::from_msg(&look).unwrap()), ..read }).await;
    let then = SystemClock.now();

    let world = sources.heard_by(AuditDatabase::of_this_run().await).await;
    world.caught_up().await;
    for (at, digest) in [(before, &in_force), (then, &earlier), (SystemClock.now(), &in_force)] {
        let asked = DecideHypotheticalRequest {
            tenant_id: tenant().to_string(),
            patient_id: patient(1).to_string(),
            account_id: parent().to_string(),
            action: Action::Read.to_proto(),
            categories: vec![Category::Goals.to_proto()],
            at_time: Some(holdfast_proto::timestamp(at)),
            ..DecideHypotheticalRequest::default()
        };
        let told = world.replay_as_officer().decide_hypothetical(asked).await.unwrap().into_inner();
        assert_eq!(
            (&told.policy_digest, told.grounds.unwrap().rule_ids),
            (digest, vec!["parent-holds-record".to_owned()])
        );
    }
    world.end().await;
}

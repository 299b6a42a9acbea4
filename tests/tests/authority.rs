//! A birthday passes, somebody is stopped, an order is shown: consent, records, documents, messaging and audit decide alike, by themselves,
//! and each look is decided again from the log as it was decided.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited_at, once_fresh};
use chrono::TimeDelta;
use holdfast_audit::config::LogSettings;
use holdfast_host::client::Outgoing;
use holdfast_proto::{
    Word as _,
    access::v1::Outcome,
    audit::v1::{ListPatientEntriesRequest, ReplayDecisionsRequest},
    consent::v1::{authority_service_client::AuthorityServiceClient, *},
    documents::v1::ListDocumentsRequest,
    messaging::v1::ListThreadsRequest,
    records::v1::ListItemsRequest,
    timestamp,
    r#type::v1::Position,
};
use holdfast_testkit::{
    FakeClock,
    refusal::reason,
    service::{Person, patiently, person, practice},
};
use holdfast_types::{Action, Category, Clock as _, Relationship, Role, Service};
use record::request_id;
use std::sync::Arc;
use tonic::{Response, Status, service::interceptor::InterceptedService, transport::Channel};

type Authorities = AuthorityServiceClient<InterceptedService<Channel, Outgoing>>;

fn child() -> Person {
    person(30)
}
fn father() -> Person {
    person(31)
}
fn administrator() -> Person {
    person(7).with(Role::PracticeAdministrator, Some(practice()))
}

fn outcome<T>(answer: Result<Response<T>, Status>) -> bool {
    match answer {
        Ok(_) => true,
        Err(status) => {
            assert_eq!(reason(&status), "NOT_PERMITTED", "{status:?}");
            false
        }
    }
}

macro_rules! ask {
    ($client:expr, $method:ident, $message:expr) => {{
        let (client, message) = ($client, $message);
        outcome(
            patiently(|| {
                let (mut client, message) = (client.clone(), message.clone());
                async move { client.$method(message).await.map_err(once_fresh) }
            })
            .await,
        )
    }};
}

/// What the family said to each other, goals, papers, threads, and who looked.
async fn sees(installation: &Audited, who: &Person) -> [bool; 5] {
    let world = &installation.world;
    let patient_id = || world.patient.clone();
    let items = |room: Category| ListItemsRequest {
        patient_id: patient_id(),
        categories: vec![room.to_proto()],
        ..Default::default()
    };
    let papers = ListDocumentsRequest { patient_id: patient_id(), ..Default::default() };
    let threads = ListThreadsRequest { patient_id: patient_id(), ..Default::default() };
    let history = ListPatientEntriesRequest { patient_id: patient_id(), ..Default::default() };
    [
        ask!(world.records(who), list_items, items(Category::Observations)),
        ask!(world.records(who), list_items, items(Category::Goals)),
        ask!(world.documents(who), list_documents, papers),
        ask!(world.messaging(who), list_threads, threads),
        ask!(installation.audit(who), list_patient_entries, history),
    ]
}

/// Whether somebody decides who sees a room.
async fn decides(installation: &Audited, who: &Person, room: Category) -> bool {
    let world = &installation.world;
    let account = world.therapist.account.to_string();
    let give = GiveGrantRequest {
        request_id: request_id(),
        patient_id: world.patient.clone(),
        grantee: Some(Grantee { kind: Some(grantee::Kind::AccountId(account)), role: 0 }),
        categories: vec![room.to_proto()],
        actions: vec![Action::Read.to_proto()],
        ..Default::default()
    };
    outcome(world.consent(who).give_grant(give).await)
}

fn authorities(installation: &Audited, by: &Person) -> Authorities {
    let network = &installation.world.network;
    AuthorityServiceClient::with_interceptor(network.channel(Service::Consent), network.outgoing(by))
}

/// Whoever calls next calls after it was heard, by audit, too.
async fn followed(installation: &mut Audited, said: Option<Position>) {
    installation.world.follow(said.unwrap());
    installation.caught_up().await;
}

/// The network's record of a child of eleven in California, with a login of its own and both parents.
async fn family(clock: &FakeClock) -> Audited {
    let mut installation = audited_at(LogSettings::default(), Arc::new(clock.clone())).await;
    installation.world.in_network().await;
    let (mother, patient_id) = (installation.world.mother.clone(), installation.world.patient.clone());
    for (holder, relationship) in [(child(), Relationship::Patient), (father(), Relationship::Parent)] {
        let add = AddHolderRequest {
            request_id: request_id(),
            patient_id: patient_id.clone(),
            account_id: holder.account.to_string(),
            relationship: relationship.to_proto(),
        };
        installation.world.consent(&mother).add_holder(add).await.unwrap();
    }
    let born = StatePersonRequest {
        request_id: request_id(),
        patient_id,
        birth_date: "2014-03-03".into(),
        state: "US-CA".into(),
    };
    let stated = authorities(&installation, &administrator()).state_person(born).await.unwrap();
    followed(&mut installation, stated.into_inner().position).await;
    installation
}

async fn every_look_is_decided_again(installation: &Audited, clock: &FakeClock) {
    installation.caught_up().await;
    let logged = installation.logged().await;
    // What was recorded at the very end of a span is not of it.
    clock.advance(TimeDelta::seconds(1));
    let query = ReplayDecisionsRequest {
        until_time: Some(timestamp(clock.now())),
        page_size: 500,
        ..Default::default()
    };
    let operator = installation.operator.clone();
    let replayed = installation.replay(&operator).replay_decisions(query).await.unwrap().into_inner();
    assert!(replayed.decision_count as usize >= logged.len() && replayed.next_page_token.is_empty());
    let unlike: Vec<_> = replayed.exceptions.iter().filter(|one| one.service != "identity").collect();
    assert!(unlike.is_empty(), "{unlike:?}");
    assert!(logged.iter().any(|(_, look)| look.outcome() == Outcome::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn birthdays_pass_in_every_service_alike_and_nobody_has_to_do_anything() {
    let clock = FakeClock::monday_noon();
    let installation = family(&clock).await;
    let mother = installation.world.mother.clone();
    assert_eq!(sees(&installation, &mother).await, [true; 5]);
    assert_eq!(sees(&installation, &father()).await, [true; 5]);
    assert_eq!(sees(&installation, &child()).await, [true; 5], "a child reads its own record");
    assert!(!decides(&installation, &child(), Category::Messages).await);

    clock.advance(TimeDelta::hours(12));
    assert_eq!(sees(&installation, &mother).await, [false, true, true, false, false]);
    assert_eq!(sees(&installation, &father()).await, [false, true, true, false, false]);
    assert_eq!(sees(&installation, &child()).await, [true; 5]);
    assert!(decides(&installation, &child(), Category::Messages).await);
    assert!(!decides(&installation, &mother, Category::Messages).await);
    assert!(decides(&installation, &mother, Category::Goals).await);

    clock.set("2032-03-03T00:00:00Z".parse().unwrap());
    assert_eq!(sees(&installation, &mother).await, [false; 5]);
    assert_eq!(sees(&installation, &father()).await, [false; 5]);
    assert_eq!(sees(&installation, &child()).await, [true; 5]);
    assert!(decides(&installation, &child(), Category::Goals).await);
    every_look_is_decided_again(&installation, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_a_freeze_hold_in_every_service_until_they_end() {
    let clock = FakeClock::monday_noon();
    let mut installation = family(&clock).await;
    let mother = installation.world.mother.clone();
    let order = RecordAuthorityRequest {
        request_id: request_id(),
        patient_id: installation.world.patient.clone(),
        account_id: father().account.to_string(),
        basis: AuthorityBasis::Custody.into(),
        categories: vec![Category::Goals.to_proto(), Category::Documents.to_proto()],
        actions: vec![Action::Read.to_proto()],
        evidence: Some(Evidence { note: "superior court, 26-114".into(), ..Default::default() }),
        ..Default::default()
    };
    let recorded = authorities(&installation, &administrator()).record_authority(order).await.unwrap();
    followed(&mut installation, recorded.into_inner().position).await;
    assert_eq!(sees(&installation, &father()).await, [false, true, true, false, false]);
    assert_eq!(sees(&installation, &mother).await, [true; 5]);

    let freeze = FreezeHolderRequest {
        request_id: request_id(),
        patient_id: installation.world.patient.clone(),
        account_id: mother.account.to_string(),
        reason: "a report to the county this morning".into(),
    };
    let frozen = authorities(&installation, &administrator()).freeze_holder(freeze).await.unwrap();
    followed(&mut installation, frozen.into_inner().position).await;
    assert_eq!(sees(&installation, &mother).await, [false; 5]);
    assert!(!decides(&installation, &mother, Category::Goals).await);
    assert_eq!(sees(&installation, &child()).await, [true; 5]);
    clock.advance(TimeDelta::hours(72) - TimeDelta::microseconds(1));
    assert_eq!(sees(&installation, &mother).await, [false; 5]);
    clock.advance(TimeDelta::microseconds(1));
    // It is the child's birthday meanwhile.
    assert_eq!(sees(&installation, &mother).await, [false, true, true, false, false]);
    every_look_is_decided_again(&installation, &clock).await;
}

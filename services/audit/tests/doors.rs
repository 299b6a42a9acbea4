//! Who is turned away before anybody knows who it is: officers see how many, and no record's history shows it.
#![cfg(test)]
mod common;
use common::*;
use holdfast_eventlog::Subject;
use holdfast_proto::{
    access::v1::DoorRefused,
    audit::v1::{Entry, EntryKind, ListPatientEntriesRequest, SearchEntriesRequest},
    timestamp,
};
use holdfast_types::*;
use prost_types::Any;

fn by_officer() -> SearchEntriesRequest {
    SearchEntriesRequest {
        tenant_id: tenant().to_string(),
        from_time: Some(timestamp(chrono::DateTime::UNIX_EPOCH)),
        ..Default::default()
    }
}

async fn found(officer: &Client, query: SearchEntriesRequest) -> Vec<Entry> {
    officer.clone().search_entries(query).await.unwrap().into_inner().entries
}

#[tokio::test]
async fn an_officer_sees_how_many_were_turned_away_and_why_and_a_record_shows_none_of_it() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let nobody = TenantId::new(uuid::Uuid::nil());
    let refused = DoorRefused { reason: "TOKEN_EXPIRED".into(), count: 7, ..Default::default() };
    let fact = Fact {
        subject: Subject::Tenant(nobody),
        tenant: nobody,
        actor: Actor::Anonymous,
        public: Some(Any::from_msg(&refused).unwrap()),
        ..Fact::of(Service::Records, patient(1), "door", "door.refused")
    };
    world.sources.tell(fact).await;
    world.caught_up().await;

    let kinds = vec![EntryKind::Refused.into()];
    let officer = world.as_officer(&[]);
    let entries = found(&officer, SearchEntriesRequest { kinds, ..by_officer() }).await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.kind(), entry.door_refused.as_ref()), (EntryKind::Refused, Some(&refused)));
    assert_eq!((entry.service.as_str(), entry.patient_id.as_str(), &entry.access), ("records", "", &None));

    for narrower in [
        SearchEntriesRequest { patient_id: patient(1).to_string(), ..by_officer() },
        SearchEntriesRequest { account_id: parent().to_string(), ..by_officer() },
    ] {
        let entries = found(&officer, narrower).await;
        assert!(entries.iter().all(|entry| entry.door_refused.is_none()));
    }
    let of = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let entries = world.as_parent(&[]).list_patient_entries(of).await.unwrap().into_inner().entries;
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry.door_refused.is_none()));
    world.end().await;
}

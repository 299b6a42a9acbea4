//! The history of a record whose content was erased: audit destroys no key, so who looks at it from then on stands in it, too.
#![cfg(test)]
mod common;
use common::*;
use holdfast_proto::{
    audit::v1::{Entry, EntryKind, ListPatientEntriesRequest},
    consent::v1::RecordErased,
    timestamp,
};
use holdfast_types::*;
use prost_types::Any;

async fn history(client: &Client) -> Vec<Entry> {
    let asked = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    client.clone().list_patient_entries(asked).await.unwrap().into_inner().entries
}

#[tokio::test]
async fn looks_at_the_history_of_an_erased_record_stay_in_it() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let told =
        RecordErased { patient_id: patient(1).to_string(), erased_time: Some(timestamp(SystemClock.now())) };
    let public = Some(Any::from_msg(&told).unwrap());
    let erased = Fact { public, ..Fact::of(Service::Consent, patient(1), "erasure", "erasure.carried-out") };
    world.sources.tell(erased).await;
    world.caught_up().await;
    let asked = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let stranger = world.client(Some(world.token(stranger(), &[])), &[]).list_patient_entries(asked).await;
    assert_eq!(reason(&stranger.unwrap_err()), "NOT_PERMITTED");
    world.caught_up().await;
    assert_eq!(history(&world.as_parent(&[])).await.len(), 4);
    world.caught_up().await;
    let entries = history(&world.as_parent(&[])).await;
    let looks: Vec<_> = entries.iter().filter(|entry| entry.service == "audit").map(Entry::kind).collect();
    assert_eq!(looks, [EntryKind::Read, EntryKind::Refused]);
    world.end().await;
}

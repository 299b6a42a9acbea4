//! What has to wait for a fix is in the history before it.
#![cfg(test)]
mod common;
use common::*;
use holdfast_proto::{audit::v1::SearchEntriesRequest, timestamp};
use holdfast_types::Service;

#[tokio::test]
async fn what_the_gate_cannot_read_waits_for_a_fix_and_is_in_the_history_all_the_same() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let unreadable = Fact::of(Service::Consent, patient(1), "grant", "grant.revoked");
    world.sources.tell(unreadable).await;
    let behind = world.sources.open_record(patient(1), tenant()).await;
    world.caught_up().await;
    let query = SearchEntriesRequest {
        tenant_id: tenant().to_string(),
        patient_id: patient(1).to_string(),
        from_time: Some(timestamp(chrono::DateTime::UNIX_EPOCH)),
        ..Default::default()
    };
    let answer = world.as_officer(&[]).search_entries(query).await.unwrap().into_inner();
    assert_eq!((answer.entries.len(), answer.total_size), (5, 5), "{:?}", answer.entries);
    let behind = answer.entries.iter().any(|entry| entry.lane_seq == behind.seq);
    assert!(behind, "what stands behind it is there as well");
    world.end().await;
}

//! Audit as it serves: what it hears of any service stands in the published log, once, and verifies with the public key alone.
#![cfg(test)]
mod common;
mod log;
use common::*;
use holdfast_audit::sequencer::Shelf;
use holdfast_proto::audit::v1::GetLogHealthRequest;
use holdfast_types::*;
use log::*;
use std::collections::BTreeSet;
use tonic::Status;

/// Once all of that is in the log.
async fn covers(shelf: &Shelf, wanted: &BTreeSet<Place>) -> BTreeSet<Place> {
    let look = || async {
        let found = events(shelf).await;
        if found.is_superset(wanted) { Ok(found) } else { Err(Status::unavailable("not all of it yet")) }
    };
    patiently(look).await.unwrap()
}

#[tokio::test]
async fn every_event_that_audit_hears_is_in_the_published_log_once() {
    let world = world().await;
    for number in 0..10 {
        world.sources.open_record(patient(number), tenant()).await;
        for service in [Service::Records, Service::Documents, Service::Messaging, Service::Identity] {
            world.sources.tell(Fact::of(service, patient(number), "item", "item.recorded")).await;
        }
    }
    world.caught_up().await;
    // A look of audit's own.
    world.as_officer(&[]).get_log_health(GetLogHealthRequest {}).await.unwrap();
    world.caught_up().await;
    let heard: BTreeSet<Place> =
        world.superuser_rows("SELECT service, lane, lane_seq FROM feeds.entries").await.into_iter().collect();
    assert!(heard.len() > 60 && heard.iter().any(|(service, ..)| service == "audit"));
    let shelf = shelf(&world.sources.dir.path().join("log"));
    let found = covers(&shelf, &heard).await;
    assert_eq!(found, heard);
    let seen = checkpoint_note(&shelf).await.unwrap();
    world.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await;
    world.caught_up().await;
    let more: BTreeSet<Place> =
        world.superuser_rows("SELECT service, lane, lane_seq FROM feeds.entries").await.into_iter().collect();
    covers(&shelf, &more).await;
    let verified = verified(&shelf, &[seen]).await;
    assert_eq!(verified.patients, 10);
    world.end().await;
}

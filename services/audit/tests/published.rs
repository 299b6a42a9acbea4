//! Audit as it serves: what it hears of any service stands in the published log, once, and verifies with the public key alone.
#![cfg(test)]
mod common;
mod log;
use common::*;
use holdfast_audit::sequencer::Shelf;
use holdfast_proto::audit::v1::{GetLogFileRequest, GetLogHealthRequest};
use holdfast_translog::{SignedCheckpoint, Tile};
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

#[tokio::test]
async fn anybody_reads_the_files_of_the_log_and_nothing_else() {
    let world = world().await;
    world.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await;
    world.caught_up().await;
    let shelf = shelf(&world.sources.dir.path().join("log"));
    let heard =
        world.superuser_rows("SELECT service, lane, lane_seq FROM feeds.entries").await.into_iter().collect();
    covers(&shelf, &heard).await;
    let client = world.log_client();
    let read = |path: &str| {
        let (mut client, path) = (client.clone(), path.to_owned());
        async move { client.get_log_file(GetLogFileRequest { path }).await.map(|file| file.into_inner().content) }
    };
    let note = read("checkpoint").await.unwrap();
    let key = verifier_key(&shelf).await;
    let size = SignedCheckpoint::open(&note, &key).unwrap().checkpoint().size;
    assert_eq!(read("verifier.key").await.unwrap(), format!("{key}\n"));
    let file = |tile: Tile| std::fs::read(world.sources.dir.path().join("log").join(tile.path())).unwrap();
    let hashes = Tile::hashes(0, 0, size).unwrap();
    assert_eq!(read(&hashes.path()).await.unwrap(), file(hashes));
    assert_eq!(reason(&read("tile/0/999").await.unwrap_err()), "LOG_FILE_UNKNOWN");
    // Who did when what under which pseudonym is for auditors, who read it where it lies.
    let entries = Tile::entries(0, size).unwrap();
    assert!(!file(entries).is_empty());
    for path in [&entries.path(), "tile/entries/000", "tile/entries/x999/999.p/3"] {
        assert_eq!(reason(&read(path).await.unwrap_err()), "FIELD_INVALID", "{path}");
    }
    for path in ["", "log.key", "../log.key", "/checkpoint", "tile/0/0", "tile/0/../../../log.key", "tile"] {
        assert_eq!(reason(&read(path).await.unwrap_err()), "FIELD_INVALID", "{path}");
    }
    world.end().await;
}

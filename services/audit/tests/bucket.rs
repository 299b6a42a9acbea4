//! The published log in a bucket: put there by the sequencer, served from there, and verified with the public key alone.
#![cfg(test)]
mod common;
mod log;
use common::*;
use holdfast_audit::sequencer::Shelf;
use holdfast_objects::AwsVariables;
use holdfast_proto::audit::v1::GetLogFileRequest;
use holdfast_testkit::Bucket;
use holdfast_translog::{CHECKPOINT_PATH, SignedCheckpoint, Tile, TileSource as _, VERIFIER_KEY_PATH};
use holdfast_types::Service;
use log::*;
use std::collections::BTreeSet;
use tonic::Status;
use url::Url;

/// Entries of a full tile and a little more, so that the partial ones before are tidied away.
const EVENTS: u128 = 260;

#[tokio::test]
async fn the_log_is_published_to_a_bucket_served_from_it_and_verifies_from_it() {
    let Some(bucket) = Bucket::start("log") else { return };
    let url = Url::parse("s3://log/of/holdfast").unwrap();
    let aws: AwsVariables =
        bucket.variables().into_iter().map(|(name, value)| (name, value.into())).collect();
    let mut sources = Sources::start().await;
    sources.store = Some((url.clone(), aws.clone()));
    let world = sources.heard_by(AuditDatabase::of_this_run().await).await;
    let shelf = Shelf::open(&url, &aws).unwrap();
    let mut seen = Vec::new();
    for half in 0..2 {
        for number in 0..EVENTS / 2 {
            let patient = patient(half * EVENTS + number % 5);
            world.sources.tell(Fact::of(Service::Records, patient, "item", "item.recorded")).await;
        }
        world.caught_up().await;
        let heard: BTreeSet<Place> = world
            .superuser_rows("SELECT service, lane, lane_seq FROM feeds.entries")
            .await
            .into_iter()
            .collect();
        let covered = || async {
            let there = shelf.get(VERIFIER_KEY_PATH).await.unwrap().is_some()
                && shelf.get(CHECKPOINT_PATH).await.unwrap().is_some();
            if there && events(&shelf).await.is_superset(&heard) {
                Ok(())
            } else {
                Err(Status::unavailable("not all of it yet"))
            }
        };
        patiently(covered).await.unwrap();
        verified(&shelf, &seen).await;
        seen.push(checkpoint_note(&shelf).await.unwrap());
    }
    assert!(!world.sources.dir.path().join("log").exists(), "nothing of it lies in a folder");
    assert!(bucket.objects() > 4, "{}", bucket.objects());

    // What anybody is given is what lies there.
    let read = |path: String| {
        let mut client = world.log_client();
        async move { client.get_log_file(GetLogFileRequest { path }).await.unwrap().into_inner().content }
    };
    let key = verifier_key(&shelf).await;
    assert_eq!(read(VERIFIER_KEY_PATH.to_owned()).await, format!("{key}\n").into_bytes());
    let note = read(CHECKPOINT_PATH.to_owned()).await;
    let size = SignedCheckpoint::open(&note, &key).unwrap().checkpoint().size;
    let tile = Tile::hashes(0, 0, size).unwrap();
    assert_eq!(Some(read(tile.path()).await.to_vec()), shelf.get(&tile.path()).await.unwrap());
    assert_eq!(tile.width(), 256, "a full one");
    world.end().await;
}

//! The same on a server that speaks S3.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use common::*;
use holdfast_documents::config::ObjectStoreSettings;
use holdfast_testkit::Bucket;
use holdfast_types::Category;
use url::Url;

const MIB: usize = 1024 * 1024;

fn settings(bucket: &Bucket) -> ObjectStoreSettings {
    let aws = bucket.variables().into_iter().map(|(name, value)| (name, value.into())).collect();
    ObjectStoreSettings { url: Some(Url::parse("s3://papers/of/holdfast").unwrap()), aws }
}

#[tokio::test]
async fn a_bucket_keeps_papers_as_a_folder_does() {
    let Some(bucket) = Bucket::start("papers") else { return };
    let world = world_with(tempfile::tempdir().unwrap(), settings(&bucket)).await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(2 * MIB + 77));
    let document = upload(&mut client, patient, Category::Documents, "text/plain", &content).await;
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content[..MIB + 5]).await.unwrap();
    append(&mut client, &begun.upload_id, MIB + 5, &content[MIB + 5..MIB + 9]).await.unwrap();
    assert_eq!(bucket.objects(), 5);
    world.clock.advance(chrono::TimeDelta::hours(24));
    world.sweep().await;
    assert_eq!(bucket.objects(), 3);
    let mut client = world.as_(&parent);
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be_away() {
    let Some(bucket) = Bucket::start("papers") else { return };
    let world = world_with(tempfile::tempdir().unwrap(), settings(&bucket)).await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let document = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    drop(bucket);
    let (_, came, ended) = download(&mut client, &document).await.unwrap();
    assert_eq!((came.len(), reason(&ended.unwrap_err())), (0, "STORE_UNAVAILABLE"));
}

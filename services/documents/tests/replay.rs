//! The read models can be made again from the log; what cannot be made again stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
mod views;
use common::*;
use holdfast_documents::views::Documents;
use holdfast_eventlog::rebuild;
use holdfast_types::{Category, Clock, Ids, SystemIds};
use std::sync::Arc;

#[tokio::test]
async fn rebuilt_read_models_are_the_same_and_an_upload_goes_on() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let letter = upload(&mut client, patient, Category::Coverage, "text/plain", b"letter").await;
    let other = upload(&mut client, patient, Category::Documents, "text/plain", b"other").await;
    client.withdraw_document(withdraw(&other)).await.unwrap();
    let begun = client.start_upload(start(patient, "text/plain", b"words")).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, b"wor").await.unwrap();
    let before = views::read_models(&world.database.pool).await;
    assert_eq!(before.len(), 5);
    let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(world.clock.clone()), Arc::new(SystemIds));
    let projection = Documents::new(world.database.keys(time, ids));
    let (owner, role) = (&world.database.owner_url, &world.database.serving_role);
    let log = world.log();
    rebuild(&log, owner, role, &holdfast_documents::migrations().views, &projection, |_| {}).await.unwrap();
    assert_eq!(views::read_models(&world.database.pool).await, before);
    assert_eq!(client.get_document(one(&letter)).await.unwrap().into_inner(), letter);
    append(&mut client, &begun.upload_id, 3, b"ds").await.unwrap();
    client.complete_upload(complete(&begun.upload_id)).await.unwrap();
}

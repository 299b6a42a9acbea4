//! PostgreSQL or NATS away: commands are refused with a time to try again, or accepted and told later; nothing is lost or doubled.
#![cfg(test)]
mod common;

use common::{World, world_on};
use holdfast_testkit::{
    own_servers,
    refusal::{reason, refused, says_when_to_retry},
};
use tonic::Code;

/// Messages on the log.
async fn posted(world: &World) -> usize {
    let envelopes = world.served.envelopes().await;
    envelopes.iter().filter(|envelope| envelope.header.event_type == "thread.message-posted").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_waits_for_a_database_that_was_away_and_is_posted_once() {
    let mut servers = own_servers(true);
    let world = world_on(&servers).await;
    let thread = world.thread().await;
    let mut client = world.as_(&world.mother);
    let post = world.post(2, &thread, "once");

    servers.postgres.kill();
    let away = refused(client.post_message(post.clone()).await);
    assert_eq!((away.code(), reason(&away)), (Code::Unavailable, "UNRECORDABLE"));
    assert!(says_when_to_retry(&away));
    servers.postgres.start_again().unwrap();

    let retry = || {
        let (mut client, post) = (client.clone(), post.clone());
        async move { client.post_message(post).await }
    };
    let first = holdfast_testkit::service::patiently(retry).await.unwrap().into_inner();
    let again = client.post_message(post).await.unwrap().into_inner();
    assert_eq!(first.position, again.position);
    assert_eq!((posted(&world).await, world.messages(&world.mother, &thread).await.unwrap().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_without_the_bus_and_told_when_it_is_back() {
    let mut servers = own_servers(false);
    let world = world_on(&servers).await;
    let thread = world.thread().await;
    servers.nats.kill();
    world.says(&world.mother, 2, &thread, "without a bus").await;
    servers.nats.start_again().unwrap();
    world.served.all_published().await;
}

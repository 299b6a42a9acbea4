//! PostgreSQL or NATS away: signing in is refused with a time to try again, or goes on and is told later; nothing is lost or doubled.
use crate::world::*;
use holdfast_proto::identity::v1::*;
use holdfast_testkit::{own_servers, refusal::says_when_to_retry, service::patiently};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_waits_for_a_database_that_was_away_and_makes_one_session() {
    let mut servers = own_servers(true);
    let world = world_on(&servers).await;
    world.ask("rosa@example.org").await.unwrap();
    let completion = world.completion(&world.newest_link());

    servers.postgres.kill();
    let away = world.complete(completion.clone()).await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable, "{away:?}");
    assert!(says_when_to_retry(&away));
    let asked = world.ask("walter@example.org").await.unwrap_err();
    assert_eq!(asked.code(), Code::Unavailable, "{asked:?}");
    servers.postgres.start_again().unwrap();

    let signed_in = patiently(|| world.complete(completion.clone())).await.unwrap();
    assert_eq!(world.complete(completion).await.unwrap(), signed_in);
    assert_eq!(world.database.events("session.started").await, 1);
    world.issue(&signed_in.session_secret).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_without_the_bus_and_it_is_told_when_it_is_back() {
    let mut servers = own_servers(false);
    let world = world_on(&servers).await;
    servers.nats.kill();
    let CompleteSignInResponse { session_secret, .. } = world.sign_in("rosa@example.org").await;
    world.issue(&session_secret).await.unwrap();
    servers.nats.start_again().unwrap();
    let published = || async {
        match world.database.unpublished().await {
            0 => Ok(()),
            waiting => Err(tonic::Status::unavailable(format!("{waiting} events wait"))),
        }
    };
    patiently(published).await.unwrap();
}

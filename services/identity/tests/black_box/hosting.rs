//! What every service answers: reflection, health, and its log for its peers alone.
use crate::world::*;
use holdfast_proto::eventlog::v1::{ListHeadsRequest, event_log_service_client::EventLogServiceClient};
use tokio_stream::StreamExt as _;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

#[tokio::test]
async fn reflection_names_the_service() {
    let world = world().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(world.channel.clone())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(listed) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = listed.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"holdfast.identity.v1.IdentityService"), "{names:?}");
    assert!(names.contains(&"holdfast.eventlog.v1.EventLogService"), "{names:?}");
}

#[tokio::test]
async fn health_says_that_the_service_lives() {
    let world = world().await;
    let check = HealthCheckRequest { service: "live".into() };
    let answer = HealthClient::new(world.channel.clone()).check(check).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn the_log_is_for_services_that_have_one() {
    let world = world().await;
    let refused = EventLogServiceClient::new(world.channel.clone()).list_heads(ListHeadsRequest {}).await;
    assert_eq!(reason(refused), "PEER_NOT_PERMITTED");
}

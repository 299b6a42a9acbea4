//! A role as the world meets it: mutual TLS, health, reflection, limits, refusals in our words, graceful stop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod served;

use holdfast_eventlog::Source as _;
use holdfast_host::{PeerLog, Readiness, catalogue, reason::Reason, rpc::Limits, status::reason_of};
use holdfast_proto::{
    eventlog::v1::{ListHeadsRequest, ReadLaneRequest, event_log_service_client::EventLogServiceClient},
    r#type::v1::Position,
};
use holdfast_types::Service;
use served::{Served, envelope, serve, tls};
use std::{sync::atomic::Ordering, time::Duration};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt as _;

async fn heads(channel: Channel) -> Result<u64, Status> {
    let answer = EventLogServiceClient::new(channel).list_heads(ListHeadsRequest {}).await?;
    Ok(answer.into_inner().heads[0].last_seq)
}

fn assert_reason(outcome: Result<impl std::fmt::Debug, Status>, reason: &'static Reason) -> Status {
    let status = outcome.unwrap_err();
    assert_eq!(reason_of(&status), Some(reason), "{status:?}");
    assert_eq!(status.code(), reason.code());
    status
}

async fn health(served: &Served, name: &str) -> Result<ServingStatus, Status> {
    let request = HealthCheckRequest { service: name.to_owned() };
    Ok(HealthClient::new(served.app()).check(request).await?.into_inner().status())
}

#[tokio::test]
async fn only_a_service_with_a_log_reads_the_log_of_another() {
    let served = serve(Limits::default()).await;
    assert_eq!(heads(served.peer(Service::Audit)).await.unwrap(), 3);
    assert_reason(heads(served.app()).await, catalogue::PEER_CERTIFICATE_MISSING);
    assert_reason(heads(served.peer(Service::Gateway)).await, catalogue::PEER_NOT_PERMITTED);
    // A certificate of another authority does not get as far as an answer.
    let other = tempfile::tempdir().unwrap();
    let mut stranger = tls(other.path(), Service::Audit).client(Service::Consent);
    let ours = std::fs::read(served.dir.path().join("ca.crt")).unwrap();
    stranger = stranger.ca_certificate(tonic::transport::Certificate::from_pem(ours));
    let endpoint = Channel::from_shared(served.url.to_string()).unwrap().tls_config(stranger).unwrap();
    let status = heads(endpoint.connect_lazy()).await.unwrap_err();
    assert_eq!(reason_of(&status), None, "{status:?}");
}

#[tokio::test]
async fn a_server_must_be_the_role_that_was_asked_for() {
    let served = serve(Limits::default()).await;
    let audit = tls(served.dir.path(), Service::Audit);
    let channel = holdfast_host::client::channel(Service::Records, &served.url, &audit).unwrap();
    assert_eq!(heads(channel).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_peers_log_is_read_back_as_it_is() {
    let served = serve(Limits::default()).await;
    let log = PeerLog::new(Service::Consent, served.peer(Service::Audit));
    assert_eq!(log.heads().await.unwrap(), [(5, 3)]);
    let read = log.read_lane(5, 1, 10).await.unwrap();
    let seqs: Vec<_> = read.iter().map(|envelope| envelope.header.lane_seq).collect();
    assert_eq!(seqs, [2, 3]);
    assert_eq!(read[0].header, envelope(2).header);
    assert_eq!(read[0].leaf, envelope(2).header.leaf());
    assert!(log.read_lane(5, 3, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_lane_or_page_out_of_range_is_refused_by_field() {
    let served = serve(Limits::default()).await;
    let mut client = EventLogServiceClient::new(served.peer(Service::Audit));
    let lane = client.read_lane(ReadLaneRequest { lane: 1024, after_seq: 0, page_size: 0 }).await;
    let status = assert_reason(lane, catalogue::LANE_OUT_OF_RANGE);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "lane");
    let page = client.read_lane(ReadLaneRequest { lane: 5, after_seq: 0, page_size: 1001 }).await;
    let status = assert_reason(page, catalogue::PAGE_SIZE_OUT_OF_RANGE);
    assert_eq!(status.get_details_error_info().unwrap().metadata["page_size_max"], "1000");
}

#[tokio::test]
async fn health_follows_the_dependencies() {
    let served = serve(Limits::default()).await;
    assert_eq!(health(&served, "live").await.unwrap(), ServingStatus::Serving);
    assert_eq!(health(&served, "").await.unwrap(), ServingStatus::NotServing);
    served.readiness.set("postgres", true).await;
    assert_eq!(health(&served, "postgres").await.unwrap(), ServingStatus::Serving);
    assert_eq!(health(&served, "nats").await.unwrap(), ServingStatus::NotServing);
    assert_eq!(health(&served, "").await.unwrap(), ServingStatus::Serving);
    assert_eq!(health(&served, "unheard-of").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_what_the_role_answers_and_nothing_else() {
    let served = serve(Limits::default()).await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(served.app())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        unreachable!("a list was asked for")
    };
    let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    let expected = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "holdfast.eventlog.v1.EventLogService",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn an_older_tool_finds_the_same_services_under_reflections_older_name() {
    use tonic_reflection::pb::v1alpha;
    let served = serve(Limits::default()).await;
    let symbol = "holdfast.eventlog.v1.EventLogService";
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
            symbol.to_owned(),
        )),
    };
    let mut answers = v1alpha::server_reflection_client::ServerReflectionClient::new(served.app())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(file)) = answer
    else {
        unreachable!("a file was asked for: {answer:?}")
    };
    assert!(!file.file_descriptor_proto.is_empty());
}

#[tokio::test]
async fn what_the_transport_refuses_is_said_in_our_words() {
    let served = serve(Limits::default()).await;
    let send = async |path: &'static str, service: String| {
        let mut grpc = tonic::client::Grpc::new(served.peer(Service::Audit));
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<Position, Position>::default();
        let message = Position { service, lane: 0, seq: 0 };
        grpc.unary(tonic::Request::new(message), http::uri::PathAndQuery::from_static(path), codec).await
    };
    let read_lane = "/holdfast.eventlog.v1.EventLogService/ReadLane";
    assert_reason(send(read_lane, "a text where a number is".into()).await, catalogue::MESSAGE_MALFORMED);
    assert_reason(send(read_lane, "x".repeat(5 * 1024 * 1024)).await, catalogue::MESSAGE_TOO_LARGE);
    assert_reason(
        send("/holdfast.eventlog.v1.EventLogService/Rewrite", String::new()).await,
        catalogue::METHOD_UNKNOWN,
    );
    assert_reason(send("/nobody.v1.Nothing/Do", String::new()).await, catalogue::METHOD_UNKNOWN);
}

#[tokio::test]
async fn a_role_with_its_hands_full_says_when_to_come_again() {
    let served = serve(Limits { calls_max: 0, ..Limits::default() }).await;
    let status = assert_reason(heads(served.peer(Service::Audit)).await, catalogue::SERVER_BUSY);
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    // A probe is answered all the same.
    assert_eq!(health(&served, "live").await.unwrap(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_call_that_never_ends_is_ended() {
    let served = serve(Limits { unary_timeout: Duration::ZERO, ..Limits::default() }).await;
    served.lane.hold.store(true, Ordering::SeqCst);
    assert_reason(heads(served.peer(Service::Audit)).await, catalogue::CALL_TIMED_OUT);
}

#[tokio::test]
async fn a_call_in_hand_is_answered_before_the_role_stops() {
    let served = serve(Limits::default()).await;
    served.readiness.set("postgres", true).await;
    served.lane.hold.store(true, Ordering::SeqCst);
    let call = tokio::spawn(heads(served.peer(Service::Audit)));
    served.lane.asked.notified().await;
    served.stop.cancel();
    until_not_ready(&served.readiness).await;
    served.lane.let_go.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), 3);
    served.ended.await.unwrap().unwrap();
}

async fn until_not_ready(readiness: &Readiness) {
    while readiness.is_ready().await {
        tokio::task::yield_now().await;
    }
}

//! PostgreSQL or NATS away: commands are refused with a time to try again, or accepted and told later; nothing is lost or doubled.
#![cfg(test)]
use holdfast_host::client::Outgoing;
use holdfast_proto::{
    Word as _,
    consent::v1::{consent_service_client::ConsentServiceClient, *},
};
use holdfast_testkit::{
    OwnServers,
    network::Start,
    own_servers,
    refusal::{reason, refused, says_when_to_retry},
    service::{Served, patiently, person, served_on},
};
use holdfast_types::*;
use tonic::{Code, service::interceptor::InterceptedService, transport::Channel};

type Client = ConsentServiceClient<InterceptedService<Channel, Outgoing>>;

async fn start(servers: &OwnServers) -> Served {
    served_on(servers, Service::Consent, holdfast_consent::migrations(), |start| async move {
        let Start { settings: common, keys, host, clock, ids, stop } = start;
        let settings = holdfast_consent::config::Settings { common, ..Default::default() };
        holdfast_consent::serve_with_keys(settings, keys, host, clock, ids, stop).await.unwrap();
    })
    .await
}

fn client(served: &Served) -> Client {
    ConsentServiceClient::with_interceptor(served.channel.clone(), served.outgoing(&person(1)))
}
async fn events(served: &Served, event_type: &str) -> usize {
    let envelopes = served.envelopes().await;
    envelopes.iter().filter(|envelope| envelope.header.event_type == event_type).count()
}

fn open() -> OpenRecordRequest {
    let (request_id, relationship) = (SystemIds.next().to_string(), Relationship::Parent.to_proto());
    OpenRecordRequest { request_id, relationship, ..OpenRecordRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_a_database_that_was_away_and_acts_once() {
    let mut servers = own_servers(true);
    let served = start(&servers).await;
    client(&served).list_records(ListRecordsRequest::default()).await.unwrap();
    let mut client = client(&served);
    let command = open();

    servers.postgres.kill();
    let away = refused(client.open_record(command.clone()).await);
    assert_eq!((away.code(), reason(&away)), (Code::Unavailable, "LOG_UNAVAILABLE"));
    assert!(says_when_to_retry(&away));
    servers.postgres.start_again().unwrap();

    let retry = || {
        let (mut client, command) = (client.clone(), command.clone());
        async move { client.open_record(command).await }
    };
    let first = patiently(retry).await.unwrap().into_inner();
    let again = client.open_record(command).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(events(&served, "record.opened").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_taken_without_the_bus_and_told_when_it_is_back() {
    let mut servers = own_servers(false);
    let served = start(&servers).await;
    client(&served).list_records(ListRecordsRequest::default()).await.unwrap();
    servers.nats.kill();
    client(&served).open_record(open()).await.unwrap();
    servers.nats.start_again().unwrap();
    served.all_published().await;
    assert_eq!(events(&served, "record.opened").await, 1);
}

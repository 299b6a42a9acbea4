//! PostgreSQL or NATS away: commands are refused with a time to try again, or accepted and told later; nothing is lost or doubled.
#![cfg(test)]
use holdfast_access::views::ConsentFact;
use holdfast_host::client::Outgoing;
use holdfast_proto::records::v1::{records_service_client::RecordsServiceClient, *};
use holdfast_testkit::{
    OwnServers,
    network::Start,
    own_servers,
    refusal::{reason, refused, says_when_to_retry},
    service::{Served, patiently, person, served_on, tenant},
};
use holdfast_types::*;
use tonic::{Code, service::interceptor::InterceptedService, transport::Channel};

type Client = RecordsServiceClient<InterceptedService<Channel, Outgoing>>;

async fn start(servers: &OwnServers) -> Served {
    served_on(servers, Service::Records, holdfast_records::migrations(), |start| async move {
        let Start { settings: common, keys, host, clock, ids, stop } = start;
        let settings = holdfast_records::config::Settings { common };
        holdfast_records::serve_with(settings, keys, host, clock, ids, stop).await.unwrap();
    })
    .await
}

fn client(served: &Served) -> Client {
    RecordsServiceClient::with_interceptor(served.channel.clone(), served.outgoing(&person(1)))
}

async fn hold(served: &Served) -> PatientId {
    let patient = PatientId::new(SystemIds.next());
    let opened = ConsentFact::RecordOpened { patient, tenant: tenant() };
    let relationship = Relationship::Parent;
    let added = ConsentFact::HolderAdded { patient, account: person(1).account, relationship };
    served.consent_says(&[opened, added]).await;
    patient
}

async fn events(served: &Served, event_type: &str) -> usize {
    let envelopes = served.envelopes().await;
    envelopes.iter().filter(|envelope| envelope.header.event_type == event_type).count()
}

fn goal(patient: PatientId) -> CreateItemRequest {
    let goal = r#"{"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"two words"},"subject":{"reference":"Patient/self"}}"#;
    let item = NewItem { fhir_json: goal.as_bytes().to_vec().into(), source_key: String::new() };
    let (request_id, patient_id) = (SystemIds.next().to_string(), patient.to_string());
    CreateItemRequest { request_id, patient_id, item: Some(item) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_a_database_that_was_away_and_acts_once() {
    let mut servers = own_servers(true);
    let served = start(&servers).await;
    let patient = hold(&served).await;
    let mut client = client(&served);
    let command = goal(patient);

    servers.postgres.kill();
    let away = refused(client.create_item(command.clone()).await);
    assert_eq!((away.code(), reason(&away)), (Code::Unavailable, "UNRECORDABLE"));
    assert!(says_when_to_retry(&away));
    servers.postgres.start_again().unwrap();

    let retry = || {
        let (mut client, command) = (client.clone(), command.clone());
        async move { client.create_item(command).await }
    };
    let first = patiently(retry).await.unwrap().into_inner();
    let again = client.create_item(command).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(events(&served, "item.recorded").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_taken_without_the_bus_and_told_when_it_is_back() {
    let mut servers = own_servers(false);
    let served = start(&servers).await;
    let patient = hold(&served).await;
    servers.nats.kill();
    client(&served).create_item(goal(patient)).await.unwrap();
    servers.nats.start_again().unwrap();
    served.all_published().await;
    assert_eq!(events(&served, "item.recorded").await, 1);
}

//! Whoever bears a link sees what its grant opens, in every service, and nothing beside it; and no longer than it stands.
#![cfg(test)]
mod audited;
mod record;

use audited::audited;
use chrono::TimeDelta;
use holdfast_host::client::Outgoing;
use holdfast_proto::{
    Word as _,
    audit::v1::ReplayDecisionsRequest,
    consent::v1::{self as consent, link_service_client::LinkServiceClient},
    documents::v1::{ListDocumentsRequest, documents_service_client::DocumentsServiceClient},
    messaging::v1::{ListThreadsRequest, messaging_service_client::MessagingServiceClient},
    records::v1::{
        CreateItemRequest, ListItemsRequest, NewItem, records_service_client::RecordsServiceClient,
    },
    timestamp,
};
use holdfast_testkit::{
    refusal::reason,
    service::{patiently, person},
};
use holdfast_types::{Category, Clock as _, Ids as _, Purpose, Service, SystemClock, SystemIds};
use record::World;
use tonic::Status;

fn request_id() -> String {
    SystemIds.next().to_string()
}

impl World {
    async fn make_link(&self, rooms: &[Category]) -> consent::MakeLinkResponse {
        let outgoing = self.network.outgoing(&self.mother);
        let mut links = LinkServiceClient::with_interceptor(self.network.channel(Service::Consent), outgoing);
        let make = consent::MakeLinkRequest {
            request_id: request_id(),
            patient_id: self.patient.clone(),
            label: "School nurse".into(),
            categories: rooms.iter().map(|room| room.to_proto()).collect(),
            until_time: Some(timestamp(SystemClock.now() + TimeDelta::hours(1))),
            openings_max: 1,
            ..Default::default()
        };
        links.make_link(make).await.unwrap().into_inner()
    }

    /// What a call of the link's bearer carries.
    fn bearer(&self, made: &consent::MakeLinkResponse) -> Outgoing {
        let link = made.link.as_ref().unwrap().link_id.parse::<uuid::Uuid>().unwrap();
        let outgoing = self.network.outgoing(&person(link.as_u128())).purpose(Purpose::PatientRequest);
        outgoing.after(made.position.clone())
    }

    /// How many goals, papers and conversations are told, or why none.
    async fn told(&self, outgoing: &Outgoing) -> [Result<i32, &'static str>; 3] {
        let patient_id = self.patient.clone();
        let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let threads = ListThreadsRequest { patient_id, ..Default::default() };
        let channel = |service| self.network.channel(service);
        let mut records = RecordsServiceClient::with_interceptor(channel(Service::Records), outgoing.clone());
        let mut documents =
            DocumentsServiceClient::with_interceptor(channel(Service::Documents), outgoing.clone());
        let mut messaging =
            MessagingServiceClient::with_interceptor(channel(Service::Messaging), outgoing.clone());
        let refused = |status: Status| reason(&status);
        [
            records.list_items(items).await.map(|found| found.into_inner().total_size).map_err(refused),
            documents
                .list_documents(papers)
                .await
                .map(|found| found.into_inner().total_size)
                .map_err(refused),
            messaging
                .list_threads(threads)
                .await
                .map(|found| i32::try_from(found.into_inner().threads.len()).unwrap())
                .map_err(refused),
        ]
    }
}

const CLOSED: Result<i32, &str> = Err("NOT_PERMITTED");

#[tokio::test(flavor = "multi_thread")]
async fn the_bearer_of_a_link_sees_what_it_opens_until_it_is_stopped_and_each_look_is_decided_again() {
    let installation = audited().await;
    let world = &installation.world;
    let made = world.make_link(&[Category::Goals, Category::Documents]).await;
    let bearer = world.bearer(&made);
    assert_eq!(world.told(&bearer).await, [Ok(1), Ok(1), CLOSED]);
    let treating = bearer.clone().purpose(Purpose::Treatment);
    assert_eq!(world.told(&treating).await, [CLOSED; 3], "for another purpose it opens nothing");

    let goal = br#"{"resourceType":"Goal","id":"three","lifecycleStatus":"active","description":{"text":"three words"},"subject":{"reference":"Patient/self"}}"#;
    let item = NewItem { fhir_json: goal.to_vec().into(), source_key: String::new() };
    let create =
        CreateItemRequest { request_id: request_id(), patient_id: world.patient.clone(), item: Some(item) };
    let mut records =
        RecordsServiceClient::with_interceptor(world.network.channel(Service::Records), bearer.clone());
    assert_eq!(reason(&records.create_item(create).await.unwrap_err()), "NOT_PERMITTED", "it is only read");

    let grant_id = made.link.unwrap().link_id;
    let revoke = consent::RevokeGrantRequest { request_id: request_id(), grant_id, etag: String::new() };
    world.consent(&world.mother).revoke_grant(revoke).await.unwrap();
    let closed = || async {
        match world.told(&bearer).await {
            [CLOSED, CLOSED, CLOSED] => Ok(()),
            told => Err(Status::unavailable(format!("still told: {told:?}"))),
        }
    };
    patiently(closed).await.unwrap();

    installation.caught_up().await;
    let until_time = Some(timestamp(SystemClock.now()));
    let query = ReplayDecisionsRequest { until_time, page_size: 500, ..Default::default() };
    let replayed =
        installation.replay(&installation.operator).replay_decisions(query).await.unwrap().into_inner();
    assert!(replayed.decision_count > 6 && replayed.next_page_token.is_empty());
    let unlike: Vec<_> = replayed.exceptions.iter().filter(|one| one.service != "identity").collect();
    assert!(unlike.is_empty(), "{unlike:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_shared_is_not_shared_by_link() {
    let world = record::world().await;
    let mark = consent::SetMarkRequest {
        request_id: request_id(),
        patient_id: world.patient.clone(),
        what: Some(consent::Marked {
            kind: Some(consent::marked::Kind::Category(Category::Documents.to_proto())),
        }),
        ..Default::default()
    };
    world.consent(&world.mother).set_mark(mark).await.unwrap();
    let made = world.make_link(&[Category::Goals, Category::Documents]).await;
    // A paper may lie in any room: of those that are open there is none.
    assert_eq!(world.told(&world.bearer(&made)).await, [Ok(1), Ok(0), CLOSED]);
}

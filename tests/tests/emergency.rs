//! A record that a therapist opens in an emergency is read in every service by that and nothing else is done with it, until it ends or the
//! family ends it; what is never shared stays so; and each look is decided again from the log as it was decided.
#![cfg(test)]
mod audited;
mod record;

use audited::audited;
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, Outcome},
    audit::v1::ReplayDecisionsRequest,
    consent::v1::marked,
    documents::v1::{documents_service_client::DocumentsServiceClient, *},
    messaging::v1::{ListThreadsRequest, messaging_service_client::MessagingServiceClient},
    records::v1::{ListItemsRequest, records_service_client::RecordsServiceClient},
    timestamp,
};
use holdfast_testkit::{
    refusal::reason,
    service::{Person, patiently},
};
use holdfast_types::{Category, Clock as _, Service, SystemClock};
use record::World;
use tonic::{Response, Status};

fn outcome<T>(answer: Result<Response<T>, Status>) -> &'static str {
    answer.map_or_else(|status| reason(&status), |_| "shown")
}

/// Items, the paper's line, the paper itself, threads: as asked for an emergency.
async fn looks(world: &World, who: &Person) -> [&'static str; 4] {
    let outgoing = || world.in_emergency(who);
    let channel = |service| world.network.channel(service);
    let records = RecordsServiceClient::with_interceptor(channel(Service::Records), outgoing());
    let documents = DocumentsServiceClient::with_interceptor(channel(Service::Documents), outgoing());
    let messaging = MessagingServiceClient::with_interceptor(channel(Service::Messaging), outgoing());
    let patient_id = || world.patient.clone();
    macro_rules! ask {
        ($client:expr, $method:ident, $message:expr) => {{
            let (client, message) = (&$client, $message);
            outcome(
                patiently(|| {
                    let (mut client, message) = (client.clone(), message.clone());
                    async move { client.$method(message).await }
                })
                .await,
            )
        }};
    }
    let items = ListItemsRequest {
        patient_id: patient_id(),
        categories: vec![Category::Goals.to_proto()],
        ..Default::default()
    };
    let paper = GetDocumentRequest {
        patient_id: patient_id(),
        document_id: world.document.clone(),
        as_of_time: None,
    };
    let file = DownloadDocumentRequest { patient_id: patient_id(), document_id: world.document.clone() };
    let threads = ListThreadsRequest { patient_id: patient_id(), ..Default::default() };
    [
        ask!(records, list_items, items),
        ask!(documents, get_document, paper),
        ask!(documents, download_document, file),
        ask!(messaging, list_threads, threads),
    ]
}

const NOTHING: [&str; 4] = ["NOT_PERMITTED"; 4];
/// To be read, not taken away; and what the family wrote stays theirs.
const OPENED: [&str; 4] = ["shown", "shown", "NOT_PERMITTED", "NOT_PERMITTED"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_opened_in_an_emergency_is_read_everywhere_until_the_family_ends_it_and_every_look_replays() {
    let mut installation = audited().await;
    installation.world.in_network().await;
    let world = &mut installation.world;
    let therapist = world.therapist.clone();
    assert_eq!(looks(world, &therapist).await, NOTHING);
    let access = world.open_in_emergency().await;
    assert_eq!(looks(world, &therapist).await, OPENED);
    // It is for the emergency alone, and for who opened it.
    let list = ListItemsRequest { patient_id: world.patient.clone(), ..Default::default() };
    let for_care = patiently(|| {
        let (mut client, list) = (world.records(&therapist), list.clone());
        async move { client.list_items(list).await }
    });
    assert_eq!(outcome(for_care.await), "NOT_PERMITTED");
    let mut colleague = therapist.clone();
    colleague.account = "01890000-0000-7000-8000-0000000000cc".parse().unwrap();
    assert_eq!(looks(world, &colleague).await, NOTHING);
    // Whoever no longer treats there does not read on.
    let former = Person { roles: Vec::new(), ..therapist.clone() };
    assert_eq!(looks(world, &former).await, NOTHING);
    // What is never shared beats it.
    let mark = world.mark(marked::Kind::Category(Category::Goals.to_proto())).await;
    assert_eq!(looks(world, &therapist).await, ["NOT_PERMITTED", "shown", "NOT_PERMITTED", "NOT_PERMITTED"]);
    world.lift(&mark).await;
    assert_eq!(looks(world, &therapist).await, OPENED);
    world.stop(access.grant_id.clone()).await;
    assert_eq!(looks(world, &therapist).await, NOTHING);

    installation.caught_up().await;
    let logged = installation.logged().await;
    let under = |look: &&AccessRecorded| look.rule_ids == ["emergency-access"];
    let permitted: Vec<&AccessRecorded> = logged.iter().map(|(_, look)| look).filter(under).collect();
    assert_eq!(permitted.len(), 5, "items twice, the paper's line three times");
    for look in permitted {
        assert_eq!(look.outcome(), Outcome::Permitted);
        assert_eq!(look.grants[0].grant_id, access.grant_id);
    }
    let refused = logged.iter().filter(|(_, look)| look.account_id == therapist.account.to_string());
    assert!(
        refused.filter(|(_, look)| look.outcome() == Outcome::Refused).count() >= 10,
        "each is on the log"
    );
    let query = ReplayDecisionsRequest {
        until_time: Some(timestamp(SystemClock.now())),
        page_size: 500,
        ..Default::default()
    };
    let operator = installation.operator.clone();
    let replayed = installation.replay(&operator).replay_decisions(query).await.unwrap().into_inner();
    assert!(replayed.decision_count as usize >= logged.len() && replayed.next_page_token.is_empty());
    let unlike: Vec<_> = replayed.exceptions.iter().filter(|one| one.service != "identity").collect();
    assert!(unlike.is_empty(), "{unlike:?}");
}

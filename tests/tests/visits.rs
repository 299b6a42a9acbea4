//! What is shared for a number of visits, by all services: the first look begins one, whichever is asked, and after the last all is closed.
#![cfg(test)]
mod audited;
mod record;

use audited::{audited_at, once_fresh};
use chrono::TimeDelta;
use holdfast_audit::config::LogSettings;
use holdfast_proto::{
    Word as _,
    audit::v1::{RehearseChangeRequest, ReplayDecisionsRequest, rehearse_change_request::Change},
    consent::v1::{GiveGrantRequest, Grant, Grantee, ListGrantsRequest, grantee},
    documents::v1::ListDocumentsRequest,
    messaging::v1::ListThreadsRequest,
    records::v1::{ListItemsRequest, SummarizeRecordRequest},
    timestamp,
};
use holdfast_testkit::{FakeClock, refusal::reason, service::patiently};
use holdfast_types::{Action, Category, Clock as _};
use record::request_id;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_begins_a_visit_in_every_service_and_after_the_last_all_is_closed() {
    let clock = FakeClock::monday_noon();
    let mut installation = audited_at(LogSettings::default(), Arc::new(clock.clone())).await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let patient_id = installation.world.patient.clone();
    let give = GiveGrantRequest {
        request_id: request_id(),
        patient_id: patient_id.clone(),
        grantee: Some(Grantee {
            kind: Some(grantee::Kind::AccountId(therapist.account.to_string())),
            role: 0,
        }),
        categories: [Category::Goals, Category::Documents, Category::Messages]
            .map(|word| word.to_proto())
            .into(),
        actions: vec![Action::Read.to_proto()],
        uses_max: 2,
        ..Default::default()
    };
    let mut consent = installation.world.consent(&mother);
    let given = consent.give_grant(give).await.unwrap().into_inner();
    let grant = given.grant.unwrap();
    installation.world.follow(given.position.unwrap());
    let used = async || {
        let list = ListGrantsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let mut consent = installation.world.consent(&mother);
        consent.list_grants(list).await.unwrap().into_inner().grants[0].use_count
    };
    // All services at once, as a page asks: it is one visit.
    let look = async || {
        let (items, summary) = (
            ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() },
            SummarizeRecordRequest { patient_id: patient_id.clone(), ..Default::default() },
        );
        let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let threads = ListThreadsRequest { patient_id: patient_id.clone(), ..Default::default() };
        let world = &installation.world;
        let (records, documents) = (world.records(&therapist), world.documents(&therapist));
        let messaging = world.messaging(&therapist);
        let (items, summary, papers, threads) = tokio::join!(
            patiently(|| {
                let (mut client, asked) = (records.clone(), items.clone());
                async move { client.list_items(asked).await.map_err(once_fresh) }
            }),
            patiently(|| {
                let (mut client, asked) = (records.clone(), summary.clone());
                async move { client.summarize_record(asked).await.map_err(once_fresh) }
            }),
            patiently(|| {
                let (mut client, asked) = (documents.clone(), papers.clone());
                async move { client.list_documents(asked).await.map_err(once_fresh) }
            }),
            patiently(|| {
                let (mut client, asked) = (messaging.clone(), threads.clone());
                async move { client.list_threads(asked).await.map_err(once_fresh) }
            }),
        );
        [items.map(|_| ()), summary.map(|_| ()), papers.map(|_| ()), threads.map(|_| ())]
    };
    for visit in 1..=2 {
        for outcome in look().await {
            outcome.unwrap();
        }
        assert_eq!(used().await, visit);
        clock.advance(TimeDelta::minutes(50));
        assert!(look().await.iter().all(Result::is_ok), "it lasts an hour");
        assert_eq!(used().await, visit);
        clock.advance(TimeDelta::minutes(10));
    }
    for outcome in look().await {
        assert_eq!(reason(&outcome.unwrap_err()), "NOT_PERMITTED");
    }
    assert_eq!(used().await, 2);

    // Each decision is decided again out of the logs as it was.
    installation.caught_up().await;
    let logged = installation.logged().await;
    let closed: Vec<_> = logged
        .iter()
        .map(|(_, look)| look)
        .filter(|look| look.account_id == therapist.account.to_string())
        .filter(|look| look.refusal_reason == "NOT_PERMITTED")
        .collect();
    assert_eq!(closed.len(), 4, "{closed:?}");
    assert!(closed.iter().all(|look| look.rule_ids.contains(&"no-visit-begun".to_owned())));
    // What was recorded at the very end of a span is not of it.
    clock.advance(TimeDelta::seconds(1));
    let until_time = Some(timestamp(clock.now()));
    let replay = ReplayDecisionsRequest { until_time, page_size: 500, ..Default::default() };
    let again = installation.replay(&installation.operator).replay_decisions(replay).await;
    let again = again.unwrap().into_inner();
    assert!(again.decision_count as usize >= logged.len(), "{again:?}");
    let unlike: Vec<_> = again.exceptions.iter().filter(|one| one.service != "identity").collect();
    assert!(unlike.is_empty(), "{unlike:?}");

    // Given anew it would let them in again; a rehearsal shows it as it is on a visit.
    let draft = Grant { grant_id: String::new(), uses_max: 1, use_count: 0, ..grant.clone() };
    let change = Some(Change::GiveGrant(draft));
    let asked = RehearseChangeRequest { patient_id: patient_id.clone(), change };
    let told = installation.replay(&mother).rehearse_change(asked).await.unwrap().into_inner();
    assert_eq!(told.allowed_count, 4, "{told:?}");
    assert_eq!(told.reaches[0].gained.len(), 3, "{told:?}");
}

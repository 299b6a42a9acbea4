//! A history that somebody meddled with is made anew from the logs; what a log says otherwise than it was heard is made known.
#![cfg(test)]
mod common;
use common::*;
use holdfast_audit::views::Index;
use holdfast_eventlog::{Position, hear_again};
use holdfast_proto::audit::v1::{
    Entry, FaultKind, GetLogHealthRequest, ListPatientEntriesRequest, VerifyLogsRequest,
};
use holdfast_types::*;
use std::sync::Arc;

async fn item(world: &World) -> Position {
    world.sources.tell(Fact::of(Service::Records, patient(1), "item", "item.recorded")).await
}

/// What the history says of what records did.
async fn told(world: &World) -> Vec<Entry> {
    let asked = ListPatientEntriesRequest { patient_id: patient(1).to_string(), ..Default::default() };
    let listed = world.as_parent(&[]).list_patient_entries(asked).await.unwrap().into_inner().entries;
    listed.into_iter().filter(|entry| entry.service == "records").collect()
}

/// The faults that are known.
async fn faults(world: &World) -> Vec<(FaultKind, u32, u64)> {
    let health = world.as_officer(&[]).get_log_health(GetLogHealthRequest {}).await.unwrap().into_inner();
    let faults = health.services.into_iter().flat_map(|log| log.faults);
    faults.map(|fault| (fault.kind(), fault.lane, fault.lane_seq)).collect()
}

async fn again(world: &World) -> u64 {
    let index = Index::of(Service::Records, Arc::new(SystemClock));
    let count = hear_again(&world.database.superuser_url, "audit", "records", &index).await.unwrap();
    // Answered once every lane is where its log is.
    world.caught_up().await;
    count
}

#[tokio::test]
async fn a_history_that_was_meddled_with_is_made_anew() {
    let world = world().await;
    world.sources.open_record(patient(1), tenant()).await;
    let mut places = Vec::new();
    for _ in 0..4 {
        places.push(item(&world).await);
    }
    world.caught_up().await;
    let right = told(&world).await;
    assert_eq!(right.len(), 4);
    let at = |place: &Position| {
        format!("service = 'records' AND lane = {} AND lane_seq = {}", place.lane, place.seq)
    };
    let [another, gone, leaf, from] = places.as_slice() else { unreachable!() };
    let (url, stranger) = (&world.database.superuser_url, stranger());
    tamper(
        url,
        format!(
            "UPDATE feeds.entries SET actor = 'account/{stranger}', actor_account = '{stranger}' WHERE {}",
            at(another)
        ),
    )
    .await;
    tamper(url, format!("DELETE FROM feeds.entries WHERE {}", at(gone))).await;
    tamper(url, format!("UPDATE feeds.entries SET leaf = sha256('anything') WHERE {}", at(leaf))).await;
    let never = format!(r#"'{{"lane_seq": 999, "event_id": "{stranger}"}}'"#);
    tamper(
        url,
        format!("INSERT INTO feeds.entries SELECT (jsonb_populate_record(entries, {never})).* FROM feeds.entries WHERE {}", at(from)),
    )
    .await;
    assert_ne!(told(&world).await, right);

    assert_eq!(again(&world).await, 4);
    assert_eq!(told(&world).await, right);
    let found = (FaultKind::Altered, u32::from(leaf.lane), leaf.seq);
    assert_eq!(faults(&world).await, [found], "what was heard had another leaf than what the log says");
    let checked = world.as_officer(&[]).verify_logs(VerifyLogsRequest {}).await.unwrap().into_inner();
    assert_eq!(checked.services.iter().map(|log| log.faults.len()).sum::<usize>(), 1, "{checked:?}");

    // What comes new comes after it, and once more changes nothing.
    item(&world).await;
    world.caught_up().await;
    let grown = told(&world).await;
    assert_eq!(grown.len(), 5);
    assert_eq!(again(&world).await, 5);
    assert_eq!(told(&world).await, grown);
    world.end().await;
}

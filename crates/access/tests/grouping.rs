//! What recording every look costs: looks that come together are committed together, and with whatever else is appended.
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod given;
use futures::future::{join, join_all};
use given::*;
use holdfast_access::{views::ConsentFact, *};
use holdfast_eventlog::{Append, Context, Event, EventLog, Parts, StreamAppend, Subject};
use holdfast_testkit::{FakeClock, SeededIds};
use holdfast_types::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const PATIENTS: u128 = 50;

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum NoteEvent {
    #[serde(rename = "note.begun")]
    Begun,
    #[serde(rename = "note.written")]
    Written,
}

impl Event for NoteEvent {
    const AGGREGATE: &'static str = "note";
    fn event_type(&self) -> &'static str {
        match self {
            Self::Begun => "note.begun",
            Self::Written => "note.written",
        }
    }
}

async fn append(log: &EventLog, patient: PatientId, event: NoteEvent) {
    let context = Context {
        tenant: tenant(),
        actor: Actor::Account(account()),
        on_behalf_of: None,
        purpose: Purpose::FamilyRequest,
        correlation: id(3),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    };
    let stream = StreamAppend::of(log.ids().next(), 0, &[event]).unwrap();
    let subject = Subject::Patient(patient);
    log.append(Append { subject, context, request: None, streams: vec![stream] }).await.unwrap();
}

#[tokio::test]
async fn fifty_looks_and_fifty_appends_at_once_share_their_transactions() {
    let database = gate_tables().await;
    let (clock, ids) = (FakeClock::monday_noon(), SeededIds::new(1));
    let log = EventLog::start(Parts {
        service: "records".to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::new(clock.clone()), Arc::new(ids.clone())),
        clock: Arc::new(clock),
        ids: Arc::new(ids),
        projections: Vec::new(),
        publish: Arc::new(|_| Ok(None)),
        committers: 2,
    });
    let gate =
        Gate::new(Arc::new(Policies::load().unwrap()), log.clone(), Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let patients: Vec<PatientId> = (1..=PATIENTS).map(|number| PatientId::new(id(number))).collect();
    let mut conn = database.pool.acquire().await.unwrap();
    for patient in &patients {
        let (patient, relationship) = (*patient, Relationship::Parent);
        for fact in [
            ConsentFact::RecordOpened { patient, tenant: tenant() },
            ConsentFact::HolderAdded { patient, account: account(), relationship },
        ] {
            views::apply(&mut conn, &fact).await.unwrap();
        }
    }
    drop(conn);
    // From here on every patient's key is at hand, so that nothing is waited for before an append.
    join_all(patients.iter().map(|patient| append(&log, *patient, NoteEvent::Begun))).await;
    let context =
        RequestContext { caller: caller(&[]), purpose: None, correlation: id(9), traceparent: None };
    let permits = gate
        .authorise_each(&context, Action::Read, &patients, &[Category::Goals], "records.ListItems")
        .await
        .unwrap();
    assert_eq!(permits.len(), patients.len());

    let looks = permits.into_iter().map(|permit| gate.release(permit, Unreleased::new((), Vec::new())));
    let notes = patients.iter().map(|patient| append(&log, *patient, NoteEvent::Written));
    let (released, _) = join(join_all(looks), join_all(notes)).await;
    assert!(released.iter().all(Result::is_ok));

    let (events, transactions, mixed): (i64, i64, i64) = sqlx::query_as(
        "SELECT sum(events)::bigint, count(*), count(*) FILTER (WHERE types = 2)
         FROM (
             SELECT count(*) AS events, count(DISTINCT event_type) AS types
             FROM events
             WHERE event_type IN ('access.permitted', 'note.written')
             GROUP BY xmin::text
         ) AS transactions",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(events, 100);
    assert!(transactions <= events / 4, "{transactions} transactions for {events} events");
    assert!(mixed > 0, "looks and appends in one transaction");
}

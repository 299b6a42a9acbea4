//! What stays of a record that was erased where nothing is destroyed: who did what when and by what right, as ids, codes and times, and
//! the lines of words that somebody gave as the reason. Nothing of what the record held.
#![cfg(test)]
mod audited;
mod opened;
mod record;

use audited::audited;
use holdfast_proto::{
    Word as _,
    audit::v1::ListPatientEntriesRequest,
    consent::v1::{Marked, SetMarkRequest, marked},
    documents::v1::ListDocumentsRequest,
    messaging::v1::ListThreadsRequest,
    records::v1::ListItemsRequest,
};
use holdfast_testkit::{TestDatabase, refusal::reason};
use holdfast_types::{Category, Service};
use opened::{contents, opened};
use record::request_id;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What the family wrote into the record.
const CONTENT: [&str; 6] =
    ["two words", "Words", "Practice at home", "He said water!", "And juice.", "Eleven new words"];
/// The only words of people that are left, by event and place: the reasons that they gave for what they did.
const REASONS: [&str; 3] =
    ["erasure.carried-out grounds.authority", "erasure.carried-out grounds.reason", "mark.set reason"];

/// The places of text that is no id, code, time or digest: somebody wrote it.
fn written(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains(' ') => {
            found.insert(place.to_owned());
        }
        Value::Array(values) => values.iter().for_each(|value| written(value, place, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let separator = if place.contains(' ') { "." } else { " " };
            written(value, &format!("{place}{separator}{name}"), found);
        }),
        _ => {}
    }
}

/// Every row of every table that names the patient, as text.
async fn rows(database: &TestDatabase, patient: Uuid) -> Vec<String> {
    let mut conn = PgConnection::connect(&database.superuser_url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT format('%I.%I', table_schema, table_name) FROM information_schema.columns
         WHERE table_schema NOT IN ('information_schema', 'pg_catalog') AND column_name IN ('patient', 'subject')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT to_jsonb(one)::text FROM {table} AS one WHERE to_jsonb(one)::text LIKE '%' || $1 || '%'"
        );
        let found = sqlx::query_scalar(AssertSqlSafe(sql)).bind(patient.to_string());
        rows.extend(found.fetch_all(&mut conn).await.unwrap());
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_record_stays_who_did_what_by_what_right_and_nothing_of_what_it_held() {
    let mut installation = audited().await;
    let mother = installation.world.mother.clone();
    installation.world.give().await;
    let set = SetMarkRequest {
        request_id: request_id(),
        patient_id: installation.world.patient.clone(),
        what: Some(Marked { kind: Some(marked::Kind::Category(Category::Notes.to_proto())) }),
        kept_from: None,
        reason: "until the talk with the school".into(),
    };
    let set = installation.world.consent(&mother).set_mark(set).await.unwrap().into_inner();
    installation.world.follow(set.position.unwrap());
    let patient_id = installation.world.patient.clone();
    let history = ListPatientEntriesRequest { patient_id: patient_id.clone(), ..Default::default() };
    installation.caught_up().await;
    installation.audit(&mother).list_patient_entries(history).await.unwrap();

    installation.world.erase().await;
    let world = &installation.world;
    let items = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
    let papers = ListDocumentsRequest { patient_id: patient_id.clone(), ..Default::default() };
    let threads = ListThreadsRequest { patient_id: patient_id.clone(), ..Default::default() };
    let refused = [
        world.records(&mother).list_items(items).await.err(),
        world.documents(&mother).list_documents(papers).await.err(),
        world.messaging(&mother).list_threads(threads).await.err(),
    ];
    assert_eq!(refused.map(|status| reason(&status.unwrap())), ["CONTENT_ERASED"; 3]);
    installation.caught_up().await;

    let patient: Uuid = patient_id.parse().unwrap();
    for &service in Service::WITH_CONTENT {
        let (open, all) = opened(service, &world.databases[&service], patient).await;
        assert!(open == 0 && all > 0, "{service}: {open} of {all}");
    }
    let kept = |service: Service| match service {
        Service::Audit => &installation.database,
        service => &world.databases[&service],
    };
    let (mut found, mut events) = (BTreeSet::new(), 0);
    for service in [Service::Consent, Service::Identity, Service::Audit] {
        let (open, all) = contents(service, kept(service), patient).await;
        assert_eq!(open.len(), all, "{service} destroys nothing");
        assert!(service != Service::Identity || all == 0, "identity knows no records");
        events += all;
        for payload in open {
            let event: Value = serde_json::from_slice(&payload).unwrap();
            written(&event["data"], event["type"].as_str().unwrap(), &mut found);
            let text = String::from_utf8(payload).unwrap();
            assert!(CONTENT.iter().all(|content| !text.contains(content)), "{service}: {text}");
        }
    }
    assert!(events > 6, "{events}");
    assert_eq!(found, REASONS.map(str::to_owned).into());
    for &service in Service::WITH_LOG {
        for row in rows(kept(service), patient).await {
            assert!(CONTENT.iter().all(|content| !row.contains(content)), "{service}: {row}");
        }
    }
}

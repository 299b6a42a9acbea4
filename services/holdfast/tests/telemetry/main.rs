//! Telemetry of the whole product, with a real OTLP receiver: one trace from the click to the audit entry, every metric,
//! nothing of the patient in any of it or in the log, and no word to anybody without an endpoint.

#![cfg(test)]

mod browser;
mod installation;
mod receiver;

use browser::Browser;
use holdfast_host::metrics;
use holdfast_supervise::Postgres;
use holdfast_types::Service;
use installation::Installation;
use opentelemetry_proto::tonic::{common::v1::any_value::Value as Attribute, trace::v1::Span};
use receiver::{Received, Receiver};
use sqlx::{Connection as _, PgConnection};
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path};

const EMAIL: &str = "zephyrina.quillfeather@families.example";
const GIVEN_NAME: &str = "Thistlewick";
const FAMILY_NAME: &str = "Quillfeather";
const TITLE: &str = "Letter about the marmalade swing";
const FILE_NAME: &str = "marmalade-swing.txt";
const CONTENT: &str = "The swing calms when it is painted periwinkle.";
const MESSAGE: &str = "Is the hedgehog puppet at your place?";
const SUBJECT: &str = "The hedgehog puppet";
const SEARCHED: &str = "gooseberry rash";
/// With a condition that is in no code system, and then one that can be read.
const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
    {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{"resourceType":"Patient",
     "id":"p","name":[{"family":"Quillfeather","given":["Thistlewick"]}],"birthDate":"2019-03-04","gender":"female"}},
    {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000002","resource":{"resourceType":"Condition","id":"c",
     "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
     "code":{"coding":[{"system":"SYSTEM","code":"30188007","display":"Lavender fits"}],"text":"Lavender fits"},
     "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"}}}]}"#;

/// The click: the POST at the gateway by which a record is opened.
const CLICK: &str = "POST /people/new";
/// Each of them is a command of that click, and ends in the log.
const COMMANDS: [&str; 2] = [OPEN_RECORD, "holdfast.records.v1.RecordsService/RegisterPatient"];
const OPEN_RECORD: &str = "holdfast.consent.v1.ConsentService/OpenRecord";
const ENTRY: &str = "audit.index";
/// Nothing takes longer than this on a machine that does something else besides.
const LATENCY_MS_MAX: f64 = 10_000.0;
const PUBLISHED: &str = "relay.publish";
const TAKEN_IN: &str = "inbox.take_in";

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_from_the_click_to_the_audit_entry_and_nothing_of_the_patient() {
    let root = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root: its own account has to get in.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data = root.path().join("data");
    let (receiver, endpoint) = Receiver::start();
    let environment = [
        ("HOLDFAST_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ];
    let mut up = Installation::up(&data, &environment).await;
    let mut browser = Browser::new(up.site.clone());
    let mut secrets = sign_in(&mut up, &mut browser).await;
    let record = open_record(&mut browser).await;
    receiver.until(|received| COMMANDS.iter().all(|command| entry_of(received, command).is_some())).await;

    use_everything(&mut browser, &record).await;
    let wanted: BTreeSet<&str> = [
        metrics::APPEND_LATENCY,
        metrics::APPEND_GROUP_SIZE,
        metrics::RELAY_LAG,
        metrics::INBOX_LAG,
        metrics::INBOX_PARKED,
        metrics::DECISIONS,
        metrics::READ_AUDIT_LATENCY,
        metrics::RPC_LATENCY,
    ]
    .map(|metric| metric.name)
    .into();
    receiver.until(|received| wanted.iter().all(|name| received.metrics.contains(*name))).await;
    secrets.extend(browser.secrets().map(str::to_owned));
    what_is_measured_is_what_happened(&data, &receiver).await;
    what_waits_for_a_fix_is_counted(&data, &receiver, &mut browser).await;
    up.down().await;

    receiver.look(|received| {
        let click = received.named(CLICK).next().unwrap();
        for command in COMMANDS {
            let entry = entry_of(received, command).unwrap();
            assert_eq!(entry.trace_id, click.trace_id, "{command}");
            // Between them the way: put on the bus, and taken in by audit from there, or read back from the source.
            let beside = |name| received.named(name).filter(|one| one.parent_span_id == entry.parent_span_id);
            assert!(beside(PUBLISHED).next().is_some(), "{command}");
            let taken_in = beside(TAKEN_IN).find(|one| says(one, "service") == Some("audit")).unwrap();
            assert!(["bus", "read-back"].contains(&says(taken_in, "way").unwrap()), "{taken_in:?}");
            assert_eq!(taken_in.trace_id, click.trace_id, "{command}");
        }
        let heard = received.named(TAKEN_IN).filter(|one| says(one, "way") == Some("bus")).count();
        assert!(heard > 0, "nothing came by the bus");
    });
    let log = fs::read_to_string(data.join("holdfast.log")).unwrap();
    for line in log.lines() {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed.is_object(), "{line}");
    }
    let logs = ["holdfast.log", "nats/nats-server.log", "postgres/postgres.log"];
    let told = receiver.look(|received| received.texts.join("\n"));
    assert!(log.lines().count() > 10 && told.contains(CLICK), "what says nothing shows nothing");
    for secret in private_words().into_iter().chain(secrets.iter().map(String::as_str)) {
        for name in logs {
            let text = fs::read_to_string(data.join(name)).unwrap();
            assert!(!text.contains(secret), "`{secret}` is in {name}");
        }
        assert!(!told.contains(secret), "`{secret}` left by OTLP");
    }
    silent_without_an_endpoint(&data, &receiver, &endpoint).await;
}

/// Held against the logs themselves, between two looks at them: the product counts those that it turns away by itself.
async fn what_is_measured_is_what_happened(data: &Path, receiver: &Receiver) {
    for service in Service::WITH_LOG {
        let (before, looks, refusals) = on_the_log(data, *service).await;
        let of = [("service", service.as_str())];
        receiver.until(|received| received.sum(metrics::RELAY_PUBLISHED.name, &of) >= before).await;
        receiver.until(|received| received.sum(metrics::RELAY_LAG.name, &of) == 0.0).await;
        let permitted = [("outcome", "PERMITTED"), of[0]];
        receiver.until(|received| received.sum(metrics::DECISIONS.name, &permitted) >= looks).await;
        let refused = [("outcome", "NOT_PERMITTED"), of[0]];
        receiver.until(|received| received.sum(metrics::DECISIONS.name, &refused) >= refusals).await;
        let released = metrics::READ_AUDIT_LATENCY.name;
        receiver.until(|received| looks == 0.0 || received.count(released, &of) > 0).await;
        receiver.until(|received| all_is_taken_in(received, *service)).await;
        let (published, appends, groups) = receiver.look(|received| {
            let size = metrics::APPEND_GROUP_SIZE.name;
            (
                received.sum(metrics::RELAY_PUBLISHED.name, &of),
                received.sum(size, &of),
                received.count(size, &of),
            )
        });
        let (after, ..) = on_the_log(data, *service).await;
        assert!((before..=after).contains(&published), "{service}: {published} of {before} to {after}");
        assert!(0.0 < appends && appends <= after, "{service}: {appends} appends of {after} events");
        assert!(0 < groups && groups as f64 <= appends, "{service}: {appends} appends in {groups} groups");
        for (latency, measured) in
            [(metrics::APPEND_LATENCY.name, true), (metrics::READ_AUDIT_LATENCY.name, looks > 0.0)]
        {
            let mean_ms =
                receiver.look(|received| received.sum(latency, &of) / received.count(latency, &of) as f64);
            let plausible = (0.01..LATENCY_MS_MAX).contains(&mean_ms);
            assert!(!measured || plausible, "{service}: {latency} is {mean_ms} on average");
        }
    }
    let calls =
        receiver.look(|received| received.count(metrics::RPC_LATENCY.name, &[("rpc.method", OPEN_RECORD)]));
    assert_eq!(calls, 1, "a record was opened once");
}

/// Nothing is parked, and what each of its sources has was known to be taken in a moment ago.
fn all_is_taken_in(received: &Received, service: Service) -> bool {
    let sources: &[Service] = match service {
        Service::Audit => Service::WITH_LOG,
        // It keeps the tables of access for itself.
        Service::Consent => &[],
        _ => &[Service::Consent],
    };
    sources.iter().filter(|source| **source != service).all(|source| {
        let of = [("service", service.as_str()), ("source", source.as_str())];
        let (lag, parked) = (metrics::INBOX_LAG.name, metrics::INBOX_PARKED.name);
        received.count(lag, &of) == 1
            && received.sum(lag, &of) < LATENCY_MS_MAX
            && received.count(parked, &of) == 1
            && received.sum(parked, &of) == 0.0
    })
}

/// Messaging cannot take in that a record was opened, and then it can.
async fn what_waits_for_a_fix_is_counted(data: &Path, receiver: &Receiver, browser: &mut Browser) {
    let of = [("service", "messaging"), ("source", "consent")];
    let parked = |received: &Received| received.sum(metrics::INBOX_PARKED.name, &of);
    let mut owner = owner_of(data, Service::Messaging).await;
    let refuse = "ALTER TABLE feeds.access_records ADD CONSTRAINT refused CHECK (false) NOT VALID";
    sqlx::query(refuse).execute(&mut owner).await.unwrap();
    open_record(browser).await;
    // The record, and what is said of it behind it.
    receiver.until(|received| parked(received) > 1.0).await;
    let mend = "ALTER TABLE feeds.access_records DROP CONSTRAINT refused";
    sqlx::query(mend).execute(&mut owner).await.unwrap();
    receiver.until(|received| parked(received) == 0.0).await;
    owner.close().await.unwrap();
}

/// How many events there are, how many of them are looks, and how many looks that were refused.
async fn on_the_log(data: &Path, service: Service) -> (f64, f64, f64) {
    let mut owner = owner_of(data, service).await;
    let counts: (f64, f64, f64) = sqlx::query_as(
        "SELECT count(*)::float8,
                count(*) FILTER (WHERE event_type = 'access.permitted')::float8,
                count(*) FILTER (WHERE event_type = 'access.refused')::float8
         FROM log.events",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    owner.close().await.unwrap();
    counts
}

async fn owner_of(data: &Path, service: Service) -> PgConnection {
    let owner = format!("{service}_owner");
    let url = Postgres::url_in(&data.join("postgres"), service.as_str(), &owner).unwrap();
    PgConnection::connect(&url).await.unwrap()
}

fn says<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Attribute::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The index entry that continues the call of `command` by the click.
fn entry_of<'a>(received: &'a Received, command: &str) -> Option<&'a Span> {
    let click = received.named(CLICK).next()?;
    let calls = received.named(command).filter(|call| call.trace_id == click.trace_id);
    let mut calls = calls.filter(|call| call.parent_span_id == click.span_id);
    calls.find_map(|call| received.named(ENTRY).find(|entry| entry.parent_span_id == call.span_id))
}

/// What was secret on the way.
async fn sign_in(up: &mut Installation, browser: &mut Browser) -> Vec<String> {
    let asked = browser.post("/sign-in", "/sign-in", &[("email", EMAIL)]).await;
    assert_eq!(asked.status, 200);
    let link = up.link().await;
    let token = link.path().rsplit('/').next().unwrap().to_owned();
    let mut secrets: Vec<String> = browser.secrets().map(str::to_owned).collect();
    let confirmed = browser.post(link.path(), "/sign-in/confirm", &[("token", &token)]).await;
    assert_eq!(confirmed.status, 303);
    // A link works once; the second try is refused, and refusals are logged, too.
    let again = browser.post("/people/new", "/sign-in/confirm", &[("token", &token)]).await;
    assert_eq!(again.status, 422);
    secrets.push(token);
    secrets
}

async fn open_record(browser: &mut Browser) -> String {
    let fields = [
        ("relation", "parent"),
        ("given_name", GIVEN_NAME),
        ("family_name", FAMILY_NAME),
        ("birth_date", "3 4 2019"),
    ];
    let opened = browser.post("/people/new", "/people/new", &fields).await;
    assert_eq!(opened.status, 303);
    opened.location
}

/// Looks, changes and refusals, each with words that must stay in the record.
async fn use_everything(browser: &mut Browser, record: &str) {
    let path = |page: &str| format!("{record}{page}");
    assert!(browser.get(record).await.text.contains(GIVEN_NAME));
    let import = path("/import");
    for (system, status) in [("urn:made-up", 422), ("http://snomed.info/sct", 200)] {
        let bundle = BUNDLE.replace("SYSTEM", system);
        let file = ("bundle", "record.json", "application/json", bundle.as_bytes());
        let answer = browser.send(&import, &import, &[("source", "Quillfeather home")], file).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert!(browser.get(&path("/c/conditions")).await.text.contains("Lavender fits"));
    // A form of the record; its id is good for any.
    let form = path("/papers/new");
    let searched = browser.post(&form, &path("/c/conditions/find"), &[("words", SEARCHED)]).await;
    assert_eq!(searched.status, 200);
    let file = ("file", FILE_NAME, "text/plain", CONTENT.as_bytes());
    let fields = [("title", TITLE), ("kind", "documents")];
    let kept = browser.send(&form, &path("/papers"), &fields, file).await;
    assert_eq!(kept.status, 303);
    let paper = browser.get(&format!("{}/file", kept.location)).await;
    assert_eq!(paper.text, CONTENT);
    // To a practice that nobody knows: kept or refused, with all that was typed.
    let fields = [("subject", SUBJECT), ("text", MESSAGE), ("to", "00000000-0000-4000-8000-000000000009")];
    let message = browser.post(&form, &path("/messages"), &fields).await;
    assert!(matches!(message.status, 303 | 422), "{}", message.status);
    assert_eq!(browser.get(&path("/looked")).await.status, 200);
}

fn private_words() -> Vec<&'static str> {
    let whole = [EMAIL, TITLE, FILE_NAME, CONTENT, MESSAGE, SUBJECT, SEARCHED];
    // In whatever form a part of it may come out.
    let parts =
        ["zephyrina", "uillfeather", "histlewick", "marmalade", "periwinkle", "hedgehog", "gooseberry"];
    let coded = ["Lavender fits", "30188007", "2019-03-04"];
    whole.into_iter().chain(parts).chain(coded).collect()
}

/// The address is known by the name that other programs take it from; ours is not set.
async fn silent_without_an_endpoint(data: &Path, receiver: &Receiver, endpoint: &str) {
    let before = receiver.look(|received| received.texts.len());
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    let up = Installation::up(data, &environment).await;
    let mut browser = Browser::new(up.site.clone());
    assert_eq!(browser.get("/sign-in").await.status, 200);
    // At the end everything that was kept back would be sent.
    up.down().await;
    assert_eq!(receiver.look(|received| received.texts.len()), before);
}

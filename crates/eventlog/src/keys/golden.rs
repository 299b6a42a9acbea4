//! What was stored once is read for ever: wrapped keys, sealed content, leaves and envelopes, byte by byte as they stand in databases.
use super::{KeyError, KeyRing, KeyRow, MasterKey};
use crate::{Envelope, Header, Right, Stored, Subject, rows::EventRow, schema, seal::place_of};
use chrono::TimeDelta;
use holdfast_types::{AccountId, Actor, EventId, PatientId, Purpose, SystemClock, SystemIds, TenantId};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;

/// One stored thing per line, bytes in hexadecimal: the master key, what is derived from it, rows of `data_keys` in the order in which
/// they unwrap each other, and rows of `events`, each with its content and its envelope. One event has every field, each
/// with a value of its own (by what right, in a third, as that came later), another none that can be absent; one is packed, another not. Lines are added, never changed: where a test
/// fails here, no installation could read its own log any more, or it would call it altered.
const STORED: &str = include_str!("golden.jsonl");

fn lines(kind: &str) -> Vec<Value> {
    let all = STORED.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found: Vec<Value> = all.filter_map(|line| line.get(kind).cloned()).collect();
    assert!(!found.is_empty(), "no line of a `{kind}`");
    found
}

fn field<T: DeserializeOwned>(line: &Value, name: &str) -> T {
    serde_json::from_value(line[name].clone()).unwrap()
}

fn bytes(line: &Value, name: &str) -> Vec<u8> {
    hex::decode(field::<String>(line, name)).unwrap()
}

fn master() -> MasterKey {
    MasterKey::new(bytes(&lines("master_key")[0], "bytes").try_into().unwrap())
}

fn key_row(line: &Value) -> KeyRow {
    KeyRow {
        subject: field(line, "subject"),
        key_id: field(line, "key_id"),
        tenant: field(line, "tenant"),
        wrapped: Some(bytes(line, "wrapped")),
    }
}

/// With every data key of the lines unwrapped, and no database behind it.
async fn ring() -> KeyRing {
    let nowhere = schema::connect("postgres://nobody@localhost:1/nothing", 1).unwrap();
    let ring = KeyRing::new(nowhere, master(), Arc::new(SystemClock), Arc::new(SystemIds));
    for line in lines("data_key") {
        let within: Option<Uuid> = field(&line, "within");
        let outer = match within {
            Some(subject) => Some(ring.existing(subject).await.unwrap()),
            None => None,
        };
        ring.opened(key_row(&line), within, outer.as_deref(), Instant::now()).unwrap();
    }
    ring
}

fn stored(line: &Value) -> Stored {
    let row = EventRow {
        lane: field(line, "lane"),
        lane_seq: field(line, "lane_seq"),
        event_id: field(line, "event_id"),
        tenant: field(line, "tenant"),
        stream: field(line, "stream"),
        revision: field(line, "revision"),
        event_type: field(line, "event_type"),
        schema_version: field(line, "schema_version"),
        subject: field(line, "subject"),
        patient: field(line, "patient"),
        actor: field(line, "actor"),
        on_behalf_of: field(line, "on_behalf_of"),
        purpose: field(line, "purpose"),
        correlation: field(line, "correlation"),
        causation: field(line, "causation"),
        traceparent: field(line, "traceparent"),
        occurred: field(line, "occurred"),
        recorded: field(line, "recorded"),
        key_id: field(line, "key_id"),
        payload: bytes(line, "payload"),
        leaf: bytes(line, "leaf"),
        // Lines from before there was one lack it.
        by_right: field(line, "by_right"),
    };
    row.stored(&field::<String>(line, "service")).unwrap()
}

fn envelope(line: &Value) -> Envelope {
    let Stored { header, leaf, .. } = stored(line);
    let public_payload = (!line["public_payload"].is_null()).then(|| prost_types::Any {
        type_url: field(&line["public_payload"], "type_url"),
        value: bytes(&line["public_payload"], "value"),
    });
    Envelope { header, leaf, public_payload }
}

#[test]
fn what_is_derived_from_a_master_key_never_changes() {
    for line in lines("derived_key") {
        let derived = master().derive(&field::<String>(&line, "name")).unwrap();
        assert_eq!(derived.to_vec(), bytes(&line, "bytes"));
    }
}

#[tokio::test]
async fn wrapped_keys_open_for_ever_under_what_wrapped_them_and_nothing_else() {
    let (ring, now) = (ring().await, Instant::now());
    let wrapped = lines("data_key");
    let (of_subject, of_stream) = (&wrapped[0], &wrapped[1]);
    let subject: Option<Uuid> = field(of_stream, "within");
    let outer = ring.existing(field(of_subject, "subject")).await.unwrap();
    let tenant = |line| KeyRow { tenant: Uuid::from_u128(1), ..key_row(line) };
    let holder = |line| KeyRow { subject: Uuid::from_u128(1), ..key_row(line) };
    for opened in [
        ring.opened(tenant(of_subject), None, None, now),
        ring.opened(holder(of_subject), None, None, now),
        ring.opened(key_row(of_subject), subject, None, now),
        ring.opened(key_row(of_stream), subject, None, now),
        ring.opened(holder(of_stream), subject, Some(&outer), now),
        ring.opened(key_row(of_stream), None, Some(&outer), now),
    ] {
        assert!(matches!(opened, Err(KeyError::Crypto)));
    }
}

#[tokio::test]
async fn stored_events_keep_their_leaves_and_open_for_ever() {
    let (ring, lines) = (ring().await, lines("event"));
    for line in &lines {
        let Stored { header, sealed, leaf } = stored(line);
        assert_eq!(header.lane, Subject::Account(AccountId::new(header.subject)).lane());
        assert_eq!(hex::encode(header.leaf()), hex::encode(leaf), "leaf of {}", header.event_type);
        let content = ring.of_event(&header).await.unwrap().open(&place_of(&header), &sealed).unwrap();
        assert_eq!(String::from_utf8(content).unwrap(), field::<String>(line, "content"));
    }
    for format in [1, 2] {
        assert!(lines.iter().any(|line| stored(line).sealed[0] == format), "no event of format {format}");
    }
}

#[test]
fn envelopes_never_change() {
    for line in lines("event") {
        let (bytes, envelope) = (bytes(&line, "envelope"), envelope(&line));
        assert_eq!(Envelope::from_bytes(&bytes).unwrap(), envelope);
        assert_eq!(hex::encode(envelope.to_bytes()), hex::encode(bytes));
    }
}

type Alter = fn(&mut Header);

/// Every field of a header, with whether content sealed under one opens under another that differs in it.
const ALTERED: [(&str, bool, Alter); 22] = [
    ("service", true, |header| header.service.push('s')),
    ("lane", true, |header| header.lane ^= 1),
    ("lane_seq", true, |header| header.lane_seq ^= 1),
    ("event_id", false, |header| header.event_id = EventId::new(Uuid::from_u128(1))),
    ("tenant", false, |header| header.tenant = TenantId::new(Uuid::from_u128(1))),
    ("stream", false, |header| header.stream = "grant/00000000-0000-0000-0000-000000000001".parse().unwrap()),
    ("revision", false, |header| header.revision ^= 1),
    ("event_type", false, |header| header.event_type.push('s')),
    ("schema_version", false, |header| header.schema_version ^= 1),
    ("subject", true, |header| header.subject = Uuid::from_u128(1)),
    ("patient", true, |header| header.patient = Some(PatientId::new(Uuid::from_u128(1)))),
    ("actor", true, |header| header.actor = Actor::Anonymous),
    ("on_behalf_of", true, |header| header.on_behalf_of = Some(PatientId::new(Uuid::from_u128(1)))),
    ("purpose", true, |header| header.purpose = Purpose::Operations),
    ("correlation", true, |header| header.correlation = Uuid::from_u128(1)),
    ("causation", true, |header| header.causation = Some(EventId::new(Uuid::from_u128(1)))),
    ("traceparent", true, |header| header.traceparent = Some("00".to_owned())),
    ("occurred", true, |header| header.occurred += TimeDelta::microseconds(1)),
    ("recorded", true, |header| header.recorded += TimeDelta::microseconds(1)),
    ("key_id", true, |header| header.key_id = Uuid::from_u128(1)),
    ("by_right", true, |header| header.by_right = Right::of(["granted-to-role"], [])),
    ("payload_sha256", true, |header| header.payload_sha256[31] ^= 1),
];

#[tokio::test]
async fn an_altered_field_is_another_leaf_and_what_is_sealed_with_its_place_does_not_open_at_another() {
    let ring = ring().await;
    for line in lines("event") {
        let Stored { header, sealed, leaf } = stored(&line);
        let key = ring.of_event(&header).await.unwrap();
        for (name, opens, alter) in ALTERED {
            let mut altered = header.clone();
            alter(&mut altered);
            assert_ne!(altered.leaf(), leaf, "{name}");
            assert_eq!(key.open(&place_of(&altered), &sealed).is_ok(), opens, "{name}");
        }
    }
}

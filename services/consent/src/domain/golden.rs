//! What was stored once is read for ever: every event type and version, byte by byte as it stands in logs.
use super::{
    allowance, authority, emergency, erasure, grant, link, mark, record, treatment, treatment_policy, visit,
};
use holdfast_eventlog::Event;
use std::fmt::Debug;

/// One stored payload per line; where a type has versions, one of each after its name. Lines are added, never changed.
const STORED: &str = include_str!("golden.jsonl");

fn check<E: Event + PartialEq + Debug>(samples: &[E]) {
    let prefix = format!("{{\"type\":\"{}.", E::AGGREGATE);
    let stored: Vec<&str> = STORED.lines().filter(|line| line.starts_with(&prefix)).collect();
    let written: Vec<String> = samples.iter().map(|sample| serde_json::to_string(sample).unwrap()).collect();
    assert_eq!(written, stored);
    for (sample, line) in samples.iter().zip(stored) {
        assert_eq!(&E::decode(sample.event_type(), E::SCHEMA_VERSION, line.as_bytes()).unwrap(), sample);
    }
}

#[test]
fn stored_events_of_records_never_change() {
    check(&record::samples());
}

#[test]
fn stored_events_of_grants_never_change() {
    check(&grant::samples());
}

#[test]
fn stored_events_of_erasures_never_change() {
    check(&erasure::samples());
}

#[test]
fn stored_events_of_marks_never_change() {
    check(&mark::samples());
}

#[test]
fn stored_events_of_authorities_never_change() {
    check(&authority::samples());
}

#[test]
fn stored_events_of_emergencies_never_change() {
    check(&emergency::samples());
    check(&allowance::samples());
}

#[test]
fn stored_events_of_visits_never_change() {
    check(&visit::samples());
}

#[test]
fn stored_events_of_treatments_never_change() {
    check(&treatment::samples());
    check(&treatment_policy::tests::samples());
}

#[test]
fn stored_events_of_links_never_change() {
    check(&link::samples());
}

#[test]
fn what_was_settled_before_the_protected_rooms_is_read_as_it_is_meant() {
    let stored = |version: u16| {
        let prefix = format!("authority.settled {version} ");
        let payload = STORED.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap();
        (authority::Event::decode("authority.settled", version, payload.as_bytes()).unwrap(), payload)
    };
    let ((before, _), (today, written)) = (stored(1), stored(2));
    assert_eq!(before, today);
    assert_eq!(serde_json::to_string(&today).unwrap(), written);
}

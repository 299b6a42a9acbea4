//! What was stored once is read for ever: every event type and version, byte by byte as it stands in logs.
use super::{directory, import, item, locks::chosen, patient, proposal};
use holdfast_eventlog::Event;
use std::fmt::Debug;

/// One stored payload per line, all of version 1. Lines are added, never changed.
const STORED: &str = include_str!("golden.jsonl");

fn check<E: Event + PartialEq + Debug>(samples: &[E]) {
    let prefix = format!("{{\"type\":\"{}.", E::AGGREGATE);
    let stored: Vec<&str> = STORED.lines().filter(|line| line.starts_with(&prefix)).collect();
    let written: Vec<String> = samples.iter().map(|sample| serde_json::to_string(sample).unwrap()).collect();
    assert_eq!(written, stored);
    for (sample, line) in samples.iter().zip(stored) {
        assert_eq!(&E::decode(sample.event_type(), 1, line.as_bytes()).unwrap(), sample);
    }
}

#[test]
fn stored_events_of_patients_never_change() {
    check(&patient::samples());
}

#[test]
fn stored_events_of_items_never_change() {
    check(&item::samples());
}

#[test]
fn stored_events_of_the_directory_never_change() {
    check(&directory::samples());
}

#[test]
fn stored_events_of_proposals_never_change() {
    check(&proposal::samples());
}

#[test]
fn stored_events_of_field_locks_never_change() {
    check(&chosen::samples());
}

#[test]
fn stored_events_of_imports_never_change() {
    check(&import::samples());
}

//! What was stored once is read for ever: every event type and version, byte by byte as it stands in logs.
use super::thread;
use holdfast_eventlog::Event;

/// One stored payload per line, all of version 1. Lines are added, never changed.
const STORED: &str = include_str!("golden.jsonl");

#[test]
fn stored_events_of_threads_never_change() {
    let samples = thread::samples();
    let written: Vec<String> = samples.iter().map(|sample| serde_json::to_string(sample).unwrap()).collect();
    assert_eq!(written, STORED.lines().collect::<Vec<_>>());
    for (sample, line) in samples.iter().zip(STORED.lines()) {
        assert_eq!(&thread::Event::decode(sample.event_type(), 1, line.as_bytes()).unwrap(), sample);
    }
}

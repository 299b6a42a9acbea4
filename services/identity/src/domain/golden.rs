//! Stored bytes never change: every event type as it was first written, encoded and decoded on every run.
use super::{
    access_review, account, factors, invitation, practice, provider, provider_link, session, sign_in, tenant,
};
use holdfast_eventlog::Event;
use serde_json::Value;

const STORED: &str = include_str!("../../tests/golden/events.jsonl");

/// `<type> <version> <payload>` per event.
fn lines<E: Event>(samples: &[E]) -> Vec<String> {
    let line = |event: &E| {
        format!("{} {} {}", event.event_type(), E::SCHEMA_VERSION, serde_json::to_string(event).unwrap())
    };
    samples.iter().map(line).collect()
}

#[test]
fn todays_events_are_encoded_as_they_are_stored() {
    let all = [
        lines(&access_review::tests::samples()),
        lines(&account::tests::samples()),
        lines(&factors::tests::samples()),
        lines(&invitation::tests::samples()),
        lines(&practice::tests::samples()),
        lines(&provider::tests::samples()),
        lines(&provider_link::tests::samples()),
        lines(&session::tests::samples()),
        lines(&sign_in::tests::samples()),
        lines(&tenant::tests::samples()),
    ]
    .concat();
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/events.jsonl");
        std::fs::write(path, all.join("\n") + "\n").unwrap();
        return;
    }
    assert_eq!(STORED.lines().collect::<Vec<_>>(), all);
}

#[test]
fn every_stored_event_is_read_as_it_was_written() {
    fn check<E: Event>(event_type: &str, version: u16, payload: &str) {
        let event = E::decode(event_type, version, payload.as_bytes()).unwrap();
        assert_eq!(event.event_type(), event_type);
        assert_eq!(serde_json::to_value(&event).unwrap(), serde_json::from_str::<Value>(payload).unwrap());
    }
    for line in STORED.lines() {
        let [event_type, version, payload] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
        let version = version.parse().unwrap();
        match event_type.split_once('.').unwrap().0 {
            "access-review" => check::<access_review::AccessReviewEvent>(event_type, version, payload),
            "account" => check::<account::AccountEvent>(event_type, version, payload),
            "factors" => check::<factors::FactorsEvent>(event_type, version, payload),
            "invitation" => check::<invitation::InvitationEvent>(event_type, version, payload),
            "practice" => check::<practice::PracticeEvent>(event_type, version, payload),
            "provider" => check::<provider::ProviderEvent>(event_type, version, payload),
            "provider-link" => check::<provider_link::LinkEvent>(event_type, version, payload),
            "session" => check::<session::SessionEvent>(event_type, version, payload),
            "sign-in" => check::<sign_in::SignInEvent>(event_type, version, payload),
            "tenant" => check::<tenant::TenantEvent>(event_type, version, payload),
            other => panic!("no reader for {other}"),
        }
    }
}

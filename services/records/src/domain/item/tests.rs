//! Given, when, then for items.
use super::*;
use crate::domain::content::{Attested, AttestedBy, Named, Resource, Source, SourceKind};

const PORTAL: Uuid = Uuid::from_u128(1);
const FAMILY: Uuid = Uuid::from_u128(2);

fn content(source: Uuid, json: &str) -> Arc<Content> {
    Arc::new(Content {
        source: Source {
            id: source,
            kind: SourceKind::Import,
            name: "Portal".into(),
            key: "Observation/1".into(),
        },
        category: Category::Results,
        resource_type: "Observation".into(),
        title: "A1c".into(),
        summary: None,
        status: None,
        occurred: None,
        performers: vec![],
        attested: vec![],
        resource: Resource::parse(json.as_bytes().to_vec()).unwrap(),
    })
}

pub(crate) fn samples() -> Vec<Event> {
    let full = Content {
        summary: Some("7.2 %".into()),
        status: Some("final".into()),
        occurred: chrono::DateTime::from_timestamp_micros(1_772_452_800_123_456),
        performers: vec![Named {
            display: Some("Dr. Robin Sedgebrook".into()),
            key: Some("Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|0000000001".into()),
        }],
        attested: vec![Attested {
            recorded: Some("2025-03-04T15:00:00Z".into()),
            by: vec![AttestedBy {
                role: Some("Author".into()),
                who: Named { display: Some("Robin".into()), key: None },
                on_behalf_of: Some(Named { display: None, key: Some("Organization/1".into()) }),
            }],
        }],
        ..Content::clone(&content(PORTAL, r#"{"resourceType":"Observation","valueQuantity":{"value":7.20}}"#))
    };
    vec![
        Event::Recorded(Arc::new(full)),
        Event::Changed(content(FAMILY, r#"{"resourceType":"Observation"}"#)),
        Event::Retracted { category: Category::Results, reason: "Of another child".into() },
    ]
}

fn given(events: &[Event]) -> State {
    events.iter().fold(State::default(), Item::evolve)
}

fn replace(json: &str, as_seen: bool) -> Command {
    Command::Replace { content: content(FAMILY, json), as_seen }
}

fn retract(as_seen: bool) -> Command {
    Command::Retract { reason: "wrong child".into(), as_seen }
}

#[test]
fn what_a_source_sends_first_is_recorded_and_the_same_again_changes_nothing() {
    let recorded = Item::decide(&given(&[]), Command::Record(content(PORTAL, "1"))).unwrap();
    assert_eq!(recorded, [Event::Recorded(content(PORTAL, "1"))]);
    assert_eq!(Item::decide(&given(&recorded), Command::Record(content(PORTAL, "1"))), Ok(vec![]));
    let changed = Item::decide(&given(&recorded), Command::Record(content(PORTAL, "2")));
    assert_eq!(changed, Ok(vec![Event::Changed(content(PORTAL, "2"))]));
}

#[test]
fn a_source_that_repeats_itself_does_not_undo_a_replacement() {
    let recorded = Event::Recorded(content(PORTAL, "1"));
    let replaced = Item::decide(&given(std::slice::from_ref(&recorded)), replace("2", true)).unwrap();
    let state = given(&[vec![recorded], replaced].concat());
    assert_eq!(Item::decide(&state, Command::Record(content(PORTAL, "1"))), Ok(vec![]));
    let news = Item::decide(&state, Command::Record(content(PORTAL, "3")));
    assert_eq!(news, Ok(vec![Event::Changed(content(PORTAL, "3"))]));
}

#[test]
fn a_retracted_item_stays_retracted() {
    let state = given(&[
        Event::Recorded(content(PORTAL, "1")),
        Event::Retracted { category: Category::Results, reason: "wrong child".into() },
    ]);
    assert_eq!(Item::decide(&state, Command::Record(content(PORTAL, "2"))), Ok(vec![]));
    assert_eq!(Item::decide(&state, replace("2", true)), Err(Refusal::AlreadyRetracted));
    assert_eq!(Item::decide(&state, retract(true)), Err(Refusal::AlreadyRetracted));
}

#[test]
fn a_change_is_decided_on_what_was_seen() {
    let state = given(&[Event::Recorded(content(PORTAL, "1"))]);
    assert_eq!(Item::decide(&state, replace("2", false)), Err(Refusal::NotAsSeen));
    assert_eq!(Item::decide(&state, retract(false)), Err(Refusal::NotAsSeen));
    let retracted = Event::Retracted { category: Category::Results, reason: "wrong child".into() };
    assert_eq!(Item::decide(&state, retract(true)), Ok(vec![retracted]));
}

#[test]
fn what_is_not_there_cannot_change() {
    assert_eq!(Item::decide(&given(&[]), replace("1", true)), Err(Refusal::Unknown));
    assert_eq!(Item::decide(&given(&[]), retract(true)), Err(Refusal::Unknown));
}

#[test]
fn an_item_keeps_its_resource_type() {
    let state = given(&[Event::Recorded(content(PORTAL, "1"))]);
    let goal = || Arc::new(Content { resource_type: "Goal".into(), ..Content::clone(&content(PORTAL, "2")) });
    assert_eq!(Item::decide(&state, Command::Record(goal())), Err(Refusal::OtherType));
    assert_eq!(
        Item::decide(&state, Command::Replace { content: goal(), as_seen: true }),
        Err(Refusal::OtherType)
    );
}

#[test]
fn a_source_is_the_same_whatever_the_case_and_spacing_of_its_name() {
    let patient = PatientId::new(Uuid::from_u128(7));
    let named = |name| source_id(patient, &SourceIdentity::System(name));
    assert_eq!(named("Hospital  Portal "), named("hospital portal"));
    assert_ne!(named("Hospital Portal"), named("Other Portal"));
    let other = PatientId::new(Uuid::from_u128(8));
    assert_ne!(named("Portal"), source_id(other, &SourceIdentity::System("Portal")));
    assert_ne!(id_of(patient, named("a"), "Goal/1"), id_of(patient, named("b"), "Goal/1"));
}

//! Given, when, then for items.
use super::*;
use crate::domain::{
    content::{Attested, AttestedBy, Named, Resource, Source, SourceKind},
    locks::Lock,
};
use proptest::prelude::*;

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
        proposed: None,
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
        Event::Retracted { category: Category::Results, reason: "Of another child".into(), proposed: None },
        Event::Changed(Arc::new(Content {
            proposed: Some(PROPOSED),
            ..Content::clone(&content(FAMILY, r#"{"resourceType":"Observation"}"#))
        })),
        Event::Retracted {
            category: Category::Results,
            reason: "Of another child".into(),
            proposed: Some(PROPOSED),
        },
    ]
}

const PROPOSED: Proposed =
    Proposed { by: holdfast_types::AccountId::new(Uuid::from_u128(1)), proposal: Uuid::from_u128(2) };

fn said_by(kind: SourceKind, json: &str) -> Arc<Content> {
    let said = content(FAMILY, json);
    let source = Source { kind, ..said.source.clone() };
    Arc::new(Content { source, ..Content::clone(&said) })
}

fn given(events: &[Event]) -> State {
    events.iter().fold(State::default(), Item::evolve)
}

fn replace(json: &str, as_seen: bool) -> Command {
    Command::Replace { content: content(FAMILY, json), as_seen, locks: None }
}

fn retract(as_seen: bool) -> Command {
    Command::Retract { reason: "wrong child".into(), as_seen, locks: None, proposed: None }
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
        Event::Retracted { category: Category::Results, reason: "wrong child".into(), proposed: None },
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
    let retracted =
        Event::Retracted { category: Category::Results, reason: "wrong child".into(), proposed: None };
    assert_eq!(Item::decide(&state, retract(true)), Ok(vec![retracted]));
}

#[test]
fn what_others_said_is_locked_for_families_and_what_they_wrote_themselves_is_theirs() {
    let after = |kind| given(&[Event::Recorded(said_by(kind, r#"{"code":1,"note":1}"#))]);
    let change = |kind, json| {
        let content = said_by(SourceKind::Patient, json);
        let locks = Some(Locks::of_networks());
        Item::decide(&after(kind), Command::Replace { content, as_seen: true, locks })
    };
    let retract = |kind| {
        let (reason, locks) = ("wrong child".into(), Some(Locks::of_networks()));
        Item::decide(&after(kind), Command::Retract { reason, as_seen: true, locks, proposed: None })
    };
    let noted = r#"{"code":1,"note":2}"#;
    for kind in [SourceKind::Practice, SourceKind::App, SourceKind::Import] {
        assert_eq!(change(kind, noted), Err(Refusal::Locked("results.note".into())), "{kind:?}");
    }
    assert_eq!(change(SourceKind::Practice, r#"{"code":1,"note":1}"#), Ok(vec![]), "the same is no change");
    assert_eq!(change(SourceKind::Patient, noted).map(|events| events.len()), Ok(1));
    assert_eq!(retract(SourceKind::Practice), Err(Refusal::Locked("results.*".into())));
    assert!(retract(SourceKind::Patient).is_ok() && retract(SourceKind::Import).is_ok());
}

#[test]
fn what_a_family_changed_of_a_practices_word_stays_the_practices() {
    let open = Locks { locks: [Lock { room: None, field: "code".into() }].into(), ..Locks::default() };
    let mut state = given(&[Event::Recorded(said_by(SourceKind::Practice, r#"{"code":1,"note":1}"#))]);
    let replace = |state: &State, json| {
        let (content, locks) = (said_by(SourceKind::Patient, json), Some(open.clone()));
        Item::decide(state, Command::Replace { content, as_seen: true, locks })
    };
    for event in replace(&state, r#"{"code":1,"note":2}"#).unwrap() {
        state = Item::evolve(state, &event);
    }
    let recoded = replace(&state, r#"{"code":2,"note":2}"#);
    assert_eq!(recoded, Err(Refusal::Locked("results.code".into())));
}

proptest! {
    /// By replacing, adding again and retracting, one after the other.
    #[test]
    fn whatever_a_family_does_to_a_practices_item_its_locked_element_stays(
        steps in prop::collection::vec((0..3_u8, 0..3_u8, 0..3_u8), 1..12)
    ) {
        let locks = Locks { locks: [Lock { room: None, field: "code".into() }].into(), ..Locks::default() };
        let mut state = given(&[Event::Recorded(said_by(SourceKind::Practice, r#"{"code":0,"note":0}"#))]);
        for (what, code, note) in steps {
            let content = said_by(SourceKind::Patient, &format!(r#"{{"code":{code},"note":{note}}}"#));
            let locks = Some(locks.clone());
            let command = match what {
                0 => Command::Replace { content, as_seen: true, locks },
                1 => Command::Record(content),
                _ => Command::Retract { reason: "no".into(), as_seen: true, locks, proposed: None },
            };
            for event in Item::decide(&state, command).unwrap_or_default() {
                state = Item::evolve(state, &event);
            }
            let State::Standing(item) = &state else { panic!("it is retracted") };
            prop_assert!(item.resource.as_ref().unwrap().as_str().contains(r#""code":0"#));
        }
    }
}

#[test]
fn what_a_family_adds_again_does_not_undo_what_a_practice_made_of_it() {
    let state = given(&[
        Event::Recorded(said_by(SourceKind::Patient, "1")),
        Event::Changed(said_by(SourceKind::Practice, "2")),
    ]);
    let again = Item::decide(&state, Command::Record(said_by(SourceKind::Patient, "3")));
    assert_eq!(again, Err(Refusal::Locked("results.*".into())));
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
        Item::decide(&state, Command::Replace { content: goal(), as_seen: true, locks: None }),
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

//! Every event, look and rule of the services has its words, and each kind of entry is told with its right.
use super::*;
use crate::words::Lang;
use std::{collections::BTreeSet, path::Path};

fn teller(words: Words) -> Teller {
    let given = Given {
        to: "Dana K.".into(),
        rooms: "Goals".into(),
        when: "Jan 4".into(),
        before: None,
        replaced: false,
    };
    let changed = Given { before: Some("Goals".into()), rooms: "Visit notes".into(), ..given.clone() };
    let ended = Given { replaced: true, ..given.clone() };
    Teller {
        words,
        me: "account/1".into(),
        mine: Some(Relationship::Parent),
        grants: HashMap::from([("g1".into(), given), ("g2".into(), changed), ("g0".into(), ended)]),
    }
}

fn entry(kind: EntryKind, event: &str, access: Option<AccessRecorded>) -> Entry {
    Entry { kind: kind.into(), r#type: event.into(), access, actor: "account/2".into(), ..Entry::default() }
}

fn access(operation: &str) -> AccessRecorded {
    let rooms = vec![Category::Goals.to_proto()];
    AccessRecorded {
        operation: operation.into(),
        patient_id: "p1".into(),
        permitted_categories: rooms.clone(),
        categories: rooms,
        ..AccessRecorded::default()
    }
}

/// Every text that stands behind `before` and a quote in the services' sources.
fn quoted(before: &str) -> BTreeSet<String> {
    fn collect(dir: &Path, before: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, before, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let mark = format!("{before}\"");
                let behind = text.split(&mark).skip(1);
                found.extend(behind.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            }
        }
    }
    let mut found = BTreeSet::new();
    for service in ["identity", "records", "documents", "consent", "messaging", "audit"] {
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(service).join("src"),
            before,
            &mut found,
        );
    }
    found
}

#[test]
fn every_event_of_every_service_has_its_words() {
    // As events are stored: `<aggregate>.<fact>`.
    let known = quoted("rename = ");
    let events: Vec<&String> =
        known.iter().filter(|name| name.contains('.') && !name.contains('/')).collect();
    assert!(events.len() >= 25, "only {events:?}");
    for words in Lang::ALL.map(Words::new) {
        for event in &events {
            assert!(happening(event).is_some(), "{event} has no words");
            let did = teller(words).did(&entry(EntryKind::Change, event, None));
            // A key without words shows as itself.
            assert!(!did.contains("did-"), "{event}: {did}");
        }
    }
}

#[test]
fn every_look_has_its_words() {
    let known = quoted("");
    let is_look = |text: &&String| {
        let (service, method) = text.split_once('.').unwrap_or_default();
        ["identity", "records", "documents", "consent", "messaging", "audit"].contains(&service)
            && method.chars().next().is_some_and(|first| first.is_ascii_uppercase())
    };
    let looks: Vec<&String> = known.iter().filter(is_look).collect();
    assert!(looks.len() >= 20, "only {looks:?}");
    for words in Lang::ALL.map(Words::new) {
        for look in &looks {
            let did = teller(words).did(&entry(EntryKind::Read, "access.permitted", Some(access(look))));
            assert!(!did.contains("did-"), "{look}: {did}");
        }
    }
}

#[test]
fn every_reason_of_the_door_has_its_words() {
    let text = include_str!("../../../../../crates/host/src/turned_away.rs");
    let listed = text.split_once("AT_THE_DOOR: &[&Reason] = &[").unwrap().1.split_once("];").unwrap().0;
    let reasons: Vec<&str> =
        listed.split("catalogue::").skip(1).map(|rest| rest.split(',').next().unwrap()).collect();
    assert!(reasons.len() >= 12, "only {reasons:?}");
    for words in Lang::ALL.map(Words::new) {
        for reason in reasons.iter().chain(&["METADATA_MALFORMED"]) {
            let key = format!("door-{}", reason.to_lowercase().replace('_', "-"));
            assert!(words.holds(&key), "{key}");
        }
    }
}

#[test]
fn every_rule_has_its_words() {
    let policies = include_str!("../../../../../crates/access/policies/holdfast.cedar");
    let ids: Vec<String> = policies
        .split("@id(\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split('"').next()?.to_owned()))
        .collect();
    assert!(ids.len() >= 10);
    // What the decision function adds to the policies.
    let added = ["role-beyond-reach".to_owned()];
    for words in Lang::ALL.map(Words::new) {
        for id in ids.iter().chain(&added) {
            assert!(words.holds(&format!("rule-{id}")), "{id}");
        }
    }
}

#[test]
fn each_kind_of_entry_is_told_with_its_right() {
    let teller = teller(Words::new(Lang::En));
    let by_grant = AccessRecorded {
        purpose: Purpose::Treatment.to_proto(),
        grants: vec![GrantRevision { grant_id: "g1".into(), revision: 1 }],
        rule_ids: vec!["granted-to-account".into()],
        ..access("records.ListItems")
    };
    let read = entry(EntryKind::Read, "access.permitted", Some(by_grant.clone()));
    assert_eq!(kind(&read), LookKind::Read);
    assert_eq!(teller.did(&read), "opened the list of Goals, for care");
    assert_eq!(teller.by(&read), Right { text: "sharing of Jan 4".into(), grant: Some("g1".into()) });

    let elsewhere =
        AccessRecorded { grants: vec![GrantRevision { grant_id: "g9".into(), revision: 1 }], ..by_grant };
    assert!(teller.by(&entry(EntryKind::Read, "access.permitted", Some(elsewhere))).text.starts_with("rule"));

    let own = AccessRecorded {
        relationship: Relationship::Parent.to_proto(),
        ..access("audit.ListPatientEntries")
    };
    let own = entry(EntryKind::Read, "access.permitted", Some(own));
    assert_eq!(
        (teller.did(&own), teller.by(&own).text),
        ("looked at this list".into(), "parent of this record".into())
    );

    let refused = AccessRecorded {
        action: Action::Read.to_proto(),
        refusal_reason: "NOT_PERMITTED".into(),
        ..access("records.GetItem")
    };
    let refused = entry(EntryKind::Refused, "access.refused", Some(refused));
    assert_eq!(kind(&refused), LookKind::Refused);
    assert_eq!(
        (teller.did(&refused), teller.by(&refused).text),
        ("tried to open Goals".into(), "no sharing allowed it".into())
    );

    let history = AccessRecorded { categories: Vec::new(), ..access("audit.ListPatientEntries") };
    assert_eq!(
        teller.did(&entry(EntryKind::Refused, "access.refused", Some(history))),
        "tried to see who looked"
    );

    let shared = Entry {
        stream: "grant/g1".into(),
        actor: "account/1".into(),
        ..entry(EntryKind::Sharing, "grant.given", None)
    };
    assert_eq!(
        (teller.did(&shared), teller.by(&shared).text),
        ("shared Goals with Dana K.".into(), "parent of this record".into())
    );
    let changed = Entry { stream: "grant/g2".into(), ..shared.clone() };
    assert_eq!(teller.did(&changed), "changed what is shared with Dana K.: Goals became Visit notes");
    let ended = Entry { stream: "grant/g0".into(), r#type: "grant.revoked".into(), ..shared.clone() };
    assert_eq!(teller.did(&ended), "ended what was shared with Dana K. before the change");
    let others = Entry { stream: "grant/g9".into(), ..shared };
    assert_eq!(teller.did(&others), "shared something");

    let added =
        Entry { category: Category::Goals.to_proto(), ..entry(EntryKind::Change, "item.recorded", None) };
    assert_eq!((teller.did(&added), teller.by(&added).text), ("added to Goals".into(), String::new()));
    let permitted = |rule: &str, grant: &str| Entry {
        rule_ids: vec![rule.into()],
        grants: vec![GrantRevision { grant_id: grant.into(), revision: 1 }],
        ..added.clone()
    };
    let by_grant = teller.by(&permitted("granted-to-account", "g1"));
    assert_eq!(by_grant, Right { text: "sharing of Jan 4".into(), grant: Some("g1".into()) });
    assert_eq!(teller.by(&permitted("parent-holds-record", "")).text, "rule “parent of the record”");

    let signed_in = entry(EntryKind::Account, "session.started", None);
    assert_eq!((kind(&signed_in), teller.did(&signed_in)), (LookKind::Account, "signed in".into()));

    let turned_away = Entry {
        service: "records".into(),
        door_refused: Some(DoorRefused {
            reason: "TOKEN_EXPIRED".into(),
            count: 7,
            ..DoorRefused::default()
        }),
        ..entry(EntryKind::Refused, "door.refused", None)
    };
    assert_eq!(kind(&turned_away), LookKind::Refused);
    assert_eq!(
        (teller.did(&turned_away), teller.by(&turned_away).text),
        ("was turned away at the door of records, 7 times: a sign-in that has run out".into(), String::new())
    );

    let unheard = entry(EntryKind::Change, "moon.landed", None);
    assert!(teller.did(&unheard).contains("moon.landed"));

    let emergency = Entry { purpose: "ETREAT".into(), ..read };
    assert_eq!(kind(&emergency), LookKind::Emergency);
}

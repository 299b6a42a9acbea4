//! Entries for the tests of what is written of them.
use holdfast_proto::{
    Word,
    access::v1::{AccessRecorded, DoorRefused, GrantRevision, Outcome, Returned},
    audit::v1::{Entry, EntryKind},
    timestamp,
};
use holdfast_types::{Action, Category, Purpose, Relationship};

fn look() -> Entry {
    let at = chrono::DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap();
    let look = AccessRecorded {
        account_id: "a".into(),
        patient_id: "p".into(),
        action: Action::Read.to_proto(),
        categories: vec![Category::VitalSigns.to_proto(), Category::Goals.to_proto()],
        permitted_categories: vec![Category::Goals.to_proto()],
        purpose: Purpose::Treatment.to_proto(),
        outcome: Outcome::Permitted.into(),
        rule_ids: vec!["granted-to-account".into()],
        grants: vec![GrantRevision { grant_id: "g".into(), revision: 2 }],
        policy_digest: "00ff".into(),
        operation: "records.ListItems".into(),
        consent_age_ms: i64::MAX,
        consent_seq: Some(0),
        ..Default::default()
    };
    Entry {
        event_id: "e".into(),
        kind: EntryKind::Read.into(),
        recorded_time: Some(timestamp(at)),
        leaf_hash: vec![0, 255].into(),
        access: Some(look),
        ..Default::default()
    }
}

/// One of each: a look with all that it may say, one that says little, a change, and those turned away.
pub(super) fn entries() -> Vec<Entry> {
    let at = chrono::DateTime::from_timestamp_micros(1_772_452_800_000_001).unwrap();
    let named = |id: &str, revision| Returned { id: id.into(), revision };
    let whole = look();
    let full = AccessRecorded {
        session_id: "s".into(),
        roles: vec!["therapist".into(), "administrator".into()],
        relationship: Relationship::Parent.to_proto(),
        refusal_reason: "NOT_PERMITTED".into(),
        consent_age_ms: 12,
        decided_time: Some(timestamp(at)),
        returned: vec![named("i", 1), named("j", 12), named("k", 3)],
        ..whole.access.clone().unwrap()
    };
    let full = Entry {
        on_behalf_of: "account/b".into(),
        patient_id: "p".into(),
        category: Category::Goals.to_proto(),
        occurred_time: Some(timestamp(at)),
        lane: 1023,
        lane_seq: 1 << 40,
        access: Some(full),
        ..whole.clone()
    };
    let little = Entry { access: Some(AccessRecorded::default()), ..Entry::default() };
    let change = Entry {
        kind: EntryKind::Change.into(),
        r#type: "item.recorded".into(),
        rule_ids: vec!["granted-to-account".into(), "emergency-access".into()],
        grants: vec![GrantRevision { grant_id: "g".into(), revision: 2 }],
        ..Entry::default()
    };
    let refused = DoorRefused {
        reason: "TOKEN_EXPIRED".into(),
        count: 7,
        from_time: Some(timestamp(at)),
        until_time: None,
    };
    let refused = Entry { door_refused: Some(refused), ..Entry::default() };
    vec![full, whole, little, change, refused]
}

//! An entry of the history as a line of JSON, for whoever takes the history along: the contract's names, words instead of numbers, and no
//! field that says nothing.
use holdfast_proto::{
    Word,
    access::v1::{AccessRecorded, DoorRefused, GrantRevision, Outcome, Returned},
    audit::v1::{Entry, EntryKind},
    time,
};
use holdfast_types::{Action, Category, Purpose, Relationship};
use prost_types::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// Its fields are those of the table that `holdfast audit replay` writes, too.
#[derive(Serialize)]
pub struct Told<'a> {
    event_id: &'a str,
    service: &'a str,
    lane: u32,
    lane_seq: u64,
    kind: &'static str,
    r#type: &'a str,
    stream: &'a str,
    actor: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    on_behalf_of: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    patient_id: &'a str,
    tenant_id: &'a str,
    purpose: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    correlation_id: &'a str,
    /// Hex.
    leaf_hash: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    rule_ids: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Look<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    door_refused: Option<TurnedAway<'a>>,
}

#[derive(Serialize)]
struct TurnedAway<'a> {
    reason: &'a str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_time: Option<String>,
}

#[derive(Serialize)]
struct Look<'a> {
    operation: &'a str,
    outcome: &'static str,
    account_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    session_id: &'a str,
    roles: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    patient_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    categories: Vec<&'static str>,
    permitted_categories: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    refusal_reason: &'a str,
    rule_ids: &'a [String],
    grants: Vec<Named<'a>>,
    policy_digest: &'a str,
    /// Absent: consent was never heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_age_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_time: Option<String>,
    returned: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    revision: u64,
}

pub fn write_line(to: &mut impl Write, entry: &Entry) -> io::Result<()> {
    serde_json::to_writer(&mut *to, &Told::from(entry))?;
    to.write_all(b"\n")
}

impl<'a> From<&'a Entry> for Told<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            event_id: &entry.event_id,
            service: &entry.service,
            lane: entry.lane,
            lane_seq: entry.lane_seq,
            kind: kind(entry.kind()),
            r#type: &entry.r#type,
            stream: &entry.stream,
            actor: &entry.actor,
            on_behalf_of: &entry.on_behalf_of,
            patient_id: &entry.patient_id,
            tenant_id: &entry.tenant_id,
            purpose: &entry.purpose,
            occurred_time: moment(entry.occurred_time.as_ref()),
            recorded_time: moment(entry.recorded_time.as_ref()),
            category: Category::from_proto(entry.category).map(Category::as_str),
            correlation_id: &entry.correlation_id,
            leaf_hash: entry.leaf_hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            rule_ids: &entry.rule_ids,
            grants: entry.grants.iter().map(Named::from).collect(),
            access: entry.access.as_ref().map(Look::from),
            door_refused: entry.door_refused.as_ref().map(TurnedAway::from),
        }
    }
}

impl<'a> From<&'a DoorRefused> for TurnedAway<'a> {
    fn from(refused: &'a DoorRefused) -> Self {
        Self {
            reason: &refused.reason,
            count: refused.count,
            from_time: moment(refused.from_time.as_ref()),
            until_time: moment(refused.until_time.as_ref()),
        }
    }
}

impl<'a> From<&'a GrantRevision> for Named<'a> {
    fn from(grant: &'a GrantRevision) -> Self {
        Self { id: &grant.grant_id, revision: grant.revision }
    }
}

impl<'a> From<&'a AccessRecorded> for Look<'a> {
    fn from(look: &'a AccessRecorded) -> Self {
        let returned = |returned: &'a Returned| Named { id: &returned.id, revision: returned.revision };
        Self {
            operation: &look.operation,
            outcome: match look.outcome() {
                Outcome::Permitted => "permitted",
                Outcome::Refused => "refused",
                Outcome::Unspecified => "unknown",
            },
            account_id: &look.account_id,
            session_id: &look.session_id,
            roles: &look.roles,
            patient_id: &look.patient_id,
            relationship: Relationship::from_proto(look.relationship).map(Relationship::as_str),
            action: Action::from_proto(look.action).map(Action::as_str),
            categories: rooms(&look.categories),
            permitted_categories: rooms(&look.permitted_categories),
            purpose: Purpose::from_proto(look.purpose).map(Purpose::as_str),
            refusal_reason: &look.refusal_reason,
            rule_ids: &look.rule_ids,
            grants: look.grants.iter().map(Named::from).collect(),
            policy_digest: &look.policy_digest,
            consent_age_ms: Some(look.consent_age_ms).filter(|age| *age != i64::MAX),
            consent_seq: look.consent_seq,
            decided_time: moment(look.decided_time.as_ref()),
            returned: look.returned.iter().map(returned).collect(),
        }
    }
}

const fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Read => "read",
        EntryKind::Change => "change",
        EntryKind::Sharing => "sharing",
        EntryKind::Refused => "refused",
        EntryKind::Account => "account",
        EntryKind::Unspecified => "unknown",
    }
}

fn rooms(numbers: &[i32]) -> Vec<&'static str> {
    numbers.iter().filter_map(|number| Category::from_proto(*number)).map(Category::as_str).collect()
}

/// RFC 3339, UTC, microseconds.
fn moment(timestamp: Option<&Timestamp>) -> Option<String> {
    let time = time(timestamp?).ok()?;
    Some(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::timestamp;
    use serde_json::{Value, json};

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

    #[test]
    fn a_look_is_one_line_of_words_and_ids() {
        let entry = look();
        let mut line = Vec::new();
        write_line(&mut line, &entry).unwrap();
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        let told: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(told["recorded_time"], "2026-03-02T12:00:00.123456Z");
        assert_eq!((&told["leaf_hash"], &told["kind"]), (&json!("00ff"), &json!("read")));
        assert_eq!(told["access"]["categories"], json!(["vital-signs", "goals"]));
        assert_eq!(told["access"]["grants"], json!([{ "id": "g", "revision": 2 }]));
        assert_eq!(told["access"]["consent_seq"], 0);
        for absent in ["on_behalf_of", "category", "occurred_time", "door_refused", "rule_ids", "grants"] {
            assert_eq!(told.get(absent), None, "{absent}");
        }
        assert_eq!(told["access"].get("consent_age_ms"), None, "it was never heard");
    }

    #[test]
    fn a_change_says_by_what_it_was_permitted() {
        let grants = vec![GrantRevision { grant_id: "g".into(), revision: 2 }];
        let entry = Entry { rule_ids: vec!["granted-to-account".into()], grants, ..Entry::default() };
        let told: Value = serde_json::to_value(Told::from(&entry)).unwrap();
        assert_eq!(told["rule_ids"], json!(["granted-to-account"]));
        assert_eq!(told["grants"], json!([{ "id": "g", "revision": 2 }]));
    }

    #[test]
    fn those_turned_away_are_told_by_reason_and_count() {
        let refused = DoorRefused { reason: "TOKEN_EXPIRED".into(), count: 7, ..Default::default() };
        let entry = Entry { door_refused: Some(refused), ..Default::default() };
        let told: Value = serde_json::to_value(Told::from(&entry)).unwrap();
        assert_eq!(told["door_refused"], json!({ "reason": "TOKEN_EXPIRED", "count": 7 }));
    }
}

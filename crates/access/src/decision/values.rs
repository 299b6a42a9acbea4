//! What the policies read, as the engine wants it.
use crate::{Policies, policies::Kind};
use cedar_policy::{EntityUid, RestrictedExpression as Value};
use holdfast_types::Role;
use std::time::Duration;

pub(super) fn field(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

pub(super) fn text(word: &str) -> Value {
    Value::new_string(word.to_owned())
}

pub(super) fn words<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    Value::new_set(words.map(text))
}

pub(super) fn id(policies: &Policies, kind: Kind, id: String) -> Value {
    let uid: EntityUid = policies.uid(kind, id);
    Value::new_entity_uid(uid)
}

pub(super) fn held(policies: &Policies, role: Role, practice: String) -> Option<Value> {
    Value::new_record([
        field("role", text(role.as_str())),
        field("practice", id(policies, Kind::Practice, practice)),
    ])
    .ok()
}

pub(super) fn millis(duration: Duration) -> Value {
    Value::new_long(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

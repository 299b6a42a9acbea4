//! What is otherwise between two versions of a thing: the leaves of its JSON, each by its place.
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A leaf that two versions do not share; `null` is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing<'a> {
    /// E.g. `note[0].text`.
    pub place: String,
    pub before: Option<&'a Value>,
    pub after: Option<&'a Value>,
}

/// In the order of their places.
pub fn differing<'a>(before: &'a Value, after: &'a Value) -> Vec<Differing<'a>> {
    let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
    walk(String::new(), before, &mut was);
    walk(String::new(), after, &mut is);
    let places: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let differing = |place: &String| {
        let (before, after) = (was.get(place).copied(), is.get(place).copied());
        (before != after).then(|| Differing { place: place.clone(), before, after })
    };
    places.into_iter().filter_map(differing).collect()
}

/// JSON itself ends somewhere: its parser refuses what is nested more than 128 deep.
fn walk<'a>(place: String, value: &'a Value, leaves: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                walk(place, value, leaves);
            }
        }
        Value::Array(values) => {
            for (number, value) in values.iter().enumerate() {
                walk(format!("{place}[{number}]"), value, leaves);
            }
        }
        leaf => {
            leaves.insert(place, leaf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_came_what_went_and_what_is_otherwise_is_told_by_its_place() {
        let before = json!({ "code": { "text": "Words" }, "note": [{ "text": "a" }, { "text": "b" }], "n": 1, "gone": true });
        let after = json!({ "code": { "text": "Words" }, "note": [{ "text": "c" }], "n": 1, "status": "final", "gone": null });
        let told = differing(&before, &after);
        let told: Vec<_> = told.iter().map(|one| (one.place.as_str(), one.before, one.after)).collect();
        assert_eq!(
            told,
            [
                ("gone", Some(&json!(true)), None),
                ("note[0].text", Some(&json!("a")), Some(&json!("c"))),
                ("note[1].text", Some(&json!("b")), None),
                ("status", None, Some(&json!("final"))),
            ]
        );
        assert_eq!(differing(&before, &before), []);
        assert_eq!(differing(&Value::Null, &json!(1)).len(), 1);
    }
}

//! What changed between two versions of a thing: the leaves of its JSON, each by its path.
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: String,
    pub(super) was: Option<String>,
    pub(super) is: Option<String>,
}

/// In the order of their paths.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let (before, after) = (leaves(before), leaves(after));
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |path: &String| {
        let (was, is) = (before.get(path).cloned(), after.get(path).cloned());
        (was != is).then(|| Change { path: path.clone(), was, is })
    };
    paths.into_iter().filter_map(change).collect()
}

fn leaves(value: &Value) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    walk(String::new(), value, &mut leaves);
    leaves
}

/// JSON itself ends somewhere: its parser refuses what is nested more than 128 deep.
fn walk(path: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(path, value, leaves);
            }
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                walk(format!("{path}[{place}]"), value, leaves);
            }
        }
        leaf => {
            leaves.insert(path, leaf.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: &Value, after: &Value) -> Vec<(String, Option<String>, Option<String>)> {
        changes(before, after).into_iter().map(|Change { path, was, is }| (path, was, is)).collect()
    }

    #[test]
    fn what_came_what_went_and_what_is_otherwise_is_told_by_its_place() {
        let before =
            json!({ "code": { "text": "Words" }, "note": [{ "text": "a" }, { "text": "b" }], "n": 1 });
        let after =
            json!({ "code": { "text": "Words" }, "note": [{ "text": "c" }], "n": 1, "status": "final" });
        let text = |text: &str| Some(format!("{text:?}"));
        assert_eq!(
            told(&before, &after),
            [
                ("note[0].text".to_owned(), text("a"), text("c")),
                ("note[1].text".to_owned(), text("b"), None),
                ("status".to_owned(), None, text("final")),
            ]
        );
        assert_eq!(told(&before, &before), []);
        assert_eq!(told(&Value::Null, &json!({ "n": 1 })), [("n".to_owned(), None, Some("1".to_owned()))]);
    }
}

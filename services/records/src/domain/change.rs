//! What is otherwise between two versions of a thing, value by value.
use super::differing::{Differing, differing};
use serde_json::Value;
use std::collections::BTreeSet;

/// So many are told; who needs more reads both versions.
const FIELDS_MAX: usize = 100;
const VALUE_CHARACTERS_MAX: usize = 2_000;
/// Between values that stand under one label.
const BETWEEN: &str = "; ";

/// One value of a version, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub path: &'static str,
    pub label: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    pub label: String,
    /// Empty where there was none.
    pub before: String,
    /// Empty where there is none any more.
    pub after: String,
}

/// In the order of the newer version, then what it no longer says. The same pair of values is told once, under its first label.
pub fn between(before: &[Said], after: &[Said]) -> Vec<Difference> {
    let mut told: Vec<Difference> = Vec::new();
    let mut seen = BTreeSet::new();
    for said in after.iter().chain(before) {
        if !seen.insert((said.path, said.label.as_str())) {
            continue;
        }
        let (was, is) = (values(before, said), values(after, said));
        let gone: Vec<&str> = was.iter().copied().filter(|value| !is.contains(value)).collect();
        let new: Vec<&str> = is.iter().copied().filter(|value| !was.contains(value)).collect();
        let (before, after) = (shown(&gone.join(BETWEEN)), shown(&new.join(BETWEEN)));
        let again = told.iter().any(|other| other.before == before && other.after == after);
        if (before.is_empty() && after.is_empty()) || again {
            continue;
        }
        told.push(Difference { path: said.path.to_owned(), label: said.label.clone(), before, after });
    }
    told.truncate(FIELDS_MAX);
    told
}

fn values<'a>(version: &'a [Said], like: &Said) -> Vec<&'a str> {
    let same = |said: &&Said| said.path == like.path && said.label == like.label;
    version.iter().filter(same).map(|said| said.value.as_str()).collect()
}

/// The leaves of two resources that differ, by their places: for what no label tells.
pub fn of_places(before: &Value, after: &Value) -> Vec<Difference> {
    let told = |Differing { place, before, after }| Difference {
        label: place.clone(),
        path: place,
        before: before.map(leaf).unwrap_or_default(),
        after: after.map(leaf).unwrap_or_default(),
    };
    differing(before, after).into_iter().take(FIELDS_MAX).map(told).collect()
}

fn leaf(value: &Value) -> String {
    shown(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn shown(text: &str) -> String {
    if text.chars().nth(VALUE_CHARACTERS_MAX).is_none() {
        return text.to_owned();
    }
    text.chars().take(VALUE_CHARACTERS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn version(rows: &[(&'static str, &str)]) -> Vec<Said> {
        rows.iter()
            .map(|(label, value)| Said {
                path: "details",
                label: (*label).to_owned(),
                value: (*value).to_owned(),
            })
            .collect()
    }

    fn told(before: &[(&'static str, &str)], after: &[(&'static str, &str)]) -> Vec<[String; 3]> {
        let differences = between(&version(before), &version(after));
        differences.into_iter().map(|one| [one.label, one.before, one.after]).collect()
    }

    #[test]
    fn what_came_what_went_and_what_is_otherwise_is_told_under_its_label() {
        let before = [("Dose", "5 mg"), ("Taken", "at night"), ("Status", "active")];
        let after = [("Dose", "7 mg"), ("Status", "active"), ("Reason", "sleep")];
        assert_eq!(
            told(&before, &after),
            [["Dose", "5 mg", "7 mg"], ["Reason", "", "sleep"], ["Taken", "at night", ""]]
        );
        assert_eq!(told(&after, &after), Vec::<[String; 3]>::new());
    }

    #[test]
    fn of_several_values_under_one_label_only_those_that_differ_are_told() {
        let before = [("Note", "a"), ("Note", "b"), ("Note", "c")];
        let after = [("Note", "a"), ("Note", "d"), ("Note", "c"), ("Note", "e")];
        assert_eq!(told(&before, &after), [["Note", "b", "d; e"]]);
    }

    #[test]
    fn the_same_pair_of_values_is_told_once() {
        let differences =
            told(&[("Goal", "hello"), ("Title", "hello")], &[("Goal", "wave"), ("Title", "wave")]);
        assert_eq!(differences, [["Goal", "hello", "wave"]]);
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let long = "é".repeat(VALUE_CHARACTERS_MAX + 1);
        let [[_, _, after]] = told(&[], &[("Text", &long)]).try_into().unwrap();
        assert_eq!(after.chars().count(), VALUE_CHARACTERS_MAX);
        assert!(after.ends_with('…'));
    }

    #[test]
    fn what_no_label_tells_is_told_by_its_place() {
        let before = json!({ "note": [{ "text": "a" }, { "text": "b" }], "n": 1, "gone": true });
        let after = json!({ "note": [{ "text": "c" }, { "text": "b" }], "n": 2, "empty": null });
        let places: Vec<_> =
            of_places(&before, &after).into_iter().map(|one| (one.path, one.before, one.after)).collect();
        let told = |path: &str, before: &str, after: &str| (path.into(), before.into(), after.into());
        assert_eq!(places, [told("gone", "true", ""), told("n", "1", "2"), told("note[0].text", "a", "c")]);
        assert_eq!(of_places(&after, &after), []);
    }

    proptest! {
        #[test]
        fn two_versions_differ_where_and_only_where_a_value_does(
            before in proptest::collection::vec(("[ab]", "[x-z]{1,2}"), 0..6),
            after in proptest::collection::vec(("[ab]", "[x-z]{1,2}"), 0..6),
        ) {
            let version = |rows: &[(String, String)]| -> Vec<Said> {
                let said = |(label, value): &(String, String)| Said {
                    path: "details", label: label.clone(), value: value.clone(),
                };
                rows.iter().map(said).collect()
            };
            let set = |rows: &[(String, String)]| rows.iter().cloned().collect::<BTreeSet<_>>();
            let same = set(&before) == set(&after);
            prop_assert_eq!(between(&version(&before), &version(&after)).is_empty(), same);
        }
    }
}

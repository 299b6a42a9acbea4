//! What was stored once is read for ever: every event type and version of every `Event` stands in its crate's golden corpus,
//! which a test of that crate encodes and decodes on every run.
use crate::{
    allows, holds,
    tree::{File, Tree},
};

fn every_event_is_in_a_golden_corpus(tree: &Tree) -> Vec<String> {
    let stored = |file: &&File| {
        let ours = (file.path.starts_with("services/") && file.package() != "services/holdfast")
            || file.package() == "crates/access";
        ours && !file.is_black_box_test()
            && file.text.contains("Event for ")
            && file.text.contains("const AGGREGATE")
    };
    tree.rust().filter(stored).flat_map(|file| missing_of(tree, file)).collect()
}

fn missing_of(tree: &Tree, file: &File) -> Vec<String> {
    let package = file.package();
    let in_package = |other: &&File| other.package() == package;
    let corpus: String = tree
        .files
        .iter()
        .filter(in_package)
        .filter(|other| other.path.ends_with(".jsonl") && other.path.contains("golden"))
        .map(|other| other.text.as_str())
        .collect();
    let room = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
    let tested = tree.rust().filter(in_package).any(|other| {
        let speaks_of_it = other.text.contains(&format!("{room}::")) || package == "crates/access";
        other.is_in_room("golden")
            && other.text.contains("#[test]")
            && other.text.contains("decode(")
            && speaks_of_it
    });
    let mut missing = Vec::new();
    if !tested {
        missing.push(format!("{}: no golden test speaks of `{room}`", file.path));
    }
    let types = event_types(&file.text);
    if types.is_empty() {
        missing.push(format!("{}: no event types found", file.path));
    }
    let today: u32 = between(&file.text, "const SCHEMA_VERSION: u16 = ", ";")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    for event_type in types {
        let payload = format!("\"type\":\"{event_type}\"");
        if !corpus.contains(&payload) {
            missing.push(format!("{}: `{event_type}` is not in the golden corpus", file.path));
        }
        // From the second version on each line names its own: `<type> <version> <payload>`.
        for version in (1..=today).filter(|_| today > 1) {
            if !corpus.lines().any(|line| line.starts_with(&format!("{event_type} {version} "))) {
                missing.push(format!(
                    "{}: version {version} of `{event_type}` is not in the golden corpus",
                    file.path
                ));
            }
        }
    }
    missing
}

/// Every word `"<aggregate>.<fact>"` of the file.
fn event_types(text: &str) -> Vec<&str> {
    let Some(aggregate) = between(text, "const AGGREGATE: &'static str = \"", "\"") else {
        return Vec::new();
    };
    let is_type = |word: &&str| {
        let fact = word.strip_prefix(aggregate).and_then(|rest| rest.strip_prefix('.'));
        fact.is_some_and(|fact| {
            !fact.is_empty() && fact.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
    };
    let mut types: Vec<&str> = text.split('"').filter(is_type).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

#[test]
fn every_stored_event_is_in_a_golden_corpus() {
    holds(every_event_is_in_a_golden_corpus);
    let all = Tree::of_this_project();
    let events =
        all.rust().filter(|file| file.path.starts_with("services/") && file.text.contains("Event for "));
    assert!(events.count() >= 10, "the rule no longer sees the services' events");
}

#[test]
fn an_event_outside_of_the_corpus_is_seen() {
    const EVENT: &str =
        "impl Event for E { const AGGREGATE: &'static str = \"jar\"; } \"jar.filled\" \"jar.taken\"";
    const TEST: &str = "#[test] fn f() { jar::E::decode(\"\"); }";
    const FILLED: &str = "{\"type\":\"jar.filled\",\"data\":{}}\n";
    const TAKEN: &str = "{\"type\":\"jar.taken\",\"data\":{}}\n";
    let broken = |event: &str, test: &str, corpus: &str| {
        let tree = Tree::planted(&[
            ("services/a/src/domain/jar.rs", event),
            ("services/a/src/domain/golden.rs", test),
            ("services/a/src/domain/golden.jsonl", corpus),
        ]);
        every_event_is_in_a_golden_corpus(&tree).len()
    };
    let both = format!("{FILLED}{TAKEN}");
    assert_eq!(broken(EVENT, TEST, &both), 0);
    assert_eq!(broken(EVENT, TEST, FILLED), 1, "one type is missing");
    assert_eq!(broken(EVENT, "", &both), 1, "no test");
    assert_eq!(broken(EVENT, &TEST.replace("jar::", "cup::"), &both), 1, "a test of something else");
    let second = EVENT.replace("}", "const SCHEMA_VERSION: u16 = 2; }");
    assert_eq!(broken(&second, TEST, &both), 4, "two types, two versions, none named");
    let versions =
        format!("jar.filled 1 {FILLED}jar.filled 2 {FILLED}jar.taken 1 {TAKEN}jar.taken 2 {TAKEN}");
    assert_eq!(broken(&second, TEST, &versions), 0);
    allows(every_event_is_in_a_golden_corpus, &[("services/a/tests/common.rs", EVENT)]);
}

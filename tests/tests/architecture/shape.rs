//! How files look: a first line that says what for, one idea each, nothing left for later.
use crate::{allows, catches, holds, tree::Tree};

const LINES_MAX: usize = 400;

/// Longer, each with its reason.
const LONGER: &[(&str, &str)] = &[
    (
        "crates/access/tests/policy_matrix.txt",
        "the agreed matrix, written by its test: role by resource by action by grant",
    ),
    (
        "proto/holdfast/consent/v1/authority.proto",
        "one contract, every field documented; to move a message is a break",
    ),
    (
        "proto/holdfast/identity/v1/identity.proto",
        "one contract, every field documented; to move a message is a break",
    ),
    (
        "proto/holdfast/consent/v1/consent.proto",
        "one contract, every field documented; to move a message is a break",
    ),
    (
        "proto/holdfast/records/v1/records.proto",
        "one contract, every field documented; to move a message is a break",
    ),
    (
        "services/records/tests/common/mod.rs",
        "a world of its own: to move onto the test kit's served services",
    ),
    ("scripts/manifests/requirements.txt", "hashes, written by a tool"),
    ("scripts/requirements/s3.txt", "hashes, written by a tool"),
    ("tests/browser/package-lock.json", "written by a tool"),
    ("web/static/htmx.min.js", "from its makers, checked by its hash"),
];
/// What people write; the rest is data.
const WRITTEN: &[&str] = &[
    ".rs", ".sql", ".proto", ".css", ".js", ".mjs", ".html", ".py", ".cedar", ".sh", ".yaml", ".txt", ".ftl",
];

fn every_file_says_what_it_is_for(tree: &Tree) -> Vec<String> {
    let opening = |path: &str| match path.rsplit('.').next() {
        Some("rs") => Some("//!"),
        Some("sql") => Some("--"),
        _ => None,
    };
    tree.files
        .iter()
        .filter(|file| opening(&file.path).is_some_and(|opening| !file.text.starts_with(opening)))
        .map(|file| format!("{}: the first line does not say what it is for", file.path))
        .collect()
}

fn a_file_is_one_idea(tree: &Tree) -> Vec<String> {
    let lines = |text: &str| text.lines().count();
    let listed = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let long = tree
        .files
        .iter()
        .filter(|file| WRITTEN.iter().any(|ending| file.path.ends_with(ending)))
        .filter(|file| lines(&file.text) > LINES_MAX && !listed(&file.path))
        .map(|file| format!("{}: {} lines", file.path, lines(&file.text)));
    let gone = LONGER.iter().filter(|_| tree.files.len() > 100).filter_map(|(path, _)| {
        let exists = tree.find(path).is_some();
        (!exists).then(|| format!("{path} is gone: take it off the list"))
    });
    long.chain(gone).collect()
}

fn nothing_is_left_for_later(tree: &Tree) -> Vec<String> {
    // In two halves, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    tree.files
        .iter()
        .filter(|file| LONGER.iter().all(|(path, _)| *path != file.path))
        .flat_map(|file| {
            let marked = move |line: &str| marks.iter().any(|mark| crate::tree::has_word(line, mark));
            let lines = file.text.lines().enumerate().filter(move |(_, line)| marked(line));
            lines.map(|(index, _)| format!("{}:{}", file.path, index + 1))
        })
        .collect()
}

#[test]
fn files_say_what_they_are_for_are_short_and_finished() {
    holds(every_file_says_what_it_is_for);
    holds(a_file_is_one_idea);
    holds(nothing_is_left_for_later);
}

#[test]
fn a_nameless_long_or_unfinished_file_is_seen() {
    catches(
        every_file_says_what_it_is_for,
        &[("crates/a/src/lib.rs", "use b;\n"), ("services/a/migrations/views/1.sql", "CREATE TABLE a ();")],
    );
    allows(every_file_says_what_it_is_for, &[("crates/a/src/lib.rs", "//! What it is for.\n")]);
    let long = "x\n".repeat(LINES_MAX + 1);
    catches(a_file_is_one_idea, &[("crates/a/src/lib.rs", &long), ("web/static/a.css", &long)]);
    allows(a_file_is_one_idea, &[("crates/a/src/lib.rs", &long[2..]), ("web/static/htmx.min.js", &long)]);
    let mark = concat!("// TO", "DO: later");
    catches(
        nothing_is_left_for_later,
        &[("crates/a/src/lib.rs", mark), ("scripts/a", concat!("# FIX", "ME"))],
    );
}

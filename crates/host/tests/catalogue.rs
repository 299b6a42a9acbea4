//! The catalogue against the contracts and the sources: every reason and every metric that is named anywhere is listed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]
use holdfast_host::{catalogue, metrics};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn protos() -> Vec<String> {
    let mut found = Vec::new();
    files(&root().join("proto"), "proto", &mut found);
    assert!(found.len() > 10, "the contracts are not where they should be");
    found.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn sources(rooms: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for room in rooms {
        for entry in fs::read_dir(root().join(room)).unwrap() {
            files(&entry.unwrap().path().join("src"), "rs", &mut found);
        }
    }
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// Maximal runs of the characters that words in capitals are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_')).filter(|word| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(|character| {
                character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_'
            })
    })
}

/// The comment lines of a proto, joined, and what is left.
fn comments(proto: &str) -> (String, String) {
    let (comments, code): (Vec<_>, Vec<_>) =
        proto.lines().map(str::trim).partition(|line| line.starts_with("//"));
    let comments =
        comments.iter().map(|line| line.trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ");
    (comments, code.join("\n"))
}

fn codes() -> BTreeSet<&'static str> {
    BTreeSet::from([
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ])
}

#[test]
fn every_reason_that_the_contracts_name_is_in_the_catalogue_with_its_code() {
    let (codes, mut checked) = (codes(), 0);
    for proto in protos() {
        let (comments, _) = comments(&proto);
        // `CODE (REASON, REASON with metadata ..)`
        let mut rest = comments.as_str();
        while let Some((before, after)) = rest.split_once(" (") {
            rest = after;
            let Some(code) = words(before.rsplit(' ').next().unwrap_or_default()).last() else { continue };
            if !codes.contains(code) {
                continue;
            }
            let (named, _) = after.split_once(')').expect("a parenthesis is closed");
            for name in words(named) {
                let reason =
                    catalogue::find(name).unwrap_or_else(|| panic!("`{name}` is not in the catalogue"));
                assert_eq!(reason.code_name(), code, "the code of `{name}`");
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "only {checked} reasons were found in the contracts");
}

#[test]
fn every_word_in_capitals_of_the_contracts_is_a_reason_a_code_a_value_or_a_setting() {
    let settings = include_str!("../../../docs/settings.md");
    let protos: Vec<_> = protos().iter().map(|proto| comments(proto)).collect();
    let values: BTreeSet<&str> = protos.iter().flat_map(|(_, code)| words(code)).collect();
    for (comments, _) in &protos {
        for word in words(comments).filter(|word| word.contains('_') && *word != "UPPER_SNAKE") {
            let known = values.contains(word)
                || codes().contains(word)
                || catalogue::find(word).is_some()
                || settings.contains(&format!("| `{word}` |"));
            assert!(
                known,
                "`{word}` is named in a contract and is in neither the catalogue nor the settings"
            );
        }
    }
}

#[test]
fn every_reason_that_a_source_names_by_text_is_in_the_catalogue() {
    let mut checked = 0;
    for (path, source) in sources(&["crates", "services"]) {
        let by_text = source.lines().filter(|line| line.contains("reason") || line.contains("=> \""));
        if !path.components().any(|part| part.as_os_str() == "access" || part.as_os_str() == "services") {
            continue;
        }
        for line in by_text {
            for name in line.split('"').skip(1).step_by(2).filter(|text| words(text).next() == Some(*text)) {
                let other = name.starts_with("HOLDFAST_") || !name.contains('_') || name.ends_with('_');
                assert!(
                    other || catalogue::find(name).is_some(),
                    "`{name}` in {} is not in the catalogue",
                    path.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 3, "only {checked} reasons were found in the sources");
}

#[test]
fn every_instrument_is_listed_and_every_metric_listed_has_its_instrument() {
    let mut seen = BTreeSet::new();
    for (path, source) in sources(&["crates", "services"]) {
        for kind in ["_histogram(", "_counter(", "_gauge("] {
            for rest in source.split(kind).skip(1) {
                let named = rest.split(')').next().unwrap_or_default();
                let metric = metrics::ALL
                    .iter()
                    .find(|metric| format!("\"{}\"", metric.name) == named || constant(metric.name) == named);
                let metric = metric.unwrap_or_else(|| {
                    panic!("`{named}` in {} is not in the list of metrics", path.display())
                });
                seen.insert(metric.name);
            }
        }
    }
    let listed: BTreeSet<_> = metrics::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(seen, listed, "what is listed and not seen is never recorded");
}

/// How the sources call a metric that they do not spell out, e.g. `RPC_LATENCY.name`.
fn constant(name: &str) -> String {
    let list = fs::read_to_string(root().join("crates/host/src/metrics.rs")).unwrap();
    let (before, _) = list.split_once(&format!(": \"{name}\"")).expect("it is in the list");
    format!("{}.name", before.rsplit(char::is_whitespace).next().unwrap())
}

#[test]
fn the_catalogue_names_each_reason_once_and_says_everything() {
    let mut names = BTreeSet::new();
    for reason in catalogue::ALL {
        assert!(names.insert(reason.name()), "{} is there twice", reason.name());
        assert!(reason.meaning().ends_with('.') && reason.remedy().ends_with('.'), "{}", reason.name());
    }
}

/// Run with `HOLDFAST_BLESS=1` to write the page anew.
#[test]
fn the_page_of_errors_is_made_from_the_catalogue() {
    let path = root().join("docs/errors.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, catalogue::markdown()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == catalogue::markdown(),
        "docs/errors.md is not what the catalogue says; HOLDFAST_BLESS=1 writes it"
    );
}

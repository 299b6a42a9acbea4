//! Whoever follows the README, the map or the way to run it elsewhere finds every file that they name.
use std::{fs, path::Path};

const GUIDES: &[&str] = &["README.md", "ARCHITECTURE.md", "deploy/README.md"];
/// With what a path of this project begins.
const ROOTS: &[&str] = &[
    "conformance/",
    "crates/",
    "deploy/",
    "docs/",
    "k8s/",
    "proto/",
    "scripts/",
    "services/",
    "tests/",
    "web/",
];

/// Not written but made, by `deploy/make-secrets`.
const MADE: &str = "deploy/secrets";

/// What stands behind `open` and before `close`, in each line.
fn between<'a>(text: &'a str, open: &'a str, close: char) -> impl Iterator<Item = &'a str> {
    text.lines()
        .flat_map(move |line| line.split(open).skip(1).filter_map(move |rest| rest.split(close).next()))
}

/// Links of ours as they stand, and from the root what a guide names as code.
fn named(text: &str) -> (Vec<String>, Vec<String>) {
    let links = between(text, "](", ')').filter(|link| !link.contains("://") && !link.starts_with('#'));
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = quoted.filter(|path| ROOTS.iter().any(|root| path.starts_with(root)) && !path.contains(' '));
    let paths = paths.filter(|path| !path.starts_with(MADE));
    (links.map(str::to_owned).collect(), paths.flat_map(spelt_out).collect())
}

/// `a/{b,c}.rs` is two files; what stands for any name is of messaging or English here.
fn spelt_out(path: &str) -> Vec<String> {
    let path = path.replace("<name>", "messaging").replace("locales/*", "locales/en");
    // Of all files of a folder the folder is looked for.
    let path = path.split("/*").next().unwrap();
    match path.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        Some((start, (names, end))) => names.split(',').map(|name| format!("{start}{name}{end}")).collect(),
        None => vec![path.to_owned()],
    }
}

#[test]
fn every_file_that_the_guides_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut missing = Vec::new();
    for guide in GUIDES {
        let guide = root.join(guide);
        let (links, paths) = named(&fs::read_to_string(&guide).unwrap());
        assert!(paths.len() > 2, "{} names no files", guide.display());
        let links = links.iter().map(|link| guide.parent().unwrap().join(link));
        let paths = paths.iter().map(|path| root.join(path));
        missing.extend(links.chain(paths).filter(|path| !path.exists()));
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_named_is_spelt_out() {
    let (links, paths) = named(
        "[a](docs/a.md), [b](https://b.example), `services/<name>/src/{x,y}.rs`, `x/y`, `cargo run tests/a`",
    );
    assert_eq!(links, ["docs/a.md"]);
    assert_eq!(paths, ["services/messaging/src/x.rs", "services/messaging/src/y.rs"]);
    assert_eq!(spelt_out("services/*"), ["services"]);
    assert_eq!(spelt_out("web/locales/*/looked.ftl"), ["web/locales/en/looked.ftl"]);
}

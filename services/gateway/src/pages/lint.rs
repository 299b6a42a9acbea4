//! What the templates, scripts and locales must hold to, checked over their files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::pages::looked::LookKind;
use crate::pages::record::GROUPS;
use crate::pages::sharing::Step;
use crate::pages::trouble::{Trouble, part_key};
use crate::web;
use crate::words::{Lang, Words};
use holdfast_types::Service;

fn web_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web")
}

fn files(dir: &Path, ending: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// The literal between `before` and the next quote, wherever `before` occurs.
fn literals<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

fn keys(lang: Lang) -> BTreeSet<String> {
    let dir = web_dir().join("locales").join(lang.code());
    let texts = files(&dir, "ftl");
    let lines =
        texts.values().flat_map(|text| text.lines()).filter(|line| !line.starts_with([' ', '#', '}']));
    lines.filter_map(|line| line.split_once(" =")).map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn every_locale_holds_the_same_keys() {
    let english = keys(Lang::En);
    assert!(english.len() > 200, "only {} keys found", english.len());
    for lang in Lang::ALL {
        let own = keys(lang);
        assert_eq!(
            own.symmetric_difference(&english).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{}",
            lang.code()
        );
    }
}

#[test]
fn every_locale_fills_the_same_values() {
    let values = |lang: Lang| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let dir = web_dir().join("locales").join(lang.code());
        for text in files(&dir, "ftl").values() {
            let mut key = "";
            for line in text.lines() {
                if !line.starts_with([' ', '}']) {
                    key = line.split(" =").next().unwrap();
                }
                found.extend(line.split("{ $").skip(1).map(|rest| {
                    let name = rest.split([' ', '}']).next().unwrap();
                    format!("{key} {name}")
                }));
            }
        }
        found
    };
    assert_eq!(
        values(Lang::Es).symmetric_difference(&values(Lang::En)).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn every_key_that_a_page_uses_exists() {
    let known = keys(Lang::En);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let texts: Vec<String> = files(&web_dir().join("templates"), "html")
        .into_values()
        .chain(files(&source, "rs").into_values())
        .collect();
    let mut used: BTreeSet<String> = [".t(\"", ".say(\""]
        .iter()
        .flat_map(|call| texts.iter().flat_map(|text| literals(text, call)))
        .map(str::to_owned)
        .collect();
    used.retain(|key| {
        key.contains('-')
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && !key.ends_with('-')
    });
    used.extend(
        Trouble::ALL.iter().flat_map(|trouble| ["title", "safe", "todo"].map(|part| trouble.key(part))),
    );
    used.extend(Service::ALL.iter().filter_map(|service| part_key(*service)).map(str::to_owned));
    used.extend(Step::ALL.iter().flat_map(|step| [step.title_key().to_owned(), step.short_key().to_owned()]));
    used.extend(LookKind::ALL.iter().map(|kind| kind.key().to_owned()));
    used.extend(GROUPS.iter().map(|(key, _)| (*key).to_owned()));
    assert!(used.len() > 150, "only {} uses found", used.len());
    assert_eq!(used.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(!Words::new(Lang::Es).t("home-room").contains("home-room"));
}

#[test]
fn no_template_holds_what_the_policy_blocks() {
    let banned = [
        " style=",
        "<style",
        "hx-on",
        "js:",
        "javascript:",
        "hx-vals='js",
        "hx-preload",
        "speculationrules",
        "hx-trigger=\"every",
        " onclick",
        " onsubmit",
        "http://",
        "https://",
    ];
    for (path, text) in files(&web_dir().join("templates"), "html") {
        for word in banned {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
        for script in text.split("<script").skip(1) {
            let tag = script.split("</script>").next().unwrap();
            assert!(tag.contains("src=") && tag.ends_with('>'), "{} holds an inline script", path.display());
        }
    }
}

#[test]
fn every_swap_names_its_target_in_place() {
    let mut seen = 0;
    for (path, text) in files(&web_dir().join("templates"), "html") {
        for tag in text.split('<').filter(|tag| tag.contains("hx-get") || tag.contains("hx-post")) {
            assert!(tag.contains("hx-target=") && tag.contains("hx-swap="), "{}: {tag}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_asset_that_a_template_names_is_served() {
    for (path, text) in files(&web_dir().join("templates"), "html") {
        for name in literals(&text, "asset(\"") {
            assert_ne!(web::asset(name), "/static/missing", "{} names {name}", path.display());
        }
    }
}

#[test]
fn a_title_is_room_and_label_alone() {
    for (path, text) in files(&web_dir().join("templates"), "html") {
        if path.ends_with("base.html") || !text.contains("{% extends") {
            continue;
        }
        assert!(text.contains("{% block title %}{{ frame.title(frame.t(\""), "{}", path.display());
    }
}

#[test]
fn our_scripts_run_under_the_policy() {
    for (path, text) in files(&web_dir().join("static"), "js") {
        if path.ends_with("htmx.min.js") {
            continue;
        }
        // What was seen of the log is kept, nothing of a record: digests and counts.
        let keeps = path.ends_with("check.js");
        for word in [
            "eval(",
            "new Function",
            "innerHTML",
            "document.write",
            "localStorage",
            "sessionStorage",
            "indexedDB",
        ] {
            let may = keeps && word == "localStorage";
            assert!(may || !text.contains(word), "{} holds {word}", path.display());
        }
    }
}

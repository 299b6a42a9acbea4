//! The architecture as rules over the source tree: what ARCHITECTURE.md calls invariants 1, 2, 4 and 8, and how files look.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "places that were found in the same text")]
mod boundaries;
mod contracts;
mod golden;
mod libraries;
mod permits;
mod purity;
mod readme;
mod rooms;
mod shape;
mod tree;

use tree::Tree;

/// A rule names every place that breaks it.
type Rule = fn(&Tree) -> Vec<String>;

#[track_caller]
fn holds(rule: Rule) {
    let broken = rule(&Tree::of_this_project());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The rule sees each of these files as broken; without them it would be a rule that cannot fail.
#[track_caller]
fn catches(rule: Rule, planted: &[(&str, &str)]) {
    for file in planted {
        let tree = Tree::planted(std::slice::from_ref(file));
        assert!(!rule(&tree).is_empty(), "not caught: {} {}", file.0, file.1);
    }
}

#[track_caller]
fn allows(rule: Rule, planted: &[(&str, &str)]) {
    let broken = rule(&Tree::planted(planted));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

//! One item: what it is, who says so, how it changed, who can see it.

use askama::Template;

use super::Frame;
use super::never::Never;
use super::parts::{Badge, Fact, Field, Link, Person, Problem, When};

/// The words of the person who wrote it, as written.
#[derive(Debug)]
pub struct OwnText {
    pub author: String,
    pub text: String,
    /// The language it is written in.
    pub lang: String,
}

#[derive(Debug)]
pub struct Version {
    pub number: u32,
    pub when: When,
    pub who: Person,
    /// "first came here", "value changed from 4 to 9"
    pub what: String,
    pub current: bool,
    /// What else changed when it came.
    pub href: Option<String>,
}

/// Someone who can see the item.
#[derive(Debug)]
pub struct Seer {
    pub who: Person,
    pub why: String,
}

/// As of a date is POST `{path}/as-of` with `date`: dates never stand in an address.
#[derive(Debug, Template)]
#[template(path = "item.html")]
pub struct Item {
    pub frame: Frame,
    pub path: String,
    pub room: Link,
    pub title: String,
    /// The clinical word, in brackets after the plain one; empty where they are the same.
    pub clinical: String,
    pub badges: Vec<Badge>,
    /// Why its source took it back.
    pub withdrawn: Option<String>,
    pub facts: Vec<Fact>,
    pub own_text: Option<OwnText>,
    pub provenance: Vec<Fact>,
    pub history: Vec<Version>,
    pub as_of: Field,
    /// Set when an earlier state is shown.
    pub shown_as_of: Option<When>,
    pub seers: Vec<Seer>,
    /// None where the reader does not hold the record.
    pub never: Option<Never>,
    /// Where a change is proposed of what is not the reader's to change.
    pub propose_href: Option<String>,
    /// What was proposed of it and waits.
    pub waits_href: Option<String>,
    pub ask_href: Option<String>,
    /// Marking it as a mistake is POST `{path}/retract` with `reason`; none where it is not the reader's to mark.
    pub retract: Option<Field>,
    pub problems: Vec<Problem>,
}

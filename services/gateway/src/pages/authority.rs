//! Who acts for the person of a record: as its family sees it, and as the network's people ask, attest and stop.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Fact, Field, Link, Person, Problem};
use super::sharing::{Carried, Question};

/// Something that the network's people do: what names it to POST `/authority/act`.
#[derive(Debug)]
pub struct Act {
    pub label: String,
    pub carried: Vec<Carried>,
}

/// One account with what it holds, is to hold, or does not hold for a while.
#[derive(Debug)]
pub struct Acting {
    pub who: Person,
    pub badge: Option<Badge>,
    pub facts: Vec<Fact>,
    /// The papers that show it, for those who may open them.
    pub papers: Vec<Link>,
    /// What a family may do about it.
    pub ways: Vec<Link>,
    pub acts: Vec<Act>,
}

/// A moment at which something changes by itself.
#[derive(Debug)]
pub struct Change {
    /// "Mar 2, 2028"
    pub when: String,
    /// Which birthday it is; empty on any other day.
    pub why: String,
    /// Of whom, and which rooms.
    pub what: Vec<String>,
}

/// Who holds what at a moment, and what comes after it.
#[derive(Debug, Default)]
pub struct Settled {
    pub acting: Vec<Acting>,
    pub changes: Vec<Change>,
    /// What was said and nothing follows from: it waits, comes later, or is stopped.
    pub beside: Vec<Acting>,
    pub stopped: Vec<Acting>,
}

#[derive(Debug, Template)]
#[template(path = "who_acts.html")]
pub struct WhoActs {
    pub frame: Frame,
    pub back: Link,
    pub name: String,
    /// When the person was born and where they live; empty where nobody said.
    pub person: Vec<Fact>,
    pub settled: Settled,
    /// Only what is the account's own is shown.
    pub partly: bool,
    /// The family says itself what a practice says elsewhere.
    pub free_standing: bool,
    /// The record's number, for the practice.
    pub number: String,
    pub help_href: Option<String>,
    pub new_href: Option<String>,
    pub person_href: Option<String>,
}

/// What was asked about, and who had authority.
#[derive(Debug)]
pub struct Told {
    /// The record, the day, and as known when.
    pub asked: String,
    pub number: String,
    pub person: Vec<Fact>,
    pub settled: Settled,
    pub more: Vec<Act>,
}

/// POST `/authority` with the record's number and the days.
#[derive(Debug, Template)]
#[template(path = "authority.html")]
pub struct AuthorityThen {
    pub frame: Frame,
    pub back: Link,
    pub fields: Vec<Field>,
    pub problems: Vec<Problem>,
    /// None before it is asked.
    pub told: Option<Told>,
}

/// What nobody has looked at yet in the network.
#[derive(Debug, Template)]
#[template(path = "authority_waiting.html")]
pub struct Waiting {
    pub frame: Frame,
    pub back: Link,
    /// How many wait.
    pub open: usize,
    pub stopped: Vec<Acting>,
    pub proposed: Vec<Acting>,
    pub next: Option<String>,
}

/// One thing to say or do about who acts, by POST to `path` with `step=do`.
#[derive(Debug, Template)]
#[template(path = "authority_form.html")]
pub struct AuthorityForm {
    pub frame: Frame,
    pub path: String,
    pub back: Link,
    pub title: String,
    pub lead: String,
    pub facts: Vec<Fact>,
    pub carried: Vec<Carried>,
    pub questions: Vec<Question>,
    pub fields: Vec<Field>,
    pub button: String,
    /// It takes something away.
    pub stops: bool,
    pub problems: Vec<Problem>,
}

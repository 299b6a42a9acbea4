//! What somebody proposes of a record: the forms, the list, and one proposal with what stands and what would be side by side.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Fact, Field, Link, Problem};
use super::then::Difference;

/// One of a list.
#[derive(Debug)]
pub struct ProposalRow {
    pub href: String,
    pub title: String,
    /// Who proposed it, and when.
    pub detail: String,
    pub badge: Badge,
}

#[derive(Debug, Template)]
#[template(path = "proposals.html")]
pub struct Proposals {
    pub frame: Frame,
    pub rows: Vec<ProposalRow>,
    pub next: Option<String>,
}

/// Who decides answers; a rejection says why.
#[derive(Debug)]
pub struct Deciding {
    pub answer: Field,
    /// What it is about has changed since: it can only be rejected.
    pub outdated: bool,
}

/// POST `path` with `step`: `withdraw`, or `accept` and `reject` with `answer` and `etag`.
#[derive(Debug, Template)]
#[template(path = "proposal.html")]
pub struct Proposal {
    pub frame: Frame,
    pub path: String,
    pub title: String,
    /// The thing that it is about.
    pub about: Option<Link>,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    pub reason: String,
    /// What whoever decided said.
    pub answer: String,
    /// It would mark the thing as entered in error.
    pub retracts: bool,
    pub differences: Vec<Difference>,
    pub outdated: bool,
    pub may_withdraw: bool,
    pub deciding: Option<Deciding>,
    pub etag: String,
    pub problems: Vec<Problem>,
}

/// POST `path` with the fields and `etag`; `step` `retract` proposes that the thing be marked as a mistake.
#[derive(Debug, Template)]
#[template(path = "propose.html")]
pub struct Propose {
    pub frame: Frame,
    pub path: String,
    pub back: Link,
    pub title: String,
    pub facts: Vec<Fact>,
    pub fields: Vec<Field>,
    pub may_retract: bool,
    pub etag: String,
    pub problems: Vec<Problem>,
}

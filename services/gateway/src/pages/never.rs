//! What is never shared: marking it, taking a mark away; and what any change of sharing would do, before it is made.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Field, Link, Problem};
use super::sharing::{Carried, Question};

/// What a change would do to the looks that were and to those to come.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// The history could not be asked.
    pub away: bool,
    /// "2 past looks would have been stopped"
    pub stopped: String,
    /// A few of them, in words.
    pub stopped_looks: Vec<String>,
    pub allowed: String,
    pub allowed_looks: Vec<String>,
    /// Whether all of the history was gone through.
    pub whole: bool,
    /// Who sees more or less from now on.
    pub reaches: Vec<String>,
}

/// A mark in a list.
#[derive(Debug)]
pub struct MarkCard {
    pub href: String,
    pub what: String,
    pub from: String,
    pub why: String,
    pub since: String,
}

/// Beside one thing: the marks that it has, and the way to another.
#[derive(Debug)]
pub struct Never {
    pub href: String,
    /// To share this and nothing else.
    pub share_href: String,
    pub marks: Vec<Link>,
}

/// POST `path` with the answers and `step`: the form, or the check after it, which has a rehearsal.
#[derive(Debug, Template)]
#[template(path = "never.html")]
pub struct NeverShare {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    pub carried: Vec<Carried>,
    pub questions: Vec<Question>,
    pub fields: Vec<Field>,
    pub facts: Vec<Fact>,
    pub rehearsal: Option<Rehearsal>,
    pub problems: Vec<Problem>,
}

/// POST `path` takes it away at once.
#[derive(Debug, Template)]
#[template(path = "lift_mark.html")]
pub struct LiftMark {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    pub facts: Vec<Fact>,
    pub rehearsal: Option<Rehearsal>,
}

//! Reviews of who holds which role: all of them, and one with its lines.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Filter, Link, Pager, Problem};

#[derive(Debug)]
pub struct ReviewCard {
    pub href: String,
    pub title: String,
    pub detail: String,
    pub badge: Badge,
}

/// POST `/reviews` begins one.
#[derive(Debug, Template)]
#[template(path = "reviews.html")]
pub struct Reviews {
    pub frame: Frame,
    pub back: Link,
    /// None is under way.
    pub may_begin: bool,
    /// The next should have been signed off.
    pub late: bool,
    /// The day by which the next is due; none before one was signed off.
    pub due: Option<String>,
    pub reviews: Vec<ReviewCard>,
    pub problems: Vec<Problem>,
    pub next: Option<String>,
}

#[derive(Debug)]
pub struct ReviewLine {
    /// What names it to the form; none where the reader decides nothing of it.
    pub value: Option<String>,
    /// The reader's own role.
    pub own: bool,
    pub who: String,
    pub role: String,
    pub place: String,
    pub since: String,
    pub last_used: String,
    pub badge: Badge,
    /// By whom and when; empty before.
    pub decided: String,
}

/// A role that was given since the review began.
#[derive(Debug)]
pub struct Added {
    pub who: String,
    pub role: String,
    pub place: String,
    pub since: String,
}

/// POST to `path` with lines and a verdict decides them; POST to `path`/sign-off ends it.
#[derive(Debug, Template)]
#[template(path = "review.html")]
pub struct Review {
    pub frame: Frame,
    pub path: String,
    pub title: String,
    pub opened: String,
    pub badge: Badge,
    /// Lines of which nothing waits, of all.
    pub done: usize,
    pub all: usize,
    pub filters: Vec<Filter>,
    pub lines: Vec<ReviewLine>,
    /// The reader may take roles away.
    pub withdraws: bool,
    /// It is not signed off.
    pub open: bool,
    pub may_sign: bool,
    /// All is decided, and somebody else has to sign off.
    pub waits_for_other: bool,
    pub added: Vec<Added>,
    pub pager: Pager,
    pub problems: Vec<Problem>,
}

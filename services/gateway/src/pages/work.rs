//! A therapist's day: the patients, what changed since they were last seen, what is owed.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Filter, Pager};

#[derive(Debug)]
pub struct WorkRow {
    pub href: String,
    pub name: String,
    /// "6 years · today 3:30 pm"
    pub detail: String,
    /// "3 new since Nov 17", or "no change since Nov 17"
    pub changed: String,
    pub badges: Vec<Badge>,
    pub stripe: u8,
}

#[derive(Debug, Template)]
#[template(path = "work.html")]
pub struct Work {
    pub frame: Frame,
    pub filters: Vec<Filter>,
    pub rows: Vec<WorkRow>,
    /// Records that were opened in an emergency and still are.
    pub opened: Vec<WorkRow>,
    /// What families propose and somebody like the reader decides, oldest first.
    pub proposed: Vec<WorkRow>,
    /// In an emergency more of them can be opened.
    pub may_open: bool,
    /// The account attests who acts for patients.
    pub attests: bool,
    /// And looks after a whole network: what waits in it is told.
    pub looks_after: bool,
    /// The account says what families may not change.
    pub administers: bool,
    /// Answers the telephone of a practice, or runs it.
    pub keeps: bool,
    pub pager: Pager,
}

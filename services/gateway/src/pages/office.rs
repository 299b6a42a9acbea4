//! The compliance officer's search over the history of all records, and the health of the log itself.

use askama::Template;

use super::Frame;
use super::looked::LookKind;
use super::parts::{Badge, Choice, Field, Pager, Problem, When};
use super::sharing::Carried;

#[derive(Debug)]
pub struct OfficeRow {
    pub when: When,
    pub who: String,
    pub role: String,
    pub did: String,
    pub patient: String,
    pub by: String,
    pub kind: LookKind,
    pub number: String,
    /// What names a look or a refusal to POST `/office/decision`; empty for anything else.
    pub why: Vec<Carried>,
}

#[derive(Debug)]
pub struct ServiceLog {
    pub name: String,
    pub events: String,
    pub holes: usize,
    pub altered: usize,
    pub badge: Badge,
}

/// Searching is POST `/office` with the fields and any `kind`; `page` asks for more.
#[derive(Debug, Template)]
#[template(path = "office.html")]
pub struct Office {
    pub frame: Frame,
    /// How many wait for their review; none on what a search leads to.
    pub emergencies: Option<usize>,
    pub fields: Vec<Field>,
    pub kinds: Vec<Choice>,
    pub problems: Vec<Problem>,
    /// None before the first search.
    pub rows: Option<Vec<OfficeRow>>,
    pub pager: Pager,
    /// The page token that the "more" button sends.
    pub page_token: Option<String>,
    pub logs: Vec<ServiceLog>,
    /// No fault was found.
    pub sound: bool,
    /// When every log was checked entry by entry; none before. POST `/office/verify` checks again.
    pub checked: Option<When>,
}

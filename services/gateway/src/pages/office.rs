//! The compliance officer's search over the history of all records, and the health of the log itself.

use askama::Template;

use super::Frame;
use super::looked::LookKind;
use super::parts::{Badge, Choice, Field, Pager, Problem, When};
use super::sharing::{Carried, Question};

#[derive(Debug)]
pub struct OfficeRow {
    /// The day of it, in words.
    pub day: String,
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

/// What was found of one day.
#[derive(Debug)]
pub struct OfficeDay {
    pub label: String,
    pub rows: Vec<OfficeRow>,
}

impl OfficeDay {
    /// Rows that follow each other by time, by their days.
    pub fn of(rows: Vec<OfficeRow>) -> Vec<Self> {
        let mut days: Vec<Self> = Vec::new();
        for row in rows {
            match days.last_mut() {
                Some(day) if day.label == row.day => day.rows.push(row),
                _ => days.push(Self { label: row.day.clone(), rows: vec![row] }),
            }
        }
        days
    }
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
    /// How many wait to be erased; none on what a search leads to.
    pub erasures: Option<usize>,
    /// How many stops and proposals nobody has looked at; none on what a search leads to.
    pub authority: Option<usize>,
    /// The roles of the network should have been reviewed; false on what a search leads to.
    pub reviews_late: bool,
    pub fields: Vec<Field>,
    pub kinds: Vec<Choice>,
    /// A table or a timeline.
    pub view: Question,
    pub problems: Vec<Problem>,
    /// The search that was made, for POST `/office/download`.
    pub take: Vec<Carried>,
    /// What was found as a table; none before the first search, and where it is a timeline.
    pub rows: Option<Vec<OfficeRow>>,
    /// What was found as a timeline, newest first; none before the first search, and where it is a table.
    pub days: Option<Vec<OfficeDay>>,
    pub printed: When,
    pub pager: Pager,
    /// The page token that the "more" button sends.
    pub page_token: Option<String>,
    pub logs: Vec<ServiceLog>,
    /// No fault was found.
    pub sound: bool,
    /// When every log was checked entry by entry; none before. POST `/office/verify` checks again.
    pub checked: Option<When>,
}

//! Opening a record in an emergency, and the officer's list of what was opened.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Choice, Fact, Field, Person, Problem};
use super::sharing::Carried;

/// POST `/work/emergency` with the fields opens the record at once.
#[derive(Debug, Template)]
#[template(path = "emergency.html")]
pub struct Emergency {
    pub frame: Frame,
    /// What it is known by to who asks, where it is; then it is not asked for.
    pub patient: Option<Carried>,
    pub name: String,
    pub fields: Vec<Field>,
    pub problems: Vec<Problem>,
}

/// One that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Names the card to its headings and its problems.
    pub id: String,
    pub who: Person,
    pub reason: String,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    /// What a search of the history is asked by: what was looked at meanwhile.
    pub search: Vec<Carried>,
    /// None once it was signed off, and to who opened it.
    pub findings: Option<Vec<Choice>>,
}

/// POST `/office/emergencies` with `grant`, `finding` and `note` signs one off.
#[derive(Debug, Template)]
#[template(path = "emergencies.html")]
pub struct Emergencies {
    pub frame: Frame,
    /// How many wait.
    pub waiting: usize,
    pub opened: Vec<Opened>,
    pub note: Field,
    pub problems: Vec<Problem>,
    pub next: Option<String>,
}

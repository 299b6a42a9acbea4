//! Erasing for good: a family asks for it; the privacy officer orders it, or that something be kept.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Field, Problem};
use super::sharing::{Carried, Question};

/// Of a record or of one paper. POST `path` with `step`: `ask`, or `back` while it waits.
#[derive(Debug, Template)]
#[template(path = "erasure.html")]
pub struct Erasure {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    /// The paper's title; none for all of the record.
    pub paper: Option<String>,
    /// Who asked and when, and what forbids it.
    pub facts: Vec<Fact>,
    pub waits: bool,
}

/// What somebody asks to have erased.
#[derive(Debug)]
pub struct ErasureCard {
    /// What names it to POST `/office/erasures/order`.
    pub carried: Vec<Carried>,
    pub title: String,
    pub facts: Vec<Fact>,
    pub held: bool,
}

/// The officer's list, and the way to any other record.
#[derive(Debug, Template)]
#[template(path = "erasures.html")]
pub struct Erasures {
    pub frame: Frame,
    /// How many wait.
    pub waiting: usize,
    pub cards: Vec<ErasureCard>,
    pub other: Field,
    pub problems: Vec<Problem>,
    pub next: Option<String>,
}

/// One of them. POST `/office/erasures/order` with `step` `form` orders a hold or its end at once, an erasure once it was seen what it
/// does (`check`).
#[derive(Debug, Template)]
#[template(path = "erasure_order.html")]
pub struct ErasureOrder {
    pub frame: Frame,
    pub title: String,
    pub facts: Vec<Fact>,
    /// What was answered, while it is looked at once more.
    pub carried: Vec<Carried>,
    pub questions: Vec<Question>,
    pub fields: Vec<Field>,
    /// Asked for an erasure alone.
    pub retention: Vec<Field>,
    pub rules: Option<Question>,
    pub check: bool,
    pub problems: Vec<Problem>,
}

//! Why a look or a refusal was decided so, decided again; and what would be decided if somebody asked.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Field, Notice, Person, Problem, When};
use super::sharing::{Carried, Question};

/// A logged decision. POST `/office/decision` with `before` shows the one before it, POST `/office/what-if` with `ask` asks further.
#[derive(Debug, Template)]
#[template(path = "decision.html")]
pub struct Decision {
    pub frame: Frame,
    pub when: When,
    pub who: Person,
    pub did: String,
    /// Where the entry stands in the history, to quote.
    pub number: String,
    /// What it rested on: rules, grants, policies.
    pub grounds: Vec<Fact>,
    /// What came of deciding again.
    pub again: Notice,
    /// What it led to now, where that differs.
    pub differs: Vec<Fact>,
    /// About the same record.
    pub before: Vec<Carried>,
    pub ask: Vec<Carried>,
}

/// POST `/office/what-if` with the fields and `ask`.
#[derive(Debug, Template)]
#[template(path = "what_if.html")]
pub struct WhatIf {
    pub frame: Frame,
    pub fields: Vec<Field>,
    pub questions: Vec<Question>,
    pub moment: Vec<Field>,
    pub problems: Vec<Problem>,
    pub answer: Option<Answer>,
}

/// What would have been decided.
#[derive(Debug)]
pub struct Answer {
    pub verdict: Notice,
    pub grounds: Vec<Fact>,
}

//! Insurance, authorised units and the payer's answers.

use super::{Key, Rounding};
use chrono::NaiveDate;

#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    pub key: Key,
    pub payer: &'static str,
    pub plan: &'static str,
    pub kind: PayerKind,
    pub member_id: String,
    pub subscriber: Key,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    /// 1 pays first.
    pub order: u32,
    pub copay_cents: u32,
    pub rounding: Rounding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayerKind {
    Medicaid,
    Commercial,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Authorisation {
    pub key: Key,
    pub coverage: Key,
    pub practice: Key,
    pub number: String,
    pub code: &'static str,
    pub words: &'static str,
    pub counted_in: CountedIn,
    pub from: NaiveDate,
    pub until: NaiveDate,
    pub authorised: u32,
    pub delivered: u32,
    /// In listed future appointments and the weeks after them, as far as planned.
    pub scheduled: u32,
    pub left: u32,
    pub week_limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedIn {
    Units,
    Visits,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PayerDecision {
    pub key: Key,
    pub authorisation: Option<Key>,
    pub code: &'static str,
    pub on: NaiveDate,
    pub outcome: PayerOutcome,
    pub text: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayerOutcome {
    Approved,
    /// CARC number.
    Denied {
        reason: u32,
    },
    AppealSent,
    Overturned,
}

//! Messages, documents and practice at home.

use super::{Discipline, Key, Language, Moment};
use chrono::NaiveDate;

#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    pub key: Key,
    pub practice: Key,
    pub topic: Topic,
    pub subject: String,
    pub participants: Vec<Key>,
    pub messages: Vec<Message>,
    pub waiting: Waiting,
    pub confidential: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Schedule,
    Practice,
    Behaviour,
    Billing,
    Praise,
    School,
    Medicine,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub key: Key,
    pub author: Key,
    pub sent: Moment,
    pub language: Language,
    pub body: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Waiting {
    Nobody,
    CareTeam { since: Moment },
    Family { since: Moment },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub key: Key,
    pub kind: DocumentKind,
    pub title: String,
    pub date: NaiveDate,
    pub uploaded: Moment,
    pub uploaded_by: Key,
    /// Outside the network where it was written, if so.
    pub source: &'static str,
    pub media_type: &'static str,
    pub language: Language,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    IepSummary,
    IfspTransition,
    HearingTest,
    PracticeLetter,
    PayerLetter,
    OrthotistReport,
    FamilyNote,
}

#[derive(Debug, Clone, PartialEq)]
pub struct HomeActivity {
    pub key: Key,
    pub goal: Key,
    pub discipline: Discipline,
    pub name: String,
    pub purpose: String,
    pub steps: Vec<String>,
    pub dose: String,
    /// Days a week asked for.
    pub days_a_week: u32,
    pub stop_rule: String,
    pub language: Language,
    pub taught_by: Key,
    pub from: NaiveDate,
}

/// What the family wrote down. A day without an entry is unknown, not missed.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeLog {
    pub key: Key,
    pub activity: Key,
    pub day: NaiveDate,
    pub entered: Moment,
    pub by: Key,
    pub done: Done,
    /// 1 easy … 5 hard; absent when not done.
    pub difficulty: Option<u32>,
    pub mood: Option<&'static str>,
    pub note: Option<String>,
    pub language: Language,
    /// The family says that it filmed the try.
    pub filmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Done {
    Yes,
    Partly,
    No { reason: &'static str },
}

//! Who looked: every read, change, sharing and refusal, one line each.

use askama::Template;
use holdfast_proto::audit::v1::EntryKind;

use super::Frame;
use super::parts::{Filter, Icon, Notice, Pager, Person, When};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookKind {
    Read,
    Change,
    Sharing,
    Refused,
    Emergency,
    /// Signing in and out, roles.
    Account,
}

impl LookKind {
    /// What a record's history can be narrowed to.
    pub const OF_RECORD: [Self; 4] = [Self::Read, Self::Change, Self::Sharing, Self::Refused];
    /// The history of a tenant holds these, too.
    pub const OF_TENANT: [Self; 5] = [Self::Read, Self::Change, Self::Sharing, Self::Refused, Self::Account];
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Change, Self::Sharing, Self::Refused, Self::Emergency, Self::Account];

    /// What to ask audit for; an emergency is a purpose, not a kind.
    pub fn entry_kind(self) -> Option<EntryKind> {
        match self {
            Self::Read => Some(EntryKind::Read),
            Self::Change => Some(EntryKind::Change),
            Self::Sharing => Some(EntryKind::Sharing),
            Self::Refused => Some(EntryKind::Refused),
            Self::Account => Some(EntryKind::Account),
            Self::Emergency => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Sharing => "sharing",
            Self::Refused => "refused",
            Self::Emergency => "emergency",
            Self::Account => "account",
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Self::Read => Icon::Eye,
            Self::Change => Icon::Pen,
            Self::Sharing => Icon::Sharing,
            Self::Refused => Icon::Stop,
            Self::Emergency => Icon::Alert,
            Self::Account => Icon::Me,
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Self::Read => "look-read",
            Self::Change => "look-change",
            Self::Sharing => "look-sharing",
            Self::Refused => "look-refused",
            Self::Emergency => "look-emergency",
            Self::Account => "look-account",
        }
    }
}

#[derive(Debug)]
pub struct Look {
    pub kind: LookKind,
    pub when: When,
    pub who: Person,
    /// "read 2 visit notes, for care"
    pub did: String,
    /// "sharing of Jan 4" or "rule: care team"; empty where the entry does not say.
    pub by: String,
    pub by_href: Option<String>,
    /// Where the entry stands in the history, to quote.
    pub number: String,
    /// How often in a row; the line is of the last.
    pub times: usize,
    /// UUIDs of the events that it tells of, for the check against the proof.
    pub events: Vec<String>,
}

impl Look {
    /// The same person did the same by the same right.
    pub fn is_like(&self, other: &Self) -> bool {
        let key = |look: &Self| (look.kind, look.who.clone(), look.did.clone(), look.by.clone());
        key(self) == key(other)
    }
}

#[derive(Debug)]
pub struct Day {
    pub label: String,
    pub looks: Vec<Look>,
}

#[derive(Debug, Template)]
#[template(path = "looked.html")]
pub struct WhoLooked {
    pub frame: Frame,
    /// What the list amounts to, or that it is late or has a hole.
    pub verdict: Notice,
    /// Whose entries: of others, one's own, all.
    pub whose: Vec<Filter>,
    pub filters: Vec<Filter>,
    /// Nothing is left out but by pages.
    pub whole: bool,
    pub days: Vec<Day>,
    /// What is said where there is no day.
    pub none: String,
    pub pager: Pager,
    /// Where the proof is fetched, and where anybody reads the log that it belongs to.
    pub check: Check,
}

/// "Check this yourself": what the browser verifies, with no word of ours about what came of it.
#[derive(Debug)]
pub struct Check {
    pub proof_href: String,
    /// UUID of the record, which the proof must be of.
    pub patient: String,
    pub log_href: &'static str,
}

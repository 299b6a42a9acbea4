//! Who looked: every read, change, sharing and refusal, one line each.

use askama::Template;

use super::Frame;
use super::parts::{Filter, Icon, Notice, Pager, Person, When};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookKind {
    Read,
    Change,
    Sharing,
    Refused,
    Emergency,
}

impl LookKind {
    pub const ALL: [Self; 5] = [Self::Read, Self::Change, Self::Sharing, Self::Refused, Self::Emergency];

    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Sharing => "sharing",
            Self::Refused => "refused",
            Self::Emergency => "emergency",
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Self::Read => Icon::Eye,
            Self::Change => Icon::Pen,
            Self::Sharing => Icon::Sharing,
            Self::Refused => Icon::Stop,
            Self::Emergency => Icon::Alert,
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Self::Read => "look-read",
            Self::Change => "look-change",
            Self::Sharing => "look-sharing",
            Self::Refused => "look-refused",
            Self::Emergency => "look-emergency",
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
    /// "your sharing of Jan 4" or "rule: care team"
    pub by: String,
    pub by_href: Option<String>,
    /// Where the entry stands in the history, to quote.
    pub number: String,
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
    pub filters: Vec<Filter>,
    pub days: Vec<Day>,
    pub pager: Pager,
}

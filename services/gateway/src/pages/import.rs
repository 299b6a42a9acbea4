//! Bringing a record in from a file, and what that did.

use askama::Template;

use super::Frame;

/// What was wrong with a file, and where in it.
#[derive(Debug)]
pub struct FileTrouble {
    pub what: String,
    /// "entry 14, Observation.code"
    pub place: String,
    /// The number to quote.
    pub number: String,
    /// Where it is only that codes are not known: it may be brought in all the same.
    pub codes: Option<UnknownCodes>,
}

/// Codes that nobody here can look up. A second form brings the file in as it is: POST `action`, multipart, with `codes` and `bundle`.
#[derive(Debug)]
pub struct UnknownCodes {
    pub places: Vec<UnknownCode>,
    pub action: String,
    /// Whose record the file is to make; empty where there is one already.
    pub relation: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode {
    /// "Bundle.entry[3].resource.code.coding[0].system"
    pub place: String,
    /// The URI of the list that the code is from.
    pub system: String,
}

/// POST `{path}/import`, multipart, with `bundle`.
#[derive(Debug, Template)]
#[template(path = "import.html")]
pub struct Import {
    pub frame: Frame,
    pub size_max: String,
    pub trouble: Option<FileTrouble>,
}

#[derive(Debug)]
pub struct Tally {
    pub label: String,
    pub href: String,
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

#[derive(Debug, Template)]
#[template(path = "imported.html")]
pub struct Imported {
    pub frame: Frame,
    pub tallies: Vec<Tally>,
    /// "Mar 3, 2026, 2:10 PM": when the very same file came in first.
    pub before: Option<String>,
    /// "3 clinics": whom the file names by an identifier and nobody here knows.
    pub unknown: Vec<String>,
}

impl Imported {
    pub fn added(&self) -> usize {
        self.tallies.iter().map(|tally| tally.added).sum()
    }

    pub fn changed(&self) -> usize {
        self.tallies.iter().map(|tally| tally.changed).sum()
    }

    pub fn unchanged(&self) -> usize {
        self.tallies.iter().map(|tally| tally.unchanged).sum()
    }
}

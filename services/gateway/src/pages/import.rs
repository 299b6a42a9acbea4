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

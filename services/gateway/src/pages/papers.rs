//! Papers: what is there, one of them, and adding one, with a plain form or in parts that survive a dropped line.

use askama::Template;

use super::Frame;
use super::item::{Seer, Version};
use super::never::Never;
use super::parts::{Badge, Choice, Fact, Field, Filter, Pager, Problem, When};

#[derive(Debug)]
pub struct PaperRow {
    pub href: String,
    pub title: String,
    /// "PDF, 240 KB, from you"
    pub detail: String,
    pub when: When,
    pub badge: Option<Badge>,
}

#[derive(Debug, Template)]
#[template(path = "papers.html")]
pub struct Papers {
    pub frame: Frame,
    pub filters: Vec<Filter>,
    pub rows: Vec<PaperRow>,
    pub pager: Pager,
    pub may_add: bool,
}

/// Without script: POST `{path}/papers`, multipart, `title`, `kind`, `file`. With script: `{path}/papers/uploads`.
#[derive(Debug, Template)]
#[template(path = "add_paper.html")]
pub struct AddPaper {
    pub frame: Frame,
    pub title: Field,
    pub kinds: Vec<Choice>,
    pub problems: Vec<Problem>,
    pub plain_size_max: String,
    pub size_max: String,
    pub size_bytes_max: u64,
}

#[derive(Debug, Template)]
#[template(path = "paper.html")]
pub struct Paper {
    pub frame: Frame,
    pub title: String,
    pub badges: Vec<Badge>,
    pub facts: Vec<Fact>,
    /// The file itself; none where it may be read about, but not saved.
    pub file_href: Option<String>,
    pub file_size: String,
    pub history: Vec<Version>,
    pub seers: Vec<Seer>,
    /// None where the reader does not hold the record.
    pub never: Option<Never>,
    /// Why it was taken back.
    pub withdrawn: Option<String>,
    pub withdraw: Option<Withdraw>,
    /// None where the reader does not decide over all of the record.
    pub erasure_href: Option<String>,
    pub problems: Vec<Problem>,
}

/// Taking a paper back: POST `path` with `reason` and the `etag` of what was seen.
#[derive(Debug)]
pub struct Withdraw {
    pub path: String,
    pub etag: String,
    pub reason: Field,
}

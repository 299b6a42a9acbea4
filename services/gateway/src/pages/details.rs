//! Who the record is about: name, birth date, address, how to reach them; all of it can be corrected.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Field, Problem};

/// POST `{path}/details` with the fields and `etag`, so that two who type at once do not overwrite each other.
#[derive(Debug, Template)]
#[template(path = "details.html")]
pub struct Details {
    pub frame: Frame,
    pub fields: Vec<Field>,
    /// What the reader may only propose to change.
    pub locked: Vec<Fact>,
    pub propose_href: String,
    pub proposals_href: String,
    pub etag: String,
    pub problems: Vec<Problem>,
    /// Someone changed it meanwhile.
    pub conflict: bool,
    /// None where the reader does not decide over all of the record.
    pub erasure_href: Option<String>,
}

//! Sharing by a link or a QR code, what was made, and the page on which whoever has it looks.
use super::{
    Frame,
    factors::Picture,
    parts::{Fact, Field, Problem},
    sharing::Question,
};
use askama::Template;

/// POST `{path}/sharing/link`.
#[derive(Debug, Template)]
#[template(path = "share_link.html")]
pub struct ShareLink {
    pub frame: Frame,
    pub label: Field,
    pub questions: Vec<Question>,
    pub passcode: Field,
    pub problems: Vec<Problem>,
}

/// Shown this once: the page is made by the answer to the form, and by nothing else.
#[derive(Debug, Template)]
#[template(path = "link_made.html")]
pub struct LinkMade {
    pub frame: Frame,
    pub picture: Picture,
    pub text: String,
    pub label: String,
    pub has_passcode: bool,
    pub facts: Vec<Fact>,
}

/// Nothing of the link is in it: what stands after the `#` of an address is never sent.
#[derive(Debug, Template)]
#[template(path = "link_viewer.html")]
pub struct LinkViewer {
    pub frame: Frame,
}

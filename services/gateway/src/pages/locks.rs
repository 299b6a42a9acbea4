//! What families may not change, as a network's administrators say it.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Problem};
use super::sharing::Question;

/// POST `/locks` with the answers, as a whole, and `etag`.
#[derive(Debug, Template)]
#[template(path = "locks.html")]
pub struct Locks {
    pub frame: Frame,
    /// What nobody opens, and on what it rests.
    pub required: Vec<Fact>,
    pub questions: Vec<Question>,
    pub etag: String,
    pub problems: Vec<Problem>,
}

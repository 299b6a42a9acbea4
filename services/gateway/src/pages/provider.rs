//! The sign-in provider of a practice or a whole network, as whoever runs it sets it.

use askama::Template;

use super::Frame;
use super::parts::{Fact, Field, Filter, Problem};

/// POST `/work/sign-in` with `at` and the fields, as a whole; with `act=remove`, none is set any more.
#[derive(Debug, Template)]
#[template(path = "provider.html")]
pub struct SignInProvider {
    pub frame: Frame,
    /// The practice, or the whole network.
    pub place: String,
    pub at: String,
    /// Where else the account sets one.
    pub places: Vec<Filter>,
    pub is_set: bool,
    /// What the provider is to be told of this installation.
    pub told: Vec<Fact>,
    pub fields: Vec<Field>,
    /// By role: what the provider calls who holds it here.
    pub roles: Vec<Field>,
    /// What it gives besides that has no box here, and stays.
    pub besides: usize,
    pub problems: Vec<Problem>,
}

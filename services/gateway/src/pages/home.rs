//! Home: what needs me, what is next, what is new.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Icon, When};
use crate::words::Phrase;

/// Something only this person can do.
#[derive(Debug)]
pub struct Need {
    pub href: String,
    pub title: String,
    pub detail: String,
    pub icon: Icon,
    pub badge: Option<Badge>,
}

/// The next visit.
#[derive(Debug)]
pub struct NextVisit {
    pub href: String,
    pub title: String,
    pub when: When,
    pub place: String,
}

/// Something among the newest.
#[derive(Debug)]
pub struct Fresh {
    pub href: String,
    pub title: String,
    pub detail: String,
    pub badges: Vec<Badge>,
}

#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    pub frame: Frame,
    /// `home-morning`, `home-afternoon` or `home-evening`, with the person's `name`.
    pub greeting: Phrase,
    pub needs: Vec<Need>,
    pub next: Option<NextVisit>,
    pub fresh: Vec<Fresh>,
    /// Who else looked last.
    pub looks: Phrase,
}

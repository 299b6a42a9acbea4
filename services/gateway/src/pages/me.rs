//! My own account: where it is signed in, which language, how large.

use askama::Template;

use super::Frame;
use super::parts::{Choice, Field, Problem, When};

#[derive(Debug)]
pub struct Session {
    /// "Chrome on Android"
    pub device: String,
    pub since: When,
    pub last: When,
    /// Where it began, as far as that is kept.
    pub network: String,
    pub current: bool,
    /// POST ends it; none for the session that asks.
    pub end_href: Option<String>,
}

/// POST `/me` with `name`, `lang` and `size`; POST `/sign-out/everywhere`; POST `/second-factor/later`.
#[derive(Debug, Template)]
#[template(path = "me.html")]
pub struct Me {
    pub frame: Frame,
    pub name: Field,
    pub email: String,
    /// The account's, for somebody who is to be acted for.
    pub number: String,
    pub sessions: Vec<Session>,
    pub langs: Vec<Choice>,
    pub sizes: Vec<Choice>,
    pub has_second_factor: bool,
    /// Whether to ask for one: there is none, and the invitation was not put off.
    pub invited: bool,
}

/// Asked once, of who has no name yet. POST `/welcome` with `name`, or `skip`.
#[derive(Debug, Template)]
#[template(path = "welcome.html")]
pub struct Welcome {
    pub frame: Frame,
    pub name: Field,
    pub problems: Vec<Problem>,
}

//! Messages between family and care team: the threads, one thread, a new one.

use askama::Template;

use super::Frame;
use super::parts::{Choice, Field, Link, Problem, When};

#[derive(Debug)]
pub struct ThreadRow {
    pub href: String,
    pub subject: String,
    /// "You and Dana K., speech therapist"
    pub with: String,
    /// Whose turn it is.
    pub last: String,
    pub when: When,
    pub unread: u32,
}

#[derive(Debug, Template)]
#[template(path = "messages.html")]
pub struct Threads {
    pub frame: Frame,
    pub rows: Vec<ThreadRow>,
    pub earlier: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "parts/bubble.html")]
pub struct Bubble {
    /// The message's id: also the id of its event in the live stream, so that none shows twice.
    pub id: String,
    pub who: String,
    pub role: String,
    pub mine: bool,
    pub when: When,
    pub text: String,
    pub lang: String,
    pub attached: Vec<Link>,
    /// "seen Wed 9:10 am"
    pub seen: Option<String>,
}

/// Answer: POST to `path` with `text` and any `paper`. New messages come as `event: message` with a [`Bubble`] as data
/// from `{path}/live`.
#[derive(Debug, Template)]
#[template(path = "thread.html")]
pub struct Thread {
    pub frame: Frame,
    pub path: String,
    pub subject: String,
    pub with: String,
    pub bubbles: Vec<Bubble>,
    /// Whose turn it is.
    pub owed: Option<String>,
    pub reply: Field,
    pub papers: Vec<Choice>,
    pub problems: Vec<Problem>,
    /// Nothing more can be written here.
    pub closed: bool,
    /// Closing is POST `{path}/close`.
    pub may_close: bool,
    pub earlier: Option<String>,
}

/// POST `{path}/messages` with `to`, `subject`, `text` and any `paper`.
#[derive(Debug, Template)]
#[template(path = "new_thread.html")]
pub struct NewThread {
    pub frame: Frame,
    pub to: Vec<Choice>,
    pub subject: Field,
    pub text: Field,
    pub papers: Vec<Choice>,
    pub problems: Vec<Problem>,
}

//! The record at another time: choosing a moment, the record and its rooms and items as they stood, and what changed at each step.

use askama::Template;

use super::Frame;
use super::item::Version;
use super::messages::Bubble;
use super::parts::{Badge, Fact, Field, Link, Pager, Problem, When};
use super::record::{ItemRow, RoomGroup};
use super::sharing::Question;

/// POST `{path}` with `date`, `time` and `way`, and for what had happened `known-date` and `known-time`.
#[derive(Debug)]
pub struct MomentForm {
    pub path: String,
    pub date: Field,
    pub time: Field,
    pub way: Question,
    /// When that was known which had happened; left out, it is told as it is known today.
    pub known_date: Field,
    pub known_time: Field,
}

/// At which moment a page shows the record, and ways out of it.
#[derive(Debug)]
pub struct Moment {
    /// "You see what was known here on Tue, Nov 24, 3:30 pm."
    pub text: String,
    pub ways: Vec<Link>,
}

/// One value before and after; either may be empty.
#[derive(Debug)]
pub struct Difference {
    pub label: String,
    pub before: String,
    pub after: String,
}

/// One thing that came, changed or was taken back.
#[derive(Debug)]
pub struct Change {
    pub badge: Badge,
    pub title: String,
    pub href: Option<String>,
    pub room: String,
    pub detail: String,
    /// Why it was taken back.
    pub reason: String,
    pub differences: Vec<Difference>,
}

/// Everything that was recorded at one time.
#[derive(Debug)]
pub struct Step {
    /// "Change 12 of 48"
    pub number: String,
    pub when: When,
    pub who: String,
    pub why: Vec<String>,
    /// What permitted it; nothing where that was not kept yet.
    pub by: Vec<String>,
    pub changes: Vec<Change>,
    pub pager: Pager,
}

/// The steps beside the one that is shown.
#[derive(Debug, Default)]
pub struct Beside {
    pub previous: Option<String>,
    pub following: Option<String>,
}

/// Which moment?
#[derive(Debug, Template)]
#[template(path = "then.html")]
pub struct Choose {
    pub frame: Frame,
    pub form: MomentForm,
    pub problems: Vec<Problem>,
    /// The newest step, to go back from; none where nothing was recorded yet.
    pub newest: Option<(Link, When)>,
    pub may_import: bool,
}

#[derive(Debug, Template)]
#[template(path = "then_record.html")]
pub struct RecordThen {
    pub frame: Frame,
    pub name: String,
    /// "6 years, born Mar 3, 2020"
    pub about: String,
    pub moment: Moment,
    /// What was recorded last by then; none where nothing was, or where it is looked at by when things happened.
    pub step: Option<Step>,
    /// None where it is looked at by when things happened.
    pub beside: Option<Beside>,
    /// Name, address, phone as they were.
    pub person: Vec<Fact>,
    pub groups: Vec<RoomGroup>,
    pub total: usize,
    /// Neither in the rooms nor among papers and messages.
    pub nothing: bool,
    /// Papers and messages as they stood.
    pub elsewhere: Vec<Link>,
    pub eyes: Eyes,
}

/// With whose eyes the record is seen, and what that leaves out.
#[derive(Debug, Default)]
pub struct Eyes {
    pub note: String,
    /// By which roles it was decided.
    pub standing: Vec<Fact>,
    /// Room by room; none with one's own eyes.
    pub reasons: Vec<Reason>,
}

/// Why a room was open or closed.
#[derive(Debug)]
pub struct Reason {
    pub label: String,
    pub badge: Badge,
    pub facts: Vec<Fact>,
}

/// With whose eyes? POST `{path}` with `reader`.
#[derive(Debug, Template)]
#[template(path = "then_as.html")]
pub struct ChooseReader {
    pub frame: Frame,
    pub back: Link,
    pub moment: Moment,
    pub path: String,
    pub question: Question,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Template)]
#[template(path = "then_room.html")]
pub struct RoomThen {
    pub frame: Frame,
    pub back: Link,
    pub label: String,
    pub moment: Moment,
    pub rows: Vec<ItemRow>,
    pub pager: Pager,
    pub printed: When,
}

#[derive(Debug, Template)]
#[template(path = "then_item.html")]
pub struct ItemThen {
    pub frame: Frame,
    pub back: Link,
    pub title: String,
    pub badges: Vec<Badge>,
    pub moment: Moment,
    pub withdrawn: Option<String>,
    pub facts: Vec<Fact>,
    pub provenance: Vec<Fact>,
    /// Up to the version that stood then.
    pub history: Vec<Version>,
    /// The file of a paper, which never changes.
    pub save: Option<Link>,
}

/// A thread as far as it had come.
#[derive(Debug, Template)]
#[template(path = "then_thread.html")]
pub struct ThreadThen {
    pub frame: Frame,
    pub back: Link,
    pub subject: String,
    pub with: String,
    pub moment: Moment,
    pub bubbles: Vec<Bubble>,
    pub closed: bool,
}

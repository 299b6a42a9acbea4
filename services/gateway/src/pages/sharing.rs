//! Sharing: who can see what until when; stopping it; sharing something new, one question a page.

use askama::Template;

use super::Frame;
use super::never::{MarkCard, Rehearsal};
use super::parts::{Badge, Choice, Fact, Field, Person, Problem};
use super::treatment::PracticeCard;

#[derive(Debug)]
pub struct GrantCard {
    pub href: String,
    /// None when it ended, or is set by law.
    pub stop_href: Option<String>,
    pub who: Person,
    pub what: String,
    pub until: String,
    pub last_look: String,
    /// "1 of 3 used"; empty where visits are not counted.
    pub visits: String,
    /// What was said by who took it in an emergency; otherwise empty.
    pub why: String,
    /// That a practice treats; otherwise empty.
    pub because: String,
    pub badge: Option<Badge>,
}

#[derive(Debug, Template)]
#[template(path = "sharing.html")]
pub struct Sharing {
    pub frame: Frame,
    pub now: Vec<GrantCard>,
    /// That treat, are to, or did not long ago.
    pub practices: Vec<PracticeCard>,
    /// What no grant reaches.
    pub never: Vec<MarkCard>,
    pub ended: Vec<GrantCard>,
    /// Every room is held: then who looked is shown.
    pub whole: bool,
}

#[derive(Debug, Template)]
#[template(path = "grant.html")]
pub struct Grant {
    pub frame: Frame,
    pub who: Person,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    /// None when it ended, or nobody was asked for it.
    pub change_href: Option<String>,
    pub stop_href: Option<String>,
}

/// POST to `path` stops it at once.
#[derive(Debug, Template)]
#[template(path = "stop_sharing.html")]
pub struct StopSharing {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    pub who: Person,
    pub what: String,
    /// What they saved and keep.
    pub saved: Vec<String>,
    /// Whether the whole history was searched for what they saved.
    pub saved_whole: bool,
    pub rehearsal: Option<Rehearsal>,
}

/// The questions, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Who,
    What,
    Why,
    Until,
    Check,
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Who, Self::What, Self::Why, Self::Until, Self::Check];

    /// What the form's button sends as `step`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::What => "what",
            Self::Why => "why",
            Self::Until => "until",
            Self::Check => "check",
        }
    }

    pub fn number(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).map_or(0, |at| at + 1)
    }

    pub fn title_key(self) -> &'static str {
        match self {
            Self::Who => "share-who-title",
            Self::What => "share-what-title",
            Self::Why => "share-why-title",
            Self::Until => "share-until-title",
            Self::Check => "share-check-title",
        }
    }

    pub fn short_key(self) -> &'static str {
        match self {
            Self::Who => "share-who",
            Self::What => "share-what",
            Self::Why => "share-why",
            Self::Until => "share-until",
            Self::Check => "share-check",
        }
    }
}

#[derive(Debug)]
pub struct Question {
    pub name: &'static str,
    pub legend: String,
    pub hint: String,
    pub many: bool,
    pub choices: Vec<Choice>,
}

/// An answer that was given on an earlier page and travels along.
#[derive(Debug)]
pub struct Carried {
    pub name: String,
    pub value: String,
}

#[derive(Debug)]
pub struct Answer {
    pub label: String,
    pub value: String,
    pub step: Step,
}

/// POST `{path}/sharing/new` with the answers and `step`, the page just answered; `back` asks for an earlier page again.
#[derive(Debug, Template)]
#[template(path = "share.html")]
pub struct Share {
    pub frame: Frame,
    pub step: Step,
    /// What stands is changed, and nothing new is shared.
    pub changing: bool,
    pub carried: Vec<Carried>,
    pub questions: Vec<Question>,
    pub fields: Vec<Field>,
    /// The fields are folded away, and whether they are open.
    pub fold: Option<bool>,
    pub answers: Vec<Answer>,
    /// At the last step.
    pub rehearsal: Option<Rehearsal>,
    pub problems: Vec<Problem>,
}

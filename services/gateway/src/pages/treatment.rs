//! Practices that treat: the family's list, what a care team is to see, ending it; and the practice's own desk.

use askama::Template;

use super::Frame;
use super::parts::{Badge, Fact, Field, Filter, Link, Problem};
use super::sharing::{Carried, Question};

/// A practice in the family's list.
#[derive(Debug)]
pub struct PracticeCard {
    pub name: String,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    /// What is to be decided, or can be changed.
    pub open: Option<Link>,
    /// Ends it, declines it or takes it back.
    pub end: Option<Link>,
}

/// Which practice: POST `{path}` with `practice` and `step`.
#[derive(Debug, Template)]
#[template(path = "treating_practice.html")]
pub struct ChoosePractice {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    /// None where there is no practice to name.
    pub question: Option<Question>,
    pub problems: Vec<Problem>,
}

/// What a care team is to see: POST `{path}` with what is chosen.
#[derive(Debug, Template)]
#[template(path = "treating_care.html")]
pub struct Care {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    pub title: String,
    pub lead: String,
    pub carried: Vec<Carried>,
    /// By role; none where the practice wants to see nothing by itself.
    pub questions: Vec<Question>,
    pub fields: Vec<Field>,
    pub agree: String,
    /// The way to say no to all of it.
    pub decline: Option<Link>,
    pub problems: Vec<Problem>,
}

/// POST to `path` ends it at once.
#[derive(Debug, Template)]
#[template(path = "treating_end.html")]
pub struct EndTreating {
    pub frame: Frame,
    pub path: String,
    pub back: String,
    pub title: String,
    pub lead: String,
    pub end: String,
}

/// A record in the practice's list.
#[derive(Debug)]
pub struct DeskRow {
    pub id: String,
    /// The person's name where it is shared, or else who proposed it.
    pub name: String,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    /// The family waits for the practice's word.
    pub waits: bool,
    /// What the button that ends it says; none where it has ended.
    pub end: Option<String>,
}

/// POST `/desk` with `act` (accept, end or ask) and `treatment` or `patient`.
#[derive(Debug, Template)]
#[template(path = "desk.html")]
pub struct Desk {
    pub frame: Frame,
    pub practice: String,
    pub practice_id: String,
    /// The account's other practices.
    pub practices: Vec<Filter>,
    pub waiting: usize,
    pub rows: Vec<DeskRow>,
    pub next: Option<String>,
    /// For who runs the practice.
    pub policy: Option<String>,
    /// A record that its network opened.
    pub ask: Field,
    pub problems: Vec<Problem>,
}

/// What a role of the care team is to do; folded where the practice said nothing of it.
#[derive(Debug)]
pub struct OfRole {
    pub role: String,
    pub is_open: bool,
    pub questions: Vec<Question>,
}

/// What the practice's care team is to see of whom it treats.
#[derive(Debug, Template)]
#[template(path = "desk_policy.html")]
pub struct DeskPolicy {
    pub frame: Frame,
    pub practice: String,
    pub back: String,
    pub carried: Vec<Carried>,
    pub said: String,
    pub team: Vec<OfRole>,
    pub problems: Vec<Problem>,
}

/// An invitation, as its sender or its reader sees it.
#[derive(Debug)]
pub struct InvitationCard {
    pub id: String,
    /// The address, or the practice.
    pub name: String,
    pub badge: Badge,
    pub facts: Vec<Fact>,
    pub waits: bool,
}

/// POST `/desk/invitations` with `email` and `lang`, or with `invitation` to take one back.
#[derive(Debug, Template)]
#[template(path = "invitations.html")]
pub struct Invitations {
    pub frame: Frame,
    pub practice: String,
    pub practice_id: String,
    pub back: String,
    pub cards: Vec<InvitationCard>,
    pub next: Option<String>,
    pub email: Field,
    pub lang: Question,
    pub problems: Vec<Problem>,
}

/// POST `/invited` with `invitation`, `record` and `act` (yes or no).
#[derive(Debug, Template)]
#[template(path = "invited.html")]
pub struct Invited {
    pub frame: Frame,
    pub cards: Vec<InvitationCard>,
    /// Records that the account may share.
    pub records: Question,
    pub problems: Vec<Problem>,
}

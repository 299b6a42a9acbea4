//! The record by category: the overview of its rooms, and the list in one room.

use askama::Template;
use holdfast_types::Category;

use super::Frame;
use super::parts::{Badge, Filter, Icon, Pager, When};

#[derive(Debug)]
pub struct Room {
    pub href: String,
    pub label: String,
    pub icon: Icon,
    pub count: usize,
    /// "newest Nov 17" or "none yet"
    pub newest: String,
}

/// The drawing of a room.
pub fn icon(category: Category) -> Icon {
    match category {
        Category::Demographics => Icon::People,
        Category::Conditions | Category::Allergies => Icon::Heart,
        Category::Medications | Category::Immunizations => Icon::Pill,
        Category::Results | Category::VitalSigns | Category::Observations => Icon::Chart,
        Category::Goals | Category::CarePlans => Icon::Goal,
        Category::Visits | Category::Appointments => Icon::Work,
        Category::CareTeam => Icon::Sharing,
        Category::Coverage | Category::Claims => Icon::Card,
        Category::Messages => Icon::Messages,
        Category::Documents | Category::Forms => Icon::Papers,
        Category::Notes | Category::Procedures | Category::Devices | Category::Other => Icon::Record,
        Category::PsychotherapyNotes | Category::SubstanceUse | Category::ConfidentialServices => {
            Icon::Shield
        }
    }
}

/// The groups of the overview, in their order; papers and messages have tabs of their own.
pub const GROUPS: [(&str, &[Category]); 4] = [
    (
        "group-therapy",
        &[
            Category::Goals,
            Category::Notes,
            Category::CarePlans,
            Category::Appointments,
            Category::Visits,
            Category::CareTeam,
        ],
    ),
    (
        "group-health",
        &[
            Category::Conditions,
            Category::Medications,
            Category::Allergies,
            Category::Immunizations,
            Category::Results,
            Category::VitalSigns,
            Category::Observations,
            Category::Procedures,
        ],
    ),
    (
        "group-care",
        &[Category::Coverage, Category::Claims, Category::Forms, Category::Devices, Category::Other],
    ),
    ("group-protected", Category::PROTECTED),
];

#[derive(Debug)]
pub struct RoomGroup {
    pub title: String,
    pub rooms: Vec<Room>,
}

/// Where contents come from and how fresh they are.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub detail: String,
    pub badge: Option<Badge>,
}

#[derive(Debug, Template)]
#[template(path = "record.html")]
pub struct Record {
    pub frame: Frame,
    pub name: String,
    /// "6 years, born Mar 3, 2020"
    pub about: String,
    pub badges: Vec<Badge>,
    pub groups: Vec<RoomGroup>,
    pub sources: Vec<Source>,
    pub total: usize,
    /// A family may add and correct; a therapist reads.
    pub may_edit: bool,
    /// Where a therapist opens the rest in an emergency.
    pub emergency_href: Option<String>,
}

#[derive(Debug)]
pub struct ItemRow {
    pub href: String,
    pub title: String,
    pub detail: String,
    pub when: Option<When>,
    pub badges: Vec<Badge>,
    /// Withdrawn by its source: struck through.
    pub withdrawn: bool,
}

/// Searching is POST `{path}/find` with `words`; filters and pages are codes in the address.
#[derive(Debug, Template)]
#[template(path = "room.html")]
pub struct RoomList {
    pub frame: Frame,
    pub label: String,
    pub path: String,
    pub filters: Vec<Filter>,
    /// Where the entries come from; empty where there is no choice.
    pub sources: Vec<Filter>,
    pub find: String,
    /// Where something new is proposed.
    pub propose_href: Option<String>,
    /// How many proposals wait here.
    pub waiting: usize,
    pub rows: Vec<ItemRow>,
    pub pager: Pager,
    pub printed: When,
}

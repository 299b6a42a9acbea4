//! Appointments, sessions, their billing lines and notes.

use super::{Discipline, Key, Moment, Setting};

#[derive(Debug, Clone, PartialEq)]
pub struct Appointment {
    pub key: Key,
    pub practice: Key,
    pub discipline: Discipline,
    pub with: Key,
    pub what: &'static str,
    pub start: Moment,
    pub end: Moment,
    pub setting: Setting,
    pub booked: Moment,
    pub attendance: Attendance,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Attendance {
    Booked,
    Held { session: Key },
    CancelledByFamily { reason: AbsenceReason, told: Moment, note: String },
    CancelledByPractice { reason: AbsenceReason, told: Moment, note: String },
    NoShow { reason: AbsenceReason, note: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AbsenceReason {
    ChildIll,
    SiblingIll,
    FamilyTravel,
    Transport,
    ParentWork,
    SchoolEvent,
    OtherMedicalVisit,
    StaffIll,
    StaffTraining,
    TechnicianOut,
    Forgot,
    Unknown,
}

impl AbsenceReason {
    pub const fn words(self) -> &'static str {
        match self {
            Self::ChildIll => "child ill",
            Self::SiblingIll => "brother or sister ill",
            Self::FamilyTravel => "family away",
            Self::Transport => "no ride",
            Self::ParentWork => "parent at work",
            Self::SchoolEvent => "school event",
            Self::OtherMedicalVisit => "other medical visit",
            Self::StaffIll => "therapist ill",
            Self::StaffTraining => "staff training",
            Self::TechnicianOut => "technician out",
            Self::Forgot => "forgot",
            Self::Unknown => "no reason given",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub key: Key,
    pub practice: Key,
    pub discipline: Discipline,
    pub rendering: Key,
    /// The supervisor who was in the room, if any.
    pub supervised_by: Option<Key>,
    pub client_present: bool,
    /// Family in the room.
    pub present: Vec<Key>,
    /// Key shared by all members of one group session.
    pub group: Option<Group>,
    pub start: Moment,
    pub end: Moment,
    /// Meals and rests inside, never billed.
    pub break_minutes: u32,
    pub setting: Setting,
    /// CMS place-of-service code.
    pub place_of_service: &'static str,
    pub telehealth: Option<Telehealth>,
    /// ICD-10-CM, treatment diagnosis first.
    pub diagnoses: Vec<&'static str>,
    pub lines: Vec<BillingLine>,
    pub rounding: Rounding,
    pub confidential: bool,
    pub note: Note,
}

impl Session {
    pub fn minutes(&self) -> u32 {
        u32::try_from((self.end - self.start).num_minutes()).unwrap_or(0).saturating_sub(self.break_minutes)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub key: Key,
    pub clients: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telehealth {
    pub platform: &'static str,
    pub client_at: &'static str,
    pub clinician_at: &'static str,
    pub consent_on_file: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingLine {
    pub code: &'static str,
    /// What it is, in our own words.
    pub words: &'static str,
    /// For timed codes.
    pub minutes: Option<u32>,
    pub units: u32,
    pub modifiers: Vec<&'static str>,
}

/// How a payer turns minutes into units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// All timed minutes of the visit together, a further unit from 8 minutes on.
    EightMinute,
    /// Each code by itself, a further unit from 8 minutes on.
    Midpoint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// 97153: what was done and counted; no judgement.
    Technician,
    /// 97155: what was seen, changed and why.
    ProtocolChange,
    /// 97156: what the family was shown and did.
    CaregiverTraining,
    Soap,
    Dap,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub key: Key,
    pub kind: NoteKind,
    pub author: Key,
    pub sections: Vec<Section>,
    /// Goals addressed.
    pub goals: Vec<Key>,
    /// Data taken.
    pub data: Vec<Key>,
    pub written: Moment,
    /// The author first.
    pub signatures: Vec<Signature>,
    pub addendum: Option<Addendum>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub heading: &'static str,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureRole {
    Author,
    CoSigner,
    SupervisorPresent,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub person: Key,
    pub role: SignatureRole,
    pub time: Moment,
}

/// Said later, labelled as such.
#[derive(Debug, Clone, PartialEq)]
pub struct Addendum {
    pub author: Key,
    pub time: Moment,
    pub text: String,
}

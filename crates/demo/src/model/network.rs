//! The tenant, its practices and everyone with an account.

use super::{Key, Patient};
use chrono::NaiveDate;

#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub seed: u64,
    pub today: NaiveDate,
    pub tenant: Tenant,
    pub practices: Vec<Practice>,
    pub teams: Vec<Team>,
    /// Organisations outside the network that families share with.
    pub partners: Vec<Partner>,
    /// Staff, families, patients with their own sign-in, and partners outside: every account once.
    pub people: Vec<Person>,
    /// The six cast records first.
    pub patients: Vec<Patient>,
}

impl Network {
    pub fn person(&self, key: &Key) -> Option<&Person> {
        self.people.iter().find(|person| person.key == *key)
    }

    /// Whether somebody's work is another's to answer for.
    pub fn supervises(&self, key: &Key) -> bool {
        self.people.iter().any(|person| person.supervisor() == Some(key))
    }

    pub fn patient(&self, key: &Key) -> Option<&Patient> {
        self.patients.iter().find(|patient| patient.key == *key)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    pub key: Key,
    pub name: String,
    pub label: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PracticeKind {
    PaediatricSpeech,
    Aba,
    Multidisciplinary,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    pub key: Key,
    pub name: String,
    pub kind: PracticeKind,
    pub address: Address,
    pub phone: String,
    pub email: String,
    /// IANA name; the zone has no summer time, so one offset holds all year.
    pub time_zone: &'static str,
}

/// Some of a practice's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub key: Key,
    pub name: String,
    pub practice: Key,
    pub members: Vec<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub key: Key,
    pub name: String,
    pub kind: PartnerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerKind {
    School,
    Insurer,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    pub line: String,
    pub city: &'static str,
    pub state: &'static str,
    pub postal_code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub given: String,
    pub family: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.given, self.family)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Spanish,
    Arabic,
    Vietnamese,
    AmericanSign,
}

impl Language {
    /// BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Arabic => "ar",
            Self::Vietnamese => "vi",
            Self::AmericanSign => "ase",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub key: Key,
    pub name: Name,
    pub email: String,
    pub phone: String,
    /// The preferred one first.
    pub languages: Vec<Language>,
    pub role: Role,
    /// Last working day of someone who has left.
    pub left: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Clinician {
        practice: Key,
        credential: Credential,
        supervisor: Option<Key>,
        director: bool,
    },
    FrontDesk {
        practice: Key,
    },
    Biller {
        practice: Key,
    },
    ComplianceOfficer,
    NetworkAdministrator,
    /// At a partner.
    SchoolCoordinator {
        school: Key,
    },
    /// At a partner.
    PayerReviewer {
        insurer: Key,
    },
    Family,
    /// A patient old enough to have a sign-in of their own.
    Client,
    /// A partner outside the network, such as an orthotist; no account by default.
    Outside {
        what: &'static str,
    },
}

impl Person {
    pub fn credential(&self) -> Option<Credential> {
        match &self.role {
            Role::Clinician { credential, .. } => Some(*credential),
            _ => None,
        }
    }

    pub fn practice(&self) -> Option<&Key> {
        match &self.role {
            Role::Clinician { practice, .. } | Role::FrontDesk { practice } | Role::Biller { practice } => {
                Some(practice)
            }
            _ => None,
        }
    }

    pub fn supervisor(&self) -> Option<&Key> {
        match &self.role {
            Role::Clinician { supervisor, .. } => supervisor.as_ref(),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discipline {
    Aba,
    Speech,
    Occupational,
    Physical,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    BcbaD,
    Bcba,
    Bcaba,
    Rbt,
    Slp,
    CfSlp,
    Slpa,
    Ot,
    Cota,
    Pt,
    Pta,
}

impl Credential {
    pub const fn letters(self) -> &'static str {
        match self {
            Self::BcbaD => "BCBA-D",
            Self::Bcba => "BCBA",
            Self::Bcaba => "BCaBA",
            Self::Rbt => "RBT",
            Self::Slp => "MS, CCC-SLP",
            Self::CfSlp => "MS, CF-SLP",
            Self::Slpa => "SLPA",
            Self::Ot => "OTR/L",
            Self::Cota => "COTA/L",
            Self::Pt => "PT, DPT",
            Self::Pta => "PTA",
        }
    }

    pub const fn discipline(self) -> Discipline {
        match self {
            Self::BcbaD | Self::Bcba | Self::Bcaba | Self::Rbt => Discipline::Aba,
            Self::Slp | Self::CfSlp | Self::Slpa => Discipline::Speech,
            Self::Ot | Self::Cota => Discipline::Occupational,
            Self::Pt | Self::Pta => Discipline::Physical,
        }
    }

    /// Whether this person may judge, plan and change goals.
    pub const fn assesses(self) -> bool {
        !matches!(self, Self::Rbt | Self::Slpa | Self::Cota | Self::Pta)
    }

    /// Whether somebody else signs along.
    pub const fn needs_co_signature(self) -> bool {
        !self.assesses() && !matches!(self, Self::Rbt) || matches!(self, Self::CfSlp | Self::Bcaba)
    }
}

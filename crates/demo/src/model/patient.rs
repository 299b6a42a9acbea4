//! One patient's record as a whole.

use super::{
    Address, Appointment, Authorisation, CarePlan, Coverage, Datum, Discipline, Document, Goal, HomeActivity,
    HomeLog, Key, Language, Moment, Name, PayerDecision, Session, Thread,
};
use chrono::NaiveDate;

#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    pub key: Key,
    pub cast: Option<Cast>,
    pub demographics: Demographics,
    /// The patient's own sign-in, for teenagers.
    pub account: Option<Key>,
    /// Patients of the same family share this.
    pub family_key: Key,
    pub family: Vec<FamilyMember>,
    pub siblings: Vec<Sibling>,
    pub enrolments: Vec<Enrolment>,
    pub care_team: Vec<CareTeamMember>,
    pub conditions: Vec<Condition>,
    pub allergies: Vec<Allergy>,
    pub medications: Vec<Medication>,
    pub equipment: Vec<Equipment>,
    pub scores: Vec<Score>,
    pub care_plans: Vec<CarePlan>,
    pub goals: Vec<Goal>,
    /// Ordered by time.
    pub data: Vec<Datum>,
    pub appointments: Vec<Appointment>,
    /// Each holds its note. Services given many times a week list only their latest weeks; see `Enrolment::listed_from`.
    pub sessions: Vec<Session>,
    pub coverages: Vec<Coverage>,
    pub authorisations: Vec<Authorisation>,
    pub payer_decisions: Vec<PayerDecision>,
    pub threads: Vec<Thread>,
    pub documents: Vec<Document>,
    pub home_activities: Vec<HomeActivity>,
    pub home_logs: Vec<HomeLog>,
}

impl Patient {
    /// How many items a loader will write for this record.
    pub fn item_count(&self) -> usize {
        self.conditions.len()
            + self.allergies.len()
            + self.medications.len()
            + self.equipment.len()
            + self.scores.len()
            + self.care_plans.len()
            + self.goals.len()
            + self.data.len()
            + self.appointments.len()
            + self.sessions.len()
            + self.coverages.len()
            + self.authorisations.len()
            + self.payer_decisions.len()
            + self.threads.iter().map(|thread| thread.messages.len()).sum::<usize>()
            + self.documents.len()
            + self.home_activities.len()
            + self.home_logs.len()
    }

    pub fn goal(&self, key: &Key) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.key == *key)
    }

    /// The data of one goal, in time order.
    pub fn series(&self, goal: &Key) -> Vec<&Datum> {
        self.data.iter().filter(|datum| datum.goal == *goal).collect()
    }
}

/// The six hand-made records that exercise most features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cast {
    A,
    B,
    C,
    D,
    E,
    F,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

/// How the family asked to be spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfReference {
    PersonFirst,
    IdentityFirst,
    NotYetAsked,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Demographics {
    pub name: Name,
    pub birth_date: NaiveDate,
    pub sex: Sex,
    pub languages: Vec<Language>,
    /// Language of the interpreter that the family asks for.
    pub interpreter: Option<Language>,
    /// More than one when the child lives in two households; the first is on the insurance card.
    pub households: Vec<Household>,
    pub self_reference: SelfReference,
    pub school: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    pub key: Key,
    pub address: Address,
    pub phone: String,
    pub adults: Vec<Key>,
    pub days: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relationship {
    Mother,
    Father,
    Stepmother,
    Stepfather,
    Grandmother,
    FosterParent,
    Aunt,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FamilyMember {
    /// A person of `Network::people`.
    pub account: Key,
    pub relationship: Relationship,
    pub authority: Authority,
    pub since: NaiveDate,
    pub lives_with: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    LegalGuardian,
    /// Each of two parents decides with the other.
    JointCustody,
    /// May bring, see the calendar and write, but does not consent.
    HelperOnly,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    pub patient: Key,
    pub twin: bool,
}

/// One episode of care: a discipline at a practice.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolment {
    pub key: Key,
    pub practice: Key,
    pub discipline: Discipline,
    pub chart_number: String,
    pub referred: NaiveDate,
    pub started: NaiveDate,
    pub dose: String,
    pub lead: Key,
    /// From here on appointments and sessions are listed one by one; before it only the goals' data are.
    pub listed_from: NaiveDate,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CareTeamMember {
    pub person: Key,
    pub part: String,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub key: Key,
    /// ICD-10-CM.
    pub code: &'static str,
    pub text: &'static str,
    pub kind: ConditionKind,
    pub recorded: NaiveDate,
    pub diagnosed_by: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    Medical,
    Treatment,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Allergy {
    pub key: Key,
    pub substance: &'static str,
    pub reaction: &'static str,
    pub severe: bool,
    pub recorded: NaiveDate,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Medication {
    pub key: Key,
    pub name: &'static str,
    pub dose: &'static str,
    pub reason: &'static str,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub given_at: &'static str,
    pub prescriber: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Equipment {
    pub key: Key,
    pub what: &'static str,
    pub from: NaiveDate,
    pub note: &'static str,
}

/// A test or questionnaire result: scores only, never item texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    pub key: Key,
    pub instrument: &'static str,
    pub edition: &'static str,
    pub part: &'static str,
    pub value: ScoreValue,
    pub time: Moment,
    pub scorer: Key,
    pub confidential: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ScoreValue {
    /// Mean 100, SD 15, with the 90 % interval.
    Standard {
        score: u32,
        low: u32,
        high: u32,
    },
    Scaled {
        score: u32,
    },
    Total {
        score: u32,
        of: u32,
    },
}

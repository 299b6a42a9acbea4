//! What is known of one record's person and of who acts for them.
use super::{Change, FREEZE_LASTS, Refusal, Rooms, cut};
use chrono::{DateTime, NaiveDate, Utc};
use holdfast_types::{AccountId, Action, AuthorityId, Category, DocumentId, Period};
use serde::{Deserialize, Serialize};

/// When the person was born and where they live, as it was stated last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub born: NaiveDate,
    /// As `US-CA`; empty: not known.
    pub state: String,
}

/// What an authority rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The account is the person's own.
    Person,
    Birth,
    Custody,
    CourtOrder,
    FosterPlacement,
    Guardianship,
    PowerOfAttorney,
    Incapacity,
    /// The minor's own word that somebody keeps rooms that the law closes.
    Assent,
    /// A holder's word that somebody helps.
    Appointment,
}

impl Basis {
    pub const ALL: &'static [Self] = &[
        Self::Person,
        Self::Birth,
        Self::Custody,
        Self::CourtOrder,
        Self::FosterPlacement,
        Self::Guardianship,
        Self::PowerOfAttorney,
        Self::Incapacity,
        Self::Assent,
        Self::Appointment,
    ];

    /// It may go on when the person is of age.
    pub const fn outlasts_majority(self) -> bool {
        matches!(self, Self::Guardianship | Self::PowerOfAttorney | Self::Incapacity)
    }

    /// It may stand in the place of the person.
    pub const fn may_replace_person(self) -> bool {
        matches!(self, Self::Guardianship | Self::Incapacity)
    }
}

/// Papers of the record by their ids, the day on them, and a line of words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub documents: Vec<DocumentId>,
    pub issued: Option<NaiveDate>,
    pub note: String,
}

/// By whose word an authority stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Proposed: nothing follows from it.
    Waits,
    Own,
    Attested(AccountId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    pub id: AuthorityId,
    pub account: AccountId,
    pub basis: Basis,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    pub period: Period,
    /// The person then reads, and decides nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place_of_person: bool,
    pub evidence: Evidence,
    pub word: Word,
    /// Who recorded it, or appointed the proxy.
    pub by: AccountId,
    /// It was ended before it had begun, or while it waited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

impl Authority {
    /// Whether anything follows from it at the moment.
    pub fn stands(&self, at: DateTime<Utc>) -> bool {
        self.counts() && self.period.contains(at)
    }

    pub fn waits(&self) -> bool {
        self.word == Word::Waits && !self.withdrawn
    }

    pub fn counts(&self) -> bool {
        self.word != Word::Waits && !self.withdrawn
    }

    pub fn is_of_person(&self, account: AccountId) -> bool {
        self.basis == Basis::Person && self.account == account
    }

    pub fn rooms(&self) -> Rooms {
        let actions = || self.actions.iter().copied().collect();
        self.categories.iter().map(|category| (*category, actions())).collect()
    }
}

/// Whatever an account holds is stopped for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    pub id: AuthorityId,
    pub account: AccountId,
    pub placed: DateTime<Utc>,
    pub reason: String,
    pub by: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// What an officer said of a freeze last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub upheld: bool,
    pub by: AccountId,
    /// When it ends; none: when it is lifted.
    pub until: Option<DateTime<Utc>>,
}

impl Freeze {
    pub fn ends(&self) -> Option<DateTime<Utc>> {
        match &self.review {
            None => Some(self.placed + FREEZE_LASTS),
            Some(review) => review.until,
        }
    }

    pub fn holds_back(&self, account: AccountId, at: DateTime<Utc>) -> bool {
        self.account == account && self.placed <= at && self.ends().is_none_or(|end| at < end)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub person: Option<Person>,
    /// In the order in which they were recorded.
    pub authorities: Vec<Authority>,
    pub freezes: Vec<Freeze>,
}

impl Known {
    /// Those from which something follows at the moment.
    pub fn stand(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Authority> {
        self.authorities.iter().filter(move |authority| authority.stands(at))
    }

    pub fn authority(&self, id: AuthorityId) -> Result<&Authority, Refusal> {
        self.authorities.iter().find(|authority| authority.id == id).ok_or(Refusal::NotRecorded)
    }

    pub fn freeze(&self, id: AuthorityId) -> Result<&Freeze, Refusal> {
        self.freezes.iter().find(|freeze| freeze.id == id).ok_or(Refusal::NotRecorded)
    }

    #[must_use]
    pub fn with(mut self, change: &Change) -> Self {
        match change {
            Change::Person(person) => self.person = Some(person.clone()),
            Change::Recorded(authority) => self.authorities.push(authority.clone()),
            Change::Attested { authority, by } => {
                self.change(*authority, |waiting| waiting.word = Word::Attested(*by));
            }
            Change::Withdrawn { authority, .. } => {
                self.change(*authority, |waiting| waiting.withdrawn = true);
            }
            Change::Renewed { authority, until, evidence } => self.change(*authority, |renewed| {
                let period = Period::try_new(renewed.period.from(), Some(*until));
                renewed.period = period.unwrap_or(renewed.period);
                renewed.evidence = evidence.clone();
            }),
            Change::Ended { authority, ended } => {
                self.change(*authority, |over| match cut(over.period, *ended) {
                    Some(period) if !over.waits() => over.period = period,
                    _ => over.withdrawn = true,
                });
            }
            Change::Frozen(freeze) => self.freezes.push(freeze.clone()),
            Change::Reviewed { freeze, review } => {
                let reviewed = self.freezes.iter_mut().find(|one| one.id == *freeze);
                if let Some(reviewed) = reviewed {
                    reviewed.review = Some(review.clone());
                }
            }
        }
        self
    }

    fn change(&mut self, id: AuthorityId, how: impl FnOnce(&mut Authority)) {
        if let Some(authority) = self.authorities.iter_mut().find(|authority| authority.id == id) {
            how(authority);
        }
    }
}

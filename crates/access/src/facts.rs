//! What a decision rests on beside the request: how the caller stands towards the record, what its holders gave and what they never share.
use crate::MarkFact;
use chrono::{DateTime, Utc};
use holdfast_types::{
    AccountId, Action, Basis, Category, GrantId, Narrowing, PatientId, Period, PracticeId, Purpose,
    Relationship, Role, Span, TenantId,
};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The record's network. None: this service has not heard of the record. The nil id: a free-standing record.
    pub record_tenant: Option<TenantId>,
    /// What the caller is towards the record; none who holds nothing of it at the moment.
    pub relationship: Option<Relationship>,
    /// What of it such a caller holds.
    pub held: Held,
    pub grants: Vec<GrantFact>,
    /// What the holders never share; none where the caller holds everything.
    pub marks: Vec<MarkFact>,
    /// Time since everything that consent has said was heard. None: it never was.
    pub consent_age: Option<Duration>,
    /// The last event of the record's lane in consent's log of which all this knows, 0 for none. None: it was not read from a log.
    pub consent_seq: Option<u64>,
    /// The record's content was destroyed, by those services that keep any. Nothing is decided by it: it decides what there is to be
    /// answered.
    pub erased: bool,
}

/// Whom a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    Account(AccountId),
    /// Everybody with the role at the practice.
    Practice {
        practice: PracticeId,
        role: Role,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantFact {
    pub id: GrantId,
    /// Revision of the grant's stream.
    pub revision: u64,
    pub patient: PatientId,
    pub grantee: Grantee,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    pub purposes: Vec<Purpose>,
    pub period: Period,
    pub basis: Basis,
    pub revoked: Option<DateTime<Utc>>,
    /// None: all that is in the rooms. Some, whatever it says: it counts only where what it leaves out is left out.
    pub narrowing: Option<Narrowing>,
}

/// What a holder holds of a record at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Held {
    /// Nobody has settled who acts for the person: everything, for good.
    #[default]
    Everything,
    /// What these spans say, which are in force.
    Spans(Vec<Span>),
}

impl Held {
    /// For an account that was named as this, or for which the record's settled list has these spans.
    pub(crate) fn at(
        named: Option<Relationship>,
        settled: Option<Vec<Span>>,
        now: DateTime<Utc>,
    ) -> (Option<Relationship>, Self) {
        let Some(mut spans) = settled else { return (named, Self::Everything) };
        spans.retain(|span| span.period.contains(now));
        (spans.first().map(|span| span.relationship), Self::Spans(spans))
    }
}

impl Facts {
    /// What the caller is towards one room, as far as one action goes: whoever does not hold it is nobody there, like any third party.
    pub fn towards(&self, action: Action, category: Category) -> Option<Relationship> {
        match &self.held {
            Held::Everything => self.relationship,
            Held::Spans(spans) => {
                spans.iter().find(|span| span.holds(action, category)).map(|span| span.relationship)
            }
        }
    }

    /// Rooms that are not held, by action; none where everything is.
    pub fn not_held(&self) -> Vec<(Action, Vec<Category>)> {
        let closed = |action: Action| {
            let rooms = Category::ALL.iter().filter(|room| self.towards(action, **room).is_none());
            (action, rooms.copied().collect::<Vec<_>>())
        };
        match &self.held {
            Held::Everything => Vec::new(),
            Held::Spans(_) => Action::ALL
                .iter()
                .map(|action| closed(*action))
                .filter(|(_, rooms)| !rooms.is_empty())
                .collect(),
        }
    }

    pub fn holds_all(&self, action: Action, categories: &[Category]) -> bool {
        categories.iter().all(|category| self.towards(action, *category).is_some())
    }
}

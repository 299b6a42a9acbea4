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
    /// None: as often as they want.
    pub uses: Option<Uses>,
}

/// How often a grant may be used: for so many visits, of whoever it reaches together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    pub max: u32,
    /// Visits that were begun.
    pub used: u32,
    /// The end of the caller's own newest visit.
    pub visit_until: Option<DateTime<Utc>>,
}

impl Uses {
    pub const fn of(max: u32) -> Self {
        Self { max, used: 0, visit_until: None }
    }

    /// The caller has begun a visit that is not over.
    pub fn is_visiting(&self, now: DateTime<Utc>) -> bool {
        self.visit_until.is_some_and(|until| now < until)
    }

    /// The caller could begin one.
    pub const fn are_left(&self) -> bool {
        self.used < self.max
    }
}

impl GrantFact {
    /// It is good for visits, and the caller is on none.
    pub(crate) fn wants_visit(&self, now: DateTime<Utc>) -> bool {
        self.uses.is_some_and(|uses| !uses.is_visiting(now))
    }
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

    /// As they will be once the caller has begun a visit by every grant that has one left. None: they would be the same.
    pub fn on_visits(&self, now: DateTime<Utc>) -> Option<Self> {
        let can_begin =
            |grant: &GrantFact| grant.uses.is_some_and(|uses| uses.are_left()) && grant.wants_visit(now);
        if !self.grants.iter().any(can_begin) {
            return None;
        }
        let mut begun = self.clone();
        for grant in begun.grants.iter_mut().filter(|grant| can_begin(grant)) {
            grant.uses = grant.uses.map(|uses| Uses { visit_until: Some(DateTime::<Utc>::MAX_UTC), ..uses });
        }
        Some(begun)
    }

    pub fn holds_all(&self, action: Action, categories: &[Category]) -> bool {
        categories.iter().all(|category| self.towards(action, *category).is_some())
    }
}

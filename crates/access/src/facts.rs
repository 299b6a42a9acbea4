//! What a decision rests on beside the request: how the caller stands towards the record, what its holders gave and what they never share.
use crate::MarkFact;
use chrono::{DateTime, Utc};
use holdfast_types::{
    AccountId, Action, Basis, Category, GrantId, Narrowing, PatientId, Period, PracticeId, Purpose,
    Relationship, Role, TenantId,
};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The record's network. None: this service has not heard of the record. The nil id: a free-standing record.
    pub record_tenant: Option<TenantId>,
    pub relationship: Option<Relationship>,
    pub grants: Vec<GrantFact>,
    /// What the holders never share; none where the caller is one of them.
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

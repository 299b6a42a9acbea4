//! How the account stands to one record of its shelf.
use chrono::{DateTime, Utc};
use holdfast_proto::{
    Word as _,
    consent::v1::{Grant, NotHeld},
    time,
};
use holdfast_types::{Action, Category, PatientId, Relationship};

/// One record as the account stands to it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub alias: String,
    pub patient: PatientId,
    pub tenant_id: String,
    /// None when it is only shared with the account.
    pub relationship: Option<Relationship>,
    /// With a relationship: rooms that the account does not hold, by action.
    pub not_held: Vec<NotHeld>,
    /// Grants in force that reach the account.
    pub grants: Vec<Grant>,
    pub stripe: u8,
    /// Opened by the account in an emergency: all that is asked is asked for that, under an alias of its own.
    pub emergency: bool,
}

impl Listed {
    /// Whether the account's standing speaks for it: what it does not speak for is not asked, so that no refusal is recorded
    /// of somebody who only opened a page. The service decides.
    pub fn may(&self, action: Action, category: Category) -> bool {
        let granted = |grant: &Grant| {
            grant.categories.contains(&category.to_proto()) && grant.actions.contains(&action.to_proto())
        };
        self.holds(action, category) || (action != Action::Share && self.grants.iter().any(granted))
    }

    /// The same for a list over many records, which begins no visit: a grant for a number of them speaks while the account is on one.
    pub fn may_in_list(&self, action: Action, category: Category, now: DateTime<Utc>) -> bool {
        let mut open = self.clone();
        open.grants.retain(|grant| {
            let visit = grant.visit_until_time.as_ref().and_then(|until| time(until).ok());
            grant.uses_max == 0 || visit.is_some_and(|until| now < until)
        });
        open.may(action, category)
    }

    /// There is a room of which the account decides who sees it.
    pub fn may_share(&self) -> bool {
        Category::ALL.iter().any(|room| self.holds(Action::Share, *room))
    }

    /// There is a room to which the account may add something.
    pub fn may_contribute(&self) -> bool {
        Category::ALL.iter().any(|room| self.may(Action::Contribute, *room))
    }

    /// Whoever decides over every room may ask that what is in them be destroyed.
    pub fn shares_everything(&self) -> bool {
        Category::ALL.iter().all(|room| self.holds(Action::Share, *room))
    }

    /// Whoever does not hold every room is not shown the history, which tells of all of them.
    pub fn holds_everything(&self) -> bool {
        Category::ALL.iter().all(|room| self.holds(Action::Read, *room))
    }

    /// The room is the account's by what it is to the record's person.
    pub fn holds(&self, action: Action, category: Category) -> bool {
        let closed = |closed: &NotHeld| {
            closed.action == action.to_proto() && closed.categories.contains(&category.to_proto())
        };
        self.relationship.is_some() && !self.not_held.iter().any(closed)
    }
}

/// What an account is to the person of a record that it holds.
pub const fn role(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Patient => "role-you",
        Relationship::Parent => "role-parent",
        Relationship::Guardian => "role-guardian",
        Relationship::Proxy => "role-proxy",
    }
}

//! Which rooms of a record an account holds, for what and from when to when.
use crate::{AccountId, Action, AuthorityId, Category, Period, Relationship};
use serde::{Deserialize, Serialize};

/// One line of a record's settled list: whatever no line says is not held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub account: AccountId,
    pub relationship: Relationship,
    pub categories: Vec<Category>,
    pub actions: Vec<Action>,
    pub period: Period,
    /// None: the holder was named, and nothing more was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<AuthorityId>,
}

impl Span {
    pub fn holds(&self, action: Action, category: Category) -> bool {
        self.actions.contains(&action) && self.categories.contains(&category)
    }
}

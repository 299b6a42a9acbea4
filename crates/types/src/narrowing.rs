//! The part of its rooms that a grant shares: what all of the given conditions name.
use crate::AccountId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A condition that is empty or absent is none. With none at all it says nothing: then there is no narrowing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// Items, documents and threads; a thing is one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Uuid>,
    /// Nobody but these had a hand in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<AccountId>,
    /// It happened then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// It happened before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl Narrowing {
    pub fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
}

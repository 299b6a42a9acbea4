//! One role given or taken, with all that the account held before and after.
use holdfast_access::RoleAssignment;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleChange {
    #[serde(flatten)]
    pub assignment: RoleAssignment,
    /// None: recorded before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// Old and new values, in the order in which the roles were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub before: Vec<RoleAssignment>,
    pub after: Vec<RoleAssignment>,
}

impl RoleChange {
    pub(crate) fn given(assignment: RoleAssignment, before: &[RoleAssignment]) -> Self {
        let after = before.iter().copied().chain([assignment]).collect();
        Self { assignment, held: Some(Held { before: before.to_vec(), after }) }
    }

    pub(crate) fn taken(assignment: RoleAssignment, before: &[RoleAssignment]) -> Self {
        let after = before.iter().copied().filter(|held| *held != assignment).collect();
        Self { assignment, held: Some(Held { before: before.to_vec(), after }) }
    }
}

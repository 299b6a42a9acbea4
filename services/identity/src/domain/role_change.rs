//! One role given or taken, with all that the account held before and after.
use holdfast_access::RoleAssignment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleChange {
    #[serde(flatten)]
    pub assignment: RoleAssignment,
    /// The sign-in provider from which it follows; none where somebody gave or took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_provider: Option<Uuid>,
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
        Self { assignment, by_provider: None, held: Some(Held { before: before.to_vec(), after }) }
    }

    pub(crate) fn taken(assignment: RoleAssignment, before: &[RoleAssignment]) -> Self {
        let after = before.iter().copied().filter(|held| *held != assignment).collect();
        Self { assignment, by_provider: None, held: Some(Held { before: before.to_vec(), after }) }
    }

    pub(crate) fn by(self, provider: Uuid) -> Self {
        Self { by_provider: Some(provider), ..self }
    }
}

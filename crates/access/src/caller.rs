//! Who asks, as a verified token says it.
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, PracticeId, Role, SessionId, TenantId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A role in a tenant, at one practice or, without one, in the whole tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleAssignment {
    pub role: Role,
    pub tenant: TenantId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<PracticeId>,
}

/// `<role>@<practice or tenant id>`, as access events show it.
impl fmt::Display for RoleAssignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.practice {
            Some(practice) => write!(f, "{}@{practice}", self.role),
            None => write!(f, "{}@{}", self.role, self.tenant),
        }
    }
}

/// A signed-in person, or an app, which has no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    pub session: Option<SessionId>,
    pub roles: Vec<RoleAssignment>,
    /// When the token that says so ends, and with it everything that its bearer may do.
    pub expires: DateTime<Utc>,
}

impl Caller {
    /// Practices at which a role is held; a role in the whole tenant is at none, because a holder shares with a
    /// practice and not with a network.
    pub fn held_at_practices(&self) -> impl Iterator<Item = (Role, PracticeId)> + '_ {
        self.roles.iter().filter_map(|held| held.practice.map(|practice| (held.role, practice)))
    }

    /// Those at practices of the tenant; none is held there by a role in the whole of it.
    pub fn roles_at_practices_of(&self, tenant: TenantId) -> impl Iterator<Item = Role> + '_ {
        let there = move |held: &&RoleAssignment| held.tenant == tenant && held.practice.is_some();
        self.roles.iter().filter(there).map(|held| held.role)
    }

    /// Those in the whole of it.
    pub fn roles_of_whole(&self, tenant: TenantId) -> impl Iterator<Item = Role> + '_ {
        let there = move |held: &&RoleAssignment| held.tenant == tenant && held.practice.is_none();
        self.roles.iter().filter(there).map(|held| held.role)
    }

    pub fn roles_in(&self, tenant: TenantId) -> impl Iterator<Item = Role> + '_ {
        self.roles.iter().filter(move |held| held.tenant == tenant).map(|held| held.role)
    }
}

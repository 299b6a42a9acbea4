//! How far an administrator's roles reach, inside a tenant that the policies let them administer.
use crate::RoleAssignment;
use holdfast_types::Role;

/// Stands among a decision's rules where this one refused what the policies permit.
pub(crate) const BEYOND_REACH: &str = "role-beyond-reach";

/// Whether somebody with these roles may give or take the asked one. An administrator of one practice stays inside it, and makes no
/// compliance officer: an officer sees the history of the whole tenant. The installation's roles are the operators'.
pub(crate) fn reaches(held: &[RoleAssignment], asked: &RoleAssignment) -> bool {
    held.iter().any(|own| match (own.role, asked.role) {
        (Role::Operator, _) => true,
        (Role::PracticeAdministrator, Role::Operator | Role::ServiceAccount) => false,
        (Role::PracticeAdministrator, role) if own.tenant == asked.tenant => match own.practice {
            None => true,
            Some(practice) => asked.practice == Some(practice) && role != Role::ComplianceOfficer,
        },
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_types::{PracticeId, TenantId};
    use uuid::Uuid;

    fn role(role: Role, tenant: u128, practice: Option<u128>) -> RoleAssignment {
        RoleAssignment {
            role,
            tenant: TenantId::new(Uuid::from_u128(tenant)),
            practice: practice.map(|id| PracticeId::new(Uuid::from_u128(id))),
        }
    }

    #[test]
    fn operators_reach_every_role_everywhere() {
        for asked in Role::ALL {
            assert!(reaches(&[role(Role::Operator, 0, None)], &role(*asked, 7, Some(70))));
        }
    }

    #[test]
    fn an_administrator_of_the_tenant_reaches_all_of_it_and_nothing_else() {
        let held = [role(Role::PracticeAdministrator, 1, None)];
        for asked in [Role::Therapist, Role::FrontDesk, Role::ComplianceOfficer, Role::PracticeAdministrator]
        {
            assert!(reaches(&held, &role(asked, 1, Some(10))));
            assert!(reaches(&held, &role(asked, 1, None)));
            assert!(!reaches(&held, &role(asked, 2, None)));
        }
        assert!(!reaches(&held, &role(Role::Operator, 1, None)));
        assert!(!reaches(&held, &role(Role::ServiceAccount, 1, None)));
    }

    #[test]
    fn an_administrator_of_one_practice_stays_inside_it() {
        let held = [role(Role::PracticeAdministrator, 1, Some(10))];
        assert!(reaches(&held, &role(Role::Therapist, 1, Some(10))));
        assert!(!reaches(&held, &role(Role::Therapist, 1, Some(11))));
        assert!(!reaches(&held, &role(Role::Therapist, 1, None)));
        assert!(!reaches(&held, &role(Role::ComplianceOfficer, 1, Some(10))));
    }

    #[test]
    fn nobody_else_reaches_any_role() {
        for held in [Role::Therapist, Role::FrontDesk, Role::ComplianceOfficer, Role::ServiceAccount] {
            assert!(!reaches(&[role(held, 1, None)], &role(Role::Therapist, 1, Some(10))));
        }
        assert!(!reaches(&[], &role(Role::Therapist, 1, None)));
    }
}

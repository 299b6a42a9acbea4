//! The table as it is read, and what it says.
use super::*;
use holdfast_types::{PracticeId, TenantId};
use uuid::Uuid;

fn held(role: Role, tenant: u128, practice: Option<u128>) -> RoleAssignment {
    let practice = practice.map(|id| PracticeId::new(Uuid::from_u128(id)));
    RoleAssignment { role, tenant: TenantId::new(Uuid::from_u128(tenant)), practice }
}

const CLINIC: Place = Place::Organization(OrganizationKind::Practice);
const SCHOOL: Place = Place::Organization(OrganizationKind::School);

#[test]
fn every_role_has_one_row_and_is_held_somewhere() {
    let table = Roles::read(TABLE).unwrap();
    for role in Role::ALL {
        assert!(table.rows.get(role).is_some_and(|row| !row.places.is_empty()), "{role} has no row");
    }
    assert_eq!(&table, Roles::table());
}

#[test]
fn a_line_that_says_no_role_and_no_rooms_is_not_read_past() {
    let row = "role | therapist | practice | people | place | treats";
    assert!(Roles::read(row).is_ok());
    for wrong in [
        "role | wizard | practice | people | place | treats",
        "role | therapist | castle | people | place | treats",
        "role | therapist | practice | ghosts | place | treats",
        "role | therapist | practice | people | nobody | treats",
        "role | therapist | practice | people | place | everything",
        "role | therapist | practice | people | place",
        row,
        "opens | billing | read | * | *",
        "opens | therapist | read | * |",
        "opens | therapist | fly | * | *",
        "opens | therapist | share | * | *",
        "opens | therapist | read | * | kitchen",
    ] {
        let table = format!("# two\n{row}\n{wrong}\n");
        assert_eq!(Roles::read(&table), Err(RolesError { line: 3 }), "{wrong}");
    }
}

#[test]
fn who_is_at_which_kind_of_organisation_can_be_shared_with() {
    use Role::{Billing, FrontDesk, PayerReviewer, SchoolCoordinator, Supervisor, Therapist};
    let practice = [Therapist, Supervisor, FrontDesk, Billing];
    for (kind, roles) in [
        (OrganizationKind::Practice, practice.as_slice()),
        (OrganizationKind::Team, practice.as_slice()),
        (OrganizationKind::School, &[SchoolCoordinator]),
        (OrganizationKind::Insurer, &[PayerReviewer]),
    ] {
        assert_eq!(Roles::table().to_share_with(kind).collect::<Vec<_>>(), roles, "{kind}");
    }
    assert!(!Roles::table().is_held_at(Therapist, SCHOOL) && Roles::table().is_held_at(Therapist, CLINIC));
}

#[test]
fn a_school_sees_nothing_of_money_and_an_insurer_only_what_a_claim_rests_on_for_payment() {
    let table = Roles::table();
    for action in Action::ALL {
        for purpose in Purpose::ALL {
            for category in [Category::Coverage, Category::Claims] {
                assert!(!table.opens(Role::SchoolCoordinator, *action, *purpose, category));
            }
            for category in Category::ALL {
                let open = table.opens(Role::PayerReviewer, *action, *purpose, *category);
                assert!(!open || (*purpose == Purpose::Payment && *action != Action::Contribute));
                let open = table.opens(Role::Billing, *action, *purpose, *category);
                assert!(!open || *purpose == Purpose::Payment);
                assert!(!table.opens(Role::Support, *action, *purpose, *category));
            }
        }
    }
    assert!(table.opens(Role::PayerReviewer, Action::Read, Purpose::Payment, Category::Goals));
    assert!(!table.categories_of(Role::PayerReviewer).contains(&Category::Messages));
    assert_eq!(table.actions_of(Role::PayerReviewer), [Action::Read, Action::Download]);
}

#[test]
fn what_somebody_means_who_does_not_say_is_what_their_roles_are_for() {
    let usual = |roles: &[Role]| {
        usual_purpose_of(&roles.iter().map(|role| held(*role, 1, Some(10))).collect::<Vec<_>>())
    };
    assert_eq!(usual(&[]), Purpose::Treatment);
    assert_eq!(usual(&[Role::Operator]), Purpose::Treatment);
    assert_eq!(usual(&[Role::SchoolCoordinator]), Purpose::Treatment);
    assert_eq!(usual(&[Role::PayerReviewer]), Purpose::Payment);
    assert_eq!(usual(&[Role::Billing, Role::PracticeAdministrator]), Purpose::Payment);
    assert_eq!(usual(&[Role::Billing, Role::Therapist]), Purpose::Treatment);
}

#[test]
fn operators_reach_every_role_everywhere() {
    for asked in Role::ALL {
        assert!(Roles::table().reaches(&[held(Role::Operator, 0, None)], &held(*asked, 7, Some(70))));
    }
}

#[test]
fn an_administrator_of_the_tenant_reaches_all_of_it_and_nothing_else() {
    let own = [held(Role::PracticeAdministrator, 1, None)];
    for asked in Role::ALL {
        let theirs = ![Role::Operator, Role::ServiceAccount].contains(asked);
        assert_eq!(Roles::table().reaches(&own, &held(*asked, 1, Some(10))), theirs, "{asked}");
        assert_eq!(Roles::table().reaches(&own, &held(*asked, 1, None)), theirs, "{asked}");
        assert!(!Roles::table().reaches(&own, &held(*asked, 2, None)), "{asked}");
    }
}

#[test]
fn an_administrator_of_one_organisation_stays_inside_it_and_makes_nobody_who_sees_beyond() {
    let own = [held(Role::PracticeAdministrator, 1, Some(10))];
    let reaches = |role, practice| Roles::table().reaches(&own, &held(role, 1, practice));
    for role in [Role::Therapist, Role::Supervisor, Role::Billing, Role::SchoolCoordinator] {
        assert!(reaches(role, Some(10)) && !reaches(role, Some(11)) && !reaches(role, None), "{role}");
    }
    assert!(!reaches(Role::ComplianceOfficer, Some(10)) && !reaches(Role::Support, Some(10)));
}

#[test]
fn nobody_else_reaches_any_role() {
    for role in Role::ALL.iter().filter(|role| ![Role::Operator, Role::PracticeAdministrator].contains(role))
    {
        assert!(!Roles::table().reaches(&[held(*role, 1, None)], &held(Role::Therapist, 1, Some(10))));
    }
    assert!(!Roles::table().reaches(&[], &held(Role::Therapist, 1, None)));
}

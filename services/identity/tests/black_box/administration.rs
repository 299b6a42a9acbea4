//! Tenants, practices, invitations and roles.
use crate::{programs::program_key, world::*};
use holdfast_proto::{Word as _, identity::v1::*};
use holdfast_types::{OrganizationKind, Role, TenantId};
use uuid::Uuid;

#[tokio::test]
async fn only_operators_create_tenants_and_a_refusal_is_recorded() {
    let world = world().await;
    let create = |request: CreateTenantRequest, token: String| {
        let mut identity = world.identity.clone();
        async move { identity.create_tenant(signed(request, &token)).await.map(tonic::Response::into_inner) }
    };
    let request = |id: &str| CreateTenantRequest {
        request_id: world.request_id(),
        tenant: Some(Tenant { tenant_id: id.into(), display_name: "Riverside".into(), ..Tenant::default() }),
    };
    let first = request("");
    let made = create(first.clone(), world.operator()).await.unwrap();
    assert_eq!(create(first, world.operator()).await.unwrap(), made, "a repeated command acts once");
    assert_eq!(reason(create(request(&made.tenant_id), world.operator()).await), "TENANT_EXISTS");
    assert_eq!(reason(create(request("7"), world.operator()).await), "ID_MALFORMED");
    let tenant: TenantId = made.tenant_id.parse().unwrap();
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, None)]);
    assert_eq!(reason(create(request(""), administrator).await), "NOT_PERMITTED");
    assert_eq!(world.accesses(account_id(8), "identity.CreateTenant").await, [(false, vec![])]);
}

#[tokio::test]
async fn administrators_create_practices_in_their_own_tenant() {
    let world = world().await;
    let (own, other) = (world.tenant(1).await, world.tenant(2).await);
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, own, None)]);
    let create = |tenant: TenantId, id: &str, disciplines: &[&str], token: &str| {
        let request = CreatePracticeRequest {
            request_id: world.request_id(),
            practice: Some(Practice {
                practice_id: id.into(),
                tenant_id: tenant.to_string(),
                display_name: "Little Steps".into(),
                disciplines: disciplines.iter().map(|word| (*word).to_owned()).collect(),
                ..Practice::default()
            }),
        };
        let request = signed(request, token);
        let mut identity = world.identity.clone();
        async move { identity.create_practice(request).await.map(tonic::Response::into_inner) }
    };
    let made = create(own, "", &["speech", "aba", "aba"], &administrator).await.unwrap();
    assert_eq!(made.disciplines, ["aba", "speech"]);
    assert_eq!(reason(create(other, "", &[], &administrator).await), "NOT_PERMITTED");
    assert_eq!(reason(create(own, &made.practice_id, &[], &administrator).await), "PRACTICE_EXISTS");
    assert_eq!(reason(create(other, &made.practice_id, &[], &world.operator()).await), "PRACTICE_EXISTS");
    assert_eq!(reason(create(own, "", &["astrology"], &administrator).await), "FIELD_INVALID");
    let nowhere = TenantId::new(Uuid::from_u128(99));
    assert_eq!(reason(create(nowhere, "", &[], &world.operator()).await), "TENANT_UNKNOWN");
    let therapist = world.token_of(9, &[at(Role::Therapist, own, made.practice_id.parse().ok())]);
    assert_eq!(reason(create(own, "", &[], &therapist).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn a_team_is_part_of_a_practice_and_each_role_is_held_where_the_table_says() {
    let world = world().await;
    let (own, other) = (world.tenant(1).await, world.tenant(2).await);
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, own, None)]);
    let (practice, elsewhere) = (world.practice(own, "Near").await, world.practice(other, "Far").await);
    let create = |kind: OrganizationKind, part_of: String, disciplines: &[&str]| {
        let asked = Practice {
            tenant_id: own.to_string(),
            display_name: "Early years".into(),
            kind: kind.to_proto(),
            part_of_practice_id: part_of,
            disciplines: disciplines.iter().map(|word| (*word).to_owned()).collect(),
            ..Practice::default()
        };
        let request = CreatePracticeRequest { request_id: world.request_id(), practice: Some(asked) };
        let request = signed(request, &administrator);
        let mut identity = world.identity.clone();
        async move { identity.create_practice(request).await.map(tonic::Response::into_inner) }
    };
    let team = create(OrganizationKind::Team, practice.to_string(), &["aba"]).await.unwrap();
    assert_eq!(
        (team.kind(), team.part_of_practice_id.as_str()),
        (holdfast_proto::r#type::v1::OrganizationKind::Team, practice.to_string().as_str())
    );
    let school = create(OrganizationKind::School, String::new(), &[]).await.unwrap();
    let insurer = create(OrganizationKind::Insurer, String::new(), &[]).await.unwrap();
    for (kind, part_of, disciplines, refused) in [
        (OrganizationKind::Team, String::new(), &[][..], "FIELD_INVALID"),
        (OrganizationKind::School, practice.to_string(), &[], "FIELD_INVALID"),
        (OrganizationKind::School, String::new(), &["aba"], "FIELD_INVALID"),
        (OrganizationKind::Team, elsewhere.to_string(), &[], "PRACTICE_UNKNOWN"),
        (OrganizationKind::Team, team.practice_id.clone(), &[], "PRACTICE_UNKNOWN"),
    ] {
        assert_eq!(reason(create(kind, part_of, disciplines).await), refused, "{kind}");
    }
    let asked = ListPracticesRequest { tenant_id: own.to_string(), ..ListPracticesRequest::default() };
    let listed = world.identity.clone().list_practices(signed(asked, &administrator)).await.unwrap();
    let kinds: Vec<i32> = listed.into_inner().practices.iter().map(|practice| practice.kind).collect();
    assert_eq!(kinds.len(), 4);
    assert!(OrganizationKind::ALL.iter().all(|kind| kinds.contains(&kind.to_proto())), "{kinds:?}");

    let dana = world.invite(own, "Dana Fox").await;
    let held = |practice: &str| practice.parse().ok();
    for (role, place, outcome) in [
        (Role::Supervisor, held(&team.practice_id), None),
        (Role::SchoolCoordinator, held(&school.practice_id), None),
        (Role::PayerReviewer, held(&insurer.practice_id), None),
        (Role::Support, None, None),
        (Role::Therapist, held(&school.practice_id), Some("ROLE_NOT_HELD_THERE")),
        (Role::SchoolCoordinator, Some(practice), Some("ROLE_NOT_HELD_THERE")),
        (Role::PayerReviewer, held(&school.practice_id), Some("ROLE_NOT_HELD_THERE")),
        (Role::Billing, None, Some("ROLE_NOT_HELD_THERE")),
        (Role::Support, Some(practice), Some("ROLE_NOT_HELD_THERE")),
    ] {
        let assigned = world.assign(&administrator, dana, at(role, own, place)).await;
        assert_eq!(assigned.err().map(|status| reason::<()>(Err(status))), outcome, "{role}");
    }
}

#[tokio::test]
async fn an_invitation_makes_one_account_per_address_and_is_recorded_as_a_look() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, None)]);
    let invite = |request: InviteAccountRequest, token: &str| {
        let request = signed(request, token);
        let mut identity = world.identity.clone();
        async move { identity.invite_account(request).await.map(tonic::Response::into_inner) }
    };
    let made = invite(world.invitation(tenant, "Dana Fox"), &administrator).await.unwrap();
    assert_eq!((made.email.as_str(), made.display_name.as_str()), ("dana.fox@example.org", "Dana Fox"));
    let again = InviteAccountRequest {
        email: "DANA.FOX@example.org".into(),
        ..world.invitation(tenant, "Somebody Else")
    };
    assert_eq!(invite(again, &administrator).await.unwrap(), made);
    let looks = world.accesses(account_id(8), "identity.InviteAccount").await;
    assert_eq!(looks, [(true, vec![made.account_id.clone()]), (true, vec![made.account_id.clone()])]);
    let taken = InviteAccountRequest {
        account_id: made.account_id.clone(),
        ..world.invitation(tenant, "Another One")
    };
    assert_eq!(reason(invite(taken, &administrator).await), "ACCOUNT_EXISTS");
    let family = world.token_of(10, &[]);
    assert_eq!(reason(invite(world.invitation(tenant, "Eve Stone"), &family).await), "NOT_PERMITTED");
    assert_eq!(world.sign_in("dana.fox@example.org").await.account_id, made.account_id);
}

#[tokio::test]
async fn nobody_gives_a_role_to_themselves() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let dana = world.invite(tenant, "Dana Fox").await;
    world.assign(&world.operator(), dana, at(Role::PracticeAdministrator, tenant, None)).await.unwrap();
    let session = world.sign_in("dana.fox@example.org").await;
    let token = world.token(&session.session_secret).await;
    let refused = world.assign(&token, dana, at(Role::ComplianceOfficer, tenant, None)).await;
    assert_eq!(reason(refused), "ROLE_TO_ONESELF");
}

#[tokio::test]
async fn nobody_is_given_a_role_by_a_program_of_their_own() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let program = world.program(tenant, &program_key(1)).await;
    for role in [Role::Operator, Role::PracticeAdministrator, Role::ComplianceOfficer, Role::Therapist] {
        let refused = world.assign(&world.operator(), program, at(role, tenant, None)).await;
        assert_eq!(reason(refused), "ROLE_FOR_PEOPLE", "{role:?}");
    }
    let practice = world.practice(tenant, "Little Steps").await;
    let joins = at(Role::ServiceAccount, tenant, Some(practice));
    world.assign(&world.operator(), program, joins).await.unwrap();
}

#[tokio::test]
async fn a_change_of_roles_tells_what_was_held_before_and_after_and_who_made_it() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let (near, far) = (world.practice(tenant, "Near").await, world.practice(tenant, "Far").await);
    let dana = world.invite(tenant, "Dana Fox").await;
    let [first, second] = [near, far].map(|practice| at(Role::Therapist, tenant, Some(practice)));
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, None)]);
    world.assign(&administrator, dana, first).await.unwrap();
    world.assign(&world.operator(), dana, second).await.unwrap();
    let withdraw = WithdrawRoleRequest {
        request_id: world.request_id(),
        account_id: dana.to_string(),
        assignment: Some(assignment(&first)),
    };
    world.identity.clone().withdraw_role(signed(withdraw, &administrator)).await.unwrap();

    let mut told = Vec::new();
    for envelope in world.log().await {
        let Some(public) = envelope.public_payload else { continue };
        let held = if let Ok(given) = public.to_msg::<RoleAssigned>() {
            (given.account_id, given.before, given.after)
        } else if let Ok(taken) = public.to_msg::<RoleWithdrawn>() {
            (taken.account_id, taken.before, taken.after)
        } else {
            continue;
        };
        assert_eq!(held.0, dana.to_string());
        told.push((envelope.actor, held.1, held.2));
    }
    let (by_administrator, by_operator) =
        (format!("account/{}", account_id(8)), format!("account/{}", account_id(0x0909)));
    let [first, second] = [first, second].map(|role| assignment(&role));
    let both = vec![first.clone(), second.clone()];
    assert_eq!(
        told,
        [
            (by_administrator.clone(), vec![], vec![first.clone()]),
            (by_operator, vec![first], both.clone()),
            (by_administrator, both, vec![second]),
        ]
    );
}

#[tokio::test]
async fn an_administrator_of_a_practice_reaches_no_further_than_it_and_the_attempt_is_recorded() {
    let world = world().await;
    let (own, other) = (world.tenant(1).await, world.tenant(2).await);
    let (near, far) = (world.practice(own, "Near").await, world.practice(own, "Far").await);
    let elsewhere = world.practice(other, "Elsewhere").await;
    let dana = world.invite(own, "Dana Fox").await;
    let administrator = world.token_of(8, &[at(Role::PracticeAdministrator, own, Some(near))]);
    world.assign(&administrator, dana, at(Role::Therapist, own, Some(near))).await.unwrap();
    for role in [
        at(Role::Therapist, own, Some(far)),
        at(Role::Therapist, own, None),
        at(Role::ComplianceOfficer, own, Some(near)),
        at(Role::Therapist, other, Some(elsewhere)),
        at(Role::Operator, own, None),
        at(Role::ServiceAccount, own, None),
    ] {
        assert_eq!(reason(world.assign(&administrator, dana, role).await), "NOT_PERMITTED", "{role}");
    }
    let attempts = world.accesses(account_id(8), "identity.AssignRole").await;
    assert_eq!(attempts, vec![(false, vec![]); 6]);
    let by = world.rules(account_id(8), "identity.AssignRole").await;
    let beyond = vec!["role-beyond-reach".to_owned()];
    // Of another tenant, and of the installation, the policies permit nothing.
    assert_eq!(by, [&beyond, &beyond, &beyond, &vec![], &vec![], &vec![]].map(Clone::clone));
}

#[tokio::test]
async fn a_role_is_assigned_and_withdrawn_once_and_is_in_the_next_token() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let role = at(Role::Therapist, tenant, Some(practice));
    let request = AssignRoleRequest {
        request_id: world.request_id(),
        account_id: dana.to_string(),
        assignment: Some(assignment(&role)),
    };
    let send = || world.identity.clone();
    let assigned = send().assign_role(signed(request.clone(), &world.operator())).await.unwrap().into_inner();
    assert!(assigned.position.is_some());
    let repeated = send().assign_role(signed(request.clone(), &world.operator())).await.unwrap().into_inner();
    assert_eq!(repeated, assigned, "a repeated command acts once");
    assert_eq!(reason(world.assign(&world.operator(), dana, role).await), "ALREADY_ASSIGNED");
    let other =
        AssignRoleRequest { assignment: Some(assignment(&at(Role::FrontDesk, tenant, None))), ..request };
    assert_eq!(reason(send().assign_role(signed(other, &world.operator())).await), "REQUEST_ID_REUSED");
    let session = world.sign_in("dana.fox@example.org").await;
    let roles = || async { world.issue(&session.session_secret).await.unwrap().account.unwrap().roles };
    assert_eq!(roles().await, [assignment(&role)]);
    let withdraw = || WithdrawRoleRequest {
        request_id: world.request_id(),
        account_id: dana.to_string(),
        assignment: Some(assignment(&role)),
    };
    send().withdraw_role(signed(withdraw(), &world.operator())).await.unwrap();
    assert!(roles().await.is_empty());
    assert_eq!(reason(send().withdraw_role(signed(withdraw(), &world.operator())).await), "NOT_ASSIGNED");
    let types: Vec<String> = world
        .log()
        .await
        .into_iter()
        .filter_map(|envelope| Some(envelope.public_payload?.type_url))
        .collect();
    for public in ["RoleAssigned", "RoleWithdrawn", "SessionStarted"] {
        assert!(types.iter().any(|url| url.ends_with(public)), "{public} is told to the others: {types:?}");
    }
}

#[tokio::test]
async fn a_role_is_of_an_account_a_tenant_and_a_practice_that_are_there() {
    let world = world().await;
    let (tenant, other) = (world.tenant(1).await, world.tenant(2).await);
    let practice = world.practice(other, "Elsewhere").await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let nowhere = TenantId::new(Uuid::from_u128(99));
    let operator = world.operator();
    let cases = [
        (dana, at(Role::Therapist, nowhere, None), "TENANT_UNKNOWN"),
        (dana, at(Role::Therapist, tenant, Some(practice)), "PRACTICE_UNKNOWN"),
        (account_id(404), at(Role::Therapist, tenant, None), "ACCOUNT_UNKNOWN"),
    ];
    for (account, role, expected) in cases {
        assert_eq!(reason(world.assign(&operator, account, role).await), expected);
    }
    let unspecified = AssignRoleRequest {
        request_id: world.request_id(),
        account_id: dana.to_string(),
        assignment: Some(holdfast_proto::identity::v1::RoleAssignment::default()),
    };
    assert_eq!(
        reason(world.identity.clone().assign_role(signed(unspecified, &operator)).await),
        "FIELD_MISSING"
    );
}

//! Practices, the professional directory, and names.
use crate::world::*;
use holdfast_proto::identity::v1::*;
use holdfast_types::{AccountId, PracticeId, Role, TenantId};

async fn staff(world: &World, tenant: TenantId, practice: PracticeId, name: &str, role: Role) -> AccountId {
    let account = world.invite(tenant, name).await;
    world.assign(&world.operator(), account, at(role, tenant, Some(practice))).await.unwrap();
    account
}

async fn search(
    world: &World,
    request: SearchDirectoryRequest,
    token: &str,
) -> Result<SearchDirectoryResponse, tonic::Status> {
    world.identity.clone().search_directory(signed(request, token)).await.map(tonic::Response::into_inner)
}

fn names(found: &SearchDirectoryResponse) -> Vec<&str> {
    found.profiles.iter().map(|profile| profile.display_name.as_str()).collect()
}

#[tokio::test]
async fn practices_are_listed_by_name_page_by_page() {
    let world = world().await;
    let (one, two) = (world.tenant(1).await, world.tenant(2).await);
    for (tenant, name) in [(one, "Cedar"), (two, "Alder"), (one, "Birch")] {
        world.practice(tenant, name).await;
    }
    let token = world.token_of(1, &[]);
    let list = |tenant: &str, page_size, page_token: &str| {
        let request =
            ListPracticesRequest { tenant_id: tenant.into(), page_size, page_token: page_token.into() };
        let request = signed(request, &token);
        let mut identity = world.identity.clone();
        async move { identity.list_practices(request).await.map(tonic::Response::into_inner) }
    };
    let names = |found: &ListPracticesResponse| {
        found.practices.iter().map(|practice| practice.display_name.clone()).collect::<Vec<_>>()
    };
    let first = list("", 2, "").await.unwrap();
    assert_eq!(names(&first), ["Alder", "Birch"]);
    let second = list("", 2, &first.next_page_token).await.unwrap();
    assert_eq!((names(&second), second.next_page_token.as_str()), (vec!["Cedar".to_owned()], ""));
    assert_eq!(names(&list(&one.to_string(), 0, "").await.unwrap()), ["Birch", "Cedar"]);
    let other_query = list(&one.to_string(), 2, &first.next_page_token).await;
    assert_eq!(reason(other_query), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    assert_eq!(reason(list("", 201, "").await), "PAGE_SIZE_OUT_OF_RANGE");
    assert_eq!(
        reason(world.identity.clone().list_practices(ListPracticesRequest::default()).await),
        "TOKEN_MISSING"
    );
}

#[tokio::test]
async fn whoever_is_signed_in_finds_practitioners_and_front_desks_and_the_look_is_recorded() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let (steps, rivers) =
        (world.practice(tenant, "Little Steps").await, world.practice(tenant, "Two Rivers").await);
    let dana = staff(&world, tenant, steps, "Dana Fox", Role::Therapist).await;
    let ana = staff(&world, tenant, steps, "Ana Weiss", Role::FrontDesk).await;
    staff(&world, tenant, rivers, "Bo Dahl", Role::Therapist).await;
    staff(&world, tenant, rivers, "Olga Officer", Role::ComplianceOfficer).await;
    world.sign_in("rosa@example.org").await;
    let rosa = world.token_of(3, &[]);
    let all = search(&world, SearchDirectoryRequest::default(), &rosa).await.unwrap();
    assert_eq!(names(&all), ["Ana Weiss", "Bo Dahl", "Dana Fox"]);
    assert_eq!(all.profiles[2].discipline, "speech");
    assert_eq!(all.profiles[2].roles, [assignment(&at(Role::Therapist, tenant, Some(steps)))]);
    let of_steps = SearchDirectoryRequest { practice_id: steps.to_string(), ..Default::default() };
    assert_eq!(names(&search(&world, of_steps, &rosa).await.unwrap()), ["Ana Weiss", "Dana Fox"]);
    let by_name = SearchDirectoryRequest { query: " FOX".into(), ..Default::default() };
    assert_eq!(names(&search(&world, by_name, &rosa).await.unwrap()), ["Dana Fox"]);
    let page =
        |token: &str| SearchDirectoryRequest { page_size: 1, page_token: token.into(), ..Default::default() };
    let first = search(&world, page(""), &rosa).await.unwrap();
    let second = search(&world, page(&first.next_page_token), &rosa).await.unwrap();
    assert_eq!((names(&first), names(&second)), (vec!["Ana Weiss"], vec!["Bo Dahl"]));
    let looks = world.accesses(account_id(3), "identity.SearchDirectory").await;
    assert_eq!(looks.len(), 5);
    assert_eq!(looks[3], (true, vec![ana.to_string()]), "only what was shown counts as seen");
    assert!(looks[0].0 && looks[0].1.contains(&dana.to_string()) && looks[0].1.len() == 3);
    let rules = world.rules(account_id(3), "identity.SearchDirectory").await;
    assert_eq!(rules, vec![vec!["signed-in-looks-up-people".to_owned()]; 5]);
    let other = SearchDirectoryRequest { query: "x".into(), ..page(&first.next_page_token) };
    assert_eq!(reason(search(&world, other, &rosa).await), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    let long = SearchDirectoryRequest { query: "x".repeat(101), ..Default::default() };
    assert_eq!(reason(search(&world, long, &rosa).await), "TEXT_TOO_LONG");
}

#[tokio::test]
async fn a_page_goes_on_after_somebody_who_has_left_the_directory_since() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let ana = staff(&world, tenant, practice, "Ana Weiss", Role::Therapist).await;
    staff(&world, tenant, practice, "Bo Dahl", Role::Therapist).await;
    let token = world.token_of(3, &[]);
    let page =
        |token: &str| SearchDirectoryRequest { page_size: 1, page_token: token.into(), ..Default::default() };
    let first = search(&world, page(""), &token).await.unwrap();
    let withdraw = WithdrawRoleRequest {
        request_id: world.request_id(),
        account_id: ana.to_string(),
        assignment: Some(assignment(&at(Role::Therapist, tenant, Some(practice)))),
    };
    world.identity.clone().withdraw_role(signed(withdraw, &world.operator())).await.unwrap();
    let second = search(&world, page(&first.next_page_token), &token).await.unwrap();
    assert_eq!(names(&second), ["Bo Dahl"]);
}

#[tokio::test]
async fn staff_have_names_for_everybody_and_families_for_themselves_and_staff() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let dana = staff(&world, tenant, practice, "Dana Fox", Role::Therapist).await;
    let rosa = world.invite(tenant, "Rosa Lund").await;
    let walter = world.invite(tenant, "Walter Lund").await;
    let unknown = account_id(404);
    let ask = |ids: Vec<String>, token: String| {
        let request = signed(BatchGetProfilesRequest { account_ids: ids }, &token);
        let mut identity = world.identity.clone();
        async move { identity.batch_get_profiles(request).await.map(tonic::Response::into_inner) }
    };
    let ids = || [walter, unknown, dana, rosa, dana].iter().map(ToString::to_string).collect::<Vec<_>>();
    let shown = |found: BatchGetProfilesResponse| {
        found
            .profiles
            .into_iter()
            .map(|profile| (profile.account_id, profile.display_name))
            .collect::<Vec<_>>()
    };
    let row = |id: AccountId, name: &str| (id.to_string(), name.to_owned());
    let signed_in = world.sign_in("rosa.lund@example.org").await;
    assert_eq!(signed_in.account_id, rosa.to_string());
    let rosas = world.token(&signed_in.session_secret).await;
    let by_rosa = shown(ask(ids(), rosas.clone()).await.unwrap());
    assert_eq!(by_rosa, [row(walter, ""), row(dana, "Dana Fox"), row(rosa, "Rosa Lund")]);
    let therapist = world.token_of(9, &[at(Role::Therapist, tenant, Some(practice))]);
    let by_staff = shown(ask(ids(), therapist).await.unwrap());
    assert_eq!(by_staff, [row(walter, "Walter Lund"), row(dana, "Dana Fox"), row(rosa, "Rosa Lund")]);
    let looks = world.accesses(rosa, "identity.BatchGetProfiles").await;
    assert_eq!(looks, [(true, vec![walter.to_string(), dana.to_string(), rosa.to_string()])]);
    assert_eq!(reason(ask(vec![dana.to_string(); 201], rosas.clone()).await), "TOO_MANY");
    assert_eq!(reason(ask(vec!["seven".into()], rosas).await), "ID_MALFORMED");
}

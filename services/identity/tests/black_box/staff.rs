//! Staff have two factors: until a session has shown the second, its token says no role that wants it.
use crate::{device::code, programs::program_key, world::*};
use holdfast_access::TokenVerifier;
use holdfast_proto::{Word as _, identity::v1::*};
use holdfast_types::{Clock as _, Role, TenantId};
use uuid::Uuid;

const DANA: &str = "dana.fox@example.org";

async fn employed(world: &World, policy: SecondFactorPolicy) -> TenantId {
    let tenant = world.tenant_with(1, policy).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let dana = world.invite(tenant, "Dana Fox").await;
    world.assign(&world.operator(), dana, at(Role::Therapist, tenant, Some(practice))).await.unwrap();
    tenant
}

fn words(issued: &AccessToken) -> Vec<Option<Role>> {
    issued.account.as_ref().unwrap().roles.iter().map(|held| Role::from_proto(held.role)).collect()
}

async fn claims(world: &World, issued: &AccessToken) -> serde_json::Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let keys = world.identity.clone().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner();
    let verifier = TokenVerifier::from_key_set(&keys.jwks_json).unwrap();
    verifier.verify(&issued.token, world.clock.now()).unwrap();
    let payload = issued.token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn who_works_at_a_practice_holds_the_role_once_a_second_factor_was_shown() {
    let world = world().await;
    employed(&world, SecondFactorPolicy::Unspecified).await;
    let session = world.sign_in(DANA).await.session_secret;
    let before = world.issue(&session).await.unwrap();
    assert_eq!((words(&before), before.roles_withheld, before.has_second_factor), (vec![], true, false));
    assert_eq!(claims(&world, &before).await["roles"], serde_json::json!([]));
    let invite = world.invitation(TenantId::new(Uuid::from_u128(1)), "Somebody New");
    let refused = world.identity.clone().invite_account(signed(invite, &before.token)).await;
    assert_eq!(reason(refused), "NOT_PERMITTED");
    let (secret, _) = world.enrol(&session).await;
    let after = world.issue(&session).await.unwrap();
    assert_eq!((words(&after), after.roles_withheld), (vec![Some(Role::Therapist)], false));
    let said = claims(&world, &after).await;
    assert_eq!(said["amr"], serde_json::json!(["mail", "otp"]));
    assert_eq!(said["auth_time"], world.clock.now().timestamp());
    world.clock.advance(chrono::TimeDelta::seconds(30));
    let next = world.sign_in(DANA).await;
    assert!(next.awaits_second_factor);
    world.show(&next.session_secret, &code(&world, &secret)).await.unwrap();
    assert_eq!(words(&world.issue(&next.session_secret).await.unwrap()), [Some(Role::Therapist)]);
}

#[tokio::test]
async fn a_session_from_before_shows_the_factor_that_was_set_up_elsewhere() {
    let world = world().await;
    employed(&world, SecondFactorPolicy::Required).await;
    let (old, new) = (world.sign_in(DANA).await.session_secret, world.sign_in(DANA).await.session_secret);
    let before = world.issue(&old).await.unwrap();
    assert_eq!(claims(&world, &before).await.get("second_time"), None, "there is none to show");
    let (secret, _) = world.enrol(&new).await;
    let (issued, shown) = (world.issue(&old).await.unwrap(), world.issue(&new).await.unwrap());
    assert_eq!(issued.second_factor_time, None);
    assert_eq!(claims(&world, &issued).await["second_time"], 0, "it has shown none");
    let now = world.clock.now().timestamp();
    assert_eq!(shown.second_factor_time.map(|time| time.seconds), Some(now));
    assert_eq!(claims(&world, &shown).await["second_time"], now);
    assert_eq!((words(&issued), issued.roles_withheld, issued.has_second_factor), (vec![], true, true));
    world.clock.advance(chrono::TimeDelta::seconds(30));
    world.show(&old, &code(&world, &secret)).await.unwrap();
    assert_eq!(words(&world.issue(&old).await.unwrap()), [Some(Role::Therapist)]);
}

#[tokio::test]
async fn a_demonstration_invites_its_staff_and_holds_nothing_back() {
    let world = world().await;
    employed(&world, SecondFactorPolicy::Invited).await;
    let issued = world.issue(&world.sign_in(DANA).await.session_secret).await.unwrap();
    assert_eq!((words(&issued), issued.roles_withheld), (vec![Some(Role::Therapist)], false));
}

#[tokio::test]
async fn an_operator_holds_the_role_once_a_second_factor_was_shown() {
    let operator = "operator@example.org";
    let world = world_with(|settings| settings.identity.operator_email = Some(operator.into())).await;
    let session = world.sign_in(operator).await.session_secret;
    let before = world.issue(&session).await.unwrap();
    assert_eq!((words(&before), before.roles_withheld), (vec![], true));
    world.enrol(&session).await;
    assert_eq!(words(&world.issue(&session).await.unwrap()), [Some(Role::Operator)]);
}

#[tokio::test]
async fn families_and_programs_are_held_to_nothing() {
    let world = world().await;
    let issued = world.issue(&world.sign_in("rosa@example.org").await.session_secret).await.unwrap();
    assert!(!issued.roles_withheld && !issued.has_second_factor);
    let tenant = world.tenant_with(2, SecondFactorPolicy::Required).await;
    let key = program_key(1);
    let program = world.program(tenant, &key).await;
    let assertion = key.sign(program, ISSUER, Uuid::from_u128(1), world.clock.now()).unwrap();
    let issued = world.assert(program, assertion).await.unwrap();
    assert_eq!((words(&issued), issued.roles_withheld), (vec![Some(Role::ServiceAccount)], false));
    assert!(claims(&world, &issued).await.get("amr").is_none());
}

#[tokio::test]
async fn what_a_tenant_asks_is_one_of_the_policies_and_required_where_nothing_is_said() {
    let world = world().await;
    let create = |policy| CreateTenantRequest {
        request_id: world.request_id(),
        tenant: Some(Tenant {
            display_name: "Riverside".into(),
            second_factor_policy: policy,
            ..Tenant::default()
        }),
    };
    let made = world.identity.clone().create_tenant(signed(create(0), &world.operator())).await.unwrap();
    assert_eq!(made.into_inner().second_factor_policy(), SecondFactorPolicy::Required);
    let refused = world.identity.clone().create_tenant(signed(create(9), &world.operator())).await;
    assert_eq!(reason(refused), "FIELD_INVALID");
}

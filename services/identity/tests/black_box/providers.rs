//! Signing in by a practice's own provider: who is let in by its word, with which roles, and who is not.
use crate::{provider::*, world::*};
use chrono::TimeDelta;
use holdfast_proto::identity::v1::*;
use holdfast_types::Role;
use serde_json::json;
use std::collections::HashMap;

const DANA: &str = "dana.fox@example.org";

#[tokio::test]
async fn a_therapist_signs_in_by_the_practices_provider_and_has_the_role_for_as_long_as_it_says_so() {
    let world = world().await;
    let (provider, tenant, practice) = world.practice_with_provider().await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let role = |role| assignment(&at(role, tenant, Some(practice)));
    let first = world.vouched(&provider, DANA, json!({})).await.unwrap();
    assert_eq!((first.account_id.as_str(), first.awaits_second_factor), (dana.to_string().as_str(), false));
    assert_eq!(world.roles_of(&first).await, [role(Role::Therapist)]);
    // By then she is known by who she is there, not by her address.
    let moved = json!({"sub": DANA, "email": "dana@elsewhere.example", "groups": ["desk"]});
    let second = world.vouched(&provider, DANA, moved).await.unwrap();
    assert_eq!(
        (&second.account_id, world.roles_of(&second).await),
        (&first.account_id, vec![role(Role::FrontDesk)])
    );
    let third = world.vouched(&provider, DANA, json!({"groups": null})).await.unwrap();
    assert_eq!(world.roles_of(&third).await, []);
    let log = world.log().await;
    let count = |kind: &str| log.iter().filter(|one| one.r#type == kind).count();
    assert_eq!((count("account.role-assigned"), count("account.role-withdrawn")), (2, 2));
    assert_eq!(count("provider-link.made"), 1);
}

#[tokio::test]
async fn roles_that_somebody_gave_by_hand_stay_where_the_provider_has_no_say() {
    let world = world().await;
    let (provider, tenant, practice) = world.practice_with_provider().await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let administers = at(Role::PracticeAdministrator, tenant, Some(practice));
    world.assign(&world.operator(), dana, administers).await.unwrap();
    let session = world.vouched(&provider, DANA, json!({"groups": []})).await.unwrap();
    assert_eq!(world.roles_of(&session).await, [assignment(&administers)]);
    // What an earlier mapping gave goes with the mapping.
    world.vouched(&provider, DANA, json!({})).await.unwrap();
    let changed = SignInProvider { role_mappings: vec![], ..world.provider_at(&provider, tenant, practice) };
    world.set_provider(&world.operator(), changed).await.unwrap();
    let session = world.vouched(&provider, DANA, json!({})).await.unwrap();
    assert_eq!(world.roles_of(&session).await, [assignment(&administers)]);
}

#[tokio::test]
async fn the_browser_is_sent_with_all_that_binds_the_answer_to_it() {
    let world = world().await;
    let (provider, ..) = world.practice_with_provider().await;
    let asked = world.sent(&provider, DANA, json!({})).await.url;
    let said: HashMap<_, _> = asked.query_pairs().into_owned().collect();
    assert_eq!(asked.path(), "/authorize");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "holdfast"),
        ("redirect_uri", "http://localhost:8080/sign-in/practice/back"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("login_hint", DANA),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    for secret in ["state", "nonce", "code_challenge"] {
        assert_eq!(said[secret].len(), 43, "{secret}");
    }
    assert_eq!(reason(world.begin("dana@elsewhere.example").await), "PROVIDER_UNKNOWN");
    assert_eq!(reason(world.begin("nobody").await), "EMAIL_MALFORMED");
}

#[tokio::test]
async fn whoever_comes_back_is_who_was_sent_once_in_the_same_browser_and_in_time() {
    let world = world().await;
    let (provider, tenant, _) = world.practice_with_provider().await;
    world.invite(tenant, "Dana Fox").await;
    let sent = world.sent(&provider, DANA, json!({})).await;
    let forged = CompleteProviderSignInRequest { state: "made up".into(), ..world.back(&sent) };
    assert_eq!(reason(world.come_back(forged).await), "PROVIDER_SIGN_IN_UNKNOWN");
    let other = CompleteProviderSignInRequest { browser_secret: "another".into(), ..world.back(&sent) };
    assert_eq!(reason(world.come_back(other).await), "PROVIDER_OTHER_BROWSER");
    let good = world.back(&sent);
    let signed_in = world.come_back(good.clone()).await.unwrap();
    assert_eq!(world.come_back(good).await.unwrap(), signed_in, "a repeated command acts once");
    assert_eq!(reason(world.come_back(world.back(&sent)).await), "PROVIDER_SIGN_IN_UNKNOWN");
    let late = world.sent(&provider, DANA, json!({})).await;
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(reason(world.come_back(world.back(&late)).await), "PROVIDER_SIGN_IN_UNKNOWN");
}

/// The rule that an answer breaks.
fn rule(outcome: Result<CompleteSignInResponse, tonic::Status>) -> String {
    use tonic_types::StatusExt as _;
    let status = outcome.unwrap_err();
    let info = status.get_error_details().error_info().unwrap().clone();
    assert_eq!(info.reason, "PROVIDER_ANSWER_REFUSED");
    info.metadata["rule"].clone()
}

#[tokio::test]
async fn an_answer_that_is_not_the_providers_own_of_now_and_to_this_question_lets_nobody_in() {
    let world = world().await;
    let (provider, tenant, _) = world.practice_with_provider().await;
    world.invite(tenant, "Dana Fox").await;
    for (over, broken) in [
        (json!({"nonce": "of another sign-in"}), "nonce"),
        (json!({"aud": "somebody else"}), "audience"),
        (json!({"iss": "https://elsewhere.example"}), "issuer"),
        (json!({"exp": 1}), "time"),
    ] {
        assert_eq!(rule(world.vouched(&provider, DANA, over).await), broken);
    }
    let sent = world.sent(&provider, DANA, json!({})).await;
    let code = CompleteProviderSignInRequest { code: "used or forged".into(), ..world.back(&sent) };
    assert_eq!(rule(world.come_back(code).await), "code");
    let sent = world.sent(&provider, DANA, json!({})).await;
    let mixed =
        CompleteProviderSignInRequest { issuer: "https://elsewhere.example".into(), ..world.back(&sent) };
    assert_eq!(rule(world.come_back(mixed).await), "issuer");
    provider.script.lock().unwrap().signs_with = 2;
    assert_eq!(rule(world.vouched(&provider, DANA, json!({})).await), "key");
    // Once it publishes the new key, that is looked up by itself.
    provider.script.lock().unwrap().publishes = 2;
    world.clock.advance(TimeDelta::seconds(10));
    world.vouched(&provider, DANA, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_says_its_name_in_each_answer_has_to() {
    let world = world().await;
    let provider = TestProvider::start().await;
    provider.script.lock().unwrap().says_its_name = true;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    world.invite(tenant, "Dana Fox").await;
    let set = world.provider_at(&provider, tenant, practice);
    world.set_provider(&world.operator(), set).await.unwrap();
    assert_eq!(rule(world.vouched(&provider, DANA, json!({})).await), "issuer");
    let sent = world.sent(&provider, DANA, json!({})).await;
    let named = CompleteProviderSignInRequest { issuer: provider.issuer.clone(), ..world.back(&sent) };
    world.come_back(named).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_apart() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let provider = TestProvider::start().await;
    // Where nothing listens.
    let gone = SignInProvider {
        issuer: "http://127.0.0.1:1".into(),
        ..world.provider_at(&provider, tenant, practice)
    };
    world.set_provider(&world.operator(), gone).await.unwrap();
    assert_eq!(reason(world.begin(DANA).await), "PROVIDER_UNAVAILABLE");
    let other = format!("{}/", provider.issuer);
    let misnamed = SignInProvider { issuer: other, ..world.provider_at(&provider, tenant, practice) };
    world.set_provider(&world.operator(), misnamed).await.unwrap();
    assert_eq!(reason(world.begin(DANA).await), "PROVIDER_ANSWER_REFUSED");
}

#[tokio::test]
async fn the_first_time_an_address_is_verified_of_the_practice_and_invited() {
    let world = world().await;
    let (provider, tenant, _) = world.practice_with_provider().await;
    for (over, refusal) in [
        (json!({"email_verified": false}), "PROVIDER_EMAIL_UNVERIFIED"),
        (json!({"email_verified": null}), "PROVIDER_EMAIL_UNVERIFIED"),
        (json!({"email": null}), "PROVIDER_EMAIL_UNVERIFIED"),
        (json!({"email": "dana@elsewhere.example"}), "PROVIDER_EMAIL_BEYOND"),
        (json!({}), "PROVIDER_NOT_INVITED"),
    ] {
        assert_eq!(reason(world.vouched(&provider, DANA, over.clone()).await), refusal, "{over}");
    }
    // Somebody who came by themselves was not invited.
    world.sign_in(DANA).await;
    assert_eq!(reason(world.vouched(&provider, DANA, json!({})).await), "PROVIDER_NOT_INVITED");
    world.invite(tenant, "Bo Lee").await;
    let told_besides = json!({"email": null, "email_verified": null, "groups": null});
    provider.script.lock().unwrap().besides =
        json!({"sub": "bo.lee@example.org", "email": "bo.lee@example.org", "email_verified": true});
    world.clock.advance(TimeDelta::minutes(10));
    world.vouched(&provider, "bo.lee@example.org", told_besides).await.unwrap();
}

#[tokio::test]
async fn an_account_that_is_more_than_the_practices_is_linked_by_whoever_is_signed_in_to_it() {
    let world = world().await;
    let (provider, tenant, practice) = world.practice_with_provider().await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let elsewhere = world.tenant(2).await;
    let there = at(Role::ComplianceOfficer, elsewhere, None);
    world.assign(&world.operator(), dana, there).await.unwrap();
    assert_eq!(reason(world.vouched(&provider, DANA, json!({})).await), "PROVIDER_LINK_IN_SESSION");
    let own = world.sign_in(DANA).await;
    assert_eq!(reason(world.vouched(&provider, DANA, json!({})).await), "PROVIDER_LINK_IN_SESSION");
    let stranger = world.sign_in("eve@example.org").await;
    for (session, linked) in [(stranger, false), (own, true)] {
        let sent = world.sent(&provider, DANA, json!({})).await;
        let back =
            CompleteProviderSignInRequest { session_secret: session.session_secret, ..world.back(&sent) };
        assert_eq!(world.come_back(back).await.is_ok(), linked);
    }
    // What the practice's provider opens holds nothing of the other network.
    let session = world.vouched(&provider, DANA, json!({})).await.unwrap();
    assert_eq!(world.roles_of(&session).await, [assignment(&at(Role::Therapist, tenant, Some(practice)))]);
}

#[tokio::test]
async fn a_second_factor_that_the_provider_saw_counts_and_one_that_it_did_not_see_does_not() {
    let world = world().await;
    let provider = TestProvider::start().await;
    let tenant = world.tenant_with(1, SecondFactorPolicy::Required).await;
    let practice = world.practice(tenant, "Little Steps").await;
    world.invite(tenant, "Dana Fox").await;
    let set = world.provider_at(&provider, tenant, practice);
    world.set_provider(&world.operator(), set).await.unwrap();
    for (over, counts) in [
        (json!({"amr": ["pwd"]}), false),
        (json!({"amr": ["pwd", "mfa"]}), true),
        (json!({"acr": "urn:two"}), true),
        (json!({"acr": "urn:one"}), false),
    ] {
        let session = world.vouched(&provider, DANA, over.clone()).await.unwrap();
        let issued = world.issue(&session.session_secret).await.unwrap();
        assert_eq!((issued.roles_withheld, issued.second_factor_time.is_some()), (!counts, counts), "{over}");
    }
}

#[tokio::test]
async fn who_sets_a_provider_could_give_each_of_its_roles_by_hand() {
    let world = world().await;
    let provider = TestProvider::start().await;
    let (tenant, other) = (world.tenant(1).await, world.tenant(2).await);
    let (near, far) = (world.practice(tenant, "Near").await, world.practice(tenant, "Far").await);
    let of_near = world.token_of(8, &[at(Role::PracticeAdministrator, tenant, Some(near))]);
    let good = world.provider_at(&provider, tenant, near);
    let told = world.set_provider(&of_near, good.clone()).await.unwrap();
    assert_eq!(told.scopes, ["openid", "email", "profile"]);
    let mapped = |role, tenant, practice| SignInProvider {
        role_mappings: vec![RoleMapping {
            value: "all".into(),
            assignment: Some(assignment(&at(role, tenant, practice))),
        }],
        ..good.clone()
    };
    for beyond in [
        mapped(Role::Therapist, tenant, Some(far)),
        mapped(Role::Therapist, tenant, None),
        mapped(Role::Therapist, other, None),
        mapped(Role::ComplianceOfficer, tenant, Some(near)),
        mapped(Role::Operator, tenant, None),
        world.provider_at(&provider, tenant, far),
    ] {
        assert_eq!(reason(world.set_provider(&of_near, beyond).await), "NOT_PERMITTED");
    }
    let therapist = world.token_of(9, &[at(Role::Therapist, tenant, Some(near))]);
    assert_eq!(reason(world.set_provider(&therapist, good.clone()).await), "NOT_PERMITTED");
    for beyond in [mapped(Role::Operator, tenant, None), mapped(Role::Therapist, tenant, Some(far))] {
        assert_eq!(reason(world.set_provider(&world.operator(), beyond).await), "ROLE_MAPPING_BEYOND");
    }
    let taken = world.provider_at(&provider, tenant, far);
    assert_eq!(reason(world.set_provider(&world.operator(), taken).await), "SIGN_IN_DOMAIN_TAKEN");
    for issuer in ["http://login.example", "https://login.example/?a=b", "nothing"] {
        let wrong = SignInProvider { issuer: issuer.into(), ..good.clone() };
        assert_eq!(reason(world.set_provider(&of_near, wrong).await), "FIELD_INVALID", "{issuer}");
    }
}

#[tokio::test]
async fn nobody_gets_a_role_by_the_mapping_that_they_set_themselves() {
    let world = world().await;
    let provider = TestProvider::start().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let administers = at(Role::PracticeAdministrator, tenant, Some(practice));
    world.assign(&world.operator(), dana, administers).await.unwrap();
    let own = world.token_of(dana.uuid().as_u128(), &[administers]);
    let set = world.provider_at(&provider, tenant, practice);
    world.set_provider(&own, set.clone()).await.unwrap();
    let session = world.vouched(&provider, DANA, json!({})).await.unwrap();
    assert_eq!(world.roles_of(&session).await, [assignment(&administers)]);
    // Somebody else stands for it from now on.
    world.set_provider(&world.operator(), set).await.unwrap();
    let session = world.vouched(&provider, DANA, json!({})).await.unwrap();
    assert_eq!(world.roles_of(&session).await.len(), 2);
}

#[tokio::test]
async fn the_secret_of_a_provider_is_told_to_nobody_and_stays_until_another_is_said() {
    let world = world().await;
    let (provider, tenant, practice) = world.practice_with_provider().await;
    world.invite(tenant, "Dana Fox").await;
    let places = || (tenant.to_string(), practice.to_string());
    let (tenant_id, practice_id) = places();
    let get = signed(GetSignInProviderRequest { tenant_id, practice_id }, &world.operator());
    let told = world.identity.clone().get_sign_in_provider(get).await.unwrap().into_inner();
    assert!(!format!("{told:?}").contains("a secret of the practice"));
    let log = format!("{:?}", world.log().await);
    assert!(!log.contains("a secret of the practice"));
    let again = SetSignInProviderRequest {
        request_id: world.request_id(),
        provider: Some(told),
        client_secret: String::new(),
    };
    world.identity.clone().set_sign_in_provider(signed(again, &world.operator())).await.unwrap();
    world.vouched(&provider, DANA, json!({})).await.unwrap();
    let (tenant_id, practice_id) = places();
    let remove = RemoveSignInProviderRequest { request_id: world.request_id(), tenant_id, practice_id };
    world.identity.clone().remove_sign_in_provider(signed(remove, &world.operator())).await.unwrap();
    assert_eq!(reason(world.begin(DANA).await), "PROVIDER_UNKNOWN");
}

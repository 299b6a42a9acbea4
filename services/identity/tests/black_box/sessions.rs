//! Sessions, tokens, and the caller's own account.
use crate::world::*;
use chrono::TimeDelta;
use holdfast_access::{Claims, TokenSigner, TokenVerifier};
use holdfast_proto::identity::v1::*;
use holdfast_types::{Clock, Role};
use prost_types::FieldMask;

#[tokio::test]
async fn a_token_is_signed_by_the_published_key_and_names_account_session_and_roles() {
    let world = world().await;
    let tenant = world.tenant(1).await;
    let practice = world.practice(tenant, "Little Steps").await;
    let dana = world.invite(tenant, "Dana Fox").await;
    let therapist = at(Role::Therapist, tenant, Some(practice));
    world.assign(&world.operator(), dana, therapist).await.unwrap();
    let signed_in = world.sign_in("dana.fox@example.org").await;
    let issued = world.issue(&signed_in.session_secret).await.unwrap();
    let keys = world.identity.clone().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner();
    let verifier = TokenVerifier::from_key_set(&keys.jwks_json).unwrap();
    let caller = verifier.verify(&issued.token, world.clock.now()).unwrap();
    assert_eq!((caller.account, caller.roles), (dana, vec![therapist]));
    assert!(caller.session.is_some());
    assert_eq!(issued.expire_time.unwrap().seconds, world.clock.now().timestamp() + 300);
    assert_eq!(issued.account.unwrap().discipline, "speech");
}

#[tokio::test]
async fn without_a_good_token_there_is_no_answer() {
    let world = world().await;
    let signed_in = world.sign_in("rosa@example.org").await;
    let token = world.token(&signed_in.session_secret).await;
    assert_eq!(reason(world.identity.clone().get_account(GetAccountRequest {}).await), "TOKEN_MISSING");
    let now = world.clock.now().timestamp();
    let claims = Claims {
        account: signed_in.account_id.parse().unwrap(),
        session: None,
        roles: vec![],
        iat: now,
        exp: now + 300,
    };
    let forged = TokenSigner::from_seed(&[6; 32]).unwrap().sign(&claims).unwrap();
    assert_eq!(
        reason(world.identity.clone().get_account(signed(GetAccountRequest {}, &forged)).await),
        "TOKEN_INVALID"
    );
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(
        reason(world.identity.clone().get_account(signed(GetAccountRequest {}, &token)).await),
        "TOKEN_EXPIRED"
    );
    assert_eq!(reason(world.issue("made up").await), "SESSION_ENDED");
}

#[tokio::test]
async fn an_ended_session_gets_no_token() {
    let world = world().await;
    let phone = world.sign_in("rosa@example.org").await;
    let laptop = world.sign_in("rosa@example.org").await;
    let token = world.token(&phone.session_secret).await;
    let end = EndSessionRequest { request_id: world.request_id(), session_id: String::new() };
    world.identity.clone().end_session(signed(end.clone(), &token)).await.unwrap();
    world.identity.clone().end_session(signed(end, &token)).await.unwrap();
    assert_eq!(reason(world.issue(&phone.session_secret).await), "SESSION_ENDED");
    world.issue(&laptop.session_secret).await.unwrap();
}

#[tokio::test]
async fn nobody_ends_or_sees_anothers_session() {
    let world = world().await;
    let rosa = world.sign_in("rosa@example.org").await;
    let walter = world.sign_in("walter@example.org").await;
    let (rosas, walters) =
        (world.token(&rosa.session_secret).await, world.token(&walter.session_secret).await);
    let listed =
        world.identity.clone().list_sessions(signed(ListSessionsRequest::default(), &rosas)).await.unwrap();
    let listed = listed.into_inner().sessions;
    assert_eq!(listed.len(), 1);
    let end = EndSessionRequest { request_id: world.request_id(), session_id: listed[0].session_id.clone() };
    assert_eq!(reason(world.identity.clone().end_session(signed(end, &walters)).await), "SESSION_UNKNOWN");
    world.issue(&rosa.session_secret).await.unwrap();
    let service = world.token_of(5, &[]);
    let end = EndSessionRequest { request_id: world.request_id(), session_id: String::new() };
    assert_eq!(reason(world.identity.clone().end_session(signed(end, &service)).await), "SESSION_UNKNOWN");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_the_caller_alone() {
    let world = world().await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(world.sign_in("rosa@example.org").await.session_secret);
    }
    let walter = world.sign_in("walter@example.org").await;
    let token = world.token(&sessions[0]).await;
    let request = SignOutEverywhereRequest { request_id: world.request_id() };
    let ended = world.identity.clone().sign_out_everywhere(signed(request.clone(), &token)).await.unwrap();
    assert_eq!(ended.into_inner().ended_count, 3);
    for session in &sessions {
        assert_eq!(reason(world.issue(session).await), "SESSION_ENDED");
    }
    world.issue(&walter.session_secret).await.unwrap();
    let again = world.identity.clone().sign_out_everywhere(signed(request, &token)).await.unwrap();
    assert_eq!(again.into_inner().ended_count, 3);
    let later = SignOutEverywhereRequest { request_id: world.request_id() };
    let none = world.identity.clone().sign_out_everywhere(signed(later, &token)).await.unwrap();
    assert_eq!(none.into_inner().ended_count, 0);
}

/// Services verify tokens by themselves, and ask nobody whether the session is still open.
#[tokio::test]
async fn a_token_that_is_out_outlives_a_sign_out_everywhere_by_five_minutes_at_most() {
    let world = world().await;
    let session = world.sign_in("rosa@example.org").await.session_secret;
    let token = world.token(&session).await;
    let everywhere = SignOutEverywhereRequest { request_id: world.request_id() };
    world.identity.clone().sign_out_everywhere(signed(everywhere, &token)).await.unwrap();
    assert_eq!(reason(world.issue(&session).await), "SESSION_ENDED", "no other one is given");
    let list = async || {
        let request = signed(ListSessionsRequest::default(), &token);
        world.identity.clone().list_sessions(request).await.map(|listed| listed.into_inner().sessions)
    };
    world.clock.advance(TimeDelta::seconds(299));
    assert_eq!(list().await.unwrap(), []);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(reason(list().await), "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_for_twelve_hours_and_after_thirty_days_whatever_happens() {
    let world = world().await;
    let used = world.sign_in("rosa@example.org").await;
    let idle = world.sign_in("rosa@example.org").await;
    for _ in 0..65 {
        world.clock.advance(TimeDelta::hours(11));
        world.issue(&used.session_secret).await.unwrap();
    }
    assert_eq!(reason(world.issue(&idle.session_secret).await), "SESSION_ENDED");
    let token = world.token(&used.session_secret).await;
    let listed =
        world.identity.clone().list_sessions(signed(ListSessionsRequest::default(), &token)).await.unwrap();
    assert_eq!(listed.into_inner().sessions.len(), 1, "an idle session is not open");
    world.clock.advance(TimeDelta::hours(5));
    assert_eq!(reason(world.issue(&used.session_secret).await), "SESSION_ENDED");
}

#[tokio::test]
async fn a_token_never_outlives_its_session() {
    let world = world().await;
    let session = world.sign_in("rosa@example.org").await;
    for _ in 0..71 {
        world.clock.advance(TimeDelta::hours(10));
        world.issue(&session.session_secret).await.unwrap();
    }
    world.clock.advance(TimeDelta::minutes(598));
    let issued = world.issue(&session.session_secret).await.unwrap();
    assert_eq!(issued.expire_time.unwrap(), session.expire_time.unwrap());
}

#[tokio::test]
async fn sessions_are_listed_newest_first_page_by_page() {
    let world = world().await;
    let mut secrets = Vec::new();
    for _ in 0..3 {
        secrets.push(world.sign_in("rosa@example.org").await.session_secret);
        world.clock.advance(TimeDelta::minutes(1));
    }
    let token = world.token(&secrets[1]).await;
    let list = |page_size, page_token: &str| {
        let request = ListSessionsRequest { page_size, page_token: page_token.into() };
        let mut identity = world.identity.clone();
        let request = signed(request, &token);
        async move { identity.list_sessions(request).await.map(tonic::Response::into_inner) }
    };
    let first = list(2, "").await.unwrap();
    let second = list(2, &first.next_page_token).await.unwrap();
    assert_eq!((first.sessions.len(), second.sessions.len(), second.next_page_token.as_str()), (2, 1, ""));
    let all: Vec<_> = first.sessions.iter().chain(&second.sessions).collect();
    assert!(
        all.windows(2)
            .all(|pair| pair[0].create_time.unwrap().seconds > pair[1].create_time.unwrap().seconds)
    );
    assert_eq!(all.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(all[0].user_agent, "Firefox on Android");
    assert_eq!(all[1].last_use_time.unwrap().seconds, world.clock.now().timestamp());
    assert_eq!(reason(list(101, "").await), "PAGE_SIZE_OUT_OF_RANGE");
    assert_eq!(reason(list(2, "nothing").await), "PAGE_TOKEN_MALFORMED");
}

#[tokio::test]
async fn somebody_changes_their_own_account_on_what_they_saw() {
    let world = world().await;
    let session = world.sign_in("rosa@example.org").await;
    let token = world.token(&session.session_secret).await;
    let seen =
        world.identity.clone().get_account(signed(GetAccountRequest {}, &token)).await.unwrap().into_inner();
    let update = |paths: &[&str], account: Account| UpdateAccountRequest {
        request_id: world.request_id(),
        account: Some(account),
        update_mask: Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
    };
    let send = |request: UpdateAccountRequest| {
        let mut identity = world.identity.clone();
        let request = signed(request, &token);
        async move { identity.update_account(request).await.map(tonic::Response::into_inner) }
    };
    let wanted =
        Account { display_name: "Rosa".into(), locale: "es-MX".into(), large_text: true, ..seen.clone() };
    let request = update(&["display_name", "locale"], wanted.clone());
    let changed = send(request.clone()).await.unwrap();
    assert_eq!(
        (changed.display_name.as_str(), changed.locale.as_str(), changed.large_text),
        ("Rosa", "es-MX", false)
    );
    assert_ne!(changed.etag, seen.etag);
    assert_eq!(send(request.clone()).await.unwrap(), changed, "a repeated command acts once");
    let reused = UpdateAccountRequest { update_mask: None, ..request };
    assert_eq!(reason(send(reused).await), "REQUEST_ID_REUSED");
    assert_eq!(reason(send(update(&["large_text"], wanted.clone())).await), "ETAG_MISMATCH");
    assert_eq!(reason(send(update(&["email"], wanted.clone())).await), "FIELD_MASK_UNKNOWN");
    let malformed = Account { etag: "7".into(), ..wanted.clone() };
    assert_eq!(reason(send(update(&["large_text"], malformed)).await), "ETAG_MALFORMED");
    let unnamed = Account { display_name: "  ".into(), etag: String::new(), ..wanted.clone() };
    assert_eq!(reason(send(update(&["display_name"], unnamed)).await), "FIELD_MISSING");
    let large = send(update(&["large_text"], Account { etag: changed.etag, ..wanted })).await.unwrap();
    assert!(large.large_text);
}

//! Passkeys: set up, used to sign in and to show who is there, and refused by the rule that is broken.
use crate::{
    device::{Device, code},
    world::*,
};
use chrono::TimeDelta;
use holdfast_host::client::Outgoing;
use holdfast_proto::identity::v1::{identity_service_client::IdentityServiceClient, *};
use tonic::Status;
use tonic_types::StatusExt as _;

const ROSA: &str = "rosa@example.org";

impl World {
    async fn options(&self, token: &str) -> String {
        let begun = self.identity.clone().begin_passkey(signed(BeginPasskeyRequest {}, token)).await.unwrap();
        begun.into_inner().options_json
    }

    async fn add(&self, token: &str, credential_json: String) -> Result<RecoveryCodes, Status> {
        let request = AddPasskeyRequest {
            request_id: self.request_id(),
            credential_json,
            display_name: "My phone".into(),
        };
        self.identity.clone().add_passkey(signed(request, token)).await.map(tonic::Response::into_inner)
    }

    /// Sets up a passkey on the device, for a session.
    async fn set_up(&self, session_secret: &str, device: &mut Device) -> Vec<String> {
        let token = self.token(session_secret).await;
        let made = device.make(&self.options(&token).await);
        self.add(&token, made).await.unwrap().codes
    }

    async fn challenge(&self) -> String {
        let begun = self.identity.clone().begin_passkey_sign_in(BeginPasskeySignInRequest {}).await.unwrap();
        begun.into_inner().options_json
    }

    async fn enter(&self, credential_json: String) -> Result<CompleteSignInResponse, Status> {
        self.identity
            .clone()
            .complete_passkey_sign_in(self.entering(credential_json))
            .await
            .map(tonic::Response::into_inner)
    }

    fn entering(&self, credential_json: String) -> CompletePasskeySignInRequest {
        CompletePasskeySignInRequest {
            request_id: self.request_id(),
            credential_json,
            user_agent: "Firefox on Android".into(),
            device_digest: sha256("a telephone"),
        }
    }
}

fn rule(outcome: Result<CompleteSignInResponse, Status>) -> String {
    let status = outcome.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "PASSKEY_REFUSED", "{status:?}");
    info.metadata["rule"].clone()
}

#[tokio::test]
async fn who_has_a_passkey_signs_in_without_saying_who_it_is_and_needs_nothing_else() {
    let world = world().await;
    let session = world.sign_in(ROSA).await;
    let mut phone = Device::new(1);
    assert_eq!(world.set_up(&session.session_secret, &mut phone).await.len(), 10);
    let options = world.challenge().await;
    assert!(
        options.contains(r#""allowCredentials":[]"#) && options.contains(r#""userVerification":"required""#)
    );
    let signed_in = world.enter(phone.show(&options)).await.unwrap();
    assert_eq!((signed_in.account_id, signed_in.awaits_second_factor), (session.account_id, false));
    let issued = world.issue(&signed_in.session_secret).await.unwrap();
    let held = world.factors(&issued.token).await.passkeys;
    assert_eq!(
        (held.len(), held[0].display_name.as_str(), held[0].passkey_id.as_str()),
        (1, "My phone", phone.id().as_str())
    );
    assert!(held[0].last_use_time.is_some());
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = URL_SAFE_NO_PAD.decode(issued.token.split('.').nth(1).unwrap()).unwrap();
    assert!(String::from_utf8(payload).unwrap().contains(r#""amr":["passkey"]"#));
}

#[tokio::test]
async fn a_repeated_sign_in_is_answered_with_the_same_session() {
    let world = world().await;
    let mut phone = Device::new(1);
    world.set_up(&world.sign_in(ROSA).await.session_secret, &mut phone).await;
    let request = world.entering(phone.show(&world.challenge().await));
    let first = world.identity.clone().complete_passkey_sign_in(request.clone()).await.unwrap().into_inner();
    let again = world.identity.clone().complete_passkey_sign_in(request).await.unwrap().into_inner();
    assert_eq!(first, again);
}

#[tokio::test]
async fn what_is_signed_elsewhere_or_twice_or_late_lets_nobody_in() {
    let world = world().await;
    let mut phone = Device::new(1);
    world.set_up(&world.sign_in(ROSA).await.session_secret, &mut phone).await;
    let mut evil = phone.twin();
    evil.origin = "http://localhost.evil.example:8080";
    assert_eq!(rule(world.enter(evil.show(&world.challenge().await)).await), "origin");
    let mut unattended = phone.twin();
    unattended.user_verified = false;
    assert_eq!(rule(world.enter(unattended.show(&world.challenge().await)).await), "verification");
    let shown = phone.show(&world.challenge().await);
    world.enter(shown.clone()).await.unwrap();
    assert_eq!(reason(world.enter(shown).await), "CHALLENGE_UNKNOWN", "a challenge is answered once");
    let late = phone.show(&world.challenge().await);
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(reason(world.enter(late).await), "CHALLENGE_UNKNOWN");
    let own = world.challenge().await.replace("\"challenge\":\"", "\"challenge\":\"AAAA");
    assert_eq!(
        reason(world.enter(phone.show(&own)).await),
        "CHALLENGE_UNKNOWN",
        "one that was never given out"
    );
    for nonsense in ["{}", "[]", "nonsense", r#"{"id":"a","response":{"clientDataJSON":"!"}}"#] {
        assert_eq!(reason(world.enter(nonsense.into()).await), "FIELD_INVALID");
    }
    assert_eq!(reason(world.enter("x".repeat(70_000)).await), "TEXT_TOO_LONG");
    assert_eq!(reason(world.enter(String::new()).await), "FIELD_MISSING");
}

#[tokio::test]
async fn a_key_that_nobody_set_up_or_that_signs_for_another_is_nobodys() {
    let world = world().await;
    let mut phone = Device::new(1);
    world.set_up(&world.sign_in(ROSA).await.session_secret, &mut phone).await;
    let stranger = Device::new(2);
    assert_eq!(reason(world.enter(stranger.show(&world.challenge().await)).await), "PASSKEY_UNKNOWN");
    let mut walters = Device::new(3);
    world.set_up(&world.sign_in("walter@example.org").await.session_secret, &mut walters).await;
    let mut posing = phone.twin();
    posing.pose_as(&walters);
    assert_eq!(reason(world.enter(posing.show(&world.challenge().await)).await), "PASSKEY_UNKNOWN");
    let mut forged = Device::new(4);
    forged.take_id_of(&phone);
    assert_eq!(rule(world.enter(forged.show(&world.challenge().await)).await), "signature");
}

#[tokio::test]
async fn a_passkey_is_set_up_once_whosever_it_is() {
    let world = world().await;
    let rosa = world.sign_in(ROSA).await.session_secret;
    let mut phone = Device::new(1);
    world.set_up(&rosa, &mut phone).await;
    let token = world.token(&rosa).await;
    let options = world.options(&token).await;
    assert!(options.contains(&phone.id()), "the browser is told what is there already");
    assert_eq!(reason(world.add(&token, phone.make(&options)).await), "PASSKEY_KNOWN");
    let walter = world.token(&world.sign_in("walter@example.org").await.session_secret).await;
    let copied = phone.make(&world.options(&walter).await);
    assert_eq!(reason(world.add(&walter, copied).await), "PASSKEY_KNOWN");
}

#[tokio::test]
async fn a_challenge_for_one_thing_and_one_account_is_good_for_no_other() {
    let world = world().await;
    let rosa = world.token(&world.sign_in(ROSA).await.session_secret).await;
    let walter = world.token(&world.sign_in("walter@example.org").await.session_secret).await;
    let made = Device::new(1).make(&world.options(&rosa).await);
    assert_eq!(reason(world.add(&walter, made).await), "CHALLENGE_UNKNOWN");
    let mut phone = Device::new(2);
    let options = world.options(&rosa).await;
    world.add(&rosa, phone.make(&options)).await.unwrap();
    let for_adding = world.options(&rosa).await.replace("\"rp\":{", "\"rpId\":\"localhost\",\"rp\":{");
    assert_eq!(reason(world.enter(phone.show(&for_adding)).await), "CHALLENGE_UNKNOWN");
}

#[tokio::test]
async fn a_passkey_that_counts_no_further_may_be_a_copy() {
    let world = world().await;
    let mut phone = Device::new(1);
    phone.counter = 5;
    world.set_up(&world.sign_in(ROSA).await.session_secret, &mut phone).await;
    phone.counter = 6;
    world.enter(phone.show(&world.challenge().await)).await.unwrap();
    assert_eq!(reason(world.enter(phone.show(&world.challenge().await)).await), "PASSKEY_COUNTER");
}

#[tokio::test]
async fn a_passkey_is_a_second_factor_and_is_shown_again_before_keys_are_changed() {
    let world = world().await;
    let mut phone = Device::new(1);
    world.set_up(&world.sign_in(ROSA).await.session_secret, &mut phone).await;
    let pending = world.sign_in(ROSA).await;
    assert!(pending.awaits_second_factor);
    let show = async |secret: &str| {
        let begin = BeginPasskeyShowingRequest { session_secret: secret.into() };
        let options = world.identity.clone().begin_passkey_showing(begin).await.unwrap().into_inner();
        let request = ShowPasskeyRequest {
            request_id: world.request_id(),
            session_secret: secret.into(),
            credential_json: phone.show(&options.options_json),
        };
        world.identity.clone().show_passkey(request).await
    };
    show(&pending.session_secret).await.unwrap();
    world.token(&pending.session_secret).await;
    world.clock.advance(TimeDelta::minutes(11));
    let remove = RemovePasskeyRequest { request_id: world.request_id(), passkey_id: phone.id() };
    let stale = world.token(&pending.session_secret).await;
    let refused = world.identity.clone().remove_passkey(signed(remove.clone(), &stale)).await;
    assert_eq!(reason(refused), "STEP_UP_REQUIRED");
    show(&pending.session_secret).await.unwrap();
    let fresh = world.token(&pending.session_secret).await;
    world.identity.clone().remove_passkey(signed(remove, &fresh)).await.unwrap();
    assert!(world.factors(&fresh).await.passkeys.is_empty());
    assert_eq!(reason(world.enter(phone.show(&world.challenge().await)).await), "PASSKEY_UNKNOWN");
    let begin = BeginPasskeyShowingRequest { session_secret: pending.session_secret };
    assert_eq!(reason(world.identity.clone().begin_passkey_showing(begin).await), "PASSKEY_UNKNOWN");
}

#[tokio::test]
async fn an_account_has_several_passkeys_and_an_app_beside_them() {
    let world = world().await;
    let session = world.sign_in(ROSA).await.session_secret;
    let (secret, _) = world.enrol(&session).await;
    let (mut phone, mut key) = (Device::new(1), Device::new(2));
    assert!(world.set_up(&session, &mut phone).await.is_empty(), "there are recovery codes already");
    world.set_up(&session, &mut key).await;
    for device in [&phone, &key] {
        world.enter(device.show(&world.challenge().await)).await.unwrap();
    }
    world.clock.advance(TimeDelta::seconds(30));
    let pending = world.sign_in(ROSA).await.session_secret;
    world.show(&pending, &code(&world, &secret)).await.unwrap();
    assert_eq!(world.factors(&world.token(&pending).await).await.passkeys.len(), 2);
}

#[tokio::test]
async fn one_network_gets_so_many_challenges_and_links_are_counted_apart() {
    let world = world().await;
    let from = Outgoing::new().client(Some("192.0.2.7".parse().unwrap()));
    let client = IdentityServiceClient::with_interceptor(world.channel.clone(), from);
    for _ in 0..1_200 {
        client.clone().begin_passkey_sign_in(BeginPasskeySignInRequest {}).await.unwrap();
    }
    let refused = client.clone().begin_passkey_sign_in(BeginPasskeySignInRequest {}).await;
    assert_eq!(reason(refused), "TOO_MANY_CHALLENGES");
    let request = RequestSignInRequest {
        request_id: world.request_id(),
        email: ROSA.into(),
        browser_digest: sha256(BROWSER),
        locale: "en".into(),
    };
    client.clone().request_sign_in(request).await.unwrap();
}

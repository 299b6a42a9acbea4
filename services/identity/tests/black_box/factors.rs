//! Second factors: an authenticator app and recovery codes, set up, shown, wrong, used, and taken away.
use crate::{device::code, world::*};
use chrono::TimeDelta;
use holdfast_proto::identity::v1::*;
use tonic::Status;

impl World {
    /// Sets up an app for a session; answers with its secret and the recovery codes.
    pub(crate) async fn enrol(&self, session_secret: &str) -> (String, Vec<String>) {
        let token = self.token(session_secret).await;
        let begin = BeginTotpRequest { request_id: self.request_id() };
        let begun = self.identity.clone().begin_totp(signed(begin, &token)).await.unwrap().into_inner();
        let code = code(self, &begun.secret_base32);
        let codes = self.confirm(&token, &code).await.unwrap().codes;
        (begun.secret_base32, codes)
    }

    async fn confirm(&self, token: &str, code: &str) -> Result<RecoveryCodes, Status> {
        let confirm = ConfirmTotpRequest { request_id: self.request_id(), code: code.into() };
        self.identity.clone().confirm_totp(signed(confirm, token)).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn show(&self, session_secret: &str, code: &str) -> Result<(), Status> {
        let request = ShowCodeRequest {
            request_id: self.request_id(),
            session_secret: session_secret.into(),
            code: code.into(),
        };
        self.identity.clone().show_code(request).await.map(|_| ())
    }

    pub(crate) async fn factors(&self, token: &str) -> Factors {
        self.identity.clone().get_factors(signed(GetFactorsRequest {}, token)).await.unwrap().into_inner()
    }

    fn later(&self) {
        self.clock.advance(TimeDelta::seconds(30));
    }
}

const ROSA: &str = "rosa@example.org";

#[tokio::test]
async fn who_has_an_app_signs_in_by_link_and_code_and_gets_no_token_before() {
    let world = world().await;
    let first = world.sign_in(ROSA).await;
    assert!(!first.awaits_second_factor);
    let (secret, codes) = world.enrol(&first.session_secret).await;
    assert_eq!(codes.len(), 10);
    world.later();
    let second = world.sign_in(ROSA).await;
    assert!(second.awaits_second_factor);
    assert_eq!(reason(world.issue(&second.session_secret).await), "SECOND_FACTOR_NEEDED");
    world.show(&second.session_secret, &code(&world, &secret)).await.unwrap();
    let issued = world.issue(&second.session_secret).await.unwrap();
    assert!(issued.has_second_factor);
    assert_eq!(
        world.factors(&issued.token).await,
        Factors { totp: true, recovery_codes_left: 10, passkeys: vec![] }
    );
}

#[tokio::test]
async fn a_secret_is_shown_as_text_and_address_of_a_picture_and_counts_after_its_first_code() {
    let world = world().await;
    let session = world.sign_in(ROSA).await.session_secret;
    let token = world.token(&session).await;
    let request = BeginTotpRequest { request_id: world.request_id() };
    let begun =
        world.identity.clone().begin_totp(signed(request.clone(), &token)).await.unwrap().into_inner();
    assert_eq!(begun.secret_base32.len(), 32);
    let uri = format!("otpauth://totp/Holdfast:{ROSA}?secret={}&issuer=Holdfast", begun.secret_base32);
    assert_eq!(begun.otpauth_uri, uri);
    let again = world.identity.clone().begin_totp(signed(request, &token)).await.unwrap().into_inner();
    assert_eq!(again, begun, "a repeated command");
    assert!(!world.sign_in(ROSA).await.awaits_second_factor, "nothing is confirmed yet");
    assert_eq!(reason(world.confirm(&token, "000000").await), "CODE_WRONG");
    world.confirm(&token, &code(&world, &begun.secret_base32)).await.unwrap();
    let anew = BeginTotpRequest { request_id: world.request_id() };
    assert_eq!(reason(world.identity.clone().begin_totp(signed(anew, &token)).await), "TOTP_ENROLLED");
    assert_eq!(reason(world.confirm(&token, "000000").await), "TOTP_ENROLLED");
}

#[tokio::test]
async fn a_code_is_good_once_and_that_of_another_account_never() {
    let world = world().await;
    let rosa = world.sign_in(ROSA).await.session_secret;
    let (rosas, _) = world.enrol(&rosa).await;
    let walter = world.sign_in("walter@example.org").await.session_secret;
    let (walters, _) = world.enrol(&walter).await;
    world.later();
    let pending = world.sign_in(ROSA).await.session_secret;
    assert_eq!(reason(world.show(&pending, &code(&world, &walters)).await), "CODE_WRONG");
    let good = code(&world, &rosas);
    world.show(&pending, &good).await.unwrap();
    let thief = world.sign_in(ROSA).await.session_secret;
    assert_eq!(reason(world.show(&thief, &good).await), "CODE_USED");
    assert_eq!(reason(world.issue(&thief).await), "SECOND_FACTOR_NEEDED");
    assert_eq!(reason(world.show(&thief, "").await), "FIELD_MISSING");
    assert_eq!(reason(world.show(&thief, &"1".repeat(41)).await), "TEXT_TOO_LONG");
    assert_eq!(reason(world.show("made up", &good).await), "SESSION_ENDED");
    let newcomer = world.sign_in("nobody@example.org").await.session_secret;
    assert_eq!(reason(world.show(&newcomer, &good).await), "NO_SECOND_FACTOR");
}

#[tokio::test]
async fn a_repeated_command_is_answered_as_it_was_and_shows_nothing_twice() {
    let world = world().await;
    let (secret, _) = world.enrol(&world.sign_in(ROSA).await.session_secret).await;
    world.later();
    let session = world.sign_in(ROSA).await.session_secret;
    let request = |code: &str| ShowCodeRequest {
        request_id: world.request_id(),
        session_secret: session.clone(),
        code: code.into(),
    };
    let wrong = request("000000");
    for _ in 0..7 {
        assert_eq!(reason(world.identity.clone().show_code(wrong.clone()).await), "CODE_WRONG");
    }
    let good = request(&code(&world, &secret));
    for _ in 0..2 {
        world.identity.clone().show_code(good.clone()).await.unwrap();
    }
    let other = ShowCodeRequest { code: "111111".into(), ..good };
    assert_eq!(reason(world.identity.clone().show_code(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_code_that_comes_twice_at_once_lets_one_session_in() {
    let world = world().await;
    let (secret, _) = world.enrol(&world.sign_in(ROSA).await.session_secret).await;
    world.later();
    let (one, two) = (world.sign_in(ROSA).await.session_secret, world.sign_in(ROSA).await.session_secret);
    let code = code(&world, &secret);
    let (first, second) = tokio::join!(world.show(&one, &code), world.show(&two, &code));
    assert_eq!(reason(if first.is_ok() { second } else { first }), "CODE_USED");
}

#[tokio::test]
async fn a_recovery_code_gets_in_once_and_what_is_left_is_counted() {
    let world = world().await;
    let (_, codes) = world.enrol(&world.sign_in(ROSA).await.session_secret).await;
    let session = world.sign_in(ROSA).await.session_secret;
    world.show(&session, &codes[3].to_uppercase().replace('-', " ")).await.unwrap();
    let token = world.token(&session).await;
    assert_eq!(world.factors(&token).await.recovery_codes_left, 9);
    let other = world.sign_in(ROSA).await.session_secret;
    assert_eq!(reason(world.show(&other, &codes[3]).await), "CODE_WRONG");
    let make = MakeRecoveryCodesRequest { request_id: world.request_id() };
    let made = world.identity.clone().make_recovery_codes(signed(make.clone(), &token)).await.unwrap();
    let made = made.into_inner().codes;
    let again = world.identity.clone().make_recovery_codes(signed(make, &token)).await.unwrap();
    assert_eq!(again.into_inner().codes, made);
    assert_eq!(world.factors(&token).await.recovery_codes_left, 10);
    assert_eq!(reason(world.show(&other, &codes[4]).await), "CODE_WRONG", "those before are void");
    world.show(&other, &made[0]).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_close_one_session_and_lock_nobody_out() {
    let world = world().await;
    let rosa = world.sign_in(ROSA).await.session_secret;
    let (secret, codes) = world.enrol(&rosa).await;
    let (mut tries, mut closed) = (0, false);
    while !closed {
        let thief = world.sign_in(ROSA).await.session_secret;
        for _ in 0..5 {
            closed |= reason(world.show(&thief, "000000").await) == "TOO_MANY_CODES";
            tries += 1;
        }
        if !closed {
            assert_eq!(reason(world.show(&thief, &codes[0]).await), "TOO_MANY_CODES", "this session is done");
        }
        world.clock.advance(TimeDelta::minutes(3));
        assert!(tries < 50);
    }
    assert_eq!(tries, 35, "thirty wrong ones of the account, and then none");
    let own = world.sign_in(ROSA).await.session_secret;
    assert_eq!(reason(world.show(&own, &code(&world, &secret)).await), "TOO_MANY_CODES");
    world.show(&own, &codes[0]).await.unwrap();
    world.show(&rosa, &code(&world, &secret)).await.unwrap();
    world.token(&rosa).await;
    world.clock.advance(TimeDelta::hours(24));
    let next = world.sign_in(ROSA).await.session_secret;
    world.show(&next, &code(&world, &secret)).await.unwrap();
}

#[tokio::test]
async fn keys_are_changed_by_who_has_just_shown_the_second_factor() {
    let world = world().await;
    let session = world.sign_in(ROSA).await.session_secret;
    let (secret, _) = world.enrol(&session).await;
    world.clock.advance(TimeDelta::minutes(11));
    let stale = world.token(&session).await;
    let remove = RemoveTotpRequest { request_id: world.request_id() };
    let refused = world.identity.clone().remove_totp(signed(remove.clone(), &stale)).await;
    assert_eq!(reason(refused), "STEP_UP_REQUIRED");
    let make = MakeRecoveryCodesRequest { request_id: world.request_id() };
    assert_eq!(
        reason(world.identity.clone().make_recovery_codes(signed(make, &stale)).await),
        "STEP_UP_REQUIRED"
    );
    world.show(&session, &code(&world, &secret)).await.unwrap();
    let fresh = world.token(&session).await;
    world.identity.clone().remove_totp(signed(remove.clone(), &fresh)).await.unwrap();
    world.identity.clone().remove_totp(signed(remove, &fresh)).await.unwrap();
    let again = RemoveTotpRequest { request_id: world.request_id() };
    assert_eq!(reason(world.identity.clone().remove_totp(signed(again, &fresh)).await), "NO_SECOND_FACTOR");
    assert!(!world.sign_in(ROSA).await.awaits_second_factor);
}

#[tokio::test]
async fn who_has_no_second_factor_signs_in_anew_before_setting_one_up_on_a_device_left_open() {
    let world = world().await;
    let session = world.sign_in(ROSA).await.session_secret;
    world.clock.advance(TimeDelta::minutes(11));
    let token = world.token(&session).await;
    let begin = BeginTotpRequest { request_id: world.request_id() };
    assert_eq!(reason(world.identity.clone().begin_totp(signed(begin, &token)).await), "STEP_UP_REQUIRED");
}

#[tokio::test]
async fn what_is_set_up_and_what_was_wrong_is_on_the_log_and_no_secret_is_readable_there() {
    let world = world().await;
    let session = world.sign_in(ROSA).await.session_secret;
    let (secret, codes) = world.enrol(&session).await;
    let _ = world.show(&session, "000000").await;
    let log = world.log().await;
    for envelope in &log {
        let shown = format!("{envelope:?}");
        assert!(!shown.contains(&secret) && codes.iter().all(|code| !shown.contains(code.as_str())));
    }
    for event_type in [
        "factors.totp-begun",
        "factors.totp-confirmed",
        "factors.recovery-codes-made",
        "factors.code-refused",
    ] {
        assert!(log.iter().any(|envelope| envelope.r#type == event_type), "{event_type}");
    }
}

#[tokio::test]
async fn a_program_has_nothing_to_set_up() {
    let world = world().await;
    let token = world.token_of(7, &[]);
    assert_eq!(reason(world.confirm(&token, "000000").await), "SESSION_UNKNOWN");
    let begin = BeginPasskeyRequest {};
    assert_eq!(reason(world.identity.clone().begin_passkey(signed(begin, &token)).await), "ACCOUNT_UNKNOWN");
}

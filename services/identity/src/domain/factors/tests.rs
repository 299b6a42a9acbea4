//! What an account shows, given, when, then.
use super::*;
use crate::domain::totp::tests::SECRET;
use proptest::prelude::*;
use uuid::Uuid;

/// When the codes below are good: of RFC 6238, appendix B.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_111_111_109, 0).unwrap()
}

const STEP: u64 = 1_111_111_109 / 30;

fn good() -> Code {
    Code::read("081 804")
}

fn wrong() -> Code {
    Code::read("000000")
}

fn session(id: u128) -> SessionId {
    SessionId::new(Uuid::from_u128(id))
}

fn by(id: u128) -> By {
    By { session: session(id), awaits: true, now: now() }
}

fn refused(id: u128, time: DateTime<Utc>, used: bool) -> FactorsEvent {
    FactorsEvent::CodeRefused { session: session(id), time, used }
}

fn recovery() -> Vec<Digest> {
    ["aaaa-bbbb-cccc-dddd", "eeee-ffff-gggg-hhhh"]
        .map(|code| match Code::read(code) {
            Code::Recovery(sha256) => sha256,
            Code::Totp(_) => unreachable!(),
        })
        .into()
}

fn passkey(id: &str, counter: u32) -> Passkey {
    Passkey { id: id.into(), key: "pQECAyYgASFYIA".into(), counter, name: "Phone".into() }
}

fn enrolled() -> Vec<FactorsEvent> {
    vec![
        FactorsEvent::TotpBegun { secret: SECRET.into() },
        FactorsEvent::TotpConfirmed { step: STEP - 3, session: session(1) },
        FactorsEvent::RecoveryCodesMade { sha256: recovery() },
    ]
}

pub(crate) fn samples() -> Vec<FactorsEvent> {
    let mut all = enrolled();
    all.extend([
        FactorsEvent::TotpRemoved {},
        FactorsEvent::CodeShown { step: STEP, session: session(2) },
        FactorsEvent::RecoveryCodeShown { sha256: Digest::new([8; 32]), session: session(2) },
        refused(2, now(), false),
        refused(2, now(), true),
        FactorsEvent::PasskeyAdded { passkey: passkey("AQID", 0), session: session(1) },
        FactorsEvent::PasskeyShown { id: "AQID".into(), counter: 7, session: session(2) },
        FactorsEvent::PasskeyRemoved { id: "AQID".into() },
    ]);
    all
}

fn given(events: &[FactorsEvent]) -> Factors {
    events.iter().fold(Factors::default(), Factors::evolve)
}

fn with(more: &[FactorsEvent]) -> Factors {
    given(&[enrolled().as_slice(), more].concat())
}

fn show(state: &Factors, code: Code, by: By) -> Result<Vec<FactorsEvent>, Refusal> {
    Factors::decide(state, Command::ShowCode { code, by })
}

#[test]
fn an_app_counts_once_its_first_code_has_confirmed_it_and_brings_recovery_codes() {
    let begun = given(&[FactorsEvent::TotpBegun { secret: SECRET.into() }]);
    assert!(!begun.has_second());
    assert_eq!(show(&begun, good(), by(1)), Err(Refusal::NoSecondFactor));
    let confirm = |code| Command::ConfirmTotp { code, by: by(1), recovery: recovery() };
    assert_eq!(Factors::decide(&begun, confirm(wrong())), Ok(vec![refused(1, now(), false)]));
    let confirmed = Factors::decide(&begun, confirm(good())).unwrap();
    assert_eq!(
        confirmed,
        [
            FactorsEvent::TotpConfirmed { step: STEP, session: session(1) },
            FactorsEvent::RecoveryCodesMade { sha256: recovery() }
        ]
    );
    let state = confirmed.iter().fold(begun, Factors::evolve);
    assert!(state.has_second());
    assert_eq!(show(&state, good(), by(2)), Ok(vec![refused(2, now(), true)]), "the first code is used");
    assert_eq!(Factors::decide(&state, confirm(good())), Err(Refusal::TotpEnrolled));
}

#[test]
fn who_begins_anew_forgets_the_secret_before_and_nobody_begins_twice() {
    let begin = || Command::BeginTotp { secret: "MFRGG".into() };
    let first = given(&[FactorsEvent::TotpBegun { secret: SECRET.into() }]);
    let begun = vec![FactorsEvent::TotpBegun { secret: "MFRGG".into() }];
    assert_eq!(Factors::decide(&first, begin()), Ok(begun.clone()));
    let second = begun.iter().fold(first, Factors::evolve);
    let confirm = Command::ConfirmTotp { code: good(), by: by(1), recovery: recovery() };
    assert_eq!(Factors::decide(&second, confirm.clone()), Ok(vec![refused(1, now(), false)]));
    assert_eq!(Factors::decide(&given(&[]), confirm), Err(Refusal::TotpNotBegun));
    assert_eq!(Factors::decide(&with(&[]), begin()), Err(Refusal::TotpEnrolled));
}

#[test]
fn a_code_is_good_once_and_none_before_it_any_more() {
    let shown = FactorsEvent::CodeShown { step: STEP, session: session(2) };
    assert_eq!(show(&with(&[]), good(), by(2)), Ok(vec![shown.clone()]));
    assert_eq!(show(&with(&[shown]), good(), by(3)), Ok(vec![refused(3, now(), true)]));
    let later = FactorsEvent::CodeShown { step: STEP + 1, session: session(2) };
    assert_eq!(show(&with(&[later]), good(), by(3)), Ok(vec![refused(3, now(), true)]));
}

#[test]
fn a_recovery_code_is_good_once_however_it_is_typed_and_until_there_are_new_ones() {
    let code = || Code::read(" AAAA bbbb cccc-dddd ");
    let used = FactorsEvent::RecoveryCodeShown { sha256: recovery()[0], session: session(2) };
    assert_eq!(show(&with(&[]), code(), by(2)), Ok(vec![used.clone()]));
    assert_eq!(show(&with(&[used]), code(), by(3)), Ok(vec![refused(3, now(), false)]));
    let made = Factors::decide(&with(&[]), Command::MakeRecoveryCodes { sha256: vec![Digest::new([9; 32])] });
    assert_eq!(show(&with(&made.unwrap()), code(), by(3)), Ok(vec![refused(3, now(), false)]));
    let none = Command::MakeRecoveryCodes { sha256: recovery() };
    assert_eq!(Factors::decide(&given(&[]), none), Err(Refusal::NoSecondFactor));
}

#[test]
fn five_wrong_codes_close_the_way_to_the_session_that_was_wrong_and_to_no_other() {
    let four = with(&vec![refused(7, now(), false); 4]);
    assert!(show(&four, good(), by(7)).is_ok());
    let five = with(&vec![refused(7, now(), false); 5]);
    for code in [good(), Code::read("aaaabbbbccccdddd")] {
        assert_eq!(show(&five, code.clone(), by(7)), Err(Refusal::TooManyCodes));
        assert!(matches!(
            show(&five, code, by(8)).unwrap()[0],
            FactorsEvent::CodeShown { .. } | FactorsEvent::RecoveryCodeShown { .. }
        ));
    }
}

#[test]
fn thirty_wrong_codes_close_the_app_to_who_awaits_it_and_leave_every_other_way_open() {
    let many: Vec<_> = (0..30).map(|id| refused(100 + id / 5, now(), false)).collect();
    assert!(show(&with(&many[1..]), good(), by(7)).is_ok());
    let state = with(&many);
    assert_eq!(show(&state, good(), by(7)), Err(Refusal::TooManyCodes));
    assert!(show(&state, Code::read("aaaabbbbccccdddd"), by(7)).is_ok(), "a recovery code");
    assert!(show(&state, good(), By { awaits: false, ..by(7) }).is_ok(), "an open session");
    let keyed = Factors::evolve(
        state.clone(),
        &FactorsEvent::PasskeyAdded { passkey: passkey("AQID", 0), session: session(1) },
    );
    let shown = Command::ShowPasskey { id: "AQID".into(), counter: 0, session: session(7) };
    assert!(Factors::decide(&keyed, shown).is_ok(), "a passkey");
    let aged: Vec<_> = (0..30).map(|id| refused(100 + id / 5, now() - WRONG_LIFE, false)).collect();
    assert!(show(&with(&aged), good(), by(7)).is_ok(), "a day later");
}

#[test]
fn an_app_is_taken_away_once() {
    assert_eq!(Factors::decide(&with(&[]), Command::RemoveTotp), Ok(vec![FactorsEvent::TotpRemoved {}]));
    let without = with(&[FactorsEvent::TotpRemoved {}]);
    assert!(!without.has_second());
    assert_eq!(Factors::decide(&without, Command::RemoveTotp), Err(Refusal::NoSecondFactor));
    assert_eq!(show(&without, Code::read("aaaabbbbccccdddd"), by(2)), Err(Refusal::NoSecondFactor));
}

#[test]
fn a_passkey_is_added_once_and_ten_are_enough() {
    let add =
        |id: &str| Command::AddPasskey { passkey: passkey(id, 0), session: session(1), recovery: recovery() };
    let added = |id: &str| FactorsEvent::PasskeyAdded { passkey: passkey(id, 0), session: session(1) };
    let codes = FactorsEvent::RecoveryCodesMade { sha256: recovery() };
    assert_eq!(Factors::decide(&given(&[]), add("AQID")), Ok(vec![added("AQID"), codes]));
    assert_eq!(Factors::decide(&with(&[]), add("AQID")), Ok(vec![added("AQID")]), "the codes stay");
    assert_eq!(Factors::decide(&with(&[added("AQID")]), add("AQID")), Err(Refusal::PasskeyKnown));
    let many: Vec<_> = (0..PASSKEYS_MAX).map(|id| added(&id.to_string())).collect();
    assert_eq!(Factors::decide(&with(&many), add("AQID")), Err(Refusal::TooManyPasskeys));
}

#[test]
fn a_passkey_that_counts_goes_on_counting_and_one_that_does_not_is_taken_as_it_is() {
    let show = |state: &Factors, counter| {
        Factors::decide(state, Command::ShowPasskey { id: "AQID".into(), counter, session: session(2) })
    };
    let shown =
        |counter| Ok(vec![FactorsEvent::PasskeyShown { id: "AQID".into(), counter, session: session(2) }]);
    let counting = |counter| {
        given(&[FactorsEvent::PasskeyAdded { passkey: passkey("AQID", counter), session: session(1) }])
    };
    assert_eq!(show(&counting(0), 0), shown(0));
    assert_eq!(show(&counting(0), 5), shown(5));
    assert_eq!(show(&counting(5), 6), shown(6));
    for counter in [0, 4, 5] {
        assert_eq!(show(&counting(5), counter), Err(Refusal::PasskeyCounter), "{counter}");
    }
    let moved = Factors::evolve(counting(5), &shown(9).unwrap()[0]);
    assert_eq!(show(&moved, 9), Err(Refusal::PasskeyCounter));
    assert_eq!(show(&given(&[]), 1), Err(Refusal::PasskeyUnknown));
}

#[test]
fn a_passkey_is_taken_away_once() {
    let remove = || Command::RemovePasskey { id: "AQID".into() };
    let added = FactorsEvent::PasskeyAdded { passkey: passkey("AQID", 0), session: session(1) };
    let removed = FactorsEvent::PasskeyRemoved { id: "AQID".into() };
    assert_eq!(Factors::decide(&given(std::slice::from_ref(&added)), remove()), Ok(vec![removed.clone()]));
    let without = given(&[added, removed]);
    assert!(!without.has_second());
    assert_eq!(Factors::decide(&without, remove()), Err(Refusal::PasskeyUnknown));
}

proptest! {
    /// However wrong others are, a session of the owner gets in with what the owner has.
    #[test]
    fn no_number_of_wrong_codes_elsewhere_keeps_a_recovery_code_out(sessions in proptest::collection::vec(1u128..50, 0..200)) {
        let others: Vec<_> = sessions.iter().map(|id| refused(100 + id, now(), false)).collect();
        let outcome = show(&with(&others), Code::read("aaaabbbbccccdddd"), by(7)).unwrap();
        let shown = matches!(outcome[0], FactorsEvent::RecoveryCodeShown { .. });
        prop_assert!(shown);
    }
}

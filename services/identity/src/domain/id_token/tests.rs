//! What a provider signs of somebody, and every way in which it is no answer.
use super::*;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    signature::Ed25519KeyPair,
};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap()
}

fn key(seed: u8) -> EncodingKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    EncodingKey::from_ed_der(der.as_ref())
}

fn published(id: &str, seed: u8) -> Vec<Jwk> {
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some(id.into());
    vec![jwk]
}

fn expected() -> Expected<'static> {
    let (issuer, client_id) = ("https://login.example", "holdfast");
    Expected { issuer, client_id, nonce: "asked", now: noon() }
}

fn claims() -> Value {
    let now = noon().timestamp();
    json!({
        "iss": "https://login.example", "sub": "7", "aud": "holdfast", "iat": now, "exp": now + 300,
        "nonce": "asked", "email": "dana@example.org", "email_verified": true, "amr": ["pwd"],
    })
}

fn signed(claims: &Value, algorithm: Algorithm, id: Option<&str>, key: &EncodingKey) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// As it should be, but for what the claims say.
fn with(member: &str, value: Value) -> Result<Identified, Broken> {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(member)),
        value => claims[member] = value,
    }
    let token = signed(&claims, Algorithm::EdDSA, Some("a"), &key(1));
    identified(&token, &published("a", 1), expected())
}

#[test]
fn who_the_provider_vouches_for_is_told_with_all_that_it_says() {
    let known = with("groups", json!(["clinicians"])).unwrap();
    assert_eq!((known.subject.as_str(), known.verified_email()), ("7", Some("dana@example.org")));
    assert_eq!(known.claims["groups"], json!(["clinicians"]));
    let unnamed = signed(&claims(), Algorithm::EdDSA, None, &key(1));
    assert!(identified(&unnamed, &published("a", 1), expected()).is_ok(), "of one key no id is needed");
}

#[test]
fn an_address_counts_where_the_provider_says_that_it_is_theirs() {
    for (verified, taken) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("yes"), false),
        (json!(1), false),
        (Value::Null, false),
    ] {
        let known = with("email_verified", verified.clone()).unwrap();
        assert_eq!(known.verified_email().is_some(), taken, "{verified}");
    }
}

#[test]
fn each_rule_that_is_broken_has_its_name() {
    let at = |seconds: i64| json!(noon().timestamp() + seconds);
    for (member, value, broken) in [
        ("iss", json!("https://elsewhere.example"), Broken::Issuer),
        ("iss", json!("https://login.example/"), Broken::Issuer),
        ("aud", json!("other"), Broken::Audience),
        ("aud", json!(["holdfast", "other"]), Broken::Audience),
        ("azp", json!("other"), Broken::Audience),
        ("exp", at(-60), Broken::Time),
        ("iat", at(61), Broken::Time),
        ("iat", at(-901), Broken::Time),
        ("nonce", json!("of another sign-in"), Broken::Nonce),
        ("nonce", Value::Null, Broken::Nonce),
        ("sub", json!(7), Broken::Format),
    ] {
        assert_eq!(with(member, value.clone()), Err(broken), "{member} {value}");
    }
    assert!(with("exp", at(-59)).is_ok());
}

#[test]
fn only_what_a_published_key_has_signed_is_taken() {
    let judged = |token: &str| identified(token, &published("a", 1), expected());
    let of = |id, seed| judged(&signed(&claims(), Algorithm::EdDSA, Some(id), &key(seed)));
    assert_eq!(of("a", 2), Err(Broken::Signature));
    assert_eq!(of("b", 1), Err(Broken::Key));
    let shared = signed(&claims(), Algorithm::HS256, Some("a"), &EncodingKey::from_secret(b"public"));
    assert_eq!(judged(&shared), Err(Broken::Algorithm));
    // {"alg":"none"}
    assert_eq!(judged("eyJhbGciOiJub25lIn0.e30."), Err(Broken::Algorithm));
    assert_eq!(judged("nothing"), Err(Broken::Algorithm));
    let two = [published("a", 1), published("b", 2)].concat();
    let unnamed = signed(&claims(), Algorithm::EdDSA, None, &key(1));
    assert_eq!(identified(&unnamed, &two, expected()), Err(Broken::Key));
}

#[test]
fn what_is_told_besides_is_of_the_same_person_and_overrules_nothing_that_was_signed() {
    let known = with("acr", json!("urn:two")).unwrap();
    let told = json!({"sub": "7", "email": "other@example.org", "groups": ["desk"]});
    let both = known.clone().beside(told).unwrap();
    assert_eq!(both.verified_email(), Some("dana@example.org"));
    assert_eq!(both.claims["groups"], json!(["desk"]));
    let unverified = with("email_verified", Value::Null).unwrap();
    let other = json!({"sub": "7", "email": "other@example.org", "email_verified": true});
    assert_eq!(unverified.beside(other).unwrap().verified_email(), None);
    assert_eq!(known.beside(json!({"sub": "8"})), Err(Broken::Subject));
}

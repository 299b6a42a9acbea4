//! What a program signs, and every way in which it is none of its own.
use super::*;
use crate::domain::service_key;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        RsaKeyPair,
    },
};
use jsonwebtoken::{EncodingKey, jwk::Jwk};
use serde_json::json;
use uuid::Uuid;

const AUDIENCE: &str = "https://holdfast.example";

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800, 0).unwrap()
}

fn account() -> AccountId {
    AccountId::new(Uuid::from_u128(7))
}

fn ed25519(seed: u8) -> EncodingKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    EncodingKey::from_ed_der(der.as_ref())
}

fn known(id: &str, key: &EncodingKey, algorithm: Algorithm) -> Vec<ServiceKey> {
    let mut key = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    key["kid"] = json!(id);
    service_key::read(&json!({ "keys": [key] }).to_string()).unwrap()
}

fn claims() -> Value {
    let (account, noon) = (account().to_string(), noon().timestamp());
    json!({"iss": account, "sub": account, "aud": AUDIENCE, "iat": noon, "exp": noon + 300, "jti": "one"})
}

fn signed(claims: &Value, algorithm: Algorithm, id: &str, key: &EncodingKey) -> String {
    let header = jsonwebtoken::Header { kid: Some(id.into()), ..jsonwebtoken::Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn judged(assertion: &str, keys: &[ServiceKey]) -> Result<Shown, Refusal> {
    shown(assertion, keys, account(), AUDIENCE, noon())
}

/// Signed as it should be, but for what the claims say.
fn with(member: &str, value: Value) -> Result<Shown, Refusal> {
    let (mut claims, key) = (claims(), ed25519(1));
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(member)),
        value => claims[member] = value,
    }
    judged(&signed(&claims, Algorithm::EdDSA, "a", &key), &known("a", &key, Algorithm::EdDSA))
}

#[test]
fn what_the_key_of_the_program_has_signed_is_taken_with_each_kind_of_key() {
    let curve = |signing| {
        EncodingKey::from_ec_der(EcdsaKeyPair::generate(signing).unwrap().to_pkcs8v1().unwrap().as_ref())
    };
    for (algorithm, key) in [
        (Algorithm::EdDSA, ed25519(1)),
        (Algorithm::ES256, curve(&ECDSA_P256_SHA256_FIXED_SIGNING)),
        (Algorithm::ES384, curve(&ECDSA_P384_SHA384_FIXED_SIGNING)),
    ] {
        let good = judged(&signed(&claims(), algorithm, "a", &key), &known("a", &key, algorithm)).unwrap();
        assert_eq!(good, Shown { id: Digest::of(b"one"), until: noon() + LIFE_MAX + SKEW_MAX });
    }
}

#[test]
fn rsa_signs_as_the_key_says_it_does() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // Behind the head of PKCS #8 stands the key of RFC 8017, appendix A.1.2.
    let key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
    let assertion = signed(&claims(), Algorithm::RS256, "a", &key);
    assert!(judged(&assertion, &known("a", &key, Algorithm::RS256)).is_ok());
    assert_eq!(judged(&assertion, &known("a", &key, Algorithm::RS384)), Err(Refusal::Algorithm));
}

#[test]
fn neither_no_signature_nor_the_public_key_as_a_shared_secret_is_taken() {
    let (key, keys) = (ed25519(1), known("a", &ed25519(1), Algorithm::EdDSA));
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |alg: &str| format!("{}.{}.", part(json!({"alg": alg, "kid": "a"})), part(claims()));
    for alg in ["none", "None", "NONE", "", "EdDSA2"] {
        assert_eq!(judged(&unsigned(alg), &keys), Err(Refusal::Algorithm), "{alg}");
    }
    assert_eq!(judged(&unsigned("EdDSA"), &keys), Err(Refusal::Signature));
    let public: Value =
        serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap()).unwrap();
    let public = URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap();
    let confused = signed(&claims(), Algorithm::HS256, "a", &EncodingKey::from_secret(&public));
    assert_eq!(judged(&confused, &keys), Err(Refusal::Algorithm));
}

#[test]
fn another_key_another_id_and_another_algorithm_are_told_apart() {
    let (key, keys) = (ed25519(1), known("a", &ed25519(1), Algorithm::EdDSA));
    let of = |id, key: &EncodingKey| judged(&signed(&claims(), Algorithm::EdDSA, id, key), &keys);
    assert_eq!(of("b", &key), Err(Refusal::KeyUnknown));
    assert_eq!(of("a", &ed25519(2)), Err(Refusal::Signature));
    assert_eq!(judged(&signed(&claims(), Algorithm::EdDSA, "a", &key), &[]), Err(Refusal::KeyUnknown));
    let unnamed =
        jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::EdDSA), &claims(), &key).unwrap();
    assert_eq!(judged(&unnamed, &keys), Err(Refusal::KeyUnknown));
    let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap().to_pkcs8v1().unwrap();
    let curve = EncodingKey::from_ec_der(curve.as_ref());
    let other = signed(&claims(), Algorithm::ES256, "a", &curve);
    assert_eq!(judged(&other, &keys), Err(Refusal::Algorithm));
}

#[test]
fn what_was_changed_after_it_was_signed_is_refused() {
    let (key, keys) = (ed25519(1), known("a", &ed25519(1), Algorithm::EdDSA));
    let good = signed(&claims(), Algorithm::EdDSA, "a", &key);
    let [header, _, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut later = claims();
    later["jti"] = json!("two");
    let changed = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(later.to_string()));
    assert_eq!(judged(&changed, &keys), Err(Refusal::Signature));
    for text in ["", "a", "a.b", "a.b.c", good.get(..good.len() / 3).unwrap(), &good.replace('.', "")] {
        assert_eq!(judged(text, &keys), Err(Refusal::Malformed), "{text}");
    }
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "EdDSA", "kid": "a", "crit": ["exp"]}).to_string());
    assert_eq!(judged(&format!("{header}.e30.AA"), &keys), Err(Refusal::Malformed));
}

#[test]
fn it_says_of_itself_who_it_is_and_for_whom() {
    assert!(with("aud", json!([AUDIENCE])).is_ok());
    let other = AccountId::new(Uuid::from_u128(8)).to_string();
    for (member, value, refusal) in [
        ("iss", json!(other), Refusal::Subject),
        ("sub", json!(other), Refusal::Subject),
        ("aud", json!("https://elsewhere.example"), Refusal::Audience),
        ("aud", json!([AUDIENCE, "https://elsewhere.example"]), Refusal::Audience),
        ("aud", json!([]), Refusal::Audience),
        ("jti", json!(""), Refusal::Malformed),
        ("jti", json!("x".repeat(ID_CHARACTERS_MAX + 1)), Refusal::Malformed),
    ] {
        assert_eq!(with(member, value), Err(refusal), "{member}");
    }
    for member in ["iss", "sub", "aud", "exp", "jti"] {
        assert_eq!(with(member, Value::Null), Err(Refusal::Malformed), "{member}");
    }
    assert!(with("iat", Value::Null).is_ok());
}

#[test]
fn it_is_good_for_five_minutes_at_most_by_clocks_that_differ_by_one() {
    let at = |seconds: i64| json!(noon().timestamp() + seconds);
    assert!(with("exp", at(360)).is_ok());
    assert_eq!(with("exp", at(361)), Err(Refusal::Life));
    assert!(with("exp", at(-59)).is_ok());
    assert_eq!(with("exp", at(-60)), Err(Refusal::Expired));
    assert_eq!(with("exp", json!(1e300)), Err(Refusal::Malformed));
    assert!(with("exp", json!(noon().timestamp() as f64 + 0.5)).is_ok());
    for begins in ["iat", "nbf"] {
        assert!(with(begins, at(60)).is_ok());
        assert_eq!(with(begins, at(61)), Err(Refusal::Early));
    }
}

//! Tokens: what is signed comes back, and everything else is refused with its reason.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use given::*;
use holdfast_access::*;
use holdfast_types::*;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const SEED: [u8; 32] = [7; 32];

fn signer() -> TokenSigner {
    TokenSigner::from_seed(&SEED).unwrap()
}

fn verifier() -> TokenVerifier {
    TokenVerifier::new(&[signer().public_key()]).unwrap()
}

fn claims() -> Claims {
    Claims {
        account: account(),
        session: Some(SessionId::new(id(0x5E))),
        roles: vec![RoleAssignment { role: Role::Therapist, tenant: tenant(), practice: Some(practice()) }],
        iat: now().timestamp(),
        exp: now().timestamp() + LIFE_SECONDS_MAX,
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

/// Signs anything with the right key, as a faulty or foreign issuer might.
fn signed(header: &Header, change: impl Fn(&mut Value)) -> String {
    let mut claims = serde_json::to_value(claims()).unwrap();
    claims["iss"] = json!("holdfast-identity");
    claims["aud"] = json!("holdfast");
    change(&mut claims);
    // RFC 8410: the fixed head of an Ed25519 key in PKCS #8, then the seed.
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let key = EncodingKey::from_ed_der(&[head.as_slice(), SEED.as_slice()].concat());
    jsonwebtoken::encode(header, &claims, &key).unwrap()
}

fn header() -> Header {
    Header { kid: Some(signer().public_key().kid()), ..Header::new(Algorithm::EdDSA) }
}

#[test]
fn a_token_brings_its_caller_to_whoever_knows_the_public_key() {
    let token = signer().sign(&claims()).unwrap();
    let caller = verifier().verify_bearer(Some(&format!("Bearer {token}")), at(0)).unwrap();
    let expires = chrono::DateTime::from_timestamp(claims().exp, 0).unwrap();
    assert_eq!(
        caller,
        Caller { account: account(), session: claims().session, roles: claims().roles, expires }
    );
    let through_key_set = TokenVerifier::from_key_set(&key_set(&[signer().public_key()])).unwrap();
    assert_eq!(through_key_set.verify(&token, at(0)), Ok(caller));
    assert_eq!(
        verifier().verify(&signed(&header(), |_| {}), at(0)).unwrap().account,
        account(),
        "the forger below signs well"
    );
}

#[test]
fn the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a() {
    let seed = BASE64_URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let signer = TokenSigner::from_seed(&seed.try_into().unwrap()).unwrap();
    assert_eq!(signer.public_key().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert!(key_set(&[signer.public_key()]).contains("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}

#[test]
fn a_key_file_is_read_as_pem_and_as_der() {
    // RFC 8410 sections 10.3 and 10.1.
    let body = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let der = base64::prelude::BASE64_STANDARD.decode(body).unwrap();
    let (pem, der) =
        (TokenSigner::from_pkcs8(pem.as_bytes()).unwrap(), TokenSigner::from_pkcs8(&der).unwrap());
    assert_eq!(pem.public_key(), der.public_key());
    assert!(key_set(&[der.public_key()]).contains("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"));
    assert_eq!(
        TokenSigner::from_pkcs8(b"-----BEGIN PRIVATE KEY-----\nnonsense").err(),
        Some(KeyError::Private)
    );
    assert_eq!(TokenSigner::from_pkcs8(b"").err(), Some(KeyError::Private));
}

#[test]
fn a_token_is_good_until_its_end_and_not_at_it() {
    let token = signer().sign(&claims()).unwrap();
    assert!(verifier().verify(&token, at(LIFE_SECONDS_MAX - 1)).is_ok());
    assert_eq!(verifier().verify(&token, at(LIFE_SECONDS_MAX)), Err(TokenError::Expired));
}

#[test]
fn a_clock_may_run_thirty_seconds_ahead_and_no_more() {
    let token = signer().sign(&claims()).unwrap();
    assert!(verifier().verify(&token, at(-30)).is_ok());
    assert_eq!(verifier().verify(&token, at(-31)), Err(TokenError::Invalid));
}

#[test]
fn no_token_is_missing_and_nonsense_is_invalid() {
    let verifier = verifier();
    for missing in [None, Some(""), Some("Bearer"), Some("Bearer  "), Some("Basic abc")] {
        assert_eq!(verifier.verify_bearer(missing, at(0)), Err(TokenError::Missing), "{missing:?}");
    }
    for nonsense in ["Bearer x", "Bearer a.b.c", "Bearer ..", "bearer \u{e9}"] {
        assert_eq!(verifier.verify_bearer(Some(nonsense), at(0)), Err(TokenError::Invalid), "{nonsense}");
    }
    assert_eq!(verifier.verify(&"a".repeat(17 * 1024), at(0)), Err(TokenError::Invalid));
}

#[test]
fn a_token_of_another_issuer_audience_key_or_algorithm_is_refused() {
    let verifier = verifier();
    let refused = |token: String| assert_eq!(verifier.verify(&token, at(0)), Err(TokenError::Invalid));
    refused(signed(&header(), |claims| claims["iss"] = json!("another")));
    refused(signed(&header(), |claims| claims["aud"] = json!("another")));
    refused(signed(&header(), |claims| drop(claims.as_object_mut().unwrap().remove("iss"))));
    refused(signed(&header(), |claims| drop(claims.as_object_mut().unwrap().remove("aud"))));
    refused(signed(&header(), |claims| drop(claims.as_object_mut().unwrap().remove("exp"))));
    refused(signed(&header(), |claims| claims["exp"] = json!(now().timestamp() + LIFE_SECONDS_MAX + 1)));
    refused(signed(&Header { kid: None, ..header() }, |_| {}));
    refused(signed(&Header { kid: Some("other".to_owned()), ..header() }, |_| {}));
    refused(signed(&Header { crit: Some(vec!["exp".to_owned()]), ..header() }, |_| {}));
    refused(TokenSigner::from_seed(&[8; 32]).unwrap().sign(&claims()).unwrap());
    let secret = EncodingKey::from_secret(signer().public_key().kid().as_bytes());
    let symmetric = Header { alg: Algorithm::HS256, ..header() };
    refused(jsonwebtoken::encode(&symmetric, &serde_json::to_value(claims()).unwrap(), &secret).unwrap());
    let unsigned = json!({"alg": "none", "typ": "JWT", "kid": signer().public_key().kid()}).to_string();
    let good = signer().sign(&claims()).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    refused(format!("{}.{}.", BASE64_URL_SAFE_NO_PAD.encode(unsigned), parts[1]));
}

#[test]
fn a_changed_token_is_refused_wherever_it_was_changed() {
    let token = signer().sign(&claims()).unwrap();
    let verifier = verifier();
    for at_byte in (0..token.len()).step_by(7) {
        let mut changed = token.clone().into_bytes();
        changed[at_byte] = if changed[at_byte] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(verifier.verify(&changed, at(0)), Err(TokenError::Invalid), "byte {at_byte}");
    }
}

#[test]
fn keys_roll_over_while_both_are_known() {
    let (old, new) = (signer(), TokenSigner::from_seed(&[9; 32]).unwrap());
    let (by_old, by_new) = (old.sign(&claims()).unwrap(), new.sign(&claims()).unwrap());
    let only_old = verifier();
    assert!(only_old.names_unknown_key(&by_new) && !only_old.names_unknown_key(&by_old));
    let both = TokenVerifier::from_key_set(&key_set(&[new.public_key(), old.public_key()])).unwrap();
    assert!(both.verify(&by_old, at(0)).is_ok() && both.verify(&by_new, at(0)).is_ok());
}

#[test]
fn identity_signs_no_long_and_no_endless_token() {
    for exp in [now().timestamp(), now().timestamp() + LIFE_SECONDS_MAX + 1] {
        assert_eq!(signer().sign(&Claims { exp, ..claims() }), Err(KeyError::Claims));
    }
    let roles = vec![claims().roles[0]; ROLES_MAX + 1];
    assert_eq!(signer().sign(&Claims { roles, ..claims() }), Err(KeyError::Claims));
}

#[test]
fn a_key_set_without_a_usable_key_makes_no_verifier() {
    for bad in [
        "",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"crv":"P-256","x":"AA"}]}"#,
        r#"{"keys":[{"crv":"Ed25519","x":"AA"}]}"#,
    ] {
        assert_eq!(TokenVerifier::from_key_set(bad).err(), Some(KeyError::Public), "{bad}");
    }
}

#[test]
fn who_it_is_was_shown_when_the_token_says_and_of_a_silent_session_long_ago() {
    let shown = |claims: Claims, said: Option<i64>| {
        let said = said.map(|auth_time| Shown { amr: vec!["otp"], auth_time, second_time: None });
        let token = signer().sign_shown(&claims, said.as_ref()).unwrap();
        let presence = verifier().verify_shown(&token, at(0)).unwrap().1;
        assert_eq!(presence.second, None);
        presence.shown
    };
    let issued = now().timestamp();
    assert_eq!(shown(claims(), Some(issued - 90)), at(-90));
    assert_eq!(shown(claims(), Some(issued + 90)), at(0), "nobody shows it after the token was made");
    assert_eq!(shown(claims(), None), DateTime::UNIX_EPOCH);
    assert_eq!(shown(Claims { session: None, ..claims() }, None), at(0));
}

#[test]
fn a_second_factor_was_shown_when_the_token_says_and_never_where_there_is_one_that_was_not() {
    let second = |second_time| {
        let said = Shown { amr: vec!["mail"], auth_time: now().timestamp(), second_time };
        let token = signer().sign_shown(&claims(), Some(&said)).unwrap();
        verifier().verify_shown(&token, at(0)).unwrap().1.second
    };
    assert_eq!(second(None), None, "there is none to show");
    assert_eq!(second(Some(0)), Some(DateTime::UNIX_EPOCH));
    assert_eq!(second(Some(at(-90).timestamp())), Some(at(-90)));
    assert_eq!(second(Some(at(90).timestamp())), Some(at(0)), "nobody shows it after the token was made");
}

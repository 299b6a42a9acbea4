//! The public keys by which a program shows who it is (RFC 7517): Ed25519, P-256 and P-384 curves, RSA. A key that is not one of these,
//! is weak or gives its private half away is not taken, so that whatever is kept can be verified with.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many a program has at a time: one that signs, one that is to come, and some that are slow to go.
pub(crate) const KEYS_MAX: usize = 5;
const KEY_ID_CHARACTERS_MAX: usize = 200;
/// Of an RSA modulus, in bytes.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// Members of a private or a shared key (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// One key, with its id and without anything else that is not needed to verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ServiceKey(Jwk);

/// Why a key set is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("not a JSON Web Key Set")]
    Format,
    #[error("the key set gives a private or a shared key away: make another, and never send that one again")]
    Private,
    #[error("a key is none of Ed25519, P-256, P-384 or RSA, or is not for signing")]
    Kind,
    #[error("a key has not the length of its kind; RSA wants 2048 bits at least")]
    Length,
    #[error("the id of a key is empty or too long, or two keys have the same")]
    Id,
    #[error("a program has one to {KEYS_MAX} keys")]
    Count,
}

impl Broken {
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Private => "private",
            Self::Kind => "kind",
            Self::Length => "length",
            Self::Id => "id",
            Self::Count => "count",
        }
    }
}

/// From a JSON Web Key Set, in its order.
pub(crate) fn read(jwks_json: &str) -> Result<Vec<ServiceKey>, Broken> {
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<Value>,
    }
    let KeySet { keys } = serde_json::from_str(jwks_json).map_err(|_| Broken::Format)?;
    if keys.is_empty() || keys.len() > KEYS_MAX {
        return Err(Broken::Count);
    }
    let mut read: Vec<ServiceKey> = Vec::new();
    for key in keys {
        let key = ServiceKey::read(key)?;
        if read.iter().any(|other| other.id() == key.id()) {
            return Err(Broken::Id);
        }
        read.push(key);
    }
    Ok(read)
}

/// As a JSON Web Key Set.
pub(crate) fn key_set(keys: &[ServiceKey]) -> String {
    json!({ "keys": keys }).to_string()
}

impl ServiceKey {
    fn read(key: Value) -> Result<Self, Broken> {
        if PRIVATE.iter().any(|member| key.get(member).is_some()) {
            return Err(Broken::Private);
        }
        let Jwk { common, algorithm } = serde_json::from_value(key).map_err(|_| Broken::Kind)?;
        if common.public_key_use.is_some_and(|purpose| purpose != PublicKeyUse::Signature) {
            return Err(Broken::Kind);
        }
        let mut key = Self(Jwk {
            common: CommonParameters { key_algorithm: common.key_algorithm, ..CommonParameters::default() },
            algorithm,
        });
        if key.algorithms().is_empty() {
            return Err(Broken::Kind);
        }
        if !key.has_its_length() {
            return Err(Broken::Length);
        }
        let id = match common.key_id {
            Some(id) => id,
            None => key.0.thumbprint(ThumbprintHash::SHA256).map_err(|_| Broken::Kind)?,
        };
        if id.is_empty() || id.chars().count() > KEY_ID_CHARACTERS_MAX || id.chars().any(char::is_control) {
            return Err(Broken::Id);
        }
        key.0.common.key_id = Some(id);
        Ok(key)
    }

    pub(crate) fn id(&self) -> &str {
        self.0.common.key_id.as_deref().unwrap_or_default()
    }

    /// With which it signs: what its kind can, or of that the one that it names.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        let of_its_kind: &[Algorithm] = match &self.0.algorithm {
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                &[Algorithm::ES256]
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
                &[Algorithm::ES384]
            }
            AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::RS384],
            _ => &[],
        };
        let named = self.0.common.key_algorithm;
        let fits = |own: &&Algorithm| named.is_none_or(|named| named.to_string() == format!("{own:?}"));
        of_its_kind.iter().filter(fits).copied().collect()
    }

    /// None of a key that was never read here.
    pub(crate) fn decoding(&self) -> Option<DecodingKey> {
        DecodingKey::from_jwk(&self.0).ok()
    }

    fn has_its_length(&self) -> bool {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len());
        match &self.0.algorithm {
            AlgorithmParameters::OctetKeyPair(key) => bytes(&key.x) == 32,
            AlgorithmParameters::EllipticCurve(key) => {
                let length = if key.curve == EllipticCurve::P384 { 48 } else { 32 };
                bytes(&key.x) == length && bytes(&key.y) == length
            }
            AlgorithmParameters::RSA(key) => {
                RSA_BYTES.contains(&bytes(&key.n)) && (1..=8).contains(&bytes(&key.e))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An Ed25519 key of this id; whether it is a point of the curve matters to no rule.
    pub(crate) fn key(id: &str) -> ServiceKey {
        read(&set(&[with(id, &json!({}))])).unwrap().remove(0)
    }

    fn with(id: &str, more: &Value) -> Value {
        let mut key =
            json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": URL_SAFE_NO_PAD.encode([7; 32])});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    fn set(keys: &[Value]) -> String {
        json!({ "keys": keys }).to_string()
    }

    #[test]
    fn of_a_key_stays_what_verifies_and_its_id_which_is_its_thumbprint_where_it_has_none() {
        let more =
            json!({"use": "sig", "alg": "EdDSA", "key_ops": ["verify"], "x5u": "https://elsewhere.example"});
        let read_back = read(&set(&[with("a", &more)])).unwrap();
        let kept: Value = serde_json::from_str(&key_set(&read_back)).unwrap();
        assert_eq!(kept["keys"], json!([with("a", &json!({"alg": "EdDSA"}))]));
        // RFC 8037, appendix A.3.
        let unnamed =
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(read(&set(&[unnamed])).unwrap()[0].id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_signs_as_its_kind_does_or_as_it_says() {
        let bytes = |count: usize| URL_SAFE_NO_PAD.encode(vec![9; count]);
        let curve =
            |name: &str, count| json!({"kty": "EC", "crv": name, "x": bytes(count), "y": bytes(count)});
        let rsa = |more: Value| {
            let mut key = json!({"kty": "RSA", "n": bytes(256), "e": "AQAB"});
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        for (key, algorithms) in [
            (with("a", &json!({})), vec![Algorithm::EdDSA]),
            (curve("P-256", 32), vec![Algorithm::ES256]),
            (curve("P-384", 48), vec![Algorithm::ES384]),
            (rsa(json!({})), vec![Algorithm::RS256, Algorithm::RS384]),
            (rsa(json!({"alg": "RS384"})), vec![Algorithm::RS384]),
        ] {
            assert_eq!(read(&set(&[key])).unwrap()[0].algorithms(), algorithms);
        }
        for (key, broken) in [
            (curve("P-521", 66), Broken::Kind),
            (curve("P-256", 31), Broken::Length),
            (rsa(json!({"n": bytes(255)})), Broken::Length),
            (rsa(json!({"n": bytes(1025)})), Broken::Length),
            (rsa(json!({"alg": "PS256"})), Broken::Kind),
            (rsa(json!({"alg": "HS256"})), Broken::Kind),
            (with("a", &json!({"x": bytes(31)})), Broken::Length),
            (with("a", &json!({"use": "enc"})), Broken::Kind),
            (json!({"kty": "unheard of"}), Broken::Kind),
        ] {
            assert_eq!(read(&set(std::slice::from_ref(&key))), Err(broken), "{key}");
        }
    }

    #[test]
    fn what_is_secret_is_never_taken() {
        for member in PRIVATE {
            assert_eq!(read(&set(&[with("a", &json!({ member: "AQ" }))])), Err(Broken::Private), "{member}");
        }
        assert_eq!(read(&set(&[json!({"kty": "oct", "k": "AQ"})])), Err(Broken::Private));
    }

    #[test]
    fn a_set_has_one_to_five_keys_each_with_an_id_of_its_own() {
        let named = |count: usize| (0..count).map(|id| with(&id.to_string(), &json!({}))).collect::<Vec<_>>();
        assert_eq!(read(&set(&named(KEYS_MAX))).unwrap().len(), KEYS_MAX);
        assert_eq!(read(&set(&named(KEYS_MAX + 1))), Err(Broken::Count));
        assert_eq!(read(&set(&[])), Err(Broken::Count));
        assert_eq!(read(&set(&[with("a", &json!({})), with("a", &json!({}))])), Err(Broken::Id));
        for id in ["", "a\nb", &"x".repeat(KEY_ID_CHARACTERS_MAX + 1)] {
            assert_eq!(read(&set(&[with(id, &json!({}))])), Err(Broken::Id));
        }
        assert_eq!(read("{}"), Err(Broken::Format));
    }
}

//! Access tokens: Ed25519 JWTs (RFC 7519, RFC 8037), signed by identity, verified by every service by itself.
use crate::{Caller, RoleAssignment};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Longest life of a token, and how far a signer's clock may run ahead.
pub const LIFE_SECONDS_MAX: i64 = 300;
const SKEW_SECONDS_MAX: i64 = 30;
const TOKEN_BYTES_MAX: usize = 16 * 1024;
pub const ROLES_MAX: usize = 100;

const ISSUER: &str = "holdfast-identity";
const AUDIENCE: &str = "holdfast";

/// What a token says of its bearer; times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "sub")]
    pub account: AccountId,
    /// Absent for apps.
    #[serde(rename = "sid", default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    pub roles: Vec<RoleAssignment>,
    pub iat: i64,
    pub exp: i64,
}

/// What a session has shown of who is there (RFC 8176; OpenID Connect Core 1.0, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub amr: Vec<&'static str>,
    /// When it last showed what counts for acts that want a fresh factor, in seconds since 1970.
    pub auth_time: i64,
    /// When it last showed a second factor, 0 for never; none where the account has none to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_time: Option<i64>,
}

/// When whoever calls showed who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// What counts for acts that want a fresh factor.
    pub shown: DateTime<Utc>,
    /// A second factor; none where the account has none, and of whoever has no session.
    pub second: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Signed<'a> {
    iss: &'static str,
    aud: &'static str,
    #[serde(flatten)]
    claims: &'a Claims,
    #[serde(flatten)]
    shown: Option<&'a Shown>,
}

#[derive(Deserialize)]
struct Verified {
    #[serde(flatten)]
    claims: Claims,
    auth_time: Option<i64>,
    second_time: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no bearer token")]
    Missing,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not one of ours")]
    Invalid,
}

impl TokenError {
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::Expired => "TOKEN_EXPIRED",
            Self::Invalid => "TOKEN_INVALID",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("not an Ed25519 private key in PKCS #8")]
    Private,
    #[error("not a JSON Web Key Set with at least one Ed25519 key")]
    Public,
    #[error("a token may live {LIFE_SECONDS_MAX} seconds and carry {ROLES_MAX} roles at most")]
    Claims,
    #[error("the token cannot be signed")]
    Signing,
}

/// Identity's half.
pub struct TokenSigner {
    key: EncodingKey,
    public: PublicKey,
}

impl TokenSigner {
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::from_pair(&Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Private)?)
    }

    /// A PKCS #8 key file, PEM or DER, as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pkcs8(file: &[u8]) -> Result<Self, KeyError> {
        let der = match std::str::from_utf8(file) {
            Ok(pem) if pem.contains("-----BEGIN PRIVATE KEY-----") => {
                let body: String =
                    pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
                BASE64_STANDARD.decode(body).map_err(|_| KeyError::Private)?
            }
            _ => file.to_vec(),
        };
        Self::from_pair(&Ed25519KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Private)?)
    }

    /// A new key, PKCS #8 version 1, PEM: what every program reads (version 2 holds the public key, too, and not all know it).
    pub fn new_pem() -> Result<String, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Private)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Private)?;
        let body = BASE64_STANDARD.encode(der.as_ref());
        Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
    }

    fn from_pair(pair: &Ed25519KeyPair) -> Result<Self, KeyError> {
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Private)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Private)?;
        Ok(Self { key: EncodingKey::from_ed_der(der.as_ref()), public: PublicKey(public) })
    }

    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// For whoever has no session, and shows who it is whenever it asks for a token.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        self.sign_shown(claims, None)
    }

    pub fn sign_shown(&self, claims: &Claims, shown: Option<&Shown>) -> Result<String, KeyError> {
        let life = claims.exp.saturating_sub(claims.iat);
        if !(1..=LIFE_SECONDS_MAX).contains(&life) || claims.roles.len() > ROLES_MAX {
            return Err(KeyError::Claims);
        }
        self.sign_as(&Signed { iss: ISSUER, aud: AUDIENCE, claims, shown })
    }

    pub(crate) fn sign_as(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = Header { kid: Some(self.public.kid()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyError::Signing)
    }
}

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Its JWK thumbprint (RFC 7638; members as RFC 8037 section 2 has them).
    pub fn kid(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }

    fn x(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// A JSON Web Key Set (RFC 7517) of the given keys.
pub fn key_set(keys: &[PublicKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid(), "x": key.x()}))
        .collect();
    json!({ "keys": keys }).to_string()
}

/// Every service's half.
#[derive(Clone)]
pub struct TokenVerifier {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

impl TokenVerifier {
    pub fn new(keys: &[PublicKey]) -> Result<Self, KeyError> {
        if keys.is_empty() {
            return Err(KeyError::Public);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // Time is a parameter here: `verify` checks it.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let keys = keys.iter().map(|key| (key.kid(), DecodingKey::from_ed_der(&key.0))).collect();
        Ok(Self { keys, validation })
    }

    /// From identity's key set; keys that are not Ed25519 are passed over.
    pub fn from_key_set(json: &str) -> Result<Self, KeyError> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<Key>,
        }
        #[derive(Deserialize)]
        struct Key {
            crv: Option<String>,
            x: Option<String>,
        }
        let set: KeySet = serde_json::from_str(json).map_err(|_| KeyError::Public)?;
        let keys = set.keys.into_iter().filter(|key| key.crv.as_deref() == Some("Ed25519")).map(|key| {
            let x = BASE64_URL_SAFE_NO_PAD.decode(key.x.unwrap_or_default()).map_err(|_| KeyError::Public)?;
            x.try_into().map(PublicKey).map_err(|_| KeyError::Public)
        });
        Self::new(&keys.collect::<Result<Vec<_>, _>>()?)
    }

    /// Whether a token was signed by a key that is not known here (yet): a reason to fetch the key set again.
    pub fn names_unknown_key(&self, token: &str) -> bool {
        let header = jsonwebtoken::decode_header(token).ok();
        header.and_then(|header| header.kid).is_some_and(|kid| !self.keys.contains_key(&kid))
    }

    /// The value of the metadata `authorization`.
    pub fn verify_bearer(
        &self,
        authorization: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Caller, TokenError> {
        let (scheme, token) =
            authorization.and_then(|value| value.split_once(' ')).ok_or(TokenError::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return Err(TokenError::Missing);
        }
        self.verify(token.trim(), now)
    }

    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Caller, TokenError> {
        self.verify_shown(token, now).map(|(caller, _)| caller)
    }

    /// Beside the caller: when it last showed who it is. Who has no session shows it by asking for the token; of a session whose
    /// token says nothing of it, nothing is known: long ago.
    pub fn verify_shown(&self, token: &str, now: DateTime<Utc>) -> Result<(Caller, Presence), TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // RFC 7515 section 4.1.11: what is critical and not understood refuses the token.
        if header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(TokenError::Invalid)?;
        let verified: Verified = jsonwebtoken::decode(token, key, &self.validation).map_err(invalid)?.claims;
        let Verified { claims, auth_time, second_time } = verified;
        let (now, life) = (now.timestamp(), claims.exp.saturating_sub(claims.iat));
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        if claims.iat > now.saturating_add(SKEW_SECONDS_MAX)
            || life > LIFE_SECONDS_MAX
            || claims.roles.len() > ROLES_MAX
        {
            return Err(TokenError::Invalid);
        }
        let expires = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
        let unsaid = if claims.session.is_none() { claims.iat } else { 0 };
        // Nobody shows anything after the token was made.
        let moment = |said: i64| DateTime::from_timestamp(said.min(claims.iat), 0).ok_or(TokenError::Invalid);
        let presence = Presence {
            shown: moment(auth_time.unwrap_or(unsaid))?,
            second: second_time.map(moment).transpose()?,
        };
        let caller =
            Caller { account: claims.account, session: claims.session, roles: claims.roles, expires };
        Ok((caller, presence))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` hands over")]
fn invalid(error: jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        _ => TokenError::Invalid,
    }
}

//! What a program signs to show who it is: `private_key_jwt` (RFC 7523, section 3; OpenID Connect Core 1.0, section 9; SMART Backend
//! Services). Whether it was shown before is for the caller to see: nothing here remembers.
use super::{Digest, service_key::ServiceKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_types::AccountId;
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::str::FromStr as _;

/// How far ahead its end may lie.
pub(crate) const LIFE_MAX: TimeDelta = TimeDelta::minutes(5);
/// How far its maker's clock may be wrong.
pub(crate) const SKEW_MAX: TimeDelta = TimeDelta::seconds(60);
const ID_CHARACTERS_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("not a signed JWT with iss, sub, aud, exp and jti")]
    Malformed,
    #[error("the assertion is signed by no algorithm of the key that it names")]
    Algorithm,
    #[error("the assertion names no key of such a service account")]
    KeyUnknown,
    #[error("the assertion's signature is not of the key that it names")]
    Signature,
    #[error("the assertion is of somebody else")]
    Subject,
    #[error("the assertion is for somebody else")]
    Audience,
    #[error("the assertion has expired")]
    Expired,
    #[error("the assertion is of the future")]
    Early,
    #[error("the assertion is good for longer than {} minutes", LIFE_MAX.num_minutes())]
    Life,
}

/// An assertion that is good, if it was not shown before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub id: Digest,
    /// Until when it would be taken again, were it not remembered.
    pub until: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Times in seconds since 1970, fractions of which RFC 7519 allows.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

pub(crate) fn shown(
    assertion: &str,
    keys: &[ServiceKey],
    account: AccountId,
    audience: &str,
    now: DateTime<Utc>,
) -> Result<Shown, Refusal> {
    let Header { alg, kid, crit } = header(assertion)?;
    // RFC 7515, section 4.1.11: what is critical and not understood refuses it.
    if crit.is_some() {
        return Err(Refusal::Malformed);
    }
    // `none` is no algorithm, and neither is any that both sides share the key of.
    let algorithm = Algorithm::from_str(&alg).map_err(|_| Refusal::Algorithm)?;
    let key = keys.iter().find(|key| Some(key.id()) == kid.as_deref()).ok_or(Refusal::KeyUnknown)?;
    if !key.algorithms().contains(&algorithm) {
        return Err(Refusal::Algorithm);
    }
    let claims: Claims = verified(assertion, key, algorithm)?;
    let account = account.to_string();
    if claims.iss != account || claims.sub != account {
        return Err(Refusal::Subject);
    }
    // Whoever says two audiences lets each show it to the other.
    let ours = match &claims.aud {
        Audience::One(one) => one == audience,
        Audience::Many(many) => matches!(many.as_slice(), [one] if one == audience),
    };
    if !ours {
        return Err(Refusal::Audience);
    }
    if !(1..=ID_CHARACTERS_MAX).contains(&claims.jti.chars().count()) {
        return Err(Refusal::Malformed);
    }
    let until = moment(claims.exp)? + SKEW_MAX;
    if until <= now {
        return Err(Refusal::Expired);
    }
    if until > now + LIFE_MAX + SKEW_MAX + SKEW_MAX {
        return Err(Refusal::Life);
    }
    for begins in [claims.iat, claims.nbf].into_iter().flatten() {
        if moment(begins)? > now + SKEW_MAX {
            return Err(Refusal::Early);
        }
    }
    Ok(Shown { id: Digest::of(claims.jti.as_bytes()), until })
}

fn header(assertion: &str) -> Result<Header, Refusal> {
    let header = assertion.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&header).map_err(|_| Refusal::Malformed)
}

fn verified<T: DeserializeOwned>(
    assertion: &str,
    key: &ServiceKey,
    algorithm: Algorithm,
) -> Result<T, Refusal> {
    let mut validation = Validation::new(algorithm);
    // The claims are checked above, where time is a parameter and each refusal has its reason.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let key = key.decoding().ok_or(Refusal::KeyUnknown)?;
    jsonwebtoken::decode(assertion, &key, &validation).map(|data| data.claims).map_err(|error| {
        match error.kind() {
            ErrorKind::InvalidToken | ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => {
                Refusal::Malformed
            }
            ErrorKind::InvalidAlgorithm => Refusal::Algorithm,
            _ => Refusal::Signature,
        }
    })
}

/// One that is too large becomes the largest number, which is no time.
fn moment(seconds: f64) -> Result<DateTime<Utc>, Refusal> {
    DateTime::from_timestamp_millis((seconds * 1000.0) as i64).ok_or(Refusal::Malformed)
}

#[cfg(test)]
mod tests;

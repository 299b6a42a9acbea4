//! What a sign-in provider says of somebody: the ID token (OpenID Connect Core 1.0, section 3.1.3.7), judged by keys that are at hand.
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// How far the provider's clock may be wrong.
const SKEW_MAX: TimeDelta = TimeDelta::seconds(60);
/// An older one answers some other sign-in.
const AGE_MAX: TimeDelta = TimeDelta::minutes(15);
/// Those that no shared key is good for.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What it must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: DateTime<Utc>,
}

/// Which rule an answer of a provider breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("what the provider says cannot be read")]
    Format,
    #[error("the provider signs by an algorithm that is not taken")]
    Algorithm,
    #[error("the provider signs with a key that it does not publish")]
    Key,
    #[error("the signature is not the provider's")]
    Signature,
    #[error("the answer is of another issuer")]
    Issuer,
    #[error("the answer is for somebody else")]
    Audience,
    #[error("the answer has expired, or is of another time")]
    Time,
    #[error("the answer is to another question")]
    Nonce,
    #[error("two answers of the provider are of two people")]
    Subject,
}

impl Broken {
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::Nonce => "nonce",
            Self::Subject => "subject",
        }
    }
}

/// Somebody, as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identified {
    pub subject: String,
    pub amr: Vec<String>,
    pub acr: Option<String>,
    /// All that it says.
    pub claims: Value,
}

impl Identified {
    /// The address, where the provider says that it is theirs.
    pub(crate) fn verified_email(&self) -> Option<&str> {
        // Some write it as a text.
        let verified = match self.claims.get("email_verified")? {
            Value::Bool(verified) => *verified,
            Value::String(text) => text == "true",
            _ => false,
        };
        verified.then(|| self.claims.get("email")?.as_str()).flatten()
    }

    /// What the userinfo endpoint says besides; what was signed counts for more (section 5.3.4: it must be of the same subject).
    pub(crate) fn beside(mut self, told: Value) -> Result<Self, Broken> {
        let Value::Object(told) = told else { return Err(Broken::Format) };
        if told.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err(Broken::Subject);
        }
        let same_address = self.claims.get("email").is_none_or(|email| told.get("email") == Some(email));
        if let Value::Object(claims) = &mut self.claims {
            // That another address is theirs says nothing of this one.
            for (name, value) in told.into_iter().filter(|(name, _)| same_address || name != "email_verified")
            {
                claims.entry(name).or_insert(value);
            }
        }
        Ok(self)
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    acr: Option<String>,
}

pub(crate) fn identified(token: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<Identified, Broken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Broken::Algorithm)?;
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Err(Broken::Algorithm);
    }
    let key = key_of(header.kid.as_deref(), header.alg, keys).ok_or(Broken::Key)?;
    let mut validation = Validation::new(header.alg);
    // The claims are checked below, where time is a parameter and each rule has its name.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let key = DecodingKey::from_jwk(key).map_err(|_| Broken::Key)?;
    let data = jsonwebtoken::decode::<Value>(token, &key, &validation).map_err(|_| Broken::Signature)?;
    let said: Claims = serde_json::from_value(data.claims.clone()).map_err(|_| Broken::Format)?;
    if said.iss != expected.issuer {
        return Err(Broken::Issuer);
    }
    let audiences: Vec<&str> = match &said.aud {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let presented =
        said.azp.as_deref().or(if audiences.len() == 1 { audiences.first().copied() } else { None });
    if !audiences.contains(&expected.client_id) || presented != Some(expected.client_id) {
        return Err(Broken::Audience);
    }
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(Broken::Format);
    let (made, ends) = (moment(said.iat)?, moment(said.exp)?);
    if ends + SKEW_MAX <= expected.now || made > expected.now + SKEW_MAX || made + AGE_MAX < expected.now {
        return Err(Broken::Time);
    }
    if said.nonce.as_deref() != Some(expected.nonce) {
        return Err(Broken::Nonce);
    }
    Ok(Identified { subject: said.sub, amr: said.amr, acr: said.acr, claims: data.claims })
}

/// That of the id; without one, the only one that fits.
fn key_of<'a>(id: Option<&str>, algorithm: Algorithm, keys: &'a [Jwk]) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let kind = match key.algorithm {
            AlgorithmParameters::RSA(_) => !is_curve(algorithm),
            AlgorithmParameters::EllipticCurve(_) => {
                matches!(algorithm, Algorithm::ES256 | Algorithm::ES384)
            }
            AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
            _ => false,
        };
        kind && key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
    };
    let mut fitting = keys.iter().filter(fits);
    match id {
        Some(id) => fitting.find(|key| key.common.key_id.as_deref() == Some(id)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

const fn is_curve(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA)
}

#[cfg(test)]
mod tests;

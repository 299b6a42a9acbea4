//! What a passkey says when it is made and when it is shown, checked as WebAuthn Level 3 has it in sections 7.1 and 7.2.
//!
//! Attestation is not asked for and vouches for nothing: a key is known again, not certified. What a statement must be that vouches
//! for itself is checked all the same; one by a maker's certificate is passed over, as the standard allows where none is wanted.
mod authenticator;
mod client;
mod cose;

pub(crate) use client::challenge_of;
pub(crate) use cose::OFFERED;

use authenticator::AuthenticatorData;
use ciborium::Value;
use client::Ceremony;
use cose::Key;
use sha2::{Digest as _, Sha256};

/// What the relying party asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub challenge: &'a [u8],
    pub origin: &'a str,
    pub rp_id: &'a str,
    /// Whether the device must have made sure of its owner.
    pub user_verified: bool,
    /// Whether the page may have stood in a frame of another site. Ours never do.
    pub framed: bool,
}

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it cannot be read")]
    Format,
    #[error("it belongs to another ceremony")]
    Ceremony,
    #[error("it answers another challenge")]
    Challenge,
    #[error("it was signed on another site")]
    Origin,
    #[error("the page stood in a frame of another site")]
    Framed,
    #[error("it belongs to another relying party")]
    RelyingParty,
    #[error("nobody was there")]
    Presence,
    #[error("the device did not make sure of its owner")]
    Verification,
    #[error("the key is of a kind that was not offered")]
    Algorithm,
    #[error("the statement about the key does not hold")]
    Attestation,
    #[error("the signature is not by the key")]
    Signature,
}

impl Broken {
    /// A word for a program.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Ceremony => "ceremony",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::Framed => "framed",
            Self::RelyingParty => "relying-party",
            Self::Presence => "presence",
            Self::Verification => "verification",
            Self::Algorithm => "algorithm",
            Self::Attestation => "attestation",
            Self::Signature => "signature",
        }
    }
}

/// A key as it was made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub id: Vec<u8>,
    /// COSE (RFC 9052, section 7).
    pub key: Vec<u8>,
    pub counter: u32,
}

/// Registration, section 7.1.
pub(crate) fn made(expected: &Expected<'_>, client_data: &[u8], attestation: &[u8]) -> Result<Made, Broken> {
    client::check(expected, Ceremony::Create, client_data)?;
    let mut rest = attestation;
    let object: Value = ciborium::from_reader(&mut rest).map_err(|_| Broken::Format)?;
    let object = object.into_map().map_err(|_| Broken::Format)?;
    if !rest.is_empty() {
        return Err(Broken::Format);
    }
    let member =
        |name: &str| object.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    let bytes = member("authData").and_then(Value::as_bytes).ok_or(Broken::Format)?;
    let data = AuthenticatorData::read(bytes)?;
    data.check(expected)?;
    let credential = data.credential.ok_or(Broken::Format)?;
    let key = Key::read(credential.key)?;
    let statement = member("attStmt").and_then(Value::as_map).ok_or(Broken::Format)?;
    let of_statement =
        |name: &str| statement.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    match member("fmt").and_then(Value::as_text).ok_or(Broken::Format)? {
        "none" if !statement.is_empty() => return Err(Broken::Attestation),
        "packed" if of_statement("x5c").is_none() => {
            let signature = of_statement("sig").and_then(Value::as_bytes).ok_or(Broken::Attestation)?;
            let algorithm = of_statement("alg").and_then(Value::as_integer).ok_or(Broken::Attestation)?;
            let same = algorithm == key.algorithm().into();
            if !same || key.verify(&signed(bytes, client_data), signature).is_err() {
                return Err(Broken::Attestation);
            }
        }
        _ => {}
    }
    Ok(Made { id: credential.id.to_vec(), key: credential.key.to_vec(), counter: data.counter })
}

/// Authentication, section 7.2: what the counter says. Whose key it is, is for the caller to know.
pub(crate) fn shown(
    expected: &Expected<'_>,
    key: &[u8],
    client_data: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
) -> Result<u32, Broken> {
    client::check(expected, Ceremony::Get, client_data)?;
    let data = AuthenticatorData::read(authenticator_data)?;
    data.check(expected)?;
    Key::read(key)?.verify(&signed(authenticator_data, client_data), signature)?;
    Ok(data.counter)
}

fn signed(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, &Sha256::digest(client_data)].concat()
}

#[cfg(test)]
pub(crate) mod tests;

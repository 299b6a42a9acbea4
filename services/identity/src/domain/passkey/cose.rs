//! Public keys as devices write them (COSE, RFC 9052 and RFC 9053), and their signatures.
use super::Broken;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use ciborium::Value;

const ES256: i64 = -7;
const EDDSA: i64 = -8;
const ES384: i64 = -35;
const ES512: i64 = -36;
const RS256: i64 = -257;

/// Algorithms that a new key may be of, the most wanted first.
pub(crate) const OFFERED: [i64; 5] = [EDDSA, ES256, ES384, ES512, RS256];

/// Labels of a key's members.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;

pub(super) enum Key {
    /// A point, uncompressed (SEC 1, section 2.3.3).
    Curve {
        algorithm: i64,
        point: Vec<u8>,
    },
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl Key {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Broken> {
        let value: Value = ciborium::from_reader(bytes).map_err(|_| Broken::Format)?;
        let map = value.into_map().map_err(|_| Broken::Format)?;
        let member = |label: i64| {
            let found = map.iter().find(|(key, _)| key.as_integer() == Some(label.into()));
            found.map(|(_, value)| value).ok_or(Broken::Format)
        };
        let number = |label| member(label)?.as_integer().ok_or(Broken::Format);
        let octets = |label| Ok(member(label)?.as_bytes().ok_or(Broken::Format)?.clone());
        let algorithm = i64::try_from(number(ALGORITHM)?).map_err(|_| Broken::Algorithm)?;
        // Type and curve go with the algorithm (WebAuthn Level 3, section 5.8.5).
        let (kind, curve, length) = match algorithm {
            ES256 => (2, 1, 32),
            ES384 => (2, 2, 48),
            ES512 => (2, 3, 66),
            EDDSA => (1, 6, 32),
            RS256 if number(KEY_TYPE)? == 3.into() => {
                return Ok(Self::Rsa { modulus: octets(MODULUS)?, exponent: octets(EXPONENT)? });
            }
            _ => return Err(Broken::Algorithm),
        };
        if number(KEY_TYPE)? != kind.into() || number(CURVE)? != curve.into() {
            return Err(Broken::Algorithm);
        }
        let x = octets(X)?;
        let y = if algorithm == EDDSA { Vec::new() } else { octets(Y)? };
        if x.len() != length || (algorithm != EDDSA && y.len() != length) {
            return Err(Broken::Format);
        }
        let point = if algorithm == EDDSA { x } else { [&[4], x.as_slice(), &y].concat() };
        Ok(Self::Curve { algorithm, point })
    }

    pub(super) const fn algorithm(&self) -> i64 {
        match self {
            Self::Curve { algorithm, .. } => *algorithm,
            Self::Rsa { .. } => RS256,
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Broken> {
        let held = match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
            Self::Curve { algorithm, point } => {
                let by: &'static dyn VerificationAlgorithm = match *algorithm {
                    ES256 => &ECDSA_P256_SHA256_ASN1,
                    ES384 => &ECDSA_P384_SHA384_ASN1,
                    ES512 => &ECDSA_P521_SHA512_ASN1,
                    _ => &ED25519,
                };
                UnparsedPublicKey::new(by, point).verify(message, signature)
            }
        };
        held.map_err(|_| Broken::Signature)
    }
}

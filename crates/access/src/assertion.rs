//! A program's half of `private_key_jwt` (RFC 7523, section 2.2): it signs who it is, and gets a token for it.
use crate::{KeyError, PublicKey, TokenSigner};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_types::AccountId;
use serde_json::json;
use uuid::Uuid;

/// How long an assertion is good: for one call that may be tried again.
const LIFE: TimeDelta = TimeDelta::minutes(1);

/// The private key of a service account.
pub struct ProgramKey(TokenSigner);

impl ProgramKey {
    /// Ed25519, PKCS #8, PEM or DER, as `holdfast service-key` and `openssl genpkey -algorithm ed25519` write it.
    pub fn from_pkcs8(file: &[u8]) -> Result<Self, KeyError> {
        TokenSigner::from_pkcs8(file).map(Self)
    }

    pub const fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    /// `audience`: the installation's name; `id`: one that was never used.
    pub fn sign(
        &self,
        account: AccountId,
        audience: &str,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<String, KeyError> {
        let (iat, exp) = (now.timestamp(), (now + LIFE).timestamp());
        self.0.sign_as(&json!({
            "iss": account, "sub": account, "aud": audience, "iat": iat, "exp": exp, "jti": id,
        }))
    }
}

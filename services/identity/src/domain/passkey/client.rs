//! What the browser says of a ceremony (WebAuthn Level 3, section 5.8.1).
use super::{Broken, Expected};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origin: Option<String>,
}

/// The challenge that is answered, before anything of it is believed.
pub(crate) fn challenge_of(client_data: &[u8]) -> Result<Vec<u8>, Broken> {
    URL_SAFE_NO_PAD.decode(read(client_data)?.challenge).map_err(|_| Broken::Format)
}

pub(super) fn check(expected: &Expected<'_>, ceremony: Ceremony, client_data: &[u8]) -> Result<(), Broken> {
    let said = read(client_data)?;
    if said.r#type != ceremony.word() {
        return Err(Broken::Ceremony);
    }
    if said.challenge != URL_SAFE_NO_PAD.encode(expected.challenge) {
        return Err(Broken::Challenge);
    }
    if said.origin != expected.origin {
        return Err(Broken::Origin);
    }
    if !expected.framed && (said.cross_origin || said.top_origin.is_some()) {
        return Err(Broken::Framed);
    }
    Ok(())
}

fn read(client_data: &[u8]) -> Result<ClientData, Broken> {
    serde_json::from_slice(client_data).map_err(|_| Broken::Format)
}

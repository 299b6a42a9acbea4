//! The calls about passkeys: what browsers hand over (WebAuthn Level 3, section 5.1), taken apart.
use super::sign_in::{self, SECRET_CHARACTERS_MAX};
use crate::app::{App, Assertion, Registration};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_host::{CommandId, Problem, catalogue, field, peer};
use holdfast_proto::identity::v1 as pb;
use serde::{Deserialize, de::DeserializeOwned};
use tonic::Request;

const CREDENTIAL_BYTES_MAX: usize = 64 * 1024;
const CREDENTIAL_ID_CHARACTERS_MAX: usize = 1_364;
const NAME_CHARACTERS_MAX: usize = 60;

/// The members of RegistrationResponseJSON that count.
#[derive(Deserialize)]
struct Registered {
    response: Attestation,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attestation {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
}

/// The members of AuthenticationResponseJSON that count.
#[derive(Deserialize)]
struct Authenticated {
    id: String,
    response: Signed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

pub(super) async fn begin_sign_in(
    app: &App,
    request: Request<pb::BeginPasskeySignInRequest>,
) -> Result<pb::PasskeyChallenge, Problem> {
    let from = peer::client_address(&request)?;
    Ok(challenge(&app.begin_passkey_sign_in(from).await?))
}

pub(super) async fn complete_sign_in(
    app: &App,
    request: Request<pb::CompletePasskeySignInRequest>,
) -> Result<pb::CompleteSignInResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let from = peer::client_address(&request)?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let assertion = assertion(&message.credential_json)?;
    let place = sign_in::place(&message.user_agent, &message.device_digest, from)?;
    Ok(sign_in::signed_in(&app.complete_passkey_sign_in(&meta, command, &assertion, place).await?))
}

pub(super) async fn begin_showing(
    app: &App,
    request: Request<pb::BeginPasskeyShowingRequest>,
) -> Result<pb::PasskeyChallenge, Problem> {
    let secret = secret(&request.get_ref().session_secret)?;
    Ok(challenge(&app.begin_passkey_showing(&secret).await?))
}

pub(super) async fn show(
    app: &App,
    request: Request<pb::ShowPasskeyRequest>,
) -> Result<pb::ShowPasskeyResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let (secret, assertion) = (secret(&message.session_secret)?, assertion(&message.credential_json)?);
    app.show_passkey(&meta, command, &secret, &assertion).await?;
    Ok(pb::ShowPasskeyResponse {})
}

pub(super) async fn begin(
    app: &App,
    request: Request<pb::BeginPasskeyRequest>,
) -> Result<pb::PasskeyChallenge, Problem> {
    let entered = app.ground.enter(&request).await?;
    entered.shown_lately(app.now())?;
    Ok(challenge(&app.begin_passkey(&entered.context).await?))
}

pub(super) async fn add(
    app: &App,
    request: Request<pb::AddPasskeyRequest>,
) -> Result<pb::RecoveryCodes, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let Registered { response } = credential(&message.credential_json)?;
    let registration = Registration {
        client_data: bytes(&response.client_data)?,
        attestation: bytes(&response.attestation_object)?,
        name: field::line("display_name", &message.display_name, 1, NAME_CHARACTERS_MAX)?,
    };
    Ok(pb::RecoveryCodes { codes: app.add_passkey(&entered.context, command, &registration).await? })
}

pub(super) async fn remove(
    app: &App,
    request: Request<pb::RemovePasskeyRequest>,
) -> Result<pb::RemovePasskeyResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    entered.shown_lately(app.now())?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let id = field::line("passkey_id", &message.passkey_id, 1, CREDENTIAL_ID_CHARACTERS_MAX)?;
    app.remove_passkey(&entered.context, command, &id).await?;
    Ok(pb::RemovePasskeyResponse {})
}

fn secret(text: &str) -> Result<String, Problem> {
    field::line("session_secret", text, 1, SECRET_CHARACTERS_MAX)
}

fn challenge(options: &serde_json::Value) -> pb::PasskeyChallenge {
    pb::PasskeyChallenge { options_json: options.to_string() }
}

fn assertion(json: &str) -> Result<Assertion, Problem> {
    let Authenticated { id, response } = credential(json)?;
    Ok(Assertion {
        id,
        client_data: bytes(&response.client_data)?,
        authenticator_data: bytes(&response.authenticator_data)?,
        signature: bytes(&response.signature)?,
        user: bytes(response.user_handle.as_deref().unwrap_or_default())?,
    })
}

fn credential<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    if json.is_empty() {
        return Err(Problem::of_field(catalogue::FIELD_MISSING, "credential_json", "expected a credential"));
    }
    if json.len() > CREDENTIAL_BYTES_MAX {
        return Err(Problem::of_field(catalogue::TEXT_TOO_LONG, "credential_json", "at most 64 KiB")
            .with("characters_max", CREDENTIAL_BYTES_MAX));
    }
    serde_json::from_str(json).map_err(|_| unread())
}

fn bytes(base64url: &str) -> Result<Vec<u8>, Problem> {
    URL_SAFE_NO_PAD.decode(base64url).map_err(|_| unread())
}

fn unread() -> Problem {
    Problem::of_field(catalogue::FIELD_INVALID, "credential_json", "expected what the browser handed over")
}

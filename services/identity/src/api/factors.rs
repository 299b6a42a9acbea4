//! The calls about codes of an authenticator app and recovery codes.
use super::sign_in::SECRET_CHARACTERS_MAX;
use crate::{
    app::{App, NewTotp},
    domain::factors::Code,
};
use holdfast_host::{CommandId, Problem, field};
use holdfast_proto::{identity::v1 as pb, timestamp};
use tonic::Request;

const CODE_CHARACTERS_MAX: usize = 40;

pub(super) async fn get(app: &App, request: Request<pb::GetFactorsRequest>) -> Result<pb::Factors, Problem> {
    let entered = app.ground.enter(&request).await?;
    let (factors, passkeys) = app.get_factors(&entered.context).await?;
    let passkey = |held: crate::views::PasskeyView| pb::Passkey {
        passkey_id: held.id,
        display_name: held.name,
        create_time: Some(timestamp(held.create_time)),
        last_use_time: held.last_use_time.map(timestamp),
    };
    Ok(pb::Factors {
        totp: factors.totp,
        recovery_codes_left: factors.recovery_codes,
        passkeys: passkeys.into_iter().map(passkey).collect(),
    })
}

pub(super) async fn begin_totp(
    app: &App,
    request: Request<pb::BeginTotpRequest>,
) -> Result<pb::BeginTotpResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    entered.shown_lately(app.now())?;
    let command = CommandId::of(request.get_ref())?;
    let NewTotp { secret, uri } = app.begin_totp(&entered.context, command).await?;
    Ok(pb::BeginTotpResponse { secret_base32: secret, otpauth_uri: uri })
}

pub(super) async fn confirm_totp(
    app: &App,
    request: Request<pb::ConfirmTotpRequest>,
) -> Result<pb::RecoveryCodes, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let code = code(&message.code)?;
    Ok(pb::RecoveryCodes { codes: app.confirm_totp(&entered.context, command, &code).await? })
}

pub(super) async fn remove_totp(
    app: &App,
    request: Request<pb::RemoveTotpRequest>,
) -> Result<pb::RemoveTotpResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    entered.shown_lately(app.now())?;
    let command = CommandId::of(request.get_ref())?;
    app.remove_totp(&entered.context, command).await?;
    Ok(pb::RemoveTotpResponse {})
}

pub(super) async fn make_recovery_codes(
    app: &App,
    request: Request<pb::MakeRecoveryCodesRequest>,
) -> Result<pb::RecoveryCodes, Problem> {
    let entered = app.ground.enter(&request).await?;
    entered.shown_lately(app.now())?;
    let command = CommandId::of(request.get_ref())?;
    Ok(pb::RecoveryCodes { codes: app.make_recovery_codes(&entered.context, command).await? })
}

pub(super) async fn show_code(
    app: &App,
    request: Request<pb::ShowCodeRequest>,
) -> Result<pb::ShowCodeResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let secret = field::line("session_secret", &message.session_secret, 1, SECRET_CHARACTERS_MAX)?;
    app.show_code(&meta, command, &secret, &code(&message.code)?).await?;
    Ok(pb::ShowCodeResponse {})
}

fn code(text: &str) -> Result<Code, Problem> {
    Ok(Code::read(&field::line("code", text, 1, CODE_CHARACTERS_MAX)?))
}

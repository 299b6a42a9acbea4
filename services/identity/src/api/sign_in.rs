//! The calls of somebody who has no token yet.
use super::message;
use crate::{
    app::{App, Completion, Issued, Place, SignedIn},
    domain::Digest,
    secret::Email,
};
use holdfast_host::{CommandId, Problem, catalogue, field, peer};
use holdfast_proto::{identity::v1 as pb, timestamp};
use secrecy::ExposeSecret as _;
use std::net::IpAddr;
use tonic::Request;

const EMAIL_CHARACTERS_MAX: usize = 254;
/// Secrets given out here have 43 characters; what is longer than this is none of them.
pub(super) const SECRET_CHARACTERS_MAX: usize = 200;
const ASSERTION_CHARACTERS_MAX: usize = 8 * 1024;
const USER_AGENT_CHARACTERS_MAX: usize = 200;

pub(super) fn email(field: &str, text: &str) -> Result<Email, Problem> {
    let line = field::line(field, text, 1, EMAIL_CHARACTERS_MAX)?;
    Email::parse(&line)
        .ok_or_else(|| Problem::of_field(catalogue::EMAIL_MALFORMED, field, "expected an e-mail address"))
}

pub(super) async fn request(
    app: &App,
    request: Request<pb::RequestSignInRequest>,
) -> Result<pb::RequestSignInResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let from = peer::client_address(&request)?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let email = email("email", &message.email)?;
    let browser = sha256("browser_digest", &message.browser_digest)?;
    let locale = message::locale("locale", &message.locale)?;
    let expire_time = app.request_sign_in(&meta, command, &email, Digest::new(browser), locale, from).await?;
    Ok(pb::RequestSignInResponse { expire_time: Some(timestamp(expire_time)) })
}

pub(super) async fn complete(
    app: &App,
    request: Request<pb::CompleteSignInRequest>,
) -> Result<pb::CompleteSignInResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let from = peer::client_address(&request)?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let completion = Completion {
        link_secret: field::line("link_secret", &message.link_secret, 1, SECRET_CHARACTERS_MAX)?.into(),
        browser_secret: field::line("browser_secret", &message.browser_secret, 1, SECRET_CHARACTERS_MAX)?
            .into(),
        place: place(&message.user_agent, &message.device_digest, from)?,
    };
    Ok(signed_in(&app.complete_sign_in(&meta, command, &completion).await?))
}

pub(super) fn place(user_agent: &str, device: &[u8], network: Option<IpAddr>) -> Result<Place, Problem> {
    let device_sha256 = match device {
        [] => None,
        device => Some(Digest::new(sha256("device_digest", device)?)),
    };
    let user_agent = field::line("user_agent", user_agent, 0, USER_AGENT_CHARACTERS_MAX)?;
    Ok(Place { user_agent, device_sha256, network })
}

pub(super) fn signed_in(signed_in: &SignedIn) -> pb::CompleteSignInResponse {
    pb::CompleteSignInResponse {
        account_id: signed_in.account.to_string(),
        session_secret: signed_in.session_secret.expose_secret().to_owned(),
        expire_time: Some(timestamp(signed_in.expire_time)),
        awaits_second_factor: signed_in.awaits,
    }
}

pub(super) fn sha256(field: &str, bytes: &[u8]) -> Result<[u8; 32], Problem> {
    bytes
        .try_into()
        .map_err(|_| Problem::of_field(catalogue::FIELD_INVALID, field, "expected the 32 bytes of a SHA-256"))
}

pub(super) async fn issue_token(
    app: &App,
    request: Request<pb::IssueTokenRequest>,
) -> Result<pb::AccessToken, Problem> {
    let secret = request.into_inner().session_secret;
    Ok(token(app.issue_token(&secret).await?))
}

pub(super) async fn issue_service_token(
    app: &App,
    request: Request<pb::IssueServiceTokenRequest>,
) -> Result<pb::AccessToken, Problem> {
    let message = request.into_inner();
    let account = field::id("account_id", &message.account_id)?;
    #[expect(deprecated, reason = "whoever still sends one is told")]
    if !message.secret.is_empty() {
        let gone = "programs have keys, and no secrets";
        return Err(Problem::of_field(catalogue::FIELD_INVALID, "secret", gone));
    }
    let assertion = field::line("client_assertion", &message.client_assertion, 1, ASSERTION_CHARACTERS_MAX)?;
    Ok(token(app.issue_service_token(account, &assertion).await?))
}

fn token(issued: Issued) -> pb::AccessToken {
    pb::AccessToken {
        token: issued.token,
        expire_time: Some(timestamp(issued.expire_time)),
        account: Some(message::account(issued.account)),
        roles_withheld: issued.withheld,
        has_second_factor: issued.has_second,
        auth_time: issued.auth_time.map(timestamp),
        second_factor_time: issued.second_time.map(timestamp),
    }
}

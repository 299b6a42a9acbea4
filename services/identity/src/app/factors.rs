//! What an account shows besides its mailbox: set up, taken away, and shown by one of its sessions.
use super::{App, AppError, own_account, own_context, request, unsigned_context};
use crate::{
    domain::{
        Digest,
        factors::{By, Code, Command, Factors, FactorsEvent, RECOVERY_CODES, Refusal, Totp},
        session::{self, SessionEvent, Start},
        totp,
    },
    views::{FactorsRow, OpenSession, PasskeyView, is_taken},
};
use holdfast_access::RequestContext;
use holdfast_eventlog::{Append, AppendError, Context, Decider, Request, StreamAppend, Subject};
use holdfast_host::{CommandId, RequestMeta};
use holdfast_types::{AccountId, Actor, SessionId};

/// How often a command is decided anew because another was faster.
const ATTEMPTS_MAX: u32 = 8;

/// What an authenticator app is set up with; shown this once.
pub(crate) struct NewTotp {
    pub secret: String,
    pub uri: String,
}

/// What came of a command on the factors of an account.
pub(super) struct Acted {
    pub state: Factors,
    pub events: Vec<FactorsEvent>,
    /// It had acted before.
    pub repeated: bool,
}

impl App {
    #[tracing::instrument(skip_all, name = "identity.get_factors")]
    pub(crate) async fn get_factors(
        &self,
        context: &RequestContext,
    ) -> Result<(FactorsRow, Vec<PasskeyView>), AppError> {
        let account = context.caller.account;
        Ok((self.views.factors(account).await?, self.views.passkeys(account).await?))
    }

    #[tracing::instrument(skip_all, name = "identity.begin_totp")]
    pub(crate) async fn begin_totp(
        &self,
        context: &RequestContext,
        command: CommandId,
    ) -> Result<NewTotp, AppError> {
        let account = own_account(self, context.caller.account).await?;
        let secret = totp::text_of(&self.secrets.totp(account.id, command.id));
        let begin = || Command::BeginTotp { secret: secret.clone() };
        self.act(account.id, &own_context(context), request(command), None, begin).await?;
        let uri = totp::uri(&secret, account.email.as_deref().unwrap_or_default()).unwrap_or_default();
        Ok(NewTotp { secret, uri })
    }

    /// Answers with the recovery codes that it has made, if any.
    #[tracing::instrument(skip_all, name = "identity.confirm_totp")]
    pub(crate) async fn confirm_totp(
        &self,
        context: &RequestContext,
        command: CommandId,
        code: &Code,
    ) -> Result<Vec<String>, AppError> {
        let (account, session) = (context.caller.account, own_session(context)?);
        let codes = self.secrets.recovery_codes(account, command.id, RECOVERY_CODES);
        let by = By { session, awaits: false, now: self.now() };
        let confirm = || Command::ConfirmTotp { code: code.clone(), by, recovery: digests(&codes) };
        let acted = self.act(account, &own_context(context), request(command), None, confirm).await?;
        refused(&acted)?;
        if acted.repeated && acted.state.totp == Totp::None {
            return Err(AppError::Factors(Refusal::CodeWrong));
        }
        Ok(made(&acted, codes))
    }

    #[tracing::instrument(skip_all, name = "identity.remove_totp")]
    pub(crate) async fn remove_totp(
        &self,
        context: &RequestContext,
        command: CommandId,
    ) -> Result<(), AppError> {
        let (account, events) = (context.caller.account, own_context(context));
        self.act(account, &events, request(command), None, || Command::RemoveTotp).await.map(|_| ())
    }

    #[tracing::instrument(skip_all, name = "identity.make_recovery_codes")]
    pub(crate) async fn make_recovery_codes(
        &self,
        context: &RequestContext,
        command: CommandId,
    ) -> Result<Vec<String>, AppError> {
        let account = context.caller.account;
        let codes = self.secrets.recovery_codes(account, command.id, RECOVERY_CODES);
        let make = || Command::MakeRecoveryCodes { sha256: digests(&codes) };
        let acted = self.act(account, &own_context(context), request(command), None, make).await?;
        Ok(made(&acted, codes))
    }

    /// For a session that awaits a second factor, or one that is to have shown it lately.
    #[tracing::instrument(skip_all, name = "identity.show_code")]
    pub(crate) async fn show_code(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        session_secret: &str,
        code: &Code,
    ) -> Result<(), AppError> {
        let open = self.open_session(session_secret).await?;
        let (account, session) = (AccountId::new(open.account), SessionId::new(open.session));
        let shown = self.views.shown(session).await?;
        let by = By { session, awaits: open.awaits && shown.is_empty(), now: self.now() };
        let context = unsigned_context(Actor::Account(account), meta.correlation, meta.traceparent.clone());
        let show = || Command::ShowCode { code: code.clone(), by };
        let acted = self.act(account, &context, request(command), None, show).await?;
        if acted.repeated && self.views.shown(session).await?.is_empty() {
            return Err(AppError::Factors(Refusal::CodeWrong));
        }
        refused(&acted)
    }

    /// A session that is neither ended nor over nor idle for too long, by its secret.
    pub(super) async fn open_session(&self, secret: &str) -> Result<OpenSession, AppError> {
        let now = self.now();
        let open =
            self.views.session_of(Digest::of(secret.as_bytes())).await?.ok_or(AppError::SessionEnded)?;
        match open.expire_time > now && open.last_use_time + self.session_life.idle > now {
            true => Ok(open),
            false => Err(AppError::SessionEnded),
        }
    }

    /// Load, decide, append; with a session that begins at the same time, where there is one.
    pub(super) async fn act(
        &self,
        account: AccountId,
        context: &Context,
        named: Option<Request>,
        begins: Option<(SessionId, &Start)>,
        command: impl Fn() -> Command,
    ) -> Result<Acted, AppError> {
        let (log, subject) = (self.ground.log(), Subject::Account(account));
        let mut attempt = 0;
        loop {
            attempt += 1;
            let loaded = log.load::<Factors>(subject, account.uuid()).await.map_err(AppError::Read)?;
            if log.answered(subject, named).await.map_err(AppError::Append)?.is_some() {
                return Ok(Acted { state: loaded.state, events: Vec::new(), repeated: true });
            }
            let events = Factors::decide(&loaded.state, command()).map_err(AppError::Factors)?;
            let stream =
                StreamAppend::of(account.uuid(), loaded.revision, &events).map_err(AppError::Append)?;
            let mut streams = vec![stream];
            if let Some((session, start)) = begins {
                let started = [SessionEvent::Started(start.clone())];
                streams.push(StreamAppend::of(session.uuid(), 0, &started).map_err(AppError::Append)?);
            }
            let append = Append { subject, context: context.clone(), request: named, streams };
            match log.append(append).await {
                Ok(_) => {
                    let state = events.iter().fold(loaded.state, Factors::evolve);
                    return Ok(Acted { state, events, repeated: false });
                }
                Err(AppendError::Stale) if attempt < ATTEMPTS_MAX => {}
                // The passkey is another account's.
                Err(error) if is_taken(&error) => return Err(AppError::Factors(Refusal::PasskeyKnown)),
                Err(error) => return Err(AppError::Append(error)),
            }
        }
    }
}

/// Programs have no session, and nothing to show.
pub(super) fn own_session(context: &RequestContext) -> Result<SessionId, AppError> {
    context.caller.session.ok_or(AppError::Session(session::Refusal::Unknown))
}

/// The refusal that a wrong code stands for.
fn refused(acted: &Acted) -> Result<(), AppError> {
    match acted.events.first() {
        Some(FactorsEvent::CodeRefused { used: true, .. }) => Err(AppError::Factors(Refusal::CodeUsed)),
        Some(FactorsEvent::CodeRefused { used: false, .. }) => Err(AppError::Factors(Refusal::CodeWrong)),
        _ => Ok(()),
    }
}

/// The codes, where they are those that count now.
pub(super) fn made(acted: &Acted, codes: Vec<String>) -> Vec<String> {
    if acted.state.recovery == digests(&codes) { codes } else { Vec::new() }
}

pub(super) fn digests(codes: &[String]) -> Vec<Digest> {
    let digest = |code: &String| match Code::read(code) {
        Code::Recovery(sha256) => sha256,
        // None of ours has six signs.
        Code::Totp(digits) => Digest::of(digits.as_bytes()),
    };
    codes.iter().map(digest).collect()
}

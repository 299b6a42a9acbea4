//! The caller's own sessions: listed, ended, all ended.
use super::{App, AppError, executed, own_context, request};
use crate::{
    domain::session::{Command, Refusal, Session, SessionEvent},
    views::{SessionCursor, SessionView},
};
use holdfast_access::RequestContext;
use holdfast_eventlog::{Append, Appended, Request, StreamAppend, Subject};
use holdfast_host::CommandId;
use holdfast_types::SessionId;

/// Sessions that one sign-out ends; nobody signs in that often while all stay open.
const ENDED_AT_ONCE_MAX: u32 = 10_000;
/// How often a sign-out decides anew because a session was ended beside it.
const ATTEMPTS_MAX: u32 = 4;

impl App {
    #[tracing::instrument(skip_all, name = "identity.list_sessions")]
    pub(crate) async fn list_sessions(
        &self,
        context: &RequestContext,
        after: Option<&SessionCursor>,
        limit: u32,
    ) -> Result<Vec<SessionView>, AppError> {
        let now = self.now();
        let idle_since = now - self.session_life.idle;
        Ok(self.views.open_sessions(context.caller.account, now, idle_since, after, limit).await?)
    }

    /// Nothing named: the session of the token that asks.
    #[tracing::instrument(skip_all, name = "identity.end_session")]
    pub(crate) async fn end_session(
        &self,
        context: &RequestContext,
        command: CommandId,
        session: Option<SessionId>,
    ) -> Result<(), AppError> {
        let session = session.or(context.caller.session).ok_or(AppError::Session(Refusal::Unknown))?;
        // Another's session is in another lane: here there is none.
        let subject = Subject::Account(context.caller.account);
        self.ground
            .log()
            .execute::<Session>(subject, session.uuid(), &own_context(context), request(command), |_| {
                Command::End { by: command.id }
            })
            .await
            .map_err(executed(AppError::Session))?;
        Ok(())
    }

    /// Answers with how many were ended.
    #[tracing::instrument(skip_all, name = "identity.sign_out_everywhere")]
    pub(crate) async fn sign_out_everywhere(
        &self,
        context: &RequestContext,
        command: CommandId,
    ) -> Result<i64, AppError> {
        let account = context.caller.account;
        let subject = Subject::Account(account);
        let named = Some(Request { id: command.id, fingerprint: command.fingerprint });
        for attempt in 1.. {
            let mut streams = Vec::new();
            for session in self.views.unended_sessions(account, ENDED_AT_ONCE_MAX).await? {
                let ended = [SessionEvent::Ended { by: command.id }];
                // A session that is open has one event.
                streams.push(StreamAppend::of(session.uuid(), 1, &ended).map_err(AppError::Append)?);
            }
            if streams.is_empty() {
                self.ground.log().answered(subject, named).await.map_err(AppError::Append)?;
                break;
            }
            let append = Append { subject, context: own_context(context), request: named, streams };
            match self.ground.log().append(append).await {
                Ok(Appended { .. }) => break,
                Err(holdfast_eventlog::AppendError::Stale) if attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(AppError::Append(error)),
            }
        }
        Ok(self.views.count_ended_by(account, command.id).await?)
    }
}

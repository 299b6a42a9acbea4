//! Signing in by an e-mailed link: asked for, then used.
use super::{App, AppError, Place, executed, request, unsigned_context};
use crate::{
    domain::{
        Digest,
        account::{AccountEvent, Holder},
        session::{Session, SessionEvent, Start},
        sign_in::{Command, LINK_LIFE, LINKS_MAX, Link, Refusal, SignIn},
    },
    letter::Letter,
    secret::{Email, derived_id},
    views::{LinkRow, is_taken},
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Append, AppendError, Decider, Request, StreamAppend, Subject};
use holdfast_host::{CommandId, RequestMeta};
use holdfast_types::{AccountId, Actor, SessionId};
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;

/// How often a sign-in decides anew because another was faster.
const ATTEMPTS_MAX: u32 = 4;

/// What the browser brings back.
pub(crate) struct Completion {
    pub link_secret: SecretString,
    pub browser_secret: SecretString,
    pub place: Place,
}

pub(crate) struct SignedIn {
    pub account: AccountId,
    pub session_secret: SecretString,
    pub expire_time: DateTime<Utc>,
    /// Whether the session is good for nothing until it has shown a second factor.
    pub awaits: bool,
}

impl App {
    /// The same steps for every address: whether it has an account decides only under whose key the request is sealed.
    #[tracing::instrument(skip_all, name = "identity.request_sign_in")]
    pub(crate) async fn request_sign_in(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        email: &Email,
        browser: Digest,
        locale: String,
        from: Option<IpAddr>,
    ) -> Result<DateTime<Utc>, AppError> {
        let address = self.secrets.address(email);
        let now = self.now();
        if let Some(network) = from.map(|from| self.secrets.network(from))
            && !self.views.take_mail(network, now, LINK_LIFE, self.links_per_network_max).await?
        {
            return Err(AppError::TooManyLinks);
        }
        if !self.views.take_mail(address, now, LINK_LIFE, LINKS_MAX).await? {
            return Err(AppError::TooManyLinks);
        }
        let account = self.views.account_of(address).await?.unwrap_or(address.account());
        let secret = self.secrets.link(command.id, address, browser);
        let letter = Letter::new(&self.ground.settings().public_url, &secret, &locale);
        let link = Link {
            email: email.as_str().to_owned(),
            locale,
            link_sha256: Digest::of(secret.expose_secret().as_bytes()),
            browser_sha256: browser,
            expire_time: now + LINK_LIFE,
        };
        let context = unsigned_context(Actor::Anonymous, meta.correlation, meta.traceparent.clone());
        let id = derived_id(address.account().uuid(), command.id);
        let executed = self
            .ground
            .log()
            .execute::<SignIn>(Subject::Account(account), id, &context, request(command), |_| {
                Command::Request(link.clone())
            })
            .await
            .map_err(executed(AppError::SignIn))?;
        // Also when the command is repeated: the first answer may have been that there is no mail server.
        self.outbox.send(email, &letter).await.map_err(AppError::Mail)?;
        Ok(match executed.state {
            SignIn::Open(link) => link.expire_time,
            SignIn::None | SignIn::Used { .. } => now + LINK_LIFE,
        })
    }

    /// Uses the link, opens an account where the address has none, and starts a session.
    #[tracing::instrument(skip_all, name = "identity.complete_sign_in")]
    pub(crate) async fn complete_sign_in(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        completion: &Completion,
    ) -> Result<SignedIn, AppError> {
        let digest = Digest::of(completion.link_secret.expose_secret().as_bytes());
        let row = self.views.link(digest).await?.ok_or(AppError::SignIn(Refusal::Unknown))?;
        let browser = Digest::of(completion.browser_secret.expose_secret().as_bytes());
        let named = Request { id: command.id, fingerprint: command.fingerprint };
        for _ in 1..ATTEMPTS_MAX {
            match self.try_to_complete(meta, named, row, browser, completion).await {
                Err(AppError::Append(error)) if matches!(error, AppendError::Stale) || is_taken(&error) => {}
                outcome => return outcome,
            }
        }
        self.try_to_complete(meta, named, row, browser, completion).await
    }

    async fn try_to_complete(
        &self,
        meta: &RequestMeta,
        named: Request,
        row: LinkRow,
        browser: Digest,
        completion: &Completion,
    ) -> Result<SignedIn, AppError> {
        let log = self.ground.log();
        let lane = Subject::Account(AccountId::new(row.subject));
        let loaded = log.load::<SignIn>(lane, row.sign_in).await.map_err(AppError::Read)?;
        let session = SessionId::new(derived_id(row.sign_in, named.id));
        let link_sha256 = Digest::of(completion.link_secret.expose_secret().as_bytes());
        let secret = self.secrets.session(session, link_sha256);
        let now = self.now();
        let mut start = self.start(&secret, completion.place.clone());
        if let SignIn::Used { account, session: used_for } = loaded.state {
            // The same command once more, or a link used twice.
            return match log.answered(lane, Some(named)).await.map_err(AppError::Append)? {
                Some(_) if used_for == session => {
                    start.awaits = self.views.factors(account).await?.has_second();
                    self.started(meta, named, account, session, start, secret).await
                }
                _ => Err(AppError::SignIn(Refusal::Used)),
            };
        }
        let SignIn::Open(link) = &loaded.state else { return Err(AppError::SignIn(Refusal::Unknown)) };
        let email = Email::parse(&link.email).ok_or(AppError::SignIn(Refusal::Unknown))?;
        let known = self.views.account_of(self.secrets.address(&email)).await?;
        let account = known.unwrap_or(AccountId::new(row.subject));
        start.awaits = self.views.factors(account).await?.has_second();
        let device = self.known_device(account, &start).await?;
        let use_it = Command::Use { browser_sha256: browser, now, account, session };
        let used = SignIn::decide(&loaded.state, use_it).map_err(AppError::SignIn)?;
        let mut streams =
            vec![StreamAppend::of(row.sign_in, loaded.revision, &used).map_err(AppError::Append)?];
        if known.is_none() {
            let opened = AccountEvent::Opened {
                holder: Holder::Person { email: link.email.clone(), discipline: None },
                display_name: String::new(),
                locale: link.locale.clone(),
            };
            streams.push(StreamAppend::of(account.uuid(), 0, &[opened]).map_err(AppError::Append)?);
        }
        // All at once where the link is in the account's lane: always, but when an account was opened for the address, under an id
        // that somebody chose, after the link was asked for.
        let one_lane = account.uuid() == row.subject;
        if one_lane {
            let started = [SessionEvent::Started(start.clone())];
            streams.push(StreamAppend::of(session.uuid(), 0, &started).map_err(AppError::Append)?);
        }
        let context = unsigned_context(Actor::Account(account), meta.correlation, meta.traceparent.clone());
        let append = Append { subject: lane, context, request: Some(named), streams };
        log.append(append).await.map_err(AppError::Append)?;
        self.notify(account, device, &start).await;
        if one_lane {
            let Start { expire_time, awaits, .. } = start;
            return Ok(SignedIn { account, session_secret: secret, expire_time, awaits });
        }
        self.started(meta, named, account, session, start, secret).await
    }

    /// The session that a used link stands for; started now where a crash came between.
    async fn started(
        &self,
        meta: &RequestMeta,
        named: Request,
        account: AccountId,
        session: SessionId,
        start: Start,
        session_secret: SecretString,
    ) -> Result<SignedIn, AppError> {
        let context = unsigned_context(Actor::Account(account), meta.correlation, meta.traceparent.clone());
        let command = || crate::domain::session::Command::Start(start.clone());
        let begun = Some(named.step("session"));
        self.ground
            .log()
            .execute::<Session>(Subject::Account(account), session.uuid(), &context, begun, |_| command())
            .await
            .map_err(executed(AppError::Session))?;
        let known = self.views.session_of(start.secret_sha256).await?;
        let (expire_time, awaits) =
            known.map_or((start.expire_time, start.awaits), |session| (session.expire_time, session.awaits));
        Ok(SignedIn { account, session_secret, expire_time, awaits })
    }
}

//! Signing in by a practice's provider: sent there, and back with a code. Its word opens an account that the practice invited, with the
//! roles that follow from it, and no other role.
use crate::{
    app::{App, AppError, Place, SignedIn, unsigned_context},
    domain::{
        Digest,
        account::{self, Account},
        id_token::Identified,
        provider::{Config, Place as PlaceOfCare, Provider},
        provider_link::{Identity, ProviderLink, Vouch},
        session::{ByProvider, SessionEvent, Start},
        sign_in::LINK_LIFE,
    },
    provider::{Exchange, ProviderError},
    secret::{Email, derived_id},
    views::{BegunRow, is_taken},
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Append, AppendError, Decider, Request, StreamAppend, Subject};
use holdfast_host::{CommandId, RequestMeta};
use holdfast_types::{AccountId, Actor, Service, SessionId};
use secrecy::{ExposeSecret as _, SecretString};
use std::net::IpAddr;
use url::Url;
use uuid::Uuid;

/// How long somebody may take at the provider.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Sign-ins that one network address begins in as long as a link is good; a whole clinic may be behind it.
const BEGUN_PER_NETWORK_MAX: i32 = 600;
const ATTEMPTS_MAX: u32 = 4;

/// Where the provider sends whoever comes back.
const BACK: &str = "/sign-in/practice/back";

/// What the browser brings back from the provider.
pub(crate) struct Return {
    pub state: SecretString,
    pub code: SecretString,
    /// RFC 9207.
    pub issuer: Option<String>,
    pub browser_secret: SecretString,
    /// Of whoever is signed in there already.
    pub session_secret: Option<SecretString>,
    pub place: Place,
}

/// Somebody for whom the provider has vouched, and as whom.
struct Vouched {
    config: Config,
    /// Who set the provider gets no role by it.
    set_by: AccountId,
    known: Identified,
    identity: Identity,
}

impl App {
    /// Where to send the browser, for an address of a practice that has a provider.
    #[tracing::instrument(skip_all, name = "identity.begin_provider_sign_in")]
    pub(crate) async fn begin_provider_sign_in(
        &self,
        email: &Email,
        browser: Digest,
        from: Option<IpAddr>,
    ) -> Result<Url, AppError> {
        let now = self.now();
        if let Some(network) = from.map(|from| self.secrets.challenges_of(from))
            && !self.views.take_mail(network, now, LINK_LIFE, BEGUN_PER_NETWORK_MAX).await?
        {
            return Err(AppError::TooManyChallenges);
        }
        let at = self.views.provider_of(email.domain()).await?.ok_or(AppError::ProviderUnknown)?;
        let (config, ..) = self.set_provider(at).await?;
        let discovered =
            self.providers.discovered(&config.issuer, now).await.map_err(AppError::ProviderFailed)?;
        let state = self.secrets.provider_state(self.ground.ids().next());
        self.views
            .put_begun(Digest::of(state.expose_secret().as_bytes()), at, browser, now, now + LIFE)
            .await?;
        let mut url = discovered.authorization_endpoint();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &config.client_id)
            .append_pair("redirect_uri", &self.provider_back())
            .append_pair("scope", &config.scopes.join(" "))
            .append_pair("state", state.expose_secret())
            .append_pair("nonce", &self.secrets.provider_nonce(&state))
            .append_pair("code_challenge", &self.secrets.provider_challenge(&state))
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", email.as_str());
        Ok(url)
    }

    #[tracing::instrument(skip_all, name = "identity.complete_provider_sign_in")]
    pub(crate) async fn complete_provider_sign_in(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        back: &Return,
    ) -> Result<SignedIn, AppError> {
        let now = self.now();
        let state_sha256 = Digest::of(back.state.expose_secret().as_bytes());
        let browser = Digest::of(back.browser_secret.expose_secret().as_bytes());
        let bound = Digest::of(&[*state_sha256.bytes(), *browser.bytes()].concat());
        let session = SessionId::new(derived_id(Uuid::new_v5(&Uuid::nil(), bound.bytes()), command.id));
        let secret = self.secrets.session(session, bound);
        if let Some(done) = self.views.session_of(Digest::of(secret.expose_secret().as_bytes())).await? {
            // The same command once more.
            let account = AccountId::new(done.account);
            let (expire_time, awaits) = (done.expire_time, done.awaits);
            return Ok(SignedIn { account, session_secret: secret, expire_time, awaits });
        }
        let begun = self.views.begun(state_sha256).await?;
        let begun = begun.filter(|row| row.expire_time > now).ok_or(AppError::BegunUnknown)?;
        if begun.browser() != Some(browser) {
            return Err(AppError::OtherBrowser);
        }
        // The code is good once at the provider; who was sent there with a provider away may come back again.
        let vouched = self.vouched(&begun, back, now).await?;
        let account = self.account_of(&vouched, back).await?;
        if !self.views.take_begun(state_sha256).await? {
            return Err(AppError::BegunUnknown);
        }
        let named = Request { id: command.id, fingerprint: command.fingerprint };
        let mut start = self.start(&secret, back.place.clone());
        let second = vouched.config.saw_second(&vouched.known.amr, vouched.known.acr.as_deref());
        start.by_provider = Some(ByProvider { tenant: vouched.config.at.tenant, second });
        start.awaits = !second && self.views.factors(account).await?.has_second();
        let device = self.known_device(account, &start).await?;
        self.follow(meta, named, account, session, &start, &vouched).await?;
        self.notify(account, device, &start).await;
        let Start { expire_time, awaits, .. } = start;
        Ok(SignedIn { account, session_secret: secret, expire_time, awaits })
    }

    async fn vouched(
        &self,
        begun: &BegunRow,
        back: &Return,
        now: DateTime<Utc>,
    ) -> Result<Vouched, AppError> {
        let (config, client_secret, set_by) = self.set_provider(begun.at()).await?;
        let discovered =
            self.providers.discovered(&config.issuer, now).await.map_err(AppError::ProviderFailed)?;
        if !discovered.answers_as(back.issuer.as_deref()) {
            return Err(AppError::ProviderFailed(ProviderError::OtherName));
        }
        let (verifier, nonce) =
            (self.secrets.provider_verifier(&back.state), self.secrets.provider_nonce(&back.state));
        let exchange = Exchange {
            client_id: &config.client_id,
            client_secret: &client_secret,
            code: back.code.expose_secret(),
            verifier: verifier.expose_secret(),
            redirect_uri: &self.provider_back(),
            nonce: &nonce,
            wanted: &config.role_claim,
        };
        let known = self
            .providers
            .exchange(&config.issuer, &exchange, now)
            .await
            .map_err(AppError::ProviderFailed)?;
        let identity = Identity {
            provider: begun.provider(),
            issuer: config.issuer.clone(),
            subject: known.subject.clone(),
        };
        Ok(Vouched { config, set_by, known, identity })
    }

    /// That of the link, or, the first time, that of an address which the practice has invited. An account that is more than the
    /// practice's is linked by whoever is signed in to it already.
    async fn account_of(&self, vouched: &Vouched, back: &Return) -> Result<AccountId, AppError> {
        if let Some(account) = self.views.linked(vouched.identity.id()).await? {
            return Ok(account);
        }
        let email = vouched.known.verified_email().and_then(Email::parse).ok_or(AppError::EmailUnverified)?;
        if !vouched.config.vouches_for(email.as_str()) {
            return Err(AppError::EmailBeyond);
        }
        let tenant = vouched.config.at.tenant;
        let account = self.views.account_of(self.secrets.address(&email)).await?;
        let account = account.ok_or(AppError::NotInvited)?;
        if let Some(secret) = &back.session_secret
            && let Ok(open) = self.open_session(secret.expose_secret()).await
            && open.account == account.uuid()
            && !open.awaits
        {
            return Ok(account);
        }
        match self.views.standing(account, tenant).await? {
            standing if !standing.invited => Err(AppError::NotInvited),
            standing if standing.has_signed_in || standing.holds_elsewhere => Err(AppError::LinkInSession),
            _ => Ok(account),
        }
    }

    /// Link, roles and session at once.
    async fn follow(
        &self,
        meta: &RequestMeta,
        named: Request,
        account: AccountId,
        session: SessionId,
        start: &Start,
        vouched: &Vouched,
    ) -> Result<(), AppError> {
        for attempt in 1.. {
            match self.try_to_follow(meta, named, account, session, start, vouched).await {
                Err(AppError::Append(AppendError::Stale)) if attempt < ATTEMPTS_MAX => {}
                // Somebody else is linked to the same identity by now.
                Err(AppError::Append(error)) if is_taken(&error) => return Err(AppError::BegunUnknown),
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn try_to_follow(
        &self,
        meta: &RequestMeta,
        named: Request,
        account: AccountId,
        session: SessionId,
        start: &Start,
        vouched: &Vouched,
    ) -> Result<(), AppError> {
        let (log, lane) = (self.ground.log(), Subject::Account(account));
        let link_id = vouched.identity.id();
        let link = log.load::<ProviderLink>(lane, link_id).await.map_err(AppError::Read)?;
        let known = log.load::<Account>(lane, account.uuid()).await.map_err(AppError::Read)?;
        let before = link.state.clone();
        let (given, roles) = if vouched.set_by == account {
            (link.state.given, Vec::new())
        } else {
            let given = vouched.config.roles(&vouched.known.claims);
            // What an earlier mapping gave goes, too.
            let over = [vouched.config.targets(), link.state.given.clone()].concat();
            let provider = vouched.identity.provider;
            let follow = account::Command::Follow { provider, given: given.clone(), over };
            (given, Account::decide(&known.state, follow).map_err(AppError::Account)?)
        };
        let vouch = Vouch { identity: vouched.identity.clone(), given };
        let Ok(linked) = ProviderLink::decide(&before, vouch);
        let started = [SessionEvent::Started(start.clone())];
        let mut streams = vec![StreamAppend::of(session.uuid(), 0, &started).map_err(AppError::Append)?];
        if !roles.is_empty() {
            let roles = StreamAppend::of(account.uuid(), known.revision, &roles);
            streams.push(roles.map_err(AppError::Append)?);
        }
        if !linked.is_empty() {
            streams.push(StreamAppend::of(link_id, link.revision, &linked).map_err(AppError::Append)?);
        }
        let actor = Actor::Service(Service::Identity);
        let mut context = unsigned_context(actor, meta.correlation, meta.traceparent.clone());
        context.tenant = vouched.config.at.tenant;
        let append = Append { subject: lane, context, request: Some(named), streams };
        log.append(append).await.map(|_| ()).map_err(AppError::Append)
    }

    async fn set_provider(&self, at: PlaceOfCare) -> Result<(Config, SecretString, AccountId), AppError> {
        match self.provider(at).await?.state {
            Provider::Set { config, client_secret, by } => Ok((config, client_secret.into(), by)),
            Provider::None => Err(AppError::ProviderUnknown),
        }
    }

    fn provider_back(&self) -> String {
        format!("{}{BACK}", self.ground.settings().public_url.as_str().trim_end_matches('/'))
    }
}

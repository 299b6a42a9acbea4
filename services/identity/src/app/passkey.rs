//! Passkeys: challenges that are given out, and what comes back signed.
use super::{
    App, AppError, SignedIn,
    factors::{digests, made, own_session},
    own_account, own_context, request, unsigned_context,
};
use crate::{
    config::RelyingParty,
    domain::{
        Digest,
        factors::{Command, Factors, PASSKEYS_MAX, Passkey, RECOVERY_CODES, Refusal},
        passkey::{self, Broken, Expected, OFFERED},
        session::Start,
        sign_in::LINK_LIFE,
    },
    secret::derived_id,
    views::Ceremony,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use holdfast_access::RequestContext;
use holdfast_eventlog::Subject;
use holdfast_host::{CommandId, RequestMeta};
use holdfast_types::{AccountId, Actor, SessionId};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::net::IpAddr;

/// Challenges for signing in that one network address gets in as long as a link is good; a whole clinic may be behind it.
const CHALLENGES_PER_NETWORK_MAX: i32 = 1_200;
/// How long a challenge is good.
const CHALLENGE_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A new passkey, as the browser hands it over.
pub(crate) struct Registration {
    pub client_data: Vec<u8>,
    pub attestation: Vec<u8>,
    pub name: String,
}

/// A passkey that was shown, as the browser hands it over.
pub(crate) struct Assertion {
    /// Credential id, base64url.
    pub id: String,
    pub client_data: Vec<u8>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    /// Whose it is, as the device remembers it.
    pub user: Vec<u8>,
}

/// Where somebody signs in.
#[derive(Clone)]
pub(crate) struct Place {
    pub user_agent: String,
    pub device_sha256: Option<Digest>,
    pub network: Option<IpAddr>,
}

impl App {
    /// Anybody may ask, so only so many from one network.
    #[tracing::instrument(skip_all, name = "identity.begin_passkey_sign_in")]
    pub(crate) async fn begin_passkey_sign_in(&self, from: Option<IpAddr>) -> Result<Value, AppError> {
        if let Some(network) = from.map(|from| self.secrets.challenges_of(from))
            && !self.views.take_mail(network, self.now(), LINK_LIFE, CHALLENGES_PER_NETWORK_MAX).await?
        {
            return Err(AppError::TooManyChallenges);
        }
        self.request_options(Ceremony::SignIn, None, &[]).await
    }

    #[tracing::instrument(skip_all, name = "identity.complete_passkey_sign_in")]
    pub(crate) async fn complete_passkey_sign_in(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        assertion: &Assertion,
        place: Place,
    ) -> Result<SignedIn, AppError> {
        let account = self.views.owner_of_passkey(&assertion.id).await?;
        let account = account.ok_or(AppError::Factors(Refusal::PasskeyUnknown))?;
        // A key that tells whose it is not is nobody's (WebAuthn Level 3, section 7.2, step 6).
        if assertion.user != account.uuid().as_bytes() {
            return Err(AppError::Factors(Refusal::PasskeyUnknown));
        }
        let session = SessionId::new(derived_id(account.uuid(), command.id));
        let secret = self.secrets.session(session, Digest::of(&assertion.signature));
        let start = Start { by_passkey: true, ..self.start(&secret, place) };
        let named = request(command);
        let log = self.ground.log();
        let repeated = log.answered(Subject::Account(account), named).await.map_err(AppError::Append)?;
        if repeated.is_none() {
            let counter = self.check(Ceremony::SignIn, None, account, assertion).await?;
            let context =
                unsigned_context(Actor::Account(account), meta.correlation, meta.traceparent.clone());
            let show = || Command::ShowPasskey { id: assertion.id.clone(), counter, session };
            let known = self.known_device(account, &start).await?;
            self.act(account, &context, named, Some((session, &start)), show).await?;
            self.notify(account, known, &start).await;
        }
        let known = self.views.session_of(start.secret_sha256).await?;
        let expire_time = known.map_or(start.expire_time, |session| session.expire_time);
        Ok(SignedIn { account, session_secret: secret, expire_time, awaits: false })
    }

    #[tracing::instrument(skip_all, name = "identity.begin_passkey_showing")]
    pub(crate) async fn begin_passkey_showing(&self, session_secret: &str) -> Result<Value, AppError> {
        let account = AccountId::new(self.open_session(session_secret).await?.account);
        let held = self.views.passkeys(account).await?;
        if held.is_empty() {
            return Err(AppError::Factors(Refusal::PasskeyUnknown));
        }
        let ids: Vec<&str> = held.iter().map(|passkey| passkey.id.as_str()).collect();
        self.request_options(Ceremony::Show, Some(account), &ids).await
    }

    #[tracing::instrument(skip_all, name = "identity.show_passkey")]
    pub(crate) async fn show_passkey(
        &self,
        meta: &RequestMeta,
        command: CommandId,
        session_secret: &str,
        assertion: &Assertion,
    ) -> Result<(), AppError> {
        let open = self.open_session(session_secret).await?;
        let (account, session) = (AccountId::new(open.account), SessionId::new(open.session));
        let named = request(command);
        let log = self.ground.log();
        if log.answered(Subject::Account(account), named).await.map_err(AppError::Append)?.is_some() {
            return Ok(());
        }
        let counter = self.check(Ceremony::Show, Some(account), account, assertion).await?;
        let context = unsigned_context(Actor::Account(account), meta.correlation, meta.traceparent.clone());
        let show = || Command::ShowPasskey { id: assertion.id.clone(), counter, session };
        self.act(account, &context, named, None, show).await.map(|_| ())
    }

    #[tracing::instrument(skip_all, name = "identity.begin_passkey")]
    pub(crate) async fn begin_passkey(&self, context: &RequestContext) -> Result<Value, AppError> {
        let account = own_account(self, context.caller.account).await?;
        own_session(context)?;
        let held = self.views.passkeys(account.id).await?;
        if held.len() >= PASSKEYS_MAX {
            return Err(AppError::Factors(Refusal::TooManyPasskeys));
        }
        let challenge = self.challenge(Ceremony::Add, Some(account.id)).await?;
        let RelyingParty { id: rp_id, .. } = &self.relying_party;
        let email = account.email.unwrap_or_default();
        let name =
            if account.addressed.display_name.is_empty() { &email } else { &account.addressed.display_name };
        let offered: Vec<Value> =
            OFFERED.iter().map(|algorithm| json!({ "type": "public-key", "alg": algorithm })).collect();
        let held: Vec<Value> = held.iter().map(|one| json!({ "type": "public-key", "id": one.id })).collect();
        Ok(json!({
            "rp": { "id": rp_id, "name": "Holdfast" },
            "user": { "id": URL_SAFE_NO_PAD.encode(account.id.uuid()), "name": email, "displayName": name },
            "challenge": challenge,
            "pubKeyCredParams": offered,
            "timeout": CHALLENGE_LIFE.num_milliseconds(),
            "excludeCredentials": held,
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "none",
        }))
    }

    /// Answers with the recovery codes that it has made, if any.
    #[tracing::instrument(skip_all, name = "identity.add_passkey")]
    pub(crate) async fn add_passkey(
        &self,
        context: &RequestContext,
        command: CommandId,
        registration: &Registration,
    ) -> Result<Vec<String>, AppError> {
        let (account, session) = (context.caller.account, own_session(context)?);
        let codes = self.secrets.recovery_codes(account, command.id, RECOVERY_CODES);
        let Registration { client_data, attestation, name } = registration;
        let named = request(command);
        let repeated =
            self.ground.log().answered(Subject::Account(account), named).await.map_err(AppError::Append)?;
        let mut passkey = Passkey { id: String::new(), key: String::new(), counter: 0, name: name.clone() };
        if repeated.is_none() {
            let challenge = self.take(Ceremony::Add, Some(account), client_data).await?;
            let new = passkey::made(&self.expected(&challenge), client_data, attestation)
                .map_err(AppError::Passkey)?;
            passkey.id = URL_SAFE_NO_PAD.encode(&new.id);
            passkey.key = URL_SAFE_NO_PAD.encode(&new.key);
            passkey.counter = new.counter;
        }
        let add = || Command::AddPasskey { passkey: passkey.clone(), session, recovery: digests(&codes) };
        let acted = self.act(account, &own_context(context), named, None, add).await?;
        Ok(made(&acted, codes))
    }

    #[tracing::instrument(skip_all, name = "identity.remove_passkey")]
    pub(crate) async fn remove_passkey(
        &self,
        context: &RequestContext,
        command: CommandId,
        id: &str,
    ) -> Result<(), AppError> {
        let remove = || Command::RemovePasskey { id: id.to_owned() };
        self.act(context.caller.account, &own_context(context), request(command), None, remove)
            .await
            .map(|_| ())
    }

    /// What the counter says of a passkey of the account that was shown for this.
    async fn check(
        &self,
        ceremony: Ceremony,
        asked: Option<AccountId>,
        account: AccountId,
        assertion: &Assertion,
    ) -> Result<u32, AppError> {
        let Assertion { id, client_data, authenticator_data, signature, .. } = assertion;
        let challenge = self.take(ceremony, asked, client_data).await?;
        let log = self.ground.log();
        let loaded = log.load::<Factors>(Subject::Account(account), account.uuid()).await;
        let state = loaded.map_err(AppError::Read)?.state;
        let known = state.passkey(id).ok_or(AppError::Factors(Refusal::PasskeyUnknown))?;
        let key = URL_SAFE_NO_PAD.decode(&known.key).map_err(|_| AppError::Passkey(Broken::Format))?;
        passkey::shown(&self.expected(&challenge), &key, client_data, authenticator_data, signature)
            .map_err(AppError::Passkey)
    }

    fn expected<'a>(&'a self, challenge: &'a [u8]) -> Expected<'a> {
        let RelyingParty { id: rp_id, origin } = &self.relying_party;
        Expected { challenge, origin, rp_id, user_verified: true, framed: false }
    }

    async fn request_options(
        &self,
        ceremony: Ceremony,
        account: Option<AccountId>,
        ids: &[&str],
    ) -> Result<Value, AppError> {
        let challenge = self.challenge(ceremony, account).await?;
        let allowed: Vec<Value> = ids.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        Ok(json!({
            "challenge": challenge,
            "timeout": CHALLENGE_LIFE.num_milliseconds(),
            "rpId": self.relying_party.id,
            "allowCredentials": allowed,
            "userVerification": "required",
        }))
    }

    /// A new one, base64url.
    async fn challenge(&self, ceremony: Ceremony, account: Option<AccountId>) -> Result<String, AppError> {
        let (challenge, now) = (self.secrets.challenge(self.ground.ids().next()), self.now());
        let until = now + CHALLENGE_LIFE;
        self.views.put_ceremony(Digest::of(&challenge), ceremony, account, now, until).await?;
        Ok(URL_SAFE_NO_PAD.encode(challenge))
    }

    /// The challenge that is answered, which from now on is used.
    async fn take(
        &self,
        ceremony: Ceremony,
        account: Option<AccountId>,
        client_data: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        let challenge = passkey::challenge_of(client_data).map_err(AppError::Passkey)?;
        let taken = self.views.take_ceremony(Digest::of(&challenge), ceremony, account, self.now()).await?;
        if taken { Ok(challenge) } else { Err(AppError::ChallengeUnknown) }
    }

    pub(super) fn start(&self, secret: &secrecy::SecretString, place: Place) -> Start {
        Start {
            secret_sha256: Digest::of(secret.expose_secret().as_bytes()),
            user_agent: place.user_agent,
            expire_time: self.now() + self.session_life.life,
            awaits: false,
            by_passkey: false,
            by_provider: None,
            device_sha256: place.device_sha256,
            network: place.network.map(crate::secret::network_of),
        }
    }
}

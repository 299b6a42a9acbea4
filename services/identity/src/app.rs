//! Use cases: authorise, load, decide, append.
mod account;
mod administration;
mod directory;
mod factors;
mod invitation;
mod notice;
mod operator;
mod passkey;
mod provider;
mod reviews;
mod session;
mod sign_in;
mod token;

pub(crate) use administration::{Invitation, NewProgram};
pub(crate) use factors::NewTotp;
pub(crate) use invitation::Told as Invited;
pub(crate) use passkey::{Assertion, Place, Registration};
pub(crate) use provider::Return;
pub(crate) use reviews::DecideLines;
pub(crate) use sign_in::{Completion, SignedIn};
pub(crate) use token::Issued;

use crate::{
    config::{RelyingParty, SecondFactor, SessionLife},
    domain,
    mail::{MailError, Outbox},
    provider::{ProviderError, Providers},
    secret::Secrets,
    views::{ViewError, Views},
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Refused, RequestContext, TokenSigner};
use holdfast_eventlog::{AppendError, Context, ExecuteError, KeyError, ReadError, Request};
use holdfast_host::{CommandId, Ground};
use holdfast_types::{AccountId, Actor, Purpose};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct App {
    pub ground: Ground,
    pub views: Views,
    pub secrets: Arc<Secrets>,
    pub signer: TokenSigner,
    pub outbox: Arc<Outbox>,
    pub relying_party: RelyingParty,
    pub providers: Providers,
    pub operator_second_factor: SecondFactor,
    pub session_life: SessionLife,
    pub links_per_network_max: i32,
    /// As whom programs address what they sign.
    pub issuer: String,
    pub access_review_interval: TimeDelta,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error("not permitted")]
    Refused(#[source] Refused),
    #[error("the account's rules refuse")]
    Account(#[source] domain::account::Refusal),
    #[error("the session's rules refuse")]
    Session(#[source] domain::session::Refusal),
    #[error("the factors' rules refuse")]
    Factors(#[source] domain::factors::Refusal),
    #[error("the passkey is refused")]
    Passkey(#[source] domain::passkey::Broken),
    #[error("the challenge was used, is too old, or was never given out")]
    ChallengeUnknown,
    #[error("too many challenges were asked for")]
    TooManyChallenges,
    #[error("the link's rules refuse")]
    SignIn(#[source] domain::sign_in::Refusal),
    #[error("the tenant's rules refuse")]
    Tenant(#[source] domain::tenant::Refusal),
    #[error("the practice's rules refuse")]
    Practice(#[source] domain::practice::Refusal),
    #[error("the invitation's rules refuse")]
    Invitation(#[source] domain::invitation::Refusal),
    #[error("there is no such invitation")]
    InvitationUnknown,
    #[error("the practice has invited this address and waits for its answer")]
    InvitationWaits,
    #[error("too many invitations wait, or too many were mailed to the address")]
    TooManyInvitations,
    #[error("too many links were asked for")]
    TooManyLinks,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the session awaits a second factor")]
    SecondFactorNeeded,
    #[error("the assertion is refused")]
    Assertion(#[source] domain::assertion::Refusal),
    #[error("the assertion was shown before")]
    AssertionReplayed,
    #[error("the provider's rules refuse")]
    Provider(#[source] domain::provider::Refusal),
    #[error("another provider vouches for a domain of these")]
    DomainTaken,
    #[error("no provider vouches for addresses of this domain")]
    ProviderUnknown,
    #[error("the provider fails")]
    ProviderFailed(#[source] ProviderError),
    #[error("the sign-in has come back, is too old, or was never begun")]
    BegunUnknown,
    #[error("the sign-in was begun in another browser")]
    OtherBrowser,
    #[error("the provider does not say that the address is theirs")]
    EmailUnverified,
    #[error("the provider does not vouch for addresses of this domain")]
    EmailBeyond,
    #[error("nobody at the practice has invited the address")]
    NotInvited,
    #[error("the account is more than the practice's: it is linked by whoever is signed in to it")]
    LinkInSession,
    #[error("there is no such account")]
    AccountUnknown,
    #[error("there is no such tenant")]
    TenantUnknown,
    #[error("there is no such practice")]
    PracticeUnknown,
    #[error("the role is not held at this kind of organisation")]
    NotHeldThere,
    #[error("the review's rules refuse")]
    Review(#[source] domain::access_review::Refusal),
    #[error("a review of the tenant's roles is under way")]
    ReviewOpen,
    #[error("the mail cannot be sent")]
    Mail(#[source] MailError),
    #[error("the token cannot be signed")]
    Token(#[source] holdfast_access::KeyError),
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
    #[error("the aggregate cannot be read")]
    Read(#[source] ReadError),
    #[error("the read models cannot be read")]
    View(#[from] ViewError),
}

impl AppError {
    /// Whether the database is away, rather than something wrong.
    pub(crate) const fn is_unavailable(&self) -> bool {
        matches!(self, Self::View(ViewError::Unavailable(_) | ViewError::Key(KeyError::Unavailable(_))))
    }
}

impl App {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.ground.clock().now()
    }
}

/// A command's id as the log wants it.
fn request(command: CommandId) -> Option<Request> {
    Some(Request { id: command.id, fingerprint: command.fingerprint })
}

fn executed<R>(refused: impl FnOnce(R) -> AppError) -> impl FnOnce(ExecuteError<R>) -> AppError {
    |error| match error {
        ExecuteError::Refused(refusal) => refused(refusal),
        ExecuteError::Read(error) => AppError::Read(error),
        ExecuteError::Append(error) => AppError::Append(error),
    }
}

/// For what somebody does with their own account: that it is theirs is all the authority it needs.
fn own_context(request: &RequestContext) -> Context {
    Context {
        tenant: request.caller.roles.first().map_or(crate::FREE_STANDING, |held| held.tenant),
        actor: Actor::Account(request.caller.account),
        on_behalf_of: None,
        purpose: request.purpose.unwrap_or(Purpose::PatientRequest),
        correlation: request.correlation,
        causation: None,
        traceparent: request.traceparent.clone(),
        occurred: None,
        by_right: None,
    }
}

/// For what happens before anybody has said who they are.
fn unsigned_context(actor: Actor, correlation: Uuid, traceparent: Option<String>) -> Context {
    Context {
        tenant: crate::FREE_STANDING,
        actor,
        on_behalf_of: None,
        purpose: Purpose::PatientRequest,
        correlation,
        causation: None,
        traceparent,
        occurred: None,
        by_right: None,
    }
}

/// The caller's own account, of which no look is recorded: nobody else learns of anybody.
async fn own_account(app: &App, account: AccountId) -> Result<crate::views::AccountView, AppError> {
    app.views.own_account(account).await?.ok_or(AppError::AccountUnknown)
}

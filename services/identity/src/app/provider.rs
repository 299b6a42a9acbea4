//! Sign-in providers of practices: set by who administers there, never by who gains from it.
mod sign_in;

pub(crate) use sign_in::Return;

use super::{App, AppError, executed, request};
use crate::{
    domain::provider::{Command, Config, Place, Provider},
    views::is_taken,
};
use holdfast_access::{Authority, Oversight, RequestContext, RoleAssignment};
use holdfast_eventlog::{Loaded, Subject};
use holdfast_host::CommandId;
use holdfast_types::Role;
use secrecy::{ExposeSecret as _, SecretString};

impl App {
    /// Whoever sets it could give each of its roles by hand.
    #[tracing::instrument(skip_all, name = "identity.set_sign_in_provider")]
    pub(crate) async fn set_sign_in_provider(
        &self,
        context: &RequestContext,
        command: CommandId,
        config: Config,
        client_secret: Option<SecretString>,
    ) -> Result<(), AppError> {
        const OPERATION: &str = "identity.SetSignInProvider";
        let authority = self.provider_authority(context, config.at, OPERATION).await?;
        for assignment in config.targets() {
            self.authority(context, Oversight::Role(assignment), OPERATION).await?;
            self.is_a_place(&assignment).await?;
        }
        let by = authority.account();
        let client_secret = client_secret.map(|secret| secret.expose_secret().to_owned());
        self.change_provider(&authority, command, config.at, || Command::Set {
            config: config.clone(),
            client_secret: client_secret.clone(),
            by,
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "identity.remove_sign_in_provider")]
    pub(crate) async fn remove_sign_in_provider(
        &self,
        context: &RequestContext,
        command: CommandId,
        at: Place,
    ) -> Result<(), AppError> {
        let authority = self.provider_authority(context, at, "identity.RemoveSignInProvider").await?;
        let by = authority.account();
        self.change_provider(&authority, command, at, || Command::Remove { by }).await
    }

    #[tracing::instrument(skip_all, name = "identity.get_sign_in_provider")]
    pub(crate) async fn get_sign_in_provider(
        &self,
        context: &RequestContext,
        at: Place,
    ) -> Result<Config, AppError> {
        self.provider_authority(context, at, "identity.GetSignInProvider").await?;
        match self.provider(at).await?.state {
            Provider::Set { config, .. } => Ok(config),
            Provider::None => Err(AppError::Provider(crate::domain::provider::Refusal::Unknown)),
        }
    }

    /// That of who makes administrators there.
    async fn provider_authority(
        &self,
        context: &RequestContext,
        at: Place,
        operation: &'static str,
    ) -> Result<Authority, AppError> {
        let place =
            RoleAssignment { role: Role::PracticeAdministrator, tenant: at.tenant, practice: at.practice };
        let authority = self.authority(context, Oversight::Role(place), operation).await?;
        self.is_a_place(&place).await?;
        Ok(authority)
    }

    async fn provider(&self, at: Place) -> Result<Loaded<Provider>, AppError> {
        let lane = Subject::Tenant(at.tenant);
        self.ground.log().load::<Provider>(lane, at.provider()).await.map_err(AppError::Read)
    }

    async fn change_provider(
        &self,
        authority: &Authority,
        command: CommandId,
        at: Place,
        change: impl Fn() -> Command + Send + Sync,
    ) -> Result<(), AppError> {
        let log = self.ground.log();
        let (lane, context) = (Subject::Tenant(at.tenant), authority.context());
        log.execute::<Provider>(lane, at.provider(), context, request(command), |_| change())
            .await
            .map(|_| ())
            .map_err(|error| match executed(AppError::Provider)(error) {
                AppError::Append(error) if is_taken(&error) => AppError::DomainTaken,
                error => error,
            })
    }
}

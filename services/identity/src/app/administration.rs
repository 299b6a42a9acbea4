//! Tenants, practices, invitations, service accounts and roles: for operators and practice administrators.
use super::{App, AppError, executed, request};
use crate::{
    domain::{
        Discipline,
        account::{Account, Command, Holder},
        practice,
        practice::Practice,
        service_key::ServiceKey,
        tenant,
        tenant::Tenant,
    },
    secret::{Email, derived_id},
    views::{AccountView, is_taken},
};
use holdfast_access::{Authority, Oversight, Place, RequestContext, RoleAssignment, Roles};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, OrganizationKind, PracticeId, Role, TenantId};

/// Somebody to have an account.
pub(crate) struct Invitation {
    pub tenant: TenantId,
    pub email: Email,
    pub display_name: String,
    pub locale: String,
    pub discipline: Option<Discipline>,
    pub account: Option<AccountId>,
}

/// A program to have an account.
pub(crate) struct NewProgram {
    pub tenant: TenantId,
    pub display_name: String,
    pub keys: Vec<ServiceKey>,
}

impl App {
    #[tracing::instrument(skip_all, name = "identity.create_tenant")]
    pub(crate) async fn create_tenant(
        &self,
        context: &RequestContext,
        command: CommandId,
        chosen: Option<TenantId>,
        create: tenant::Create,
    ) -> Result<TenantId, AppError> {
        let authority = self.authority(context, Oversight::Installation, "identity.CreateTenant").await?;
        let id = chosen.unwrap_or_else(|| TenantId::new(derived_id(authority.account().uuid(), command.id)));
        let events = in_tenant(&authority, id);
        self.ground
            .log()
            .execute::<Tenant>(Subject::Tenant(id), id.uuid(), &events, request(command), |_| create.clone())
            .await
            .map_err(executed(AppError::Tenant))?;
        Ok(id)
    }

    #[tracing::instrument(skip_all, name = "identity.create_practice")]
    pub(crate) async fn create_practice(
        &self,
        context: &RequestContext,
        command: CommandId,
        tenant: TenantId,
        chosen: Option<PracticeId>,
        create: practice::Create,
    ) -> Result<PracticeId, AppError> {
        let authority = self.authority(context, Oversight::Tenant(tenant), "identity.CreatePractice").await?;
        self.tenant_exists(tenant).await?;
        if let Some(whole) = create.part_of {
            let found = self.views.organization(whole).await?;
            found
                .filter(|found| *found == (tenant, OrganizationKind::Practice))
                .ok_or(AppError::PracticeUnknown)?;
        }
        let id =
            chosen.unwrap_or_else(|| PracticeId::new(derived_id(authority.account().uuid(), command.id)));
        self.ground
            .log()
            .execute::<Practice>(
                Subject::Tenant(tenant),
                id.uuid(),
                authority.context(),
                request(command),
                |_| create.clone(),
            )
            .await
            .map_err(|error| match executed(AppError::Practice)(error) {
                // In another tenant.
                AppError::Append(error) if is_taken(&error) => AppError::Practice(practice::Refusal::Exists),
                error => error,
            })?;
        Ok(id)
    }

    /// The account of the address; opened where there is none. One that is there is shown with its roles in the tenant alone.
    #[tracing::instrument(skip_all, name = "identity.invite_account")]
    pub(crate) async fn invite_account(
        &self,
        context: &RequestContext,
        command: CommandId,
        invitation: Invitation,
    ) -> Result<AccountView, AppError> {
        const OPERATION: &str = "identity.InviteAccount";
        let asked = Oversight::Tenant(invitation.tenant);
        let authority = self.authority(context, asked, OPERATION).await?;
        self.tenant_exists(invitation.tenant).await?;
        let address = self.secrets.address(&invitation.email);
        let account = match self.views.account_of(address).await? {
            Some(account) => account,
            None => {
                let id = invitation.account.unwrap_or(address.account());
                let open = Command::Open {
                    holder: Holder::Person {
                        email: invitation.email.as_str().to_owned(),
                        discipline: invitation.discipline,
                    },
                    display_name: invitation.display_name.clone(),
                    locale: invitation.locale.clone(),
                    roles: Vec::new(),
                };
                match self.change(authority.context(), command, id, open).await {
                    Ok(_) => id,
                    // Somebody was faster with the same address.
                    Err(AppError::Append(error)) if is_taken(&error) => {
                        self.views.account_of(address).await?.ok_or(AppError::Append(error))?
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        // What is answered is a look at somebody's account, whoever opened it.
        let permit = self
            .ground
            .gate()
            .authorise_oversight(context, asked, OPERATION)
            .await
            .map_err(AppError::Refused)?;
        let found = self.views.account(&permit, account).await?;
        let found = self.ground.gate().release(permit, found).await.map_err(AppError::Refused)?;
        let mut view = found.ok_or(AppError::AccountUnknown)?;
        view.roles.retain(|held| held.tenant == invitation.tenant);
        Ok(view)
    }

    #[tracing::instrument(skip_all, name = "identity.create_service_account")]
    pub(crate) async fn create_service_account(
        &self,
        context: &RequestContext,
        command: CommandId,
        program: NewProgram,
    ) -> Result<AccountView, AppError> {
        let NewProgram { tenant, display_name, keys } = program;
        let authority =
            self.authority(context, Oversight::Installation, "identity.CreateServiceAccount").await?;
        self.tenant_exists(tenant).await?;
        let id = AccountId::new(derived_id(authority.account().uuid(), command.id));
        let role = RoleAssignment { role: Role::ServiceAccount, tenant, practice: None };
        let open = Command::Open {
            holder: Holder::Program { keys, secret_sha256: None },
            display_name,
            locale: "en".to_owned(),
            roles: vec![role],
        };
        self.change(&in_tenant(&authority, tenant), command, id, open).await?;
        // A program is nobody whom a look could concern.
        super::own_account(self, id).await
    }

    /// Answers with all that the program has from then on.
    #[tracing::instrument(skip_all, name = "identity.add_service_keys")]
    pub(crate) async fn add_service_keys(
        &self,
        context: &RequestContext,
        command: CommandId,
        program: AccountId,
        keys: Vec<ServiceKey>,
    ) -> Result<Vec<ServiceKey>, AppError> {
        let authority = self.authority(context, Oversight::Installation, "identity.AddServiceKeys").await?;
        self.change(authority.context(), command, program, Command::AddKeys { keys }).await?;
        Ok(self.views.service_keys(program).await?)
    }

    /// Answers with those that are left.
    #[tracing::instrument(skip_all, name = "identity.remove_service_key")]
    pub(crate) async fn remove_service_key(
        &self,
        context: &RequestContext,
        command: CommandId,
        program: AccountId,
        id: String,
    ) -> Result<Vec<ServiceKey>, AppError> {
        let authority = self.authority(context, Oversight::Installation, "identity.RemoveServiceKey").await?;
        self.change(authority.context(), command, program, Command::RemoveKey { id }).await?;
        Ok(self.views.service_keys(program).await?)
    }

    #[tracing::instrument(skip_all, name = "identity.get_service_keys")]
    pub(crate) async fn get_service_keys(
        &self,
        context: &RequestContext,
        program: AccountId,
    ) -> Result<Vec<ServiceKey>, AppError> {
        self.authority(context, Oversight::Installation, "identity.GetServiceKeys").await?;
        Ok(self.views.service_keys(program).await?)
    }

    #[tracing::instrument(skip_all, name = "identity.assign_role")]
    pub(crate) async fn assign_role(
        &self,
        context: &RequestContext,
        command: CommandId,
        to: AccountId,
        assignment: RoleAssignment,
    ) -> Result<Option<Position>, AppError> {
        let authority = self.authority(context, Oversight::Role(assignment), "identity.AssignRole").await?;
        self.is_a_place(&assignment).await?;
        let by = Some(authority.account());
        self.change(authority.context(), command, to, Command::AssignRole { to, by, assignment }).await
    }

    #[tracing::instrument(skip_all, name = "identity.withdraw_role")]
    pub(crate) async fn withdraw_role(
        &self,
        context: &RequestContext,
        command: CommandId,
        from: AccountId,
        assignment: RoleAssignment,
    ) -> Result<Option<Position>, AppError> {
        let authority = self.authority(context, Oversight::Role(assignment), "identity.WithdrawRole").await?;
        self.change(authority.context(), command, from, Command::WithdrawRole { assignment }).await
    }

    pub(super) async fn authority(
        &self,
        context: &RequestContext,
        asked: Oversight,
        operation: &'static str,
    ) -> Result<Authority, AppError> {
        let permit = self.ground.gate().authorise_oversight(context, asked, operation).await;
        Ok(permit.map_err(AppError::Refused)?.into_authority())
    }

    pub(super) async fn change(
        &self,
        context: &Context,
        command: CommandId,
        account: AccountId,
        change: Command,
    ) -> Result<Option<Position>, AppError> {
        let subject = Subject::Account(account);
        let executed = self
            .ground
            .log()
            .execute::<Account>(subject, account.uuid(), context, request(command), |_| change.clone())
            .await
            .map_err(executed(AppError::Account))?;
        Ok(executed.position)
    }

    async fn tenant_exists(&self, tenant: TenantId) -> Result<(), AppError> {
        if self.views.has_tenant(tenant).await? { Ok(()) } else { Err(AppError::TenantUnknown) }
    }

    /// Whether there is such a place, and the role is held at one of its kind.
    pub(super) async fn is_a_place(&self, assignment: &RoleAssignment) -> Result<(), AppError> {
        let place = match assignment.practice {
            None if assignment.tenant == crate::FREE_STANDING => Place::Installation,
            practice => {
                self.tenant_exists(assignment.tenant).await?;
                match practice {
                    None => Place::Tenant,
                    Some(practice) => match self.views.organization(practice).await? {
                        Some((tenant, kind)) if tenant == assignment.tenant => Place::Organization(kind),
                        _ => return Err(AppError::PracticeUnknown),
                    },
                }
            }
        };
        if Roles::table().is_held_at(assignment.role, place) { Ok(()) } else { Err(AppError::NotHeldThere) }
    }
}

/// An operator acts from outside; what comes of it is the tenant's.
fn in_tenant(authority: &Authority, tenant: TenantId) -> Context {
    Context { tenant, ..authority.context().clone() }
}

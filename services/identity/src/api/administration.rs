//! The calls of operators and practice administrators.
use super::{message, sign_in};
use crate::{
    app::{App, Invitation},
    domain::{
        practice,
        tenant::{self, SecondFactor},
    },
};
use holdfast_host::{CommandId, Problem, catalogue, field};
use holdfast_proto::identity::v1 as pb;
use secrecy::ExposeSecret as _;
use tonic::Request;

const DISCIPLINES_MAX: usize = 4;

pub(super) async fn create_tenant(
    app: &App,
    request: Request<pb::CreateTenantRequest>,
) -> Result<pb::Tenant, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let asked = field::required("tenant", message.tenant)?;
    let chosen = field::optional_id("tenant.tenant_id", &asked.tenant_id)?;
    let display_name = message::name("tenant.display_name", &asked.display_name)?;
    let second_factor = match pb::SecondFactorPolicy::try_from(asked.second_factor_policy) {
        Ok(pb::SecondFactorPolicy::Unspecified | pb::SecondFactorPolicy::Required) => SecondFactor::Required,
        Ok(pb::SecondFactorPolicy::Invited) => SecondFactor::Invited,
        Err(_) => {
            let field = "tenant.second_factor_policy";
            return Err(Problem::of_field(catalogue::FIELD_INVALID, field, "not a value of its enum"));
        }
    };
    let policy = match second_factor {
        SecondFactor::Required => pb::SecondFactorPolicy::Required,
        SecondFactor::Invited => pb::SecondFactorPolicy::Invited,
    };
    let create = tenant::Create { display_name: display_name.clone(), second_factor };
    let id = app.create_tenant(&entered.context, command, chosen, create).await?;
    Ok(pb::Tenant { tenant_id: id.to_string(), display_name, second_factor_policy: policy.into() })
}

pub(super) async fn create_practice(
    app: &App,
    request: Request<pb::CreatePracticeRequest>,
) -> Result<pb::Practice, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let practice = field::required("practice", message.practice)?;
    let chosen = field::optional_id("practice.practice_id", &practice.practice_id)?;
    let tenant = field::id("practice.tenant_id", &practice.tenant_id)?;
    let display_name = message::name("practice.display_name", &practice.display_name)?;
    field::count("practice.disciplines", practice.disciplines.len(), DISCIPLINES_MAX)?;
    let mut disciplines = Vec::new();
    for (index, word) in practice.disciplines.iter().enumerate() {
        disciplines.extend(message::discipline(&format!("practice.disciplines[{index}]"), word)?);
    }
    disciplines.sort_unstable();
    disciplines.dedup();
    let words = disciplines.iter().map(|word| word.as_str().to_owned()).collect();
    let create = practice::Create { display_name: display_name.clone(), disciplines };
    let id = app.create_practice(&entered.context, command, tenant, chosen, create).await?;
    let (practice_id, tenant_id) = (id.to_string(), tenant.to_string());
    Ok(pb::Practice { practice_id, tenant_id, display_name, disciplines: words })
}

pub(super) async fn invite(
    app: &App,
    request: Request<pb::InviteAccountRequest>,
) -> Result<pb::Account, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let invitation = Invitation {
        tenant: field::id("tenant_id", &message.tenant_id)?,
        email: sign_in::email("email", &message.email)?,
        display_name: message::name("display_name", &message.display_name)?,
        locale: message::locale("locale", &message.locale)?,
        discipline: message::discipline("discipline", &message.discipline)?,
        account: field::optional_id("account_id", &message.account_id)?,
    };
    Ok(message::account(app.invite_account(&entered.context, command, invitation).await?))
}

pub(super) async fn create_service_account(
    app: &App,
    request: Request<pb::CreateServiceAccountRequest>,
) -> Result<pb::CreateServiceAccountResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let tenant = field::id("tenant_id", &message.tenant_id)?;
    let display_name = message::name("display_name", &message.display_name)?;
    let made = app.create_service_account(&entered.context, command, tenant, display_name).await?;
    Ok(pb::CreateServiceAccountResponse {
        account: Some(message::account(made.account)),
        secret: made.secret.expose_secret().to_owned(),
    })
}

pub(super) async fn assign_role(
    app: &App,
    request: Request<pb::AssignRoleRequest>,
) -> Result<pb::AssignRoleResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let account = field::id("account_id", &message.account_id)?;
    let assignment = message::assignment(message.assignment)?;
    let position = app.assign_role(&entered.context, command, account, assignment).await?;
    Ok(pb::AssignRoleResponse { position: position.map(Into::into) })
}

pub(super) async fn withdraw_role(
    app: &App,
    request: Request<pb::WithdrawRoleRequest>,
) -> Result<pb::WithdrawRoleResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let account = field::id("account_id", &message.account_id)?;
    let assignment = message::assignment(message.assignment)?;
    let position = app.withdraw_role(&entered.context, command, account, assignment).await?;
    Ok(pb::WithdrawRoleResponse { position: position.map(Into::into) })
}

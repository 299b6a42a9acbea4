//! The calls of operators and practice administrators.
use super::{message, sign_in};
use crate::{
    app::{App, Invitation, NewProgram},
    domain::{
        practice,
        service_key::{self, ServiceKey},
        tenant::{self, SecondFactor},
    },
};
use holdfast_host::{CommandId, Problem, catalogue, field};
use holdfast_proto::{Word as _, identity::v1 as pb};
use holdfast_types::OrganizationKind;
use tonic::Request;

const DISCIPLINES_MAX: usize = 4;
/// Five keys of the largest kind, with what their maker adds.
const KEY_SET_CHARACTERS_MAX: usize = 16 * 1024;
const KEY_ID_CHARACTERS_MAX: usize = 200;

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
    let create = created(&display_name, &practice)?;
    let id = app.create_practice(&entered.context, command, tenant, chosen, create.clone()).await?;
    Ok(pb::Practice {
        practice_id: id.to_string(),
        tenant_id: tenant.to_string(),
        display_name,
        disciplines: create.disciplines.iter().map(|word| word.as_str().to_owned()).collect(),
        kind: create.kind.to_proto(),
        part_of_practice_id: create.part_of.map(|whole| whole.to_string()).unwrap_or_default(),
    })
}

/// Teams are part of a practice and nothing else is; schools and insurers treat nobody.
fn created(display_name: &str, practice: &pb::Practice) -> Result<practice::Create, Problem> {
    let kind = field::optional_word("practice.kind", practice.kind)?.unwrap_or(OrganizationKind::Practice);
    let part_of = field::optional_id("practice.part_of_practice_id", &practice.part_of_practice_id)?;
    let wrong = |field: &str, what| Err(Problem::of_field(catalogue::FIELD_INVALID, field, what));
    if part_of.is_some() != (kind == OrganizationKind::Team) {
        return wrong("practice.part_of_practice_id", "a team is part of a practice, and nothing else is");
    }
    field::count("practice.disciplines", practice.disciplines.len(), DISCIPLINES_MAX)?;
    let mut disciplines = Vec::new();
    for (index, word) in practice.disciplines.iter().enumerate() {
        disciplines.extend(message::discipline(&format!("practice.disciplines[{index}]"), word)?);
    }
    let treats = [OrganizationKind::Practice, OrganizationKind::Team].contains(&kind);
    if !treats && !disciplines.is_empty() {
        return wrong("practice.disciplines", "schools and insurers offer no therapy here");
    }
    disciplines.sort_unstable();
    disciplines.dedup();
    Ok(practice::Create { display_name: display_name.to_owned(), disciplines, kind, part_of })
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
    let program = NewProgram {
        tenant: field::id("tenant_id", &message.tenant_id)?,
        display_name: message::name("display_name", &message.display_name)?,
        keys: keys(&message.jwks_json)?,
    };
    entered.shown_lately(app.now())?;
    let account = app.create_service_account(&entered.context, command, program).await?;
    let account = Some(message::account(account));
    Ok(pb::CreateServiceAccountResponse { account, ..pb::CreateServiceAccountResponse::default() })
}

pub(super) async fn add_service_keys(
    app: &App,
    request: Request<pb::AddServiceKeysRequest>,
) -> Result<pb::ServiceKeys, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let program = field::id("account_id", &message.account_id)?;
    let keys = keys(&message.jwks_json)?;
    entered.shown_lately(app.now())?;
    Ok(service_keys(&app.add_service_keys(&entered.context, command, program, keys).await?))
}

pub(super) async fn remove_service_key(
    app: &App,
    request: Request<pb::RemoveServiceKeyRequest>,
) -> Result<pb::ServiceKeys, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let program = field::id("account_id", &message.account_id)?;
    let key = field::line("key_id", &message.key_id, 1, KEY_ID_CHARACTERS_MAX)?;
    entered.shown_lately(app.now())?;
    Ok(service_keys(&app.remove_service_key(&entered.context, command, program, key).await?))
}

pub(super) async fn get_service_keys(
    app: &App,
    request: Request<pb::GetServiceKeysRequest>,
) -> Result<pb::ServiceKeys, Problem> {
    let entered = app.ground.enter(&request).await?;
    let program = field::id("account_id", &request.into_inner().account_id)?;
    Ok(service_keys(&app.get_service_keys(&entered.context, program).await?))
}

fn service_keys(keys: &[ServiceKey]) -> pb::ServiceKeys {
    pb::ServiceKeys { jwks_json: service_key::key_set(keys) }
}

fn keys(jwks_json: &str) -> Result<Vec<ServiceKey>, Problem> {
    const FIELD: &str = "jwks_json";
    let text = field::lines(FIELD, jwks_json, 1, KEY_SET_CHARACTERS_MAX)?;
    let refused = |broken: service_key::Broken| {
        Problem::of_field(catalogue::KEY_SET_REFUSED, FIELD, broken.to_string()).with("rule", broken.rule())
    };
    service_key::read(&text).map_err(refused)
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

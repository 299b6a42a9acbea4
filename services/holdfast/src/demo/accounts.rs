//! The tenant, its practices, and an account with its roles for everybody in the demo network.
use super::{
    Loading,
    ids::{id, request},
    installation::{INSTALLATION, Installation, Line, Refusal, Speaker, send},
};
use crate::{data_dir::DataDir, service_key};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_access::{ProgramKey, RoleAssignment, key_set};
use holdfast_demo::{Discipline, Key, Network, PartnerKind, Person, Role as Post};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word,
    identity::v1::{self as pb, identity_service_client::IdentityServiceClient},
};
use holdfast_types::{AccountId, OrganizationKind, PracticeId, Role, TenantId};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const OPERATOR_EMAIL: &str = "operator@holdfast-network.example";
/// Where the private key of the service account is, among the secrets.
pub(super) const APP_KEY: &str = "demo-service-account.key";
const OPERATOR_NAME: &str = "Demo Operator";
type Identity = IdentityServiceClient<Line>;

const ACCOUNTS_AT_ONCE: usize = 4;

pub(super) struct People {
    pub(super) tenant: TenantId,
    pub(super) operator: Speaker,
    pub(super) app: App,
    speakers: BTreeMap<Key, Speaker>,
}

/// A service account for internal apps.
#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) account_id: String,
    pub(super) key_id: String,
}

impl People {
    /// Everybody as they are to become.
    pub(super) fn intended(network: &Network) -> Self {
        let tenant = TenantId::new(id("tenant", &network.tenant.key));
        let speakers = network.people.iter().filter(|person| has_account(person)).map(|person| {
            let account = AccountId::new(id("account", &person.key));
            (person.key.clone(), Speaker { account, roles: roles(network, tenant, person) })
        });
        Self {
            tenant,
            operator: operator(AccountId::new(id("account", "operator"))),
            app: App::default(),
            speakers: speakers.collect(),
        }
    }

    pub(super) fn speaker(&self, key: &Key) -> Result<&Speaker> {
        self.speakers.get(key).with_context(|| format!("`{key}` has no account"))
    }
}

pub(super) fn practice(key: &Key) -> PracticeId {
    PracticeId::new(id("practice", key))
}

pub(super) async fn open(installation: &Installation, dir: &DataDir, network: &Network) -> Result<People> {
    let mut people = People::intended(network);
    let founder = operator(AccountId::new(id("account", "loader")));
    found(installation, network, &founder, people.tenant).await?;
    people.operator = name_operator(installation, &founder, people.tenant).await?;
    let by = &people.operator;
    people.app = create_app(installation, dir, by, people.tenant).await?;
    let invited: Vec<(Key, AccountId)> =
        stream::iter(network.people.iter().filter(|person| has_account(person)))
            .map(|person| invite(installation, by, network, people.tenant, person))
            .buffer_unordered(ACCOUNTS_AT_ONCE)
            .try_collect()
            .await?;
    for (key, account) in invited {
        // Somebody may have signed in by the same address before.
        if let Some(speaker) = people.speakers.get_mut(&key) {
            speaker.account = account;
        }
    }
    Ok(people)
}

/// Takes the roles of those who have left; what they wrote stays theirs.
pub(super) async fn leave(loading: Loading<'_>) -> Result<()> {
    let Loading { installation, network, people } = loading;
    for person in network.people.iter().filter(|person| person.left.is_some()) {
        let Speaker { account, roles } = people.speaker(&person.key)?;
        for role in roles {
            let message = pb::WithdrawRoleRequest {
                request_id: request("WithdrawRole", format!("{} {role}", person.key)),
                account_id: account.to_string(),
                assignment: Some(assignment(role)),
            };
            send(&installation.identity(&people.operator)?, &message, |mut client, message| async move {
                client.withdraw_role(message).await
            })
            .await?;
        }
    }
    Ok(())
}

async fn found(installation: &Installation, network: &Network, by: &Speaker, tenant: TenantId) -> Result<()> {
    let client = installation.identity(by)?;
    create_tenant(&client, &network.tenant.key, tenant, &network.tenant.name).await?;
    for one in &network.practices {
        let staff = network.people.iter().filter(|person| person.practice() == Some(&one.key));
        let disciplines: BTreeSet<&str> = staff.map(discipline).filter(|word| !word.is_empty()).collect();
        let asked = pb::Practice {
            practice_id: practice(&one.key).to_string(),
            tenant_id: tenant.to_string(),
            display_name: one.name.clone(),
            disciplines: disciplines.into_iter().map(str::to_owned).collect(),
            ..pb::Practice::default()
        };
        create(&client, &one.key, asked).await?;
    }
    for team in &network.teams {
        let asked = pb::Practice {
            practice_id: practice(&team.key).to_string(),
            tenant_id: tenant.to_string(),
            display_name: team.name.clone(),
            kind: OrganizationKind::Team.to_proto(),
            part_of_practice_id: practice(&team.practice).to_string(),
            ..pb::Practice::default()
        };
        create(&client, &team.key, asked).await?;
    }
    for partner in &network.partners {
        let kind = match partner.kind {
            PartnerKind::School => OrganizationKind::School,
            PartnerKind::Insurer => OrganizationKind::Insurer,
        };
        let own = partner_tenant(&partner.key);
        create_tenant(&client, &partner.key, own, &partner.name).await?;
        let asked = pb::Practice {
            practice_id: practice(&partner.key).to_string(),
            tenant_id: own.to_string(),
            display_name: partner.name.clone(),
            kind: kind.to_proto(),
            ..pb::Practice::default()
        };
        create(&client, &partner.key, asked).await?;
    }
    Ok(())
}

async fn create_tenant(client: &Identity, key: &Key, tenant: TenantId, name: &str) -> Result<()> {
    let message = pb::CreateTenantRequest {
        request_id: request("CreateTenant", key),
        tenant: Some(pb::Tenant {
            tenant_id: tenant.to_string(),
            display_name: name.to_owned(),
            // Whoever tries the demo out has no authenticator app to hand: its staff sign in by the link alone.
            second_factor_policy: pb::SecondFactorPolicy::Invited.into(),
        }),
    };
    send(client, &message, |mut client, message| async move { client.create_tenant(message).await }).await?;
    Ok(())
}

async fn create(client: &Identity, key: &Key, asked: pb::Practice) -> Result<()> {
    let message =
        pb::CreatePracticeRequest { request_id: request("CreatePractice", key), practice: Some(asked) };
    send(client, &message, |mut client, message| async move { client.create_practice(message).await })
        .await?;
    Ok(())
}

/// Nobody of the network oversees a school or an insurer.
fn partner_tenant(partner: &Key) -> TenantId {
    TenantId::new(id("tenant", partner))
}

/// The operator that people sign in as; nobody gives a role to themselves, so the loader does.
async fn name_operator(installation: &Installation, founder: &Speaker, tenant: TenantId) -> Result<Speaker> {
    let client = installation.identity(founder)?;
    let message = pb::InviteAccountRequest {
        request_id: request("InviteAccount", "operator"),
        tenant_id: tenant.to_string(),
        email: OPERATOR_EMAIL.to_owned(),
        display_name: OPERATOR_NAME.to_owned(),
        locale: "en".to_owned(),
        discipline: String::new(),
        account_id: id("account", "operator").to_string(),
    };
    let account =
        send(&client, &message, |mut client, message| async move { client.invite_account(message).await })
            .await?;
    let operator = operator(account.account_id.parse()?);
    assign(installation, founder, "operator", &operator).await?;
    Ok(operator)
}

/// Its private key stays in the data directory: who loads the rest of a network tells of the same one.
async fn create_app(
    installation: &Installation,
    dir: &DataDir,
    by: &Speaker,
    tenant: TenantId,
) -> Result<App> {
    let key = std::fs::read(dir.secret(APP_KEY, service_key::pem)?)?;
    let key = ProgramKey::from_pkcs8(&key)?.public_key();
    let message = pb::CreateServiceAccountRequest {
        request_id: request("CreateServiceAccount", "app"),
        tenant_id: tenant.to_string(),
        display_name: "Demo reminder app".to_owned(),
        jwks_json: key_set(&[key]),
    };
    let made = send(&installation.identity(by)?, &message, |mut client, message| async move {
        client.create_service_account(message).await
    })
    .await?;
    Ok(App { account_id: made.account.unwrap_or_default().account_id, key_id: key.kid() })
}

async fn invite(
    installation: &Installation,
    by: &Speaker,
    network: &Network,
    tenant: TenantId,
    person: &Person,
) -> Result<(Key, AccountId)> {
    let message = pb::InviteAccountRequest {
        request_id: request("InviteAccount", &person.key),
        tenant_id: tenant.to_string(),
        email: person.email.clone(),
        display_name: shown_name(person),
        locale: person.languages.first().map(|language| language.tag().to_owned()).unwrap_or_default(),
        discipline: discipline(person).to_owned(),
        account_id: id("account", &person.key).to_string(),
    };
    let account = send(&installation.identity(by)?, &message, |mut client, message| async move {
        client.invite_account(message).await
    })
    .await
    .with_context(|| format!("inviting `{}`", person.key))?;
    let speaker = Speaker { account: account.account_id.parse()?, roles: roles(network, tenant, person) };
    assign(installation, by, person.key.as_str(), &speaker).await?;
    Ok((person.key.clone(), speaker.account))
}

async fn assign(installation: &Installation, by: &Speaker, key: &str, speaker: &Speaker) -> Result<()> {
    for role in &speaker.roles {
        let message = pb::AssignRoleRequest {
            request_id: request("AssignRole", format!("{key} {role}")),
            account_id: speaker.account.to_string(),
            assignment: Some(assignment(role)),
        };
        let outcome: Result<_, Refusal> =
            send(&installation.identity(by)?, &message, |mut client, message| async move {
                client.assign_role(message).await
            })
            .await;
        match outcome {
            // The operator's address may be the one in the settings.
            Err(refusal) if refusal.is(catalogue::ALREADY_ASSIGNED) => {}
            outcome => {
                outcome.with_context(|| format!("the role of `{key}`"))?;
            }
        }
    }
    Ok(())
}

fn operator(account: AccountId) -> Speaker {
    Speaker {
        account,
        roles: vec![RoleAssignment { role: Role::Operator, tenant: INSTALLATION, practice: None }],
    }
}

/// Partners outside have none, except the one with whom families share.
fn has_account(person: &Person) -> bool {
    !matches!(person.role, Post::Outside { what } if what != "pediatrician")
}

fn roles(network: &Network, tenant: TenantId, person: &Person) -> Vec<RoleAssignment> {
    let at = |role, key: &Key| RoleAssignment { role, tenant, practice: Some(practice(key)) };
    let everywhere = |role| RoleAssignment { role, tenant, practice: None };
    let partner = |role, key: &Key| RoleAssignment { tenant: partner_tenant(key), ..at(role, key) };
    let mut roles = match &person.role {
        Post::Clinician { practice, director: true, .. } => {
            vec![at(Role::Therapist, practice), at(Role::PracticeAdministrator, practice)]
        }
        Post::Clinician { practice, .. } => vec![at(Role::Therapist, practice)],
        Post::FrontDesk { practice } => vec![at(Role::FrontDesk, practice)],
        Post::Biller { practice } => vec![at(Role::Billing, practice)],
        Post::ComplianceOfficer => vec![everywhere(Role::ComplianceOfficer)],
        Post::NetworkAdministrator => vec![everywhere(Role::PracticeAdministrator)],
        Post::SchoolCoordinator { school } => vec![partner(Role::SchoolCoordinator, school)],
        Post::PayerReviewer { insurer } => vec![partner(Role::PayerReviewer, insurer)],
        Post::Family | Post::Client | Post::Outside { .. } => Vec::new(),
    };
    if let Some(practice) = person.practice().filter(|_| network.supervises(&person.key)) {
        roles.push(at(Role::Supervisor, practice));
    }
    let teams = network.teams.iter().filter(|team| team.members.contains(&person.key));
    roles.extend(teams.map(|team| at(Role::Therapist, &team.key)));
    roles
}

fn assignment(role: &RoleAssignment) -> pb::RoleAssignment {
    pb::RoleAssignment {
        role: role.role.to_proto(),
        tenant_id: if role.tenant == INSTALLATION { String::new() } else { role.tenant.to_string() },
        practice_id: role.practice.map(|practice| practice.to_string()).unwrap_or_default(),
    }
}

/// With the letters that families look for.
pub(super) fn shown_name(person: &Person) -> String {
    match person.credential() {
        Some(credential) => format!("{}, {}", person.name, credential.letters()),
        None => person.name.to_string(),
    }
}

fn discipline(person: &Person) -> &'static str {
    match person.credential().map(holdfast_demo::Credential::discipline) {
        Some(Discipline::Aba) => "aba",
        Some(Discipline::Speech) => "speech",
        Some(Discipline::Occupational) => "occupational",
        Some(Discipline::Physical) => "physical",
        None => "",
    }
}

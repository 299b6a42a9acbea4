//! The calls about practices' own sign-in providers, and signing in by one.
use super::{message, sign_in};
use crate::{
    app::{App, Return},
    domain::{
        Digest,
        provider::{Config, DOMAINS_MAX, MAPPINGS_MAX, Mapping, Place},
    },
    secret::Email,
};
use holdfast_host::{CommandId, Problem, catalogue, field, peer};
use holdfast_proto::identity::v1 as pb;
use secrecy::SecretString;
use tonic::Request;
use url::Url;

const URL_CHARACTERS_MAX: usize = 500;
const TEXT_CHARACTERS_MAX: usize = 200;
const SECRET_CHARACTERS_MAX: usize = 1_000;
const CODE_CHARACTERS_MAX: usize = 4_000;
const SCOPES_MAX: usize = 20;
const WORDS_MAX: usize = 20;

pub(super) async fn set(
    app: &App,
    request: Request<pb::SetSignInProviderRequest>,
) -> Result<pb::SignInProvider, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let asked = field::required("provider", message.provider)?;
    let config = config(app, &asked)?;
    let secret = field::line("client_secret", &message.client_secret, 0, SECRET_CHARACTERS_MAX)?;
    let secret = (!secret.is_empty()).then(|| SecretString::from(secret));
    entered.shown_lately(app.now())?;
    app.set_sign_in_provider(&entered.context, command, config.clone(), secret).await?;
    Ok(provider(config))
}

pub(super) async fn remove(
    app: &App,
    request: Request<pb::RemoveSignInProviderRequest>,
) -> Result<pb::RemoveSignInProviderResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let at = place("", &message.tenant_id, &message.practice_id)?;
    entered.shown_lately(app.now())?;
    app.remove_sign_in_provider(&entered.context, command, at).await?;
    Ok(pb::RemoveSignInProviderResponse {})
}

pub(super) async fn get(
    app: &App,
    request: Request<pb::GetSignInProviderRequest>,
) -> Result<pb::SignInProvider, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let at = place("", &message.tenant_id, &message.practice_id)?;
    Ok(provider(app.get_sign_in_provider(&entered.context, at).await?))
}

pub(super) async fn begin(
    app: &App,
    request: Request<pb::BeginProviderSignInRequest>,
) -> Result<pb::BeginProviderSignInResponse, Problem> {
    app.ground.enter_unsigned(&request).await?;
    let from = peer::client_address(&request)?;
    let message = request.into_inner();
    let email = sign_in::email("email", &message.email)?;
    let browser = Digest::new(sign_in::sha256("browser_digest", &message.browser_digest)?);
    let url = app.begin_provider_sign_in(&email, browser, from).await?;
    Ok(pb::BeginProviderSignInResponse { authorization_url: url.into() })
}

pub(super) async fn complete(
    app: &App,
    request: Request<pb::CompleteProviderSignInRequest>,
) -> Result<pb::CompleteSignInResponse, Problem> {
    let meta = app.ground.enter_unsigned(&request).await?;
    let from = peer::client_address(&request)?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let secret = |name, text: &str| field::line(name, text, 1, sign_in::SECRET_CHARACTERS_MAX);
    let issuer = field::line("issuer", &message.issuer, 0, URL_CHARACTERS_MAX)?;
    let back = Return {
        state: secret("state", &message.state)?.into(),
        code: field::line("code", &message.code, 1, CODE_CHARACTERS_MAX)?.into(),
        issuer: (!issuer.is_empty()).then_some(issuer),
        browser_secret: secret("browser_secret", &message.browser_secret)?.into(),
        session_secret: (!message.session_secret.is_empty()).then(|| message.session_secret.into()),
        place: sign_in::place(&message.user_agent, &message.device_digest, from)?,
    };
    Ok(sign_in::signed_in(&app.complete_provider_sign_in(&meta, command, &back).await?))
}

fn place(prefix: &str, tenant: &str, practice: &str) -> Result<Place, Problem> {
    Ok(Place {
        tenant: field::id(&format!("{prefix}tenant_id"), tenant)?,
        practice: field::optional_id(&format!("{prefix}practice_id"), practice)?,
    })
}

fn config(app: &App, asked: &pb::SignInProvider) -> Result<Config, Problem> {
    let issuer = field::line("provider.issuer", &asked.issuer, 1, URL_CHARACTERS_MAX)?;
    let plain = |url: &Url| app.providers.takes(url) && url.query().is_none() && url.fragment().is_none();
    if !Url::parse(&issuer).is_ok_and(|url| plain(&url)) {
        let wrong = "expected an HTTPS address without query and fragment";
        return Err(Problem::of_field(catalogue::FIELD_INVALID, "provider.issuer", wrong));
    }
    let mut scopes = words("provider.scopes", &asked.scopes, SCOPES_MAX)?;
    // OpenID Connect Core 1.0, section 3.1.2.1; the address is in every answer that is of use here.
    for needed in ["email", "openid"] {
        if !scopes.iter().any(|scope| scope == needed) {
            scopes.insert(0, needed.to_owned());
        }
    }
    field::count("provider.role_mappings", asked.role_mappings.len(), MAPPINGS_MAX)?;
    let mapping = |mapping: &pb::RoleMapping| {
        Ok(Mapping {
            value: field::line("provider.role_mappings.value", &mapping.value, 1, TEXT_CHARACTERS_MAX)?,
            assignment: message::assignment(mapping.assignment.clone())?,
        })
    };
    Ok(Config {
        at: place("provider.", &asked.tenant_id, &asked.practice_id)?,
        issuer,
        client_id: field::line("provider.client_id", &asked.client_id, 1, TEXT_CHARACTERS_MAX)?,
        scopes,
        email_domains: domains(&asked.email_domains)?,
        role_claim: field::line("provider.role_claim", &asked.role_claim, 1, TEXT_CHARACTERS_MAX)?,
        mappings: asked.role_mappings.iter().map(mapping).collect::<Result<_, Problem>>()?,
        second_amr: words("provider.second_factor_amr", &asked.second_factor_amr, WORDS_MAX)?,
        second_acr: words("provider.second_factor_acr", &asked.second_factor_acr, WORDS_MAX)?,
    })
}

/// At least one, each as it stands behind the sign of an address.
fn domains(asked: &[String]) -> Result<Vec<String>, Problem> {
    const FIELD: &str = "provider.email_domains";
    let mut domains = Vec::new();
    for domain in words(FIELD, asked, DOMAINS_MAX)? {
        let email = Email::parse(&format!("a@{domain}"));
        let domain = email.map(|email| email.domain().to_owned()).filter(|domain| domain.contains('.'));
        domains.push(domain.ok_or_else(|| {
            Problem::of_field(catalogue::FIELD_INVALID, FIELD, "expected domains as in addresses")
        })?);
    }
    domains.sort_unstable();
    domains.dedup();
    match domains.is_empty() {
        true => Err(Problem::of_field(catalogue::FIELD_MISSING, FIELD, "expected at least one domain")),
        false => Ok(domains),
    }
}

fn words(field: &str, asked: &[String], count_max: usize) -> Result<Vec<String>, Problem> {
    field::count(field, asked.len(), count_max)?;
    asked.iter().map(|word| field::line(field, word, 1, TEXT_CHARACTERS_MAX)).collect()
}

fn provider(config: Config) -> pb::SignInProvider {
    let mapping = |mapping: &Mapping| pb::RoleMapping {
        value: mapping.value.clone(),
        assignment: message::roles(&[mapping.assignment]).pop(),
    };
    pb::SignInProvider {
        tenant_id: config.at.tenant.to_string(),
        practice_id: config.at.practice.map(|id| id.to_string()).unwrap_or_default(),
        role_mappings: config.mappings.iter().map(mapping).collect(),
        issuer: config.issuer,
        client_id: config.client_id,
        scopes: config.scopes,
        email_domains: config.email_domains,
        role_claim: config.role_claim,
        second_factor_amr: config.second_amr,
        second_factor_acr: config.second_acr,
    }
}

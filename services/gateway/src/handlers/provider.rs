//! A practice's, or a whole network's, own sign-in provider: for whoever runs it. What a program set that has no box here stays as it is.
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        parts::{Fact, Field, Filter, Problem},
        provider::SignInProvider as Page,
        show, show_as,
    },
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    extract::Query,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_access::{self as access, Place, Roles};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    identity::v1::{
        GetSignInProviderRequest, RemoveSignInProviderRequest, RoleAssignment, RoleMapping,
        SetSignInProviderRequest, SignInProvider,
    },
};
use holdfast_types::{OrganizationKind, PracticeId, Role, TenantId};
use http::StatusCode;
use serde::Deserialize;
use std::{collections::HashSet, sync::Arc};

/// As a practice's provider is told of this installation (OpenID Connect Core 1.0, section 3.1.2.1).
const BACK: &str = "/sign-in/practice/back";
/// What providers usually say when more than a password was shown (RFC 8176, section 2).
const SECOND_FACTOR: &str = "mfa";
const ROLE_CLAIM: &str = "groups";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/work/sign-in", get(page).post(act))
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    at: String,
}

/// Whose provider: a practice's, or a network's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    tenant: TenantId,
    practice: Option<PracticeId>,
    kind: Option<OrganizationKind>,
    /// Those that the account gives there: each has a box.
    roles: Vec<Role>,
}

impl Spot {
    fn new(
        tenant: TenantId,
        practice: Option<PracticeId>,
        kind: Option<OrganizationKind>,
        held: &[access::RoleAssignment],
    ) -> Self {
        let (table, place) = (Roles::table(), kind.map_or(Place::Tenant, Place::Organization));
        let given = |role: &Role| {
            let asked = access::RoleAssignment { role: *role, tenant, practice };
            table.is_held_at(*role, place) && !table.is_of_programs(*role) && table.reaches(held, &asked)
        };
        Self { tenant, practice, kind, roles: Role::ALL.iter().copied().filter(given).collect() }
    }

    fn id(&self) -> String {
        self.practice_id().unwrap_or_else(|| self.tenant.to_string())
    }

    fn practice_id(&self) -> Option<String> {
        self.practice.map(|practice| practice.to_string())
    }

    fn assignment(&self, role: Role) -> RoleAssignment {
        RoleAssignment {
            role: role.to_proto(),
            tenant_id: self.tenant.to_string(),
            practice_id: self.practice_id().unwrap_or_default(),
        }
    }

    fn named(&self, signed: &Signed, known: &Known) -> String {
        match self.practice_id() {
            Some(id) => known.practice(signed, &id),
            None => signed.words().t("provider-network"),
        }
    }
}

fn assignment(held: &RoleAssignment) -> Option<access::RoleAssignment> {
    let practice = match held.practice_id.as_str() {
        "" => None,
        id => Some(id.parse().ok()?),
    };
    let (role, tenant) = (Role::from_proto(held.role)?, held.tenant_id.parse().ok()?);
    Some(access::RoleAssignment { role, tenant, practice })
}

/// Where the account makes administrators: networks that it runs with all that is theirs, and practices.
fn spots(signed: &Signed, known: &Known) -> Vec<Spot> {
    let held: Vec<access::RoleAssignment> = signed.who.account.roles.iter().filter_map(assignment).collect();
    let whole = held.iter().filter(|own| own.practice.is_none()).map(|own| (own.tenant, None, None));
    let organizations = known.organizations().into_iter().filter_map(|one| {
        let kind = OrganizationKind::from_proto(one.kind)?;
        Some((one.tenant_id.parse().ok()?, Some(one.practice_id.parse().ok()?), Some(kind)))
    });
    let all =
        whole.chain(organizations).map(|(tenant, practice, kind)| Spot::new(tenant, practice, kind, &held));
    let mut spots: Vec<Spot> = all.filter(|spot| spot.roles.contains(&Role::PracticeAdministrator)).collect();
    let mut seen = HashSet::new();
    spots.retain(|spot| seen.insert(spot.id()));
    spots
}

/// The one that was asked for, or the first.
fn chosen(spots: &[Spot], asked: &str) -> Result<Spot, Failure> {
    let named = spots.iter().find(|spot| asked.is_empty() || spot.id() == asked);
    named.cloned().ok_or_else(Failure::not_shown)
}

async fn stands(signed: &Signed, spot: &Spot) -> Result<Option<SignInProvider>, Failure> {
    let asked = GetSignInProviderRequest {
        tenant_id: spot.tenant.to_string(),
        practice_id: spot.practice_id().unwrap_or_default(),
    };
    match signed.identity().get_sign_in_provider(asked).await.map_err(Failure::from) {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(failure) if failure.is(catalogue::PROVIDER_UNKNOWN) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn page(signed: Signed, Query(asked): Query<Asked>) -> Answer {
    let known = signed.known(None).await?;
    let spots = spots(&signed, &known);
    let spot = chosen(&spots, &asked.at)?;
    signed.shown_lately()?;
    let stands = stands(&signed, &spot).await?;
    let typed = stands.as_ref().map_or_else(usual, |provider| written(&spot, provider));
    Ok(show(&drawn(&signed, &known, &spots, &spot, stands.as_ref(), &typed, None)))
}

/// What stands in the boxes before anything was set.
fn usual() -> Fields {
    let usual = [("role_claim", ROLE_CLAIM), ("second_factor_amr", SECOND_FACTOR)];
    Fields::new(usual.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
}

/// What is set, as it stands in the boxes.
fn written(spot: &Spot, provider: &SignInProvider) -> Fields {
    let line = |name: &str, value: String| (name.to_owned(), value);
    // Asked for always, so nobody needs to write them.
    let scopes: Vec<&str> = provider
        .scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| !["email", "openid"].contains(scope))
        .collect();
    let mut fields = vec![
        line("issuer", provider.issuer.clone()),
        line("client_id", provider.client_id.clone()),
        line("email_domains", provider.email_domains.join("\n")),
        line("role_claim", provider.role_claim.clone()),
        line("scopes", scopes.join(" ")),
        line("second_factor_amr", provider.second_factor_amr.join(" ")),
        line("second_factor_acr", provider.second_factor_acr.join(" ")),
    ];
    fields.extend(spot.roles.iter().copied().map(|role| {
        let own = provider.role_mappings.iter().filter(|one| one.assignment == Some(spot.assignment(role)));
        line(role.as_str(), own.map(|one| one.value.clone()).collect::<Vec<_>>().join("\n"))
    }));
    Fields::new(fields)
}

/// What has no box here: roles elsewhere in the network, or of a kind that this place does not hold.
fn besides<'a>(spot: &Spot, provider: &'a SignInProvider) -> Vec<&'a RoleMapping> {
    let boxed: Vec<RoleAssignment> = spot.roles.iter().copied().map(|role| spot.assignment(role)).collect();
    let is_boxed = |one: &RoleMapping| one.assignment.as_ref().is_some_and(|own| boxed.contains(own));
    provider.role_mappings.iter().filter(|one| !is_boxed(one)).collect()
}

/// As it is to be, as a whole.
fn read(spot: &Spot, stands: Option<&SignInProvider>, fields: &Fields) -> SignInProvider {
    let lines = |name: &str| -> Vec<String> {
        let lines = fields.one(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let words = |name: &str| -> Vec<String> {
        let between = |sign: char| sign.is_whitespace() || sign == ',';
        fields.one(name).split(between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let kept = stands.map(|provider| besides(spot, provider)).unwrap_or_default();
    let mut role_mappings: Vec<RoleMapping> = kept.into_iter().cloned().collect();
    for role in spot.roles.iter().copied() {
        let mapping = |value| RoleMapping { value, assignment: Some(spot.assignment(role)) };
        role_mappings.extend(lines(role.as_str()).into_iter().map(mapping));
    }
    SignInProvider {
        tenant_id: spot.tenant.to_string(),
        practice_id: spot.practice_id().unwrap_or_default(),
        issuer: fields.one("issuer").to_owned(),
        client_id: fields.one("client_id").to_owned(),
        scopes: words("scopes"),
        email_domains: words("email_domains"),
        role_claim: fields.one("role_claim").to_owned(),
        role_mappings,
        second_factor_amr: words("second_factor_amr"),
        second_factor_acr: words("second_factor_acr"),
    }
}

fn drawn(
    signed: &Signed,
    known: &Known,
    spots: &[Spot],
    spot: &Spot,
    stands: Option<&SignInProvider>,
    typed: &Fields,
    wrong: Option<(&'static str, &'static str)>,
) -> Page {
    let words = signed.words();
    let dress = |field: Field| {
        let field = Field { value: typed.one(field.name).to_owned(), ..field };
        match wrong {
            Some((name, key)) if name == field.name => field.wrong(words.t(key)),
            _ => field,
        }
    };
    let line = |name, key: &str| Field::line(name, words.t(key)).hint(words.t(&format!("{key}-hint")));
    let secret = Field::of("password", "client_secret", words.t("provider-secret"));
    let secret = match stands {
        Some(_) => secret.hint(words.t("provider-secret-stays")).optional(),
        None => secret.hint(words.t("provider-secret-hint")),
    };
    let elsewhere = |own: &Spot| {
        Filter::new(format!("/work/sign-in?at={}", own.id()), own.named(signed, known), own == spot)
    };
    let role = |role: Role| dress(Field { optional: true, ..Field::text(role.as_str(), words.role(role)) });
    Page {
        place: spot.named(signed, known),
        at: spot.id().to_owned(),
        places: if spots.len() > 1 { spots.iter().map(elsewhere).collect() } else { Vec::new() },
        is_set: stands.is_some(),
        told: vec![
            Fact::new(words.t("provider-flow"), words.t("provider-flow-value")),
            Fact::new(words.t("provider-back"), format!("{}{BACK}", signed.site().public_url)),
        ],
        fields: vec![
            dress(Field { size_max: 500, ..line("issuer", "provider-issuer") }),
            dress(line("client_id", "provider-client")),
            Field { size_max: 1000, ..dress(secret) }.value(""),
            dress(Field { kind: "textarea", size_max: 4000, ..line("email_domains", "provider-domains") }),
            dress(line("role_claim", "provider-claim")),
            dress(line("scopes", "provider-scopes").optional()),
            dress(line("second_factor_amr", "provider-second").optional()),
            dress(line("second_factor_acr", "provider-level").optional()),
        ],
        roles: spot.roles.iter().copied().map(role).collect(),
        besides: stands.map_or(0, |provider| besides(spot, provider).len()),
        problems: wrong
            .map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        frame: signed.frame(Tab::Work),
    }
}

async fn act(signed: Signed, fields: Fields) -> Answer {
    let known = signed.known(None).await?;
    let spots = spots(&signed, &known);
    let spot = chosen(&spots, fields.one("at"))?;
    let request_id = form::step(fields.request_id()?, fields.one("act"));
    let mut identity = signed.identity();
    let said = match fields.one("act") {
        "remove" => {
            let (tenant_id, practice_id) = (spot.tenant.to_string(), spot.practice_id().unwrap_or_default());
            let asked = RemoveSignInProviderRequest { request_id, tenant_id, practice_id };
            identity.remove_sign_in_provider(asked).await?;
            "provider-removed"
        }
        "save" => {
            let stands = stands(&signed, &spot).await?;
            let provider = Some(read(&spot, stands.as_ref(), &fields));
            let client_secret = fields.one("client_secret").to_owned();
            let asked = SetSignInProviderRequest { request_id, provider, client_secret };
            if let Err(failure) = identity.set_sign_in_provider(asked).await.map_err(Failure::from) {
                let wrong = wrong(&failure).ok_or(failure)?;
                let page = drawn(&signed, &known, &spots, &spot, stands.as_ref(), &fields, Some(wrong));
                return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            "provider-saved"
        }
        _ => return Err(Failure::bad_form()),
    };
    signed.say_next(said);
    Ok(Redirect::to(&format!("/work/sign-in?at={}", spot.id())).into_response())
}

/// Which box is wrong, and what stands beside it.
fn wrong(failure: &Failure) -> Option<(&'static str, &'static str)> {
    const BOXES: [(&str, &str); 8] = [
        ("issuer", "provider-issuer-wrong"),
        ("client_id", "provider-client-wrong"),
        ("client_secret", "provider-secret-wrong"),
        ("email_domains", "provider-domains-wrong"),
        ("role_claim", "provider-claim-wrong"),
        ("scopes", "provider-words-wrong"),
        ("second_factor_amr", "provider-words-wrong"),
        ("second_factor_acr", "provider-words-wrong"),
    ];
    if failure.is(catalogue::SIGN_IN_DOMAIN_TAKEN) {
        return Some(("email_domains", "provider-domains-taken"));
    }
    let role = Role::PracticeAdministrator.as_str();
    if failure.is(catalogue::NOT_PERMITTED) || failure.is(catalogue::ROLE_MAPPING_BEYOND) {
        return Some((role, "provider-role-beyond"));
    }
    if failure.names("role_mappings") || failure.names("value") {
        return Some((role, "provider-role-wrong"));
    }
    BOXES.into_iter().find(|(name, _)| failure.names(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn spot(kind: Option<OrganizationKind>, runs_network: bool) -> Spot {
        let (tenant, practice) = (TenantId::new(Uuid::from_u128(1)), PracticeId::new(Uuid::from_u128(2)));
        let at = (!runs_network).then_some(practice);
        let held = access::RoleAssignment { role: Role::PracticeAdministrator, tenant, practice: at };
        Spot::new(tenant, kind.map(|_| practice), kind, &[held])
    }

    #[test]
    fn each_place_has_a_box_for_the_roles_that_its_administrators_give_to_people() {
        let insurer = spot(Some(OrganizationKind::Insurer), false).roles;
        assert!(insurer.contains(&Role::PayerReviewer) && !insurer.contains(&Role::Therapist));
        let practice = spot(Some(OrganizationKind::Practice), false).roles;
        assert!(practice.contains(&Role::Therapist) && !practice.contains(&Role::ComplianceOfficer));
        let network = spot(None, true).roles;
        assert!(network.contains(&Role::ComplianceOfficer));
        assert!(!network.contains(&Role::Operator) && !network.contains(&Role::ServiceAccount));
        assert_eq!(spot(None, false).roles, [], "who runs one practice sets nothing for the network");
    }

    #[test]
    fn what_was_read_out_of_the_boxes_stands_in_them_again_and_what_has_no_box_stays() {
        let here = spot(Some(OrganizationKind::Practice), false);
        let team = Uuid::from_u128(3).to_string();
        let other = RoleAssignment { practice_id: team, ..here.assignment(Role::Therapist) };
        let elsewhere = RoleMapping { value: "speech".to_owned(), assignment: Some(other) };
        let before = SignInProvider { role_mappings: vec![elsewhere.clone()], ..SignInProvider::default() };
        let typed = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = Fields::new(vec![
            typed("issuer", " https://sign-in.example "),
            typed("email_domains", "one.example, two.example\n"),
            typed("scopes", "groups"),
            typed("therapist", "clinicians\n\n speech and hearing \n"),
        ]);
        let once = read(&here, Some(&before), &fields);
        let values: Vec<&str> = once.role_mappings.iter().map(|one| one.value.as_str()).collect();
        assert_eq!(values, ["speech", "clinicians", "speech and hearing"]);
        assert_eq!(once.email_domains, ["one.example", "two.example"]);
        assert_eq!(read(&here, Some(&once), &written(&here, &once)), once);
        assert_eq!(besides(&here, &once), [&elsewhere]);
    }
}

//! A practice's, or a whole network's, own sign-in provider: whom it may vouch for, and which roles follow from what it says.
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{Decider, Event};
use holdfast_types::{AccountId, PracticeId, Role, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const DOMAINS_MAX: usize = 20;
pub(crate) const MAPPINGS_MAX: usize = 50;

#[expect(clippy::large_enum_variant, reason = "few are made, and each once")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum ProviderEvent {
    /// `client_secret`: none, it stays as it was.
    #[serde(rename = "provider.set")]
    Set { before: Option<Config>, after: Config, client_secret: Option<String>, by: AccountId },
    #[serde(rename = "provider.removed")]
    Removed { before: Config, by: AccountId },
}

impl Event for ProviderEvent {
    const AGGREGATE: &'static str = "provider";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Set { .. } => "provider.set",
            Self::Removed { .. } => "provider.removed",
        }
    }
}

/// All of it but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Config {
    pub at: Place,
    pub issuer: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    /// Whose addresses it may vouch for, in small letters.
    pub email_domains: Vec<String>,
    /// The claim that says what somebody is there: a text or a list of them.
    pub role_claim: String,
    pub mappings: Vec<Mapping>,
    /// Words of `amr` and `acr` that stand for a second factor.
    pub second_amr: Vec<String>,
    pub second_acr: Vec<String>,
}

/// Whose provider it is: a network's, or that of one of its practices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub tenant: TenantId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<PracticeId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub value: String,
    #[serde(flatten)]
    pub assignment: RoleAssignment,
}

#[expect(clippy::large_enum_variant, reason = "few are made, and each once")]
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Set { config: Config, client_secret: Option<String>, by: AccountId },
    Remove { by: AccountId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such provider")]
    Unknown,
    #[error("a new provider needs a client secret")]
    SecretMissing,
    #[error("a provider gives no role of the installation or of programs, and none beyond its own place")]
    MappingBeyond,
}

#[expect(clippy::large_enum_variant, reason = "few are made, and each once")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Provider {
    #[default]
    None,
    Set {
        config: Config,
        client_secret: String,
        /// Who said so last, and gets no role by it.
        by: AccountId,
    },
}

impl Place {
    /// The same for the same place, so that each has one provider.
    pub(crate) fn provider(self) -> Uuid {
        let practice = self.practice.map(PracticeId::uuid).unwrap_or_default();
        Uuid::new_v5(&self.tenant.uuid(), format!("sign-in provider {practice}").as_bytes())
    }

    fn holds(self, assignment: &RoleAssignment) -> bool {
        assignment.tenant == self.tenant && (self.practice.is_none() || assignment.practice == self.practice)
    }
}

impl Config {
    /// The roles that follow from what the provider says of somebody, each once.
    pub(crate) fn roles(&self, claims: &Value) -> Vec<RoleAssignment> {
        let said: Vec<&str> = match claims.get(&self.role_claim) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let follows = self.mappings.iter().filter(|mapping| said.contains(&mapping.value.as_str()));
        once(follows.map(|mapping| mapping.assignment))
    }

    /// All that it could give.
    pub(crate) fn targets(&self) -> Vec<RoleAssignment> {
        once(self.mappings.iter().map(|mapping| mapping.assignment))
    }

    pub(crate) fn vouches_for(&self, email: &str) -> bool {
        email.rsplit_once('@').is_some_and(|(_, domain)| self.email_domains.iter().any(|own| own == domain))
    }

    /// Whether it says that a second factor was shown.
    pub(crate) fn saw_second(&self, amr: &[String], acr: Option<&str>) -> bool {
        amr.iter().any(|way| self.second_amr.contains(way))
            || acr.is_some_and(|level| self.second_acr.iter().any(|own| own == level))
    }
}

fn once(roles: impl Iterator<Item = RoleAssignment>) -> Vec<RoleAssignment> {
    let mut roles: Vec<_> = roles.collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

impl Decider for Provider {
    type State = Self;
    type Command = Command;
    type Event = ProviderEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<ProviderEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Remove { .. }) => Err(Refusal::Unknown),
            (Self::Set { config, .. }, Command::Remove { by }) => {
                Ok(vec![ProviderEvent::Removed { before: config.clone(), by }])
            }
            (Self::None, Command::Set { client_secret: None, .. }) => Err(Refusal::SecretMissing),
            (_, Command::Set { config, client_secret, by }) => {
                let may = |mapping: &Mapping| {
                    let given = mapping.assignment;
                    !matches!(given.role, Role::Operator | Role::ServiceAccount) && config.at.holds(&given)
                };
                if !config.mappings.iter().all(may) {
                    return Err(Refusal::MappingBeyond);
                }
                let before = match state {
                    Self::None => None,
                    Self::Set { config, .. } => Some(config.clone()),
                };
                Ok(vec![ProviderEvent::Set { before, after: config, client_secret, by }])
            }
        }
    }

    fn evolve(state: Self, event: &ProviderEvent) -> Self {
        match event {
            ProviderEvent::Set { after, client_secret, by, .. } => {
                let kept = match state {
                    Self::None => String::new(),
                    Self::Set { client_secret, .. } => client_secret,
                };
                let client_secret = client_secret.clone().unwrap_or(kept);
                Self::Set { config: after.clone(), client_secret, by: *by }
            }
            ProviderEvent::Removed { .. } => Self::None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn place() -> Place {
        Place {
            tenant: TenantId::new(Uuid::from_u128(1)),
            practice: Some(PracticeId::new(Uuid::from_u128(2))),
        }
    }

    fn role(role: Role) -> RoleAssignment {
        RoleAssignment { role, tenant: place().tenant, practice: place().practice }
    }

    pub(crate) fn config() -> Config {
        let mapping = |value: &str, given| Mapping { value: value.into(), assignment: role(given) };
        Config {
            at: place(),
            issuer: "https://login.little-steps.example".into(),
            client_id: "holdfast".into(),
            scopes: vec!["openid".into(), "email".into()],
            email_domains: vec!["little-steps.example".into()],
            role_claim: "groups".into(),
            mappings: vec![mapping("clinicians", Role::Therapist), mapping("desk", Role::FrontDesk)],
            second_amr: vec!["mfa".into()],
            second_acr: vec!["urn:two".into()],
        }
    }

    fn by() -> AccountId {
        AccountId::new(Uuid::from_u128(9))
    }

    fn set(config: Config, secret: Option<&str>) -> Command {
        Command::Set { config, client_secret: secret.map(str::to_owned), by: by() }
    }

    pub(crate) fn samples() -> Vec<ProviderEvent> {
        let first = ProviderEvent::Set {
            before: None,
            after: config(),
            client_secret: Some("hush".into()),
            by: by(),
        };
        vec![first, ProviderEvent::Removed { before: config(), by: by() }]
    }

    #[test]
    fn a_change_tells_what_was_before_and_keeps_the_secret_that_nobody_says_again() {
        assert_eq!(Provider::decide(&Provider::None, set(config(), None)), Err(Refusal::SecretMissing));
        let first = Provider::decide(&Provider::None, set(config(), Some("hush"))).unwrap();
        assert_eq!(first, samples()[..1]);
        let state = first.iter().fold(Provider::None, Provider::evolve);
        let other = Config { role_claim: "roles".into(), ..config() };
        let second = Provider::decide(&state, set(other.clone(), None)).unwrap();
        let [ProviderEvent::Set { before, after, .. }] = second.as_slice() else { unreachable!() };
        assert_eq!((before.as_ref(), after), (Some(&config()), &other));
        let state = second.iter().fold(state, Provider::evolve);
        assert_eq!(state, Provider::Set { config: other, client_secret: "hush".into(), by: by() });
        let gone = Provider::decide(&state, Command::Remove { by: by() }).unwrap();
        assert_eq!(gone.iter().fold(state, Provider::evolve), Provider::None);
        assert_eq!(Provider::decide(&Provider::None, Command::Remove { by: by() }), Err(Refusal::Unknown));
    }

    #[test]
    fn no_mapping_reaches_beyond_the_providers_place_or_to_the_installation() {
        let elsewhere =
            RoleAssignment { practice: Some(PracticeId::new(Uuid::from_u128(3))), ..role(Role::Therapist) };
        let whole = RoleAssignment { practice: None, ..role(Role::Therapist) };
        let other = RoleAssignment { tenant: TenantId::new(Uuid::from_u128(7)), ..role(Role::Therapist) };
        for given in [role(Role::Operator), role(Role::ServiceAccount), elsewhere, whole, other] {
            let mappings = vec![Mapping { value: "all".into(), assignment: given }];
            let command = set(Config { mappings, ..config() }, Some("hush"));
            assert_eq!(Provider::decide(&Provider::None, command), Err(Refusal::MappingBeyond), "{given:?}");
        }
        let of_the_network = Config { at: Place { practice: None, ..place() }, ..config() };
        assert!(Provider::decide(&Provider::None, set(of_the_network, Some("hush"))).is_ok());
    }

    #[test]
    fn roles_follow_from_what_the_claim_says_and_from_nothing_else() {
        for (claims, roles) in [
            (json!({"groups": ["clinicians", "all staff"]}), vec![role(Role::Therapist)]),
            (json!({"groups": "desk"}), vec![role(Role::FrontDesk)]),
            (json!({"groups": ["Clinicians", 7]}), vec![]),
            (json!({"roles": ["clinicians"]}), vec![]),
            (json!({"groups": {"clinicians": true}}), vec![]),
        ] {
            assert_eq!(config().roles(&claims), roles, "{claims}");
        }
    }

    #[test]
    fn it_vouches_for_its_own_domains_alone() {
        assert!(config().vouches_for("dana@little-steps.example"));
        for email in ["dana@example", "dana@evil.little-steps.example", "little-steps.example", "d@x.example"]
        {
            assert!(!config().vouches_for(email), "{email}");
        }
    }

    #[test]
    fn a_second_factor_counts_where_the_provider_says_it_in_the_words_that_were_agreed() {
        let amr = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert!(config().saw_second(&amr(&["pwd", "mfa"]), None));
        assert!(config().saw_second(&[], Some("urn:two")));
        assert!(!config().saw_second(&amr(&["pwd"]), Some("urn:one")));
    }
}

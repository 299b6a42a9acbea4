//! The policy set and its schema, embedded; parsed, validated strictly and named once, then only evaluated.
use crate::{
    Roles, RolesError,
    roles::TABLE,
    slices::{Shape, Slices},
};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Schema, ValidationMode, Validator,
};
use holdfast_types::{Action, Category, Purpose, Role};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashSet},
    str::FromStr,
};

const POLICIES: &str = include_str!("../policies/holdfast.cedar");
const SCHEMA: &str = include_str!("../policies/holdfast.cedarschema");

/// The forbid that holds while the feed from consent is too old.
pub const CONSENT_IS_STALE: &str = "consent-is-stale";

pub struct Policies {
    set: PolicySet,
    slices: Slices,
    authorizer: Authorizer,
    entities: Entities,
    digest: [u8; 32],
    rooms: BTreeMap<Category, EntityUid>,
    actions: BTreeMap<Action, EntityUid>,
    roles: Roles,
    ceilings: BTreeMap<(Role, Action, Purpose), EntityUid>,
    types: Types,
}

struct Types {
    account: EntityTypeName,
    record: EntityTypeName,
    practice: EntityTypeName,
    tenant: EntityTypeName,
    action: EntityTypeName,
    audit_log: EntityTypeName,
    log_health: EntityTypeName,
    installation: EntityTypeName,
    directory: EntityTypeName,
    room: EntityTypeName,
    ceiling: EntityTypeName,
}

/// An entity of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Account,
    Record,
    Practice,
    Tenant,
    Action,
    AuditLog,
    LogHealth,
    Installation,
    Directory,
    Room,
    Ceiling,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Record => "Record",
            Self::Practice => "Practice",
            Self::Tenant => "Tenant",
            Self::Action => "Action",
            Self::AuditLog => "AuditLog",
            Self::LogHealth => "LogHealth",
            Self::Installation => "Installation",
            Self::Directory => "Directory",
            Self::Room => "Room",
            Self::Ceiling => "Ceiling",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    #[error("the policy schema does not parse: {0}")]
    Schema(String),
    #[error("the policies do not parse: {0}")]
    Parse(String),
    #[error("a policy has no @id")]
    Unnamed,
    #[error("the policies do not fit together: {0}")]
    Set(String),
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
    #[error(transparent)]
    Roles(#[from] RolesError),
}

/// What one evaluation says.
pub(crate) struct Verdict {
    pub(crate) permitted: bool,
    /// Ids of the policies that decided; empty when no policy spoke.
    pub(crate) rule_ids: Vec<String>,
}

impl Policies {
    /// The embedded policies. Slow (milliseconds): once per process.
    pub fn load() -> Result<Self, PoliciesError> {
        Self::parse(POLICIES, SCHEMA, Some(TABLE))
    }

    /// Sets from before there was a table of roles have none.
    pub(crate) fn parse(policies: &str, schema: &str, roles: Option<&str>) -> Result<Self, PoliciesError> {
        let mut digest = Sha256::new();
        digest.update((policies.len() as u64).to_be_bytes());
        digest.update(policies);
        digest.update(schema);
        if let Some(roles) = roles {
            digest.update((schema.len() as u64).to_be_bytes());
            digest.update(roles);
        }
        let (schema, warnings) =
            Schema::from_cedarschema_str(schema).map_err(|error| PoliciesError::Schema(error.to_string()))?;
        if let Some(warning) = { warnings }.next() {
            return Err(PoliciesError::Schema(warning.to_string()));
        }
        let parsed =
            PolicySet::from_str(policies).map_err(|error| PoliciesError::Parse(error.to_string()))?;
        let named = parsed
            .policies()
            .map(|policy| {
                policy
                    .annotation("id")
                    .map(|id| policy.new_id(PolicyId::new(id)))
                    .ok_or(PoliciesError::Unnamed)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let set = PolicySet::from_policies(named).map_err(|error| PoliciesError::Set(error.to_string()))?;
        let slices = Slices::of(&set, &schema)?;
        let validation = Validator::new(schema).validate(&set, ValidationMode::Strict);
        if !validation.validation_passed_without_warnings() {
            return Err(PoliciesError::Invalid(validation.to_string()));
        }
        let types = Types::parse()?;
        let uid = |kind: &EntityTypeName, word: &str| {
            EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(word))
        };
        let roles = roles.map_or_else(|| Ok(Roles::table().clone()), Roles::read)?;
        let ceilings = ceilings(|id| uid(&types.ceiling, id));
        let rooms = Category::ALL.iter().map(|room| (*room, uid(&types.room, room.as_str()))).collect();
        Ok(Self {
            set,
            slices,
            authorizer: Authorizer::new(),
            entities: entities(&roles, &rooms, &ceilings)?,
            digest: digest.finalize().into(),
            rooms,
            actions: Action::ALL
                .iter()
                .map(|action| (*action, uid(&types.action, action.as_str())))
                .collect(),
            roles,
            ceilings,
            types,
        })
    }

    /// The same policies, every one of them put to every request: what is decided by a part of them must never differ.
    pub fn unsliced() -> Result<Self, PoliciesError> {
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|error| PoliciesError::Schema(error.to_string()))?;
        let whole = Self::load()?;
        Ok(Self { slices: Slices::whole(&whole.set, &schema), ..whole })
    }

    /// SHA-256 over policies, schema and table of roles: says by which rules something was decided.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The same as access events have it.
    pub fn digest_hex(&self) -> String {
        hex::encode(self.digest)
    }

    /// Ids of all policies, sorted.
    pub fn rule_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.set.policies().map(|policy| policy.id().to_string()).collect();
        ids.sort();
        ids
    }

    pub(crate) fn room(&self, category: Category) -> Option<&EntityUid> {
        self.rooms.get(&category)
    }

    pub(crate) const fn roles(&self) -> &Roles {
        &self.roles
    }

    /// The entity under which stand the rooms that a grant to the role opens at most.
    pub(crate) fn ceiling(&self, role: Role, action: Action, purpose: Purpose) -> Option<&EntityUid> {
        self.ceilings.get(&(role, action, purpose))
    }

    pub(crate) fn action(&self, action: Action) -> Option<&EntityUid> {
        self.actions.get(&action)
    }

    pub(crate) fn uid(&self, kind: Kind, id: impl AsRef<str>) -> EntityUid {
        let types = &self.types;
        let name = match kind {
            Kind::Account => &types.account,
            Kind::Record => &types.record,
            Kind::Practice => &types.practice,
            Kind::Tenant => &types.tenant,
            Kind::Action => &types.action,
            Kind::AuditLog => &types.audit_log,
            Kind::LogHealth => &types.log_health,
            Kind::Installation => &types.installation,
            Kind::Directory => &types.directory,
            Kind::Room => &types.room,
            Kind::Ceiling => &types.ceiling,
        };
        EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
    }

    #[cfg(test)]
    pub(crate) fn slice(&self, does: &EntityUid, shape: Option<Shape>) -> Option<&PolicySet> {
        self.slices.get(does, shape)
    }

    /// `shape` is the context's; None where it is no look.
    ///
    /// An evaluation that stumbles permits nothing: Cedar would pass over a forbid that fails to evaluate.
    pub(crate) fn evaluate(
        &self,
        who: &EntityUid,
        does: &EntityUid,
        what: &EntityUid,
        context: Context,
        shape: Option<Shape>,
    ) -> Verdict {
        let request = Request::new(who.clone(), does.clone(), what.clone(), context, None).ok();
        let (Some(request), Some(slice)) = (request, self.slices.get(does, shape)) else {
            return Verdict { permitted: false, rule_ids: Vec::new() };
        };
        let response = self.authorizer.is_authorized(&request, slice, &self.entities);
        let sound = response.diagnostics().errors().next().is_none();
        let mut rule_ids: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        rule_ids.sort();
        Verdict { permitted: sound && response.decision() == Decision::Allow, rule_ids }
    }
}

impl Types {
    fn parse() -> Result<Self, PoliciesError> {
        let name = |kind: Kind| {
            EntityTypeName::from_str(&format!("Holdfast::{}", kind.word()))
                .map_err(|error| PoliciesError::Schema(error.to_string()))
        };
        Ok(Self {
            account: name(Kind::Account)?,
            record: name(Kind::Record)?,
            practice: name(Kind::Practice)?,
            tenant: name(Kind::Tenant)?,
            action: name(Kind::Action)?,
            audit_log: name(Kind::AuditLog)?,
            log_health: name(Kind::LogHealth)?,
            installation: name(Kind::Installation)?,
            directory: name(Kind::Directory)?,
            room: name(Kind::Room)?,
            ceiling: name(Kind::Ceiling)?,
        })
    }
}

/// One for each that somebody may ask, so that none is made while something is decided.
fn ceilings(uid: impl Fn(&str) -> EntityUid) -> BTreeMap<(Role, Action, Purpose), EntityUid> {
    let mut ceilings = BTreeMap::new();
    for role in Role::ALL {
        for action in Action::ALL {
            for purpose in Purpose::ALL {
                ceilings.insert((*role, *action, *purpose), uid(&format!("{role} {action} {purpose}")));
            }
        }
    }
    ceilings
}

/// The rooms, each under the ceilings that it is open to.
fn entities(
    roles: &Roles,
    rooms: &BTreeMap<Category, EntityUid>,
    ceilings: &BTreeMap<(Role, Action, Purpose), EntityUid>,
) -> Result<Entities, PoliciesError> {
    let room = |(category, uid): (&Category, &EntityUid)| {
        let over = ceilings
            .iter()
            .filter(|((role, action, purpose), _)| roles.opens(*role, *action, *purpose, *category));
        let over: HashSet<EntityUid> = over.map(|(_, ceiling)| ceiling.clone()).collect();
        Entity::new_no_attrs(uid.clone(), over)
    };
    Entities::from_entities(rooms.iter().map(room), None)
        .map_err(|error| PoliciesError::Set(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_are_valid_under_the_schema_and_each_has_its_own_id() {
        let policies = Policies::load().unwrap();
        assert_eq!(policies.rule_ids().len(), POLICIES.matches("@id(").count());
        assert!(policies.rule_ids().contains(&CONSENT_IS_STALE.to_owned()));
    }

    #[test]
    fn a_policy_without_id_with_a_taken_id_or_outside_the_schema_is_not_loaded() {
        let load = |extra: &str| {
            Policies::parse(&format!("{POLICIES}\n{extra}"), SCHEMA, Some(TABLE)).err().unwrap()
        };
        assert!(matches!(load("forbid (principal, action, resource);"), PoliciesError::Unnamed));
        assert!(matches!(
            load(r#"@id("consent-is-stale") forbid (principal, action, resource);"#),
            PoliciesError::Set(_)
        ));
        assert!(matches!(
            load(r#"@id("x") forbid (principal, action, resource) when { context.mood == "good" };"#),
            PoliciesError::Invalid(_)
        ));
    }

    #[test]
    fn another_policy_set_has_another_digest() {
        let in_force = Policies::load().unwrap().digest();
        let changed = Policies::parse(&format!("{POLICIES}\n"), SCHEMA, Some(TABLE)).unwrap();
        assert_ne!(changed.digest(), in_force);
        let changed = Policies::parse(POLICIES, SCHEMA, Some(&format!("{TABLE}\n"))).unwrap();
        assert_ne!(changed.digest(), in_force);
    }
}

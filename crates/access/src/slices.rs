//! The engine's cost is in the number of policies, so each request is put to those alone that may speak of it.
//!
//! What a policy says of the presence of things (`context has grant`, `context.grant has emergency`, with and, or, not) is read in the
//! engine's own order; of all else it is not known whether it is true, false or fails. So a policy is left out only where the engine
//! too would have found it silent, without stumbling on the way.
use crate::{GrantFact, Grantee, PoliciesError};
use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicySet, Schema};
use holdfast_types::Basis;
use serde_json::Value;
use std::collections::HashMap;

/// Which of its parts that may be missing a look has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) relationship: bool,
    pub(crate) grant: Option<GrantShape>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GrantShape {
    to_practice: bool,
    emergency: bool,
    counted: bool,
}

impl GrantShape {
    pub(crate) const fn of(grant: &GrantFact) -> Self {
        Self {
            to_practice: matches!(grant.grantee, Grantee::Practice { .. }),
            emergency: matches!(grant.basis, Basis::Emergency),
            counted: grant.uses.is_some(),
        }
    }
}

impl Shape {
    fn all() -> impl Iterator<Item = Self> {
        let both = [false, true];
        let shapes = (0..8_u8).map(|bits| GrantShape {
            to_practice: bits & 1 > 0,
            emergency: bits & 2 > 0,
            counted: bits & 4 > 0,
        });
        let grants = shapes.map(Some).chain([None]);
        grants.flat_map(move |grant| both.map(|relationship| Self { relationship, grant }))
    }

    /// None where that is not known, or asking fails.
    fn has(self, path: &[&str]) -> Option<bool> {
        match path {
            ["context", "relationship"] => Some(self.relationship),
            ["context", "grant"] => Some(self.grant.is_some()),
            ["context", "grant", "emergency"] => self.grant.map(|grant| grant.emergency),
            ["context", "grant", "visiting"] => self.grant.map(|grant| grant.counted),
            ["context", "grant", "to_account"] => self.grant.map(|grant| !grant.to_practice),
            ["context", "grant", "to_practice" | "ceiling"] => self.grant.map(|grant| grant.to_practice),
            _ => None,
        }
    }
}

/// By action, and by shape; without a shape those that speak of the action.
pub(crate) struct Slices(HashMap<EntityUid, HashMap<Option<Shape>, PolicySet>>);

impl Slices {
    pub(crate) fn of(set: &PolicySet, schema: &Schema) -> Result<Self, PoliciesError> {
        let as_json = |policy| {
            let json = Policy::to_json(policy).map_err(|error| PoliciesError::Parse(error.to_string()))?;
            Ok((policy, json))
        };
        let policies = set.policies().map(as_json).collect::<Result<Vec<_>, PoliciesError>>()?;
        let shapes = || Shape::all().map(Some).chain([None]);
        let of_action = |action: &EntityUid| {
            let slice = |shape: Option<Shape>| {
                let speaks = |(policy, json): &&(&Policy, Value)| {
                    may_speak_of(policy, action) && !shape.is_some_and(|shape| is_silent(json, shape))
                };
                PolicySet::from_policies(policies.iter().filter(speaks).map(|(policy, _)| (*policy).clone()))
                    .map(|slice| (shape, slice))
                    .map_err(|error| PoliciesError::Set(error.to_string()))
            };
            Ok((action.clone(), shapes().map(slice).collect::<Result<_, _>>()?))
        };
        Ok(Self(schema.actions().map(of_action).collect::<Result<_, PoliciesError>>()?))
    }

    /// Every policy for every request.
    pub(crate) fn whole(set: &PolicySet, schema: &Schema) -> Self {
        let all = || Shape::all().map(Some).chain([None]).map(|shape| (shape, set.clone())).collect();
        Self(schema.actions().map(|action| (action.clone(), all())).collect())
    }

    pub(crate) fn get(&self, action: &EntityUid, shape: Option<Shape>) -> Option<&PolicySet> {
        self.0.get(action)?.get(&shape)
    }
}

/// The schema has no groups of actions, so that `in` is membership in the list.
fn may_speak_of(policy: &Policy, action: &EntityUid) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::In(actions) => actions.contains(action),
        ActionConstraint::Eq(only) => only == *action,
    }
}

/// Whether one of a policy's conditions is known not to hold, and those before it are known to hold: Cedar's JSON policy format, `conditions`.
fn is_silent(policy: &Value, shape: Shape) -> bool {
    for condition in policy["conditions"].as_array().into_iter().flatten() {
        let wanted = condition["kind"] == "when";
        match truth(&condition["body"], shape) {
            Some(found) if found == wanted => {}
            Some(_) => return true,
            None => return false,
        }
    }
    false
}

/// None where it may be anything, or may fail.
fn truth(expression: &Value, shape: Shape) -> Option<bool> {
    let (operator, operands) = expression.as_object()?.iter().next()?;
    let side = |name: &str| truth(&operands[name], shape);
    match operator.as_str() {
        "has" => {
            let mut path = path(&operands["left"])?;
            path.push(operands["attr"].as_str()?);
            shape.has(&path)
        }
        "!" => side("arg").map(|truth| !truth),
        "&&" => {
            if side("left")? {
                side("right")
            } else {
                Some(false)
            }
        }
        "||" => {
            if side("left")? {
                Some(true)
            } else {
                side("right")
            }
        }
        _ => None,
    }
}

/// `context.grant` as its words.
fn path(expression: &Value) -> Option<Vec<&str>> {
    if let Some(variable) = expression.get("Var") {
        return Some(vec![variable.as_str()?]);
    }
    let inner = expression.get(".")?;
    let mut path = path(&inner["left"])?;
    path.push(inner["attr"].as_str()?);
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policies;
    use std::{collections::BTreeSet, str::FromStr as _};

    const ACCOUNT: GrantShape = GrantShape { to_practice: false, emergency: false, counted: false };

    fn speaking(grant: Option<GrantShape>, relationship: bool) -> BTreeSet<String> {
        let policies = Policies::load().unwrap();
        let read = EntityUid::from_str("Holdfast::Action::\"read\"").unwrap();
        let slice = policies.slice(&read, Some(Shape { relationship, grant })).unwrap();
        slice.policies().map(|policy| policy.id().to_string()).collect()
    }

    #[test]
    fn a_request_is_put_to_those_that_may_speak_of_it() {
        let common = ["consent-is-stale", "never-shared", "role-sees-no-content"];
        let with =
            |more: &[&str]| common.iter().chain(more).map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(speaking(None, false), with(&[]));
        assert_eq!(
            speaking(Some(ACCOUNT), false),
            with(&["granted-to-account", "only-a-part-is-granted", "outside-the-grant"])
        );
        let emergency = GrantShape { emergency: true, ..ACCOUNT };
        assert_eq!(
            speaking(Some(emergency), false),
            with(&["emergency-access", "only-a-part-is-granted", "outside-the-grant"])
        );
        let practice = GrantShape { to_practice: true, ..ACCOUNT };
        assert_eq!(
            speaking(Some(practice), false),
            with(&["granted-to-role-at-organization", "only-a-part-is-granted", "outside-the-grant"])
        );
        let counted = GrantShape { counted: true, ..ACCOUNT };
        assert_eq!(
            speaking(Some(counted), false),
            with(&["granted-to-account", "no-visit-begun", "only-a-part-is-granted", "outside-the-grant"])
        );
        // What it says of marks and roles comes before what it says of the relationship.
        let held = [
            "guardian-holds-record",
            "never-shared",
            "parent-holds-record",
            "patient-holds-record",
            "proxy-holds-record",
            "role-sees-no-content",
        ];
        assert_eq!(speaking(None, true), held.map(str::to_owned).into());
    }

    #[test]
    fn what_may_fail_or_be_anything_before_it_is_not_passed_over() {
        let silent = |condition: &str| {
            let policy = Policy::parse(None, format!("permit (principal, action, resource) {condition};"));
            is_silent(&policy.unwrap().to_json().unwrap(), Shape { relationship: false, grant: None })
        };
        assert!(silent("when { context has grant && context.grant.revoked }"));
        assert!(silent("unless { !(context has relationship) || context.anything }"));
        assert!(silent("when { !(context has grant) } when { context has relationship }"));
        assert!(!silent("when { context.grant.revoked && context has grant }"));
        assert!(!silent("when { context.grant has emergency }"));
        assert!(!silent("when { context.anything } when { context has grant }"));
        assert!(!silent("unless { context has relationship }"));
    }
}

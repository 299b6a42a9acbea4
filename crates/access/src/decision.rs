//! The one decision function: pure, from (policies, request, facts) to what is permitted and why.
//!
//! The policy language has no loops, so the facts are put to it one candidate at a time: without any grant, and with each
//! grant for those categories that it names and that are still closed. A request to read or download several categories is answered with those
//! permitted; one to change or share them is permitted whole or not at all (to share, by whoever leaves out the rest, like a read). Grants of a part of their rooms count only where whoever
//! answers leaves out the rest ([`decide_in_part`]), and for what no other grant opens as a whole.
//!
//! What the caller is towards the record is asked of each room and action ([`Facts::towards`]): a holder whose room is closed is put to the
//! policies as somebody who holds nothing.
mod values;

use crate::{
    Caller, Facts, GrantFact, Grantee, Oversight, Policies, Record, Within, mark,
    mark::Marked,
    policies::{CONSENT_IS_STALE, Kind},
    roles::BEYOND_REACH,
    slices::{GrantShape, Shape},
};
use cedar_policy::{Context, RestrictedExpression as Value};
use chrono::{DateTime, Utc};
use holdfast_types::{Action, Basis, Category, GrantId, Purpose, Relationship, Role};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};
use values::{field, held, id, millis, text, words};

#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub caller: &'a Caller,
    pub action: Action,
    pub record: &'a Record,
    pub purpose: Purpose,
    pub now: DateTime<Utc>,
    /// How old the feed from consent may be for third parties.
    pub consent_age_max: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Permitted {
        /// In the order asked for; empty only for what is not content.
        categories: Vec<Category>,
        /// Those of them of which only a part is permitted, in that order.
        parts: Vec<Category>,
        /// Policies that permitted, sorted.
        rule_ids: Vec<String>,
        /// Grants that permitted.
        grants: Vec<GrantRevision>,
    },
    Refused {
        reason: Denial,
        /// Policies that forbade, sorted; empty when none permitted.
        rule_ids: Vec<String>,
    },
}

/// Why a decision is a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    NotPermitted,
    /// Third parties wait until the feed from consent is fresh.
    ConsentStale,
}

impl Denial {
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotPermitted => "NOT_PERMITTED",
            Self::ConsentStale => "CONSENT_STALE",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GrantRevision {
    pub grant: GrantId,
    pub revision: u64,
}

/// Decides about rooms of a record as wholes: for whoever cannot leave out a part of one.
pub fn decide(policies: &Policies, request: &Request<'_>, facts: &Facts) -> Decision {
    decided(policies, request, facts, false).0
}

/// Decides about rooms of a record, and what of them may be shown: for whoever leaves out the rest before anything is joined or counted.
pub fn decide_in_part(policies: &Policies, request: &Request<'_>, facts: &Facts) -> (Decision, Within) {
    decided(policies, request, facts, true)
}

/// Grants by which more would be open to the caller if a visit had begun by them: nothing else opens it, and a visit is left.
pub fn visits_wanted(
    policies: &Policies,
    request: &Request<'_>,
    facts: &Facts,
    in_part: bool,
) -> Vec<GrantId> {
    let Some(begun) = facts.on_visits(request.now) else { return Vec::new() };
    let Decision::Permitted { grants, .. } = decided(policies, request, &begun, in_part).0 else {
        return Vec::new();
    };
    let waits = |id: &GrantId| facts.grants.iter().any(|one| one.id == *id && one.wants_visit(request.now));
    grants.into_iter().map(|grant| grant.grant).filter(waits).collect()
}

fn decided(policies: &Policies, request: &Request<'_>, facts: &Facts, in_part: bool) -> (Decision, Within) {
    let who = policies.uid(Kind::Account, request.caller.account.to_string());
    let mut tally = Tally::default();
    let mut closed: Vec<Category> = request.record.categories.clone();
    // What can be permitted without a grant comes first for holders, and last for all others: fewest evaluations.
    let (first, last) = if facts.relationship.is_some() { (Some(None), None) } else { (None, Some(None)) };
    let (mut whole, mut parts): (Vec<&GrantFact>, Vec<&GrantFact>) =
        facts.grants.iter().partition(|grant| grant.narrowing.is_none());
    // What is counted is asked last: nobody uses up a visit for what is open anyway.
    whole.sort_by_key(|grant| grant.uses.is_some());
    parts.sort_by_key(|grant| grant.uses.is_some());
    let candidates = first.into_iter().chain(whole.into_iter().map(Some)).chain(last);
    let standings = standings(request, facts);
    let candidates = candidates.chain(parts.into_iter().map(Some));
    for (candidate, towards) in
        candidates.flat_map(|one| standings.iter().map(move |towards| (one, *towards)))
    {
        let names = |category: &Category| {
            facts.towards(request.action, *category) == towards
                && candidate.is_none_or(|grant| grant_names(grant, request.action, *category))
        };
        if !closed.iter().any(names) {
            continue;
        }
        let (Some(context), Some(does)) =
            (look(policies, request, facts, candidate, towards, in_part), policies.action(request.action))
        else {
            continue;
        };
        let shape = Shape { relationship: towards.is_some(), grant: candidate.map(GrantShape::of) };
        closed.retain(|category| {
            let Some(room) = policies.room(*category).filter(|_| names(category)) else { return true };
            let verdict = policies.evaluate(&who, does, room, context.clone(), Some(shape));
            tally.count(*category, candidate, verdict.permitted, verdict.rule_ids)
        });
    }
    let together = match request.action {
        Action::Contribute => true,
        Action::Share => !in_part,
        Action::Read | Action::Download => false,
    };
    let within = Within::of(&tally.open.iter().copied().collect::<Vec<_>>(), &tally.parts);
    (tally.decision(&request.record.categories, together), within)
}

/// What the caller is towards the rooms asked for, each once; for most callers one and the same.
fn standings(request: &Request<'_>, facts: &Facts) -> Vec<Option<Relationship>> {
    let mut standings = Vec::new();
    for category in &request.record.categories {
        let towards = facts.towards(request.action, *category);
        if !standings.contains(&towards) {
            standings.push(towards);
        }
    }
    standings
}

/// Decides about what is not content. Facts matter only where a record is named.
pub fn decide_oversight(policies: &Policies, caller: &Caller, asked: &Oversight, facts: &Facts) -> Decision {
    let (does, kind) = asked.terms();
    let what = match asked {
        Oversight::RecordHistory(patient)
        | Oversight::Erasure(patient)
        | Oversight::Emergency(patient)
        | Oversight::EmergencyReview(patient)
        | Oversight::Authority(patient)
        | Oversight::AuthorityReview(patient) => policies.uid(kind, patient.to_string()),
        Oversight::TenantHistory { tenant, .. }
        | Oversight::Tenant(tenant)
        | Oversight::AccessReview(tenant) => policies.uid(kind, tenant.to_string()),
        Oversight::Role(_) => match asked.tenant() {
            Some(tenant) => policies.uid(kind, tenant.to_string()),
            None => policies.uid(kind, "this"),
        },
        Oversight::Treatments(practice) | Oversight::TreatmentPolicy(practice) => {
            policies.uid(kind, practice.to_string())
        }
        Oversight::LogHealth | Oversight::Installation | Oversight::Directory => policies.uid(kind, "this"),
    };
    let who = policies.uid(Kind::Account, caller.account.to_string());
    let verdict = oversight(policies, caller, asked, facts)
        .map(|context| policies.evaluate(&who, &policies.uid(Kind::Action, does), &what, context, None));
    match verdict {
        // The policies say who administers a tenant; how far inside it, the rule of reach.
        Some(verdict) if verdict.permitted && is_beyond_reach(policies, caller, asked) => {
            Decision::Refused { reason: Denial::NotPermitted, rule_ids: vec![BEYOND_REACH.to_owned()] }
        }
        Some(verdict) if verdict.permitted => {
            let rule_ids = verdict.rule_ids;
            Decision::Permitted { categories: vec![], parts: vec![], rule_ids, grants: vec![] }
        }
        verdict => Decision::Refused {
            reason: Denial::NotPermitted,
            rule_ids: verdict.map(|verdict| verdict.rule_ids).unwrap_or_default(),
        },
    }
}

fn is_beyond_reach(policies: &Policies, caller: &Caller, asked: &Oversight) -> bool {
    matches!(asked, Oversight::Role(role) if !policies.roles().reaches(&caller.roles, role))
}

/// Whether a grant is worth putting to the policies, which say the same and more.
fn grant_names(grant: &GrantFact, action: Action, category: Category) -> bool {
    grant.actions.contains(&action) && grant.categories.contains(&category)
}

#[derive(Default)]
struct Tally<'a> {
    /// As a whole or in part.
    open: BTreeSet<Category>,
    /// Nobody opened these as a whole.
    parts: Vec<(Category, &'a GrantFact)>,
    permits: BTreeSet<String>,
    forbids: BTreeSet<String>,
    grants: BTreeSet<GrantRevision>,
}

impl<'a> Tally<'a> {
    /// Answers whether more of the category may be opened by others.
    fn count(
        &mut self,
        category: Category,
        grant: Option<&'a GrantFact>,
        permitted: bool,
        rule_ids: Vec<String>,
    ) -> bool {
        let in_part = grant.filter(|grant| permitted && grant.narrowing.is_some());
        if permitted {
            self.open.insert(category);
            self.parts.extend(in_part.map(|grant| (category, grant)));
            self.permits.extend(rule_ids);
            self.grants
                .extend(grant.map(|grant| GrantRevision { grant: grant.id, revision: grant.revision }));
        } else {
            self.forbids.extend(rule_ids);
        }
        !permitted || in_part.is_some()
    }

    fn decision(self, asked: &[Category], together: bool) -> Decision {
        let mut categories: Vec<Category> = Vec::new();
        for category in asked {
            if self.open.contains(category) && !categories.contains(category) {
                categories.push(*category);
            }
        }
        if categories.is_empty() || (together && asked.iter().any(|category| !self.open.contains(category))) {
            let stale = self.forbids.contains(CONSENT_IS_STALE);
            let reason = if stale { Denial::ConsentStale } else { Denial::NotPermitted };
            return Decision::Refused { reason, rule_ids: self.forbids.into_iter().collect() };
        }
        let in_part = |category: &&Category| self.parts.iter().any(|(part, _)| part == *category);
        Decision::Permitted {
            parts: categories.iter().filter(in_part).copied().collect(),
            categories,
            rule_ids: self.permits.into_iter().collect(),
            grants: self.grants.into_iter().collect(),
        }
    }
}

/// The schema's `Look`. None only if the policy engine refuses to build it, which permits nothing.
fn look(
    policies: &Policies,
    request: &Request<'_>,
    facts: &Facts,
    candidate: Option<&GrantFact>,
    towards: Option<Relationship>,
    in_part: bool,
) -> Option<Context> {
    let held =
        request.caller.held_at_practices().map(|(role, practice)| held(policies, role, practice.to_string()));
    let mut fields = vec![
        field("record", id(policies, Kind::Record, request.record.patient.to_string())),
        field("action", text(request.action.as_str())),
        field("purpose", text(request.purpose.as_str())),
        field("now_us", Value::new_long(request.now.timestamp_micros())),
        field("roles", words(request.caller.roles.iter().map(|held| held.role.as_str()))),
        field("held", Value::new_set(held.collect::<Option<Vec<_>>>()?)),
        field("consent_age_ms_max", millis(request.consent_age_max)),
        field("never_shared", never_shared(policies, request, facts, towards)),
        field("in_part", Value::new_bool(in_part)),
        field(
            "reached",
            text(policies.roles().reached(request.caller.roles.iter().map(|held| held.role)).as_str()),
        ),
    ];
    fields.extend(towards.map(|relationship| field("relationship", text(relationship.as_str()))));
    fields.extend(facts.consent_age.map(|age| field("consent_age_ms", millis(age))));
    if let Some(candidate) = candidate {
        fields.push(field("grant", grant(policies, request, facts, candidate)?));
    }
    Context::from_pairs(fields).ok()
}

/// Rooms that are marked as never shared with the caller; nothing is kept from who holds them.
fn never_shared(
    policies: &Policies,
    request: &Request<'_>,
    facts: &Facts,
    towards: Option<Relationship>,
) -> Value {
    let marks = mark::standing(request.caller, request.record.patient, facts);
    let rooms = marks.filter(|_| towards.is_none()).filter_map(|mark| match mark.what {
        Marked::Category(category) => policies.room(category).cloned(),
        Marked::Item(_) | Marked::Author(_) => None,
    });
    Value::new_set(rooms.map(Value::new_entity_uid))
}

fn grant(policies: &Policies, request: &Request<'_>, facts: &Facts, grant: &GrantFact) -> Option<Value> {
    let rooms = grant.categories.iter().filter_map(|category| policies.room(*category).cloned());
    let mut fields = vec![
        field("record", id(policies, Kind::Record, grant.patient.to_string())),
        field("rooms", Value::new_set(rooms.map(Value::new_entity_uid))),
        field("actions", words(grant.actions.iter().map(|action| action.as_str()))),
        field("purposes", words(grant.purposes.iter().map(|purpose| purpose.as_str()))),
        field("from_us", Value::new_long(grant.period.from().timestamp_micros())),
        field("revoked", Value::new_bool(grant.revoked.is_some())),
        field("narrowed", Value::new_bool(grant.narrowing.is_some())),
        match grant.grantee {
            Grantee::Account(account) => {
                field("to_account", id(policies, Kind::Account, account.to_string()))
            }
            Grantee::Practice { practice, role } => {
                field("to_practice", held(policies, role, practice.to_string())?)
            }
        },
    ];
    if let Grantee::Practice { role, .. } = grant.grantee {
        let ceiling = policies.ceiling(role, request.action, request.purpose)?;
        fields.push(field("ceiling", Value::new_entity_uid(ceiling.clone())));
    }
    let until = grant.period.until();
    fields.extend(until.map(|until| field("until_us", Value::new_long(until.timestamp_micros()))));
    fields.extend(grant.uses.map(|uses| field("visiting", Value::new_bool(uses.is_visiting(request.now)))));
    if grant.basis == Basis::Emergency {
        let tenant = facts.record_tenant.into_iter();
        let roles =
            words(tenant.flat_map(|tenant| request.caller.roles_at_practices_of(tenant)).map(Role::as_str));
        fields.push(field("emergency", Value::new_record([field("roles", roles)]).ok()?));
    }
    Value::new_record(fields).ok()
}

/// The schema's `Oversight`.
fn oversight(policies: &Policies, caller: &Caller, asked: &Oversight, facts: &Facts) -> Option<Context> {
    // Whoever asks to erase, to open or to review does not say whose record it is: its own tenant counts.
    let tenant = match asked {
        Oversight::Erasure(_)
        | Oversight::Emergency(_)
        | Oversight::EmergencyReview(_)
        | Oversight::Authority(_)
        | Oversight::AuthorityReview(_) => facts.record_tenant,
        _ => asked.tenant(),
    };
    let roles_in_tenant = tenant.into_iter().flat_map(|tenant| caller.roles_in(tenant));
    let at_practices = tenant.into_iter().flat_map(|tenant| caller.roles_at_practices_of(tenant));
    let of_tenant = tenant.into_iter().flat_map(|tenant| caller.roles_of_whole(tenant));
    let at_practice = caller.held_at_practices().filter(|(_, held)| asked.practice() == Some(*held));
    let mut fields = vec![
        field("roles_of_tenant", words(of_tenant.map(Role::as_str))),
        field("roles", words(caller.roles.iter().map(|held| held.role.as_str()))),
        field("roles_in_tenant", words(roles_in_tenant.map(Role::as_str))),
        field("roles_at_practices", words(at_practices.map(Role::as_str))),
        field("roles_at_practice", words(at_practice.map(|(role, _)| role.as_str()))),
    ];
    fields
        .extend(asked.tenant().map(|tenant| field("tenant", id(policies, Kind::Tenant, tenant.to_string()))));
    if asked.patient().is_some() {
        // A history tells of every room: whoever does not hold all of them would learn there what is kept from them.
        let whole =
            !matches!(asked, Oversight::RecordHistory(_)) || facts.holds_all(Action::Read, Category::ALL);
        let relationship = facts.relationship.filter(|_| whole);
        fields.extend(relationship.map(|relationship| field("relationship", text(relationship.as_str()))));
        let tenant = facts.record_tenant.map(|tenant| id(policies, Kind::Tenant, tenant.to_string()));
        fields.extend(tenant.map(|tenant| field("record_tenant", tenant)));
    }
    Context::from_pairs(fields).ok()
}

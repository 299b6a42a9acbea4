//! What an access event will say of one decision, and where it goes: every input and the outcome, put together once.
use crate::{
    Access, AccessEvent, Decision, Denial, Facts, Oversight, Policies, RequestContext, Returned,
    event::RETURNED_MAX, mark::Withheld,
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{Context, Subject};
use holdfast_types::{Action, Actor, Category, PatientId, Purpose, Relationship, TenantId};
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Grounds {
    pub(crate) access: Access,
    pub(crate) subject: Subject,
    pub(crate) context: Context,
    /// What every read leaves out.
    pub(crate) withheld: Withheld,
    /// Rooms that the caller holds, of those that are permitted.
    pub(crate) held: Vec<Category>,
    /// Rooms of the record that the caller does not hold, by action.
    pub(crate) not_held: Vec<(Action, Vec<Category>)>,
}

/// What somebody asked for, and what it was decided by beside the facts.
pub(crate) struct Asks<'a> {
    pub(crate) action: Action,
    pub(crate) patient: Option<PatientId>,
    pub(crate) oversight: Option<Oversight>,
    pub(crate) categories: &'a [Category],
    pub(crate) purpose: Purpose,
    pub(crate) operation: &'static str,
    /// Whoever answers leaves out what is not granted.
    pub(crate) in_part: bool,
    /// As if on the visits that are left.
    pub(crate) ahead_of_visit: bool,
    /// The moment for which it was decided.
    pub(crate) now: DateTime<Utc>,
    pub(crate) consent_age_max: Duration,
    pub(crate) policies: &'a Policies,
    /// This service destroys its key of a record that is erased.
    pub(crate) destroys_keys: bool,
}

impl Grounds {
    pub(crate) fn of(
        context: &RequestContext,
        asks: &Asks<'_>,
        facts: &Facts,
        decision: Decision,
    ) -> Result<Box<Self>, (Denial, Box<Self>)> {
        let caller = &context.caller;
        let (permitted_categories, part_categories, rule_ids, grants, denial) = match decision {
            Decision::Permitted { categories, parts, rule_ids, grants } => {
                (categories, parts, rule_ids, grants, None)
            }
            Decision::Refused { reason, rule_ids } => {
                (Vec::new(), Vec::new(), rule_ids, Vec::new(), Some(reason))
            }
        };
        let permitted = permitted_categories.clone();
        let access = Access {
            account: caller.account,
            session: caller.session,
            roles: caller.roles.clone(),
            patient: asks.patient,
            oversight: asks.oversight,
            action: asks.action,
            categories: asks.categories.to_vec(),
            permitted_categories,
            purpose: asks.purpose,
            rule_ids,
            grants,
            policy_digest: asks.policies.digest_hex(),
            relationship: facts.relationship,
            refusal_reason: denial.map(|denial| denial.reason().to_owned()),
            returned: Vec::new(),
            operation: asks.operation.to_owned(),
            consent_age_ms: facts.consent_age.map(millis),
            consent_age_ms_max: millis(asks.consent_age_max),
            decided_time: asks.now,
            consent_seq: facts.consent_seq,
            in_part: asks.in_part,
            part_categories,
            ahead_of_visit: asks.ahead_of_visit,
        };
        // A patient that this service has not heard of, or whose key it has destroyed, has no history here: what was tried is in the
        // history of who tried.
        let sealable = !(facts.erased && asks.destroys_keys);
        let known = asks.patient.filter(|_| facts.record_tenant.is_some() && sealable);
        let asked_tenant = asks.oversight.and_then(|asked| asked.tenant()).filter(|_| denial.is_none());
        let own_tenant = caller.roles.first().map(|held| held.tenant);
        let tenant =
            asked_tenant.or(facts.record_tenant).or(own_tenant).unwrap_or(TenantId::new(Uuid::nil()));
        let grounds = Box::new(Self {
            access,
            subject: known.map_or(Subject::Account(caller.account), Subject::Patient),
            context: Context {
                tenant,
                actor: Actor::Account(caller.account),
                on_behalf_of: asks
                    .patient
                    .filter(|_| facts.relationship.is_some_and(Relationship::is_for_another)),
                purpose: asks.purpose,
                correlation: context.correlation,
                causation: None,
                traceparent: context.traceparent.clone(),
                occurred: None,
                by_right: None,
            },
            // Where an answer has rooms that are held beside rooms that are only shared, what is marked is left out of all of it.
            withheld: match asks.patient.filter(|_| !facts.holds_all(asks.action, &permitted)) {
                Some(patient) => Withheld::of(caller, patient, facts),
                None => Withheld::default(),
            },
            not_held: facts.not_held(),
            held: permitted.into_iter().filter(|room| facts.towards(asks.action, *room).is_some()).collect(),
        });
        match denial {
            None => Ok(grounds),
            Some(denial) => Err((denial, grounds)),
        }
    }

    /// One event, or several where more was returned than one may name.
    pub(crate) fn permitted(access: &Access, returned: &[Returned]) -> Vec<AccessEvent> {
        let event = |returned: &[Returned]| {
            AccessEvent::Permitted(Box::new(Access { returned: returned.to_vec(), ..access.clone() }))
        };
        if returned.is_empty() {
            vec![event(&[])]
        } else {
            returned.chunks(RETURNED_MAX).map(event).collect()
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

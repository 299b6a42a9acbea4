//! The access event: who asked for what, what was decided on which grounds, and what left with the answer.
use crate::{DoorEvent, GrantRevision, Oversight, RoleAssignment};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{DecodeError, Event, Opened};
use holdfast_proto::{Word, access::v1 as pb, timestamp};
use holdfast_types::{AccountId, Action, Category, PatientId, Purpose, Relationship, SessionId};
use prost_types::Any;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// More that is returned at once is recorded in further events of the same stream.
pub const RETURNED_MAX: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum AccessEvent {
    #[serde(rename = "access.permitted")]
    Permitted(Box<Access>),
    #[serde(rename = "access.refused")]
    Refused(Box<Access>),
}

/// Inputs and outcome of one decision: enough to decide it again. Ids, codes and digests only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub account: AccountId,
    pub session: Option<SessionId>,
    pub roles: Vec<RoleAssignment>,
    pub patient: Option<PatientId>,
    /// What was asked for, if not rooms of a record.
    pub oversight: Option<Oversight>,
    pub action: Action,
    /// Asked for.
    pub categories: Vec<Category>,
    pub permitted_categories: Vec<Category>,
    pub purpose: Purpose,
    pub rule_ids: Vec<String>,
    pub grants: Vec<GrantRevision>,
    /// Hex.
    pub policy_digest: String,
    pub relationship: Option<Relationship>,
    pub refusal_reason: Option<String>,
    pub returned: Vec<Returned>,
    /// E.g. `records.ListItems`.
    pub operation: String,
    /// None: nothing was heard from consent.
    pub consent_age_ms: Option<i64>,
    pub consent_age_ms_max: i64,
    /// The moment for which it was decided.
    pub decided_time: DateTime<Utc>,
    /// The last event of the record's lane in consent's log that was known. None where it is about no record, and in events that are
    /// older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_seq: Option<u64>,
    /// Whoever answered left out what was not granted, so that grants of a part of their rooms counted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_part: bool,
    /// Those of the permitted categories of which only a part was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part_categories: Vec<Category>,
    /// Decided as if the caller were on the visits that they have left: whether a record can be opened, and nothing of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ahead_of_visit: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One thing that left with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Returned {
    pub id: Uuid,
    pub revision: u64,
}

impl Event for AccessEvent {
    const AGGREGATE: &'static str = "access";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Permitted(_) => "access.permitted",
            Self::Refused(_) => "access.refused",
        }
    }
}

impl AccessEvent {
    /// What everybody may hear of it: all but the session's history.
    pub fn to_public(&self) -> pb::AccessRecorded {
        let (access, outcome) = match self {
            Self::Permitted(access) => (access, pb::Outcome::Permitted),
            Self::Refused(access) => (access, pb::Outcome::Refused),
        };
        let numbers =
            |categories: &[Category]| categories.iter().map(|category| category.to_proto()).collect();
        pb::AccessRecorded {
            account_id: access.account.to_string(),
            session_id: access.session.map(|id| id.to_string()).unwrap_or_default(),
            roles: access.roles.iter().map(ToString::to_string).collect(),
            patient_id: access.patient.map(|id| id.to_string()).unwrap_or_default(),
            action: access.action.to_proto(),
            categories: numbers(&access.categories),
            permitted_categories: numbers(&access.permitted_categories),
            purpose: access.purpose.to_proto(),
            outcome: outcome.into(),
            rule_ids: access.rule_ids.clone(),
            grants: access
                .grants
                .iter()
                .map(|grant| pb::GrantRevision {
                    grant_id: grant.grant.to_string(),
                    revision: grant.revision,
                })
                .collect(),
            policy_digest: access.policy_digest.clone(),
            relationship: access.relationship.map(Word::to_proto).unwrap_or_default(),
            refusal_reason: access.refusal_reason.clone().unwrap_or_default(),
            returned: access
                .returned
                .iter()
                .map(|returned| pb::Returned { id: returned.id.to_string(), revision: returned.revision })
                .collect(),
            operation: access.operation.clone(),
            // Never heard of is older than any age.
            consent_age_ms: access.consent_age_ms.unwrap_or(i64::MAX),
            consent_age_ms_max: access.consent_age_ms_max,
            decided_time: Some(timestamp(access.decided_time)),
            held_roles: access.roles.iter().map(held_role).collect(),
            oversight: access.oversight.map(oversight),
            consent_seq: access.consent_seq,
            in_part: access.in_part,
            part_categories: numbers(&access.part_categories),
            ahead_of_visit: access.ahead_of_visit,
        }
    }
}

fn held_role(held: &RoleAssignment) -> pb::HeldRole {
    pb::HeldRole {
        role: held.role.to_proto(),
        tenant_id: held.tenant.to_string(),
        practice_id: held.practice.map(|practice| practice.to_string()).unwrap_or_default(),
    }
}

fn oversight(asked: Oversight) -> pb::Oversight {
    let kind = match asked {
        Oversight::RecordHistory(_) => pb::OversightKind::RecordHistory,
        Oversight::TenantHistory { .. } => pb::OversightKind::TenantHistory,
        Oversight::LogHealth => pb::OversightKind::LogHealth,
        Oversight::Installation => pb::OversightKind::Installation,
        Oversight::Tenant(_) => pb::OversightKind::Tenant,
        Oversight::Directory => pb::OversightKind::Directory,
        Oversight::Erasure(_) => pb::OversightKind::Erasure,
        Oversight::Emergency(_) => pb::OversightKind::Emergency,
        Oversight::EmergencyReview(_) => pb::OversightKind::EmergencyReview,
        Oversight::Authority(_) => pb::OversightKind::Authority,
        Oversight::AuthorityReview(_) => pb::OversightKind::AuthorityReview,
        Oversight::AccessReview(_) => pb::OversightKind::AccessReview,
        Oversight::Role(_) => pb::OversightKind::Role,
        Oversight::Treatments(_) => pb::OversightKind::Treatments,
        Oversight::TreatmentPolicy(_) => pb::OversightKind::TreatmentPolicy,
    };
    let practice_id = asked.practice().map(|practice| practice.to_string()).unwrap_or_default();
    let tenant_id = asked.tenant().map(|tenant| tenant.to_string()).unwrap_or_default();
    let role = match &asked {
        Oversight::Role(role) => Some(held_role(role)),
        _ => None,
    };
    pb::Oversight { kind: kind.into(), tenant_id, role, practice_id }
}

/// What a service publishes of an access event and of those turned away at its door; `None` for events of other aggregates.
pub fn publish(opened: &Opened) -> Option<Result<Any, DecodeError>> {
    // Encoding into a growing buffer cannot fail.
    if opened.is::<AccessEvent>() {
        let event = opened.decode::<AccessEvent>();
        return Some(event.map(|event| Any::from_msg(&event.to_public()).unwrap_or_default()));
    }
    opened.is::<DoorEvent>().then(|| {
        let event = opened.decode::<DoorEvent>()?;
        Ok(Any::from_msg(&event.to_public()).unwrap_or_default())
    })
}

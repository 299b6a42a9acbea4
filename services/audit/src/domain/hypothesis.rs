//! What nobody asked: whether an account might have done something with rooms of a record, or one thing in it, at a moment.
use super::{
    Saying,
    thing::{ThingKind, ThingSaid, ThingThen, ThingVerdict},
};
use chrono::{DateTime, Utc};
use holdfast_access::{
    Caller, Decision, Denial, Policies, Record, Request, RoleAssignment, decide_in_part, replay::Stood,
    usual_purpose,
};
use holdfast_proto::{Word, identity::v1 as pb};
use holdfast_types::{AccountId, Action, Category, PatientId, Purpose, Relationship};
use prost::Name;
use prost_types::Any;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hypothesis {
    pub account: AccountId,
    pub action: Action,
    pub about: About,
    /// None: by what the account is towards the record.
    pub purpose: Option<Purpose>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Rooms(Vec<Category>),
    /// An item, a document, a thread, or a message, which stands for its thread.
    Thing(Uuid),
}

/// What the logs had told by that moment.
#[derive(Debug, Default)]
pub struct Known {
    /// Of the record, in the order of its lane.
    pub said: Vec<Saying>,
    /// Of the account, in the order of its lane: as identity published it.
    pub roles: Vec<Any>,
    /// The last event of the record's lane in consent's log.
    pub consent_seq: u64,
    /// Of the thing that is asked about: its id, and what its stream said.
    pub thing: Option<(Uuid, Vec<ThingSaid>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    pub decision: Decision,
    pub relationship: Option<Relationship>,
    pub consent_seq: u64,
    pub thing: Option<ThingConclusion>,
}

/// Of a thing that is not open, nothing was permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingConclusion {
    pub kind: ThingKind,
    pub category: Category,
    pub verdict: ThingVerdict,
}

impl Hypothesis {
    /// By everything that can be read; a saying that cannot be read was not acted on by anybody either. None: there was no such thing.
    pub fn decide(&self, policies: &Policies, patient: PatientId, told: Known) -> Option<Conclusion> {
        let thing = match (&self.about, &told.thing) {
            (About::Rooms(_), _) => None,
            (About::Thing(_), told) => {
                let (id, said) = told.as_ref()?;
                Some(ThingThen::of(*id, said)?)
            }
        };
        let mut stood = Stood::default();
        for fact in told.said.into_iter().map_while(|saying| saying.fact) {
            stood.hear(fact);
        }
        let caller = Caller {
            account: self.account,
            session: None,
            roles: roles(&told.roles),
            expires: DateTime::<Utc>::MAX_UTC,
        };
        let facts = stood.facts(&caller, self.at);
        let categories = match (&self.about, &thing) {
            (About::Rooms(rooms), _) => rooms.clone(),
            (About::Thing(_), thing) => thing.iter().map(|thing| thing.category).collect(),
        };
        let record = Record { patient, categories };
        let request = Request {
            caller: &caller,
            action: self.action,
            record: &record,
            purpose: self.purpose.unwrap_or_else(|| usual_purpose(facts.relationship)),
            now: self.at,
            // The logs themselves are asked: nothing is stale.
            consent_age_max: Duration::ZERO,
        };
        // Of what could be shown in part, that it could.
        let (mut decision, within) = decide_in_part(policies, &request, &facts);
        let thing = thing.map(|thing| {
            let verdict = match decision {
                Decision::Refused { .. } => ThingVerdict::RoomClosed,
                Decision::Permitted { .. } => thing.verdict(&caller, &facts, &within),
            };
            ThingConclusion { kind: thing.kind, category: thing.category, verdict }
        });
        let kept_back =
            |thing: &ThingConclusion| !matches!(thing.verdict, ThingVerdict::Open | ThingVerdict::RoomClosed);
        if thing.as_ref().is_some_and(kept_back) {
            decision = Decision::Refused { reason: Denial::NotPermitted, rule_ids: Vec::new() };
        }
        let (relationship, consent_seq) = (facts.relationship, told.consent_seq);
        Some(Conclusion { decision, relationship, consent_seq, thing })
    }
}

/// Those that were assigned and not withdrawn.
fn roles(told: &[Any]) -> Vec<RoleAssignment> {
    let mut roles = Vec::new();
    for payload in told {
        if payload.type_url == pb::RoleAssigned::type_url() {
            let told: Option<pb::RoleAssigned> = payload.to_msg().ok();
            roles.extend(told.and_then(|told| role(told.role, &told.tenant_id, &told.practice_id)));
        } else if payload.type_url == pb::RoleWithdrawn::type_url() {
            let told: Option<pb::RoleWithdrawn> = payload.to_msg().ok();
            let gone = told.and_then(|told| role(told.role, &told.tenant_id, &told.practice_id));
            roles.retain(|held| Some(*held) != gone);
        }
    }
    roles
}

fn role(number: i32, tenant_id: &str, practice_id: &str) -> Option<RoleAssignment> {
    let practice = if practice_id.is_empty() { None } else { Some(practice_id.parse().ok()?) };
    Some(RoleAssignment { role: Word::from_proto(number)?, tenant: tenant_id.parse().ok()?, practice })
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_types::{PracticeId, Role, TenantId};
    use uuid::Uuid;

    #[test]
    fn roles_are_those_that_were_given_and_not_taken_away_again() {
        let tenant = TenantId::new(Uuid::from_u128(1));
        let practice = PracticeId::new(Uuid::from_u128(2));
        let given = |role: Role, practice_id: String| {
            let (account_id, tenant_id) = (String::new(), tenant.to_string());
            let told = pb::RoleAssigned { account_id, role: role.to_proto(), tenant_id, practice_id };
            Any::from_msg(&told).unwrap()
        };
        let taken = pb::RoleWithdrawn {
            account_id: String::new(),
            role: Role::FrontDesk.to_proto(),
            tenant_id: tenant.to_string(),
            practice_id: practice.to_string(),
        };
        let told = [
            given(Role::Therapist, practice.to_string()),
            given(Role::FrontDesk, practice.to_string()),
            given(Role::FrontDesk, String::new()),
            Any::from_msg(&taken).unwrap(),
            Any::from_msg(&pb::SessionStarted::default()).unwrap(),
        ];
        let held = |role, practice| RoleAssignment { role, tenant, practice };
        assert_eq!(roles(&told), [held(Role::Therapist, Some(practice)), held(Role::FrontDesk, None)]);
    }
}

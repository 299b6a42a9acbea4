//! How somebody stood towards a record at a moment, by what the logs had told by then: what is decided of it that nobody asked.
use super::{
    Saying,
    thing::{ThingThen, ThingVerdict},
};
use chrono::{DateTime, Utc};
use holdfast_access::{
    Caller, Decision, Facts, Policies, Record, Request, RoleAssignment, Within, decide_in_part,
    replay::Stood, usual_purpose,
};
use holdfast_proto::{Word, identity::v1 as pb};
use holdfast_types::{
    AccountId, Action, Basis, Category, DocumentId, PatientId, Purpose, Relationship, Role,
};
use prost::Name;
use prost_types::Any;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// What the logs had told by that moment.
#[derive(Debug, Default)]
pub struct Known {
    /// Of the record, in the order of its lane.
    pub said: Vec<Saying>,
    /// Of the account, in the order of its lane: as identity published it.
    pub roles: Vec<Any>,
    /// The last event of the record's lane in consent's log.
    pub consent_seq: u64,
    /// Documents of the record that had been erased alone.
    pub erased: BTreeSet<DocumentId>,
}

pub struct Standing<'a> {
    policies: &'a Policies,
    patient: PatientId,
    at: DateTime<Utc>,
    caller: Caller,
    facts: Facts,
    erased: BTreeSet<DocumentId>,
    consent_seq: u64,
}

impl<'a> Standing<'a> {
    /// By everything that can be read; a saying that cannot be read was not acted on by anybody either.
    pub fn of(
        policies: &'a Policies,
        patient: PatientId,
        account: AccountId,
        at: DateTime<Utc>,
        told: Known,
    ) -> Self {
        let mut stood = Stood::default();
        for fact in told.said.into_iter().map_while(|saying| saying.fact) {
            stood.hear(fact);
        }
        let (roles, expires) = (roles(&told.roles), DateTime::<Utc>::MAX_UTC);
        let caller = Caller { account, session: None, roles, expires };
        let facts = stood.facts(&caller, at);
        // Whoever had a visit left would have been on it.
        let facts = facts.on_visits(at).unwrap_or(facts);
        let (erased, consent_seq) = (told.erased, told.consent_seq);
        Self { policies, patient, at, caller, facts, erased, consent_seq }
    }

    /// Of what could be shown in part, that it could. `purpose` is the usual one, unless one is claimed.
    pub fn decide(&self, action: Action, rooms: &[Category], purpose: Option<Purpose>) -> (Decision, Within) {
        let record = Record { patient: self.patient, categories: rooms.to_vec() };
        let request = Request {
            caller: &self.caller,
            action,
            record: &record,
            purpose: purpose.unwrap_or_else(|| usual_purpose(self.facts.relationship, &self.caller)),
            now: self.at,
            // The logs themselves are asked: nothing is stale.
            consent_age_max: Duration::ZERO,
        };
        decide_in_part(self.policies, &request, &self.facts)
    }

    /// To read one room: for the usual purpose, or else by what had been opened in an emergency.
    pub fn reads(&self, room: Category) -> (Decision, Within) {
        let usual = self.decide(Action::Read, &[room], None);
        let taken = self.facts.grants.iter().any(|grant| grant.basis == Basis::Emergency);
        if taken && matches!(usual.0, Decision::Refused { .. }) {
            return self.decide(Action::Read, &[room], Some(Purpose::EmergencyTreatment));
        }
        usual
    }

    /// What would have come of asking for a thing in a room of which that was decided.
    pub fn verdict(&self, thing: &ThingThen, (decision, within): &(Decision, Within)) -> ThingVerdict {
        match decision {
            Decision::Refused { .. } => ThingVerdict::RoomClosed,
            Decision::Permitted { .. } if self.has_lost(thing.id) => {
                ThingVerdict::Erased { is_said: self.facts.erased || self.sees_all() }
            }
            Decision::Permitted { .. } => thing.verdict(&self.caller, &self.facts, within),
        }
    }

    /// Whether single things may be kept back in a room that is open.
    pub fn leaves_out(&self, within: &Within) -> bool {
        !within.is_whole() || !self.facts.marks.is_empty()
    }

    pub const fn relationship(&self) -> Option<Relationship> {
        self.facts.relationship
    }

    pub fn roles(&self) -> BTreeSet<Role> {
        self.caller.roles.iter().map(|held| held.role).collect()
    }

    pub const fn consent_seq(&self) -> u64 {
        self.consent_seq
    }

    fn has_lost(&self, thing: Uuid) -> bool {
        self.erased.contains(&DocumentId::new(thing))
    }

    /// In which room an erased paper was, documents has forgotten: it tells of it whoever would have seen it in any.
    fn sees_all(&self) -> bool {
        match self.decide(Action::Read, Category::ALL, None) {
            (Decision::Permitted { categories, parts, .. }, _) => {
                categories.len() == Category::ALL.len() && parts.is_empty()
            }
            (Decision::Refused { .. }, _) => false,
        }
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
    use holdfast_types::{PracticeId, TenantId};

    #[test]
    fn roles_are_those_that_were_given_and_not_taken_away_again() {
        let tenant = TenantId::new(Uuid::from_u128(1));
        let practice = PracticeId::new(Uuid::from_u128(2));
        let given = |role: Role, practice_id: String| {
            let (role, tenant_id) = (role.to_proto(), tenant.to_string());
            let told = pb::RoleAssigned { role, tenant_id, practice_id, ..pb::RoleAssigned::default() };
            Any::from_msg(&told).unwrap()
        };
        let taken = pb::RoleWithdrawn {
            role: Role::FrontDesk.to_proto(),
            tenant_id: tenant.to_string(),
            practice_id: practice.to_string(),
            ..pb::RoleWithdrawn::default()
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

//! A child, its parents, who helps them, and who works for the network.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
use crate::common::*;
use chrono::{DateTime, Utc};
use holdfast_proto::{Word as _, consent::v1::*};
use holdfast_types::{Action, Category, Relationship, Role};

pub const NOTES: &[Category] = &[Category::Notes];
pub const GOALS: &[Category] = &[Category::Goals];

pub fn mother() -> Person {
    person(1)
}
pub fn father() -> Person {
    person(2)
}
pub fn child() -> Person {
    person(3)
}
pub fn aunt() -> Person {
    person(4)
}
pub fn therapist() -> Person {
    person(5).with(Role::Therapist, Some(practice()))
}
pub fn administrator() -> Person {
    person(6).with(Role::PracticeAdministrator, Some(practice()))
}
pub fn officer() -> Person {
    person(7).with(Role::ComplianceOfficer, None)
}

/// The network's record of a child with a login of its own; both parents hold it. It is Monday noon, 2 March 2026.
pub async fn family(world: &World) -> String {
    let patient = world.record_in_tenant(&mother()).await;
    for (holder, relationship) in [(father(), Relationship::Parent), (child(), Relationship::Patient)] {
        let add = AddHolderRequest {
            request_id: request_id(),
            patient_id: patient.clone(),
            account_id: holder.account.to_string(),
            relationship: relationship.to_proto(),
        };
        world.as_(&mother()).add_holder(add).await.unwrap();
    }
    patient
}

pub fn born(patient: &str, birth_date: &str, state: &str) -> StatePersonRequest {
    StatePersonRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        birth_date: birth_date.to_owned(),
        state: state.to_owned(),
    }
}

pub fn record(patient: &str, of: &Person, basis: AuthorityBasis) -> RecordAuthorityRequest {
    RecordAuthorityRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        account_id: of.account.to_string(),
        basis: basis.into(),
        evidence: Some(Evidence { note: "superior court, 26-114".into(), ..Evidence::default() }),
        ..RecordAuthorityRequest::default()
    }
}

pub fn appoint(patient: &str, of: &Person, rooms: &[Category]) -> AppointProxyRequest {
    AppointProxyRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        account_id: of.account.to_string(),
        categories: words(rooms),
        actions: vec![Action::Read.to_proto()],
        ..AppointProxyRequest::default()
    }
}

pub fn words(rooms: &[Category]) -> Vec<i32> {
    rooms.iter().map(|room| room.to_proto()).collect()
}

pub fn end(patient: &str, authority_id: &str) -> EndAuthorityRequest {
    EndAuthorityRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        authority_id: authority_id.to_owned(),
    }
}

pub fn attest(patient: &str, proposed: &Authority) -> AttestAuthorityRequest {
    AttestAuthorityRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        authority_id: proposed.authority_id.clone(),
        etag: String::new(),
    }
}

pub fn withdraw(patient: &str, proposed: &Authority) -> WithdrawAuthorityRequest {
    WithdrawAuthorityRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        authority_id: proposed.authority_id.clone(),
        etag: String::new(),
    }
}

pub fn freeze(patient: &str, of: &Person) -> FreezeHolderRequest {
    FreezeHolderRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        account_id: of.account.to_string(),
        reason: "a report to the county this morning".into(),
    }
}

pub fn uphold(patient: &str, freeze: &Freeze, until: Option<DateTime<Utc>>) -> ReviewFreezeRequest {
    ReviewFreezeRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        freeze_id: freeze.freeze_id.clone(),
        uphold: true,
        until_time: until.and_then(at),
        etag: String::new(),
    }
}

impl World {
    /// Whether somebody may give a room to the therapist: what only who holds it may.
    pub async fn shares(&self, by: &Person, patient: &str, room: Category) -> bool {
        let give = GiveGrantRequest {
            categories: vec![room.to_proto()],
            ..give(patient, to_account(therapist().account))
        };
        match self.as_(by).give_grant(give).await {
            Ok(_) => true,
            refused => {
                assert_eq!(refusal(refused), "NOT_PERMITTED");
                false
            }
        }
    }

    pub async fn grants_seen(&self, by: &Person, patient: &str) -> Vec<Vec<i32>> {
        let listed = self.as_(by).list_grants(list(patient)).await.unwrap().into_inner().grants;
        listed.into_iter().map(|grant| grant.categories).collect()
    }

    pub async fn then(
        &self,
        by: &Person,
        patient: &str,
        moment: DateTime<Utc>,
        known: Option<DateTime<Utc>>,
    ) -> ListAuthorityResponse {
        let tenant_id = if by.roles.is_empty() { String::new() } else { tenant().to_string() };
        let (at_time, known_time) = (at(moment), known.and_then(at));
        let list = ListAuthorityRequest { patient_id: patient.to_owned(), tenant_id, at_time, known_time };
        self.authorities(by).list_authority(list).await.unwrap().into_inner()
    }
}

/// Who had notes and goals, each as `account: relationship`.
pub fn had(then: &ListAuthorityResponse, room: Category) -> Vec<(String, i32)> {
    let of_room = then.spans.iter().filter(|span| span.categories.contains(&room.to_proto()));
    let read = of_room.filter(|span| span.actions.contains(&Action::Read.to_proto()));
    let mut had: Vec<_> = read.map(|span| (span.account_id.clone(), span.relationship)).collect();
    had.sort();
    had
}

pub fn is(person: &Person, relationship: Relationship) -> (String, i32) {
    (person.account.to_string(), relationship.to_proto())
}

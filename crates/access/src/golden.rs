//! Access events stand in every service's log: what was stored once is read for ever, byte by byte.
use crate::{Access, AccessEvent, GrantRevision, Oversight, Returned, RoleAssignment};
use chrono::DateTime;
use holdfast_eventlog::Event;
use holdfast_types::{
    AccountId, Action, Category, GrantId, PatientId, PracticeId, Purpose, Relationship, Role, SessionId,
    TenantId,
};
use uuid::Uuid;

/// One stored payload per line, all of version 1. Lines are added, never changed.
const STORED: &str = include_str!("golden.jsonl");

fn samples() -> Vec<AccessEvent> {
    let id = |number: u128| Uuid::from_u128(number);
    let full = Access {
        account: AccountId::new(id(0xacc1)),
        session: Some(SessionId::new(id(0x5e))),
        roles: vec![RoleAssignment {
            role: Role::Therapist,
            tenant: TenantId::new(id(0x7e1)),
            practice: Some(PracticeId::new(id(0xb1))),
        }],
        patient: Some(PatientId::new(id(0xa1))),
        oversight: None,
        action: Action::Read,
        categories: vec![Category::VitalSigns],
        permitted_categories: vec![Category::VitalSigns],
        purpose: Purpose::Treatment,
        rule_ids: vec!["grant-read".to_owned()],
        grants: vec![GrantRevision { grant: GrantId::new(id(0x61)), revision: 2 }],
        policy_digest: "00ff".to_owned(),
        relationship: Some(Relationship::Parent),
        refusal_reason: None,
        returned: vec![Returned { id: id(0x1), revision: 3 }],
        operation: "records.ListItems".to_owned(),
        consent_age_ms: Some(120),
        consent_age_ms_max: 10_000,
        decided_time: DateTime::from_timestamp_micros(1_772_452_800_123_456).unwrap(),
        consent_seq: None,
        in_part: false,
        part_categories: Vec::new(),
        ahead_of_visit: false,
    };
    let replayable = Access { consent_seq: Some(41), ..full.clone() };
    let in_part = Access { in_part: true, part_categories: vec![Category::VitalSigns], ..replayable.clone() };
    let bare = Access {
        session: None,
        roles: Vec::new(),
        patient: None,
        relationship: None,
        refusal_reason: Some("NOT_PERMITTED".to_owned()),
        returned: Vec::new(),
        grants: Vec::new(),
        rule_ids: Vec::new(),
        permitted_categories: Vec::new(),
        consent_age_ms: None,
        ..full.clone()
    };
    let of = |oversight| Access { oversight: Some(oversight), categories: Vec::new(), ..bare.clone() };
    let (tenant, patient) = (TenantId::new(id(0x7e1)), PatientId::new(id(0xa1)));
    let mut samples =
        vec![AccessEvent::Permitted(Box::new(full)), AccessEvent::Refused(Box::new(bare.clone()))];
    samples.extend(
        [
            Oversight::RecordHistory(patient),
            Oversight::TenantHistory { tenant, patient: Some(patient) },
            Oversight::LogHealth,
            Oversight::Installation,
            Oversight::Tenant(tenant),
            Oversight::Directory,
            Oversight::Erasure(patient),
        ]
        .map(|oversight| AccessEvent::Refused(Box::new(of(oversight)))),
    );
    samples.push(AccessEvent::Permitted(Box::new(replayable)));
    let emergency = [Oversight::Emergency(patient), Oversight::EmergencyReview(patient)];
    samples.extend(emergency.map(|oversight| AccessEvent::Refused(Box::new(of(oversight)))));
    samples.push(AccessEvent::Permitted(Box::new(in_part)));
    let role = RoleAssignment { role: Role::FrontDesk, tenant, practice: Some(PracticeId::new(id(0xb1))) };
    samples.push(AccessEvent::Refused(Box::new(of(Oversight::Role(role)))));
    let practice = PracticeId::new(id(0xb1));
    let treatments = [Oversight::Treatments(practice), Oversight::TreatmentPolicy(practice)];
    samples.extend(treatments.map(|oversight| AccessEvent::Refused(Box::new(of(oversight)))));
    samples
}

#[test]
fn stored_access_events_never_change() {
    let written: Vec<String> =
        samples().iter().map(|sample| serde_json::to_string(sample).unwrap()).collect();
    assert_eq!(written, STORED.lines().collect::<Vec<_>>(), "{}", written.join("\n"));
    for (sample, line) in samples().iter().zip(STORED.lines()) {
        assert_eq!(&AccessEvent::decode(sample.event_type(), 1, line.as_bytes()).unwrap(), sample);
    }
}

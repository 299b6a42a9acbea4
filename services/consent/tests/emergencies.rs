//! Opening a record in an emergency: who may, how often and how long; what the family, the others and the officer see of it.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_access::{RoleAssignment, views::ConsentFact};
use holdfast_host::client::Outgoing;
use holdfast_proto::{Word as _, access::v1::Outcome, consent::v1::*};
use holdfast_testkit::refusal::reason;
use holdfast_types::{AccountId, Action, Basis, Category, Clock, PracticeId, Purpose, Role, TenantId};
use uuid::Uuid;

fn mother() -> Person {
    person(1)
}

fn therapist() -> Person {
    person(2).with(Role::Therapist, Some(practice()))
}

fn officer() -> Person {
    person(3).with(Role::ComplianceOfficer, None)
}

fn of_tenant() -> ListEmergencyAccessesRequest {
    ListEmergencyAccessesRequest { tenant_id: tenant().to_string(), ..Default::default() }
}

async fn opened(world: &World, by: &Person, patient: &str) -> EmergencyAccess {
    world.emergencies(by).begin_emergency_access(begin(patient)).await.unwrap().into_inner().access.unwrap()
}

/// Records that somebody reaches for an emergency.
async fn reached(world: &World, by: &Person) -> Vec<RecordAccess> {
    let token = world.token(by, world.clock.now());
    let outgoing = Outgoing::new().bearer(token.into()).purpose(Purpose::EmergencyTreatment);
    world.with(outgoing).list_records(ListRecordsRequest::default()).await.unwrap().into_inner().records
}

#[tokio::test]
async fn a_therapist_of_the_network_opens_a_record_and_the_family_sees_who_why_and_until_when() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let now = world.clock.now();
    let begun = world.emergencies(&therapist()).begin_emergency_access(begin(&patient)).await;
    let begun = begun.unwrap().into_inner();
    let access = begun.access.unwrap();
    assert_eq!((access.from_time, access.until_time), (at(now), at(now + TimeDelta::hours(4))));
    assert_eq!((access.revoked_time, access.review.clone()), (None, None));
    assert_eq!(access.account_id, therapist().account.to_string());
    assert_eq!(begun.position.unwrap().service, "consent");

    let grants = world.as_(&mother()).list_grants(list(&patient)).await.unwrap().into_inner().grants;
    let [grant] = grants.as_slice() else { panic!("{grants:?}") };
    assert_eq!((grant.grant_id.clone(), grant.basis), (access.grant_id.clone(), Basis::Emergency.to_proto()));
    assert_eq!((&grant.reason, grant.until_time), (&begin(&patient).reason, access.until_time));
    assert_eq!(grant.actions, [Action::Read.to_proto()]);
    assert_eq!(grant.purposes, [Purpose::EmergencyTreatment.to_proto()]);
    for closed in [Category::Messages, Category::Coverage, Category::Claims] {
        assert!(!grant.categories.contains(&closed.to_proto()), "{closed}");
    }
    let one = GetGrantRequest { grant_id: grant.grant_id.clone() };
    assert_eq!(&world.as_(&mother()).get_grant(one).await.unwrap().into_inner(), grant);

    let envelopes = world.envelopes().await;
    let taken = envelopes.iter().find(|envelope| envelope.header.event_type == "grant.taken").unwrap();
    assert_eq!(taken.header.purpose, Purpose::EmergencyTreatment);
    let payload = taken.public_payload.as_ref().unwrap();
    let told: GrantTaken = payload.to_msg().unwrap();
    assert!(told.grant.unwrap().reason.is_empty(), "why is the family's and the officer's");
    let Some(ConsentFact::GrantGiven(heard)) = ConsentFact::read(payload).unwrap() else {
        panic!("{payload:?}")
    };
    assert_eq!((heard.basis, heard.revision), (Basis::Emergency, 1));
    let used = envelopes.iter().find(|envelope| envelope.header.event_type == "allowance.used").unwrap();
    assert_eq!((used.header.patient, &used.public_payload), (None, &None));
}

#[tokio::test]
async fn nobody_else_opens_a_record_and_each_attempt_is_recorded() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let free_standing = world.record_of(&mother()).await;
    let nothing = Uuid::from_u128(7).to_string();
    let at_practice = |role| person(2).with(role, Some(practice()));
    let elsewhere = TenantId::new(Uuid::from_u128(0x7E2));
    let practice_elsewhere = Some(PracticeId::new(Uuid::from_u128(0xB2)));
    let of_elsewhere =
        RoleAssignment { role: Role::Therapist, tenant: elsewhere, practice: practice_elsewhere };
    let colleague = Person { roles: vec![of_elsewhere], ..person(2) };
    let both = therapist().with(Role::ComplianceOfficer, None);
    let app = therapist().with(Role::ServiceAccount, Some(practice()));
    let holder = mother().with(Role::Therapist, Some(practice()));
    for (who, of) in [
        (person(2), &patient),
        (at_practice(Role::FrontDesk), &patient),
        (at_practice(Role::PracticeAdministrator), &patient),
        (at_practice(Role::ServiceAccount), &patient),
        (at_practice(Role::Operator), &patient),
        (officer(), &patient),
        (person(2).with(Role::Therapist, None), &patient),
        (colleague, &patient),
        (both, &patient),
        (app, &patient),
        (holder, &patient),
        (therapist(), &free_standing),
        // Whether there is such a record is not said.
        (therapist(), &nothing),
    ] {
        let refused = world.emergencies(&who).begin_emergency_access(begin(of)).await;
        assert_eq!(refusal(refused), "NOT_PERMITTED", "{:?}", who.roles);
    }
    let looks = world.looks("consent.BeginEmergencyAccess").await;
    assert_eq!(looks.len(), 13);
    assert!(looks.iter().all(|look| look.outcome() == Outcome::Refused));
    // Who has not shown a second factor lately is asked for it first.
    let mut long_ago = world.emergencies_shown(&therapist(), 601);
    assert_eq!(refusal(long_ago.begin_emergency_access(begin(&patient)).await), "STEP_UP_REQUIRED");
    let all = ListGrantsRequest { include_ended: true, ..list(&patient) };
    assert!(world.as_(&mother()).list_grants(all).await.unwrap().into_inner().grants.is_empty());
}

#[tokio::test]
async fn what_was_opened_ends_by_itself_and_while_it_stands_it_is_not_opened_twice() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let first = opened(&world, &therapist(), &patient).await;
    let again = world.emergencies(&therapist()).begin_emergency_access(begin(&patient)).await;
    let again = again.unwrap().into_inner();
    assert_eq!((again.access.as_ref(), again.position), (Some(&first), None));
    // Nothing was done, so that the answer itself is on the log.
    let [look] = &world.looks("consent.BeginEmergencyAccess").await[..] else { panic!("one look") };
    assert_eq!((look.outcome(), &look.returned[0].id), (Outcome::Permitted, &first.grant_id));
    let records = reached(&world, &therapist()).await;
    assert_eq!((records.len(), records[0].grants[0].basis), (1, Basis::Emergency.to_proto()));
    assert!(records[0].grants[0].reason.is_empty());
    let for_care = world.as_(&therapist()).list_records(ListRecordsRequest::default()).await;
    assert!(for_care.unwrap().into_inner().records.is_empty(), "it is for the emergency alone");
    // Another person opens it for themselves.
    let colleague = person(4).with(Role::Therapist, Some(practice()));
    assert!(reached(&world, &colleague).await.is_empty());
    assert_ne!(opened(&world, &colleague, &patient).await.grant_id, first.grant_id);
    world.clock.advance(TimeDelta::hours(4) - TimeDelta::microseconds(1));
    assert_eq!(reached(&world, &therapist()).await.len(), 1);
    world.clock.advance(TimeDelta::microseconds(1));
    assert!(reached(&world, &therapist()).await.is_empty());
    assert_ne!(opened(&world, &therapist(), &patient).await.grant_id, first.grant_id);
}

#[tokio::test]
async fn a_holder_ends_it_at_once_and_opening_it_again_is_another_one() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let access = opened(&world, &therapist(), &patient).await;
    let request = RevokeGrantRequest {
        request_id: request_id(),
        grant_id: access.grant_id.clone(),
        etag: String::new(),
    };
    let ended = world.as_(&mother()).revoke_grant(request.clone()).await.unwrap().into_inner().grant.unwrap();
    assert_eq!((ended.revoked_time, ended.revision), (at(world.clock.now()), 2));
    assert_eq!(refusal(world.as_(&therapist()).revoke_grant(request).await), "NOT_PERMITTED");
    assert!(reached(&world, &therapist()).await.is_empty());
    let again = opened(&world, &therapist(), &patient).await;
    assert_ne!(again.grant_id, access.grant_id);
    let listed =
        world.emergencies(&officer()).list_emergency_accesses(of_tenant()).await.unwrap().into_inner();
    let ends: Vec<_> =
        listed.accesses.iter().map(|one| (one.grant_id == again.grant_id, one.revoked_time)).collect();
    assert_eq!((listed.open_size, ends.len()), (2, 2));
    assert!(ends.contains(&(true, None)) && ends.contains(&(false, at(world.clock.now()))), "{ends:?}");
}

#[tokio::test]
async fn nobody_reads_through_a_network_by_it() {
    let world = world().await;
    let mut patients = Vec::new();
    for number in 0..6 {
        patients.push(world.record_in_tenant(&person(100 + number)).await);
    }
    for patient in &patients[..5] {
        opened(&world, &therapist(), patient).await;
    }
    let sixth = begin(&patients[5]);
    let refused = world.emergencies(&therapist()).begin_emergency_access(sixth.clone()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (tonic::Code::ResourceExhausted, "TOO_MANY_EMERGENCIES"));
    // What stands is answered all the same, and others are not held up.
    opened(&world, &therapist(), &patients[4]).await;
    opened(&world, &person(4).with(Role::Therapist, Some(practice())), &patients[5]).await;
    world.clock.advance(TimeDelta::hours(24));
    world.emergencies(&therapist()).begin_emergency_access(sixth).await.unwrap();
}

#[tokio::test]
async fn a_repeated_command_opens_once_and_is_answered_as_the_first_time() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let request = begin(&patient);
    let mut client = world.emergencies(&therapist());
    let first = client.begin_emergency_access(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.begin_emergency_access(request.clone()).await.unwrap().into_inner(), first);
    let other = BeginEmergencyAccessRequest { reason: "something else altogether".into(), ..request.clone() };
    assert_eq!(refusal(client.begin_emergency_access(other).await), "REQUEST_ID_REUSED");
    world.clock.advance(TimeDelta::hours(30));
    let mut later = world.emergencies(&therapist());
    assert_eq!(later.begin_emergency_access(request).await.unwrap().into_inner(), first);
    assert!(reached(&world, &therapist()).await.is_empty(), "it has ended all the same");
}

#[tokio::test]
async fn an_opening_that_says_nothing_is_refused() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    for (reason, request) in [
        ("FIELD_MISSING", BeginEmergencyAccessRequest { reason: String::new(), ..begin(&patient) }),
        ("FIELD_INVALID", BeginEmergencyAccessRequest { reason: "because".into(), ..begin(&patient) }),
        ("TEXT_TOO_LONG", BeginEmergencyAccessRequest { reason: "x".repeat(501), ..begin(&patient) }),
        ("ID_MALFORMED", BeginEmergencyAccessRequest { patient_id: "seven".into(), ..begin(&patient) }),
        ("REQUEST_ID_MISSING", BeginEmergencyAccessRequest { request_id: String::new(), ..begin(&patient) }),
    ] {
        assert_eq!(refusal(world.emergencies(&therapist()).begin_emergency_access(request).await), reason);
    }
    assert!(world.looks("consent.BeginEmergencyAccess").await.is_empty());
}

#[tokio::test]
async fn an_officer_of_the_network_who_did_not_open_it_signs_it_off_once() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let access = opened(&world, &therapist(), &patient).await;
    world.clock.advance(TimeDelta::hours(5));
    let sign_off = review(&access.grant_id, EmergencyFinding::NotJustified);
    let elsewhere = RoleAssignment {
        role: Role::ComplianceOfficer,
        tenant: TenantId::new(Uuid::from_u128(0x7E2)),
        practice: None,
    };
    let now_officer = Person { roles: officer().roles, ..therapist() };
    let of_own_child = Person { roles: officer().roles, ..mother() };
    for (who, reason) in [
        (therapist(), "NOT_PERMITTED"),
        (mother(), "NOT_PERMITTED"),
        (Person { roles: vec![elsewhere], ..person(5) }, "NOT_PERMITTED"),
        (of_own_child, "NOT_PERMITTED"),
        (now_officer, "OWN_EMERGENCY"),
    ] {
        let refused = world.emergencies(&who).review_emergency_access(sign_off.clone()).await;
        assert_eq!(refusal(refused), reason, "{:?}", who.roles);
    }
    let mut client = world.emergencies(&officer());
    let undecided = review(&access.grant_id, EmergencyFinding::Unspecified);
    assert_eq!(refusal(client.review_emergency_access(undecided).await), "FIELD_MISSING");
    let nothing = review(&Uuid::from_u128(7).to_string(), EmergencyFinding::Justified);
    assert_eq!(refusal(client.review_emergency_access(nothing).await), "NOT_PERMITTED");
    let given =
        world.as_(&mother()).give_grant(give(&patient, to_account(AccountId::new(Uuid::from_u128(8))))).await;
    let given = given.unwrap().into_inner().grant.unwrap();
    assert_eq!(given.basis, Basis::Holder.to_proto());
    let ordinary = review(&given.grant_id, EmergencyFinding::Justified);
    assert_eq!(refusal(client.review_emergency_access(ordinary).await), "GRANT_UNKNOWN");

    let answer = client.review_emergency_access(sign_off.clone()).await.unwrap().into_inner();
    let reviewed = answer.access.clone().unwrap();
    let found = reviewed.review.clone().unwrap();
    assert_eq!(
        (found.finding(), found.note.as_str()),
        (EmergencyFinding::NotJustified, "spoke with the family")
    );
    assert_eq!(found.reviewed_by_account_id, officer().account.to_string());
    assert_eq!(found.reviewed_time, at(world.clock.now()));
    assert_eq!(client.review_emergency_access(sign_off.clone()).await.unwrap().into_inner(), answer);
    let second = review(&access.grant_id, EmergencyFinding::Justified);
    assert_eq!(refusal(client.review_emergency_access(second).await), "ALREADY_REVIEWED");
    let other = ReviewEmergencyAccessRequest { note: String::new(), ..sign_off };
    assert_eq!(refusal(client.review_emergency_access(other).await), "REQUEST_ID_REUSED");
    let listed = client.list_emergency_accesses(of_tenant()).await.unwrap().into_inner();
    assert_eq!((listed.accesses, listed.open_size), (vec![reviewed], 0));
    let envelopes = world.envelopes().await;
    let signed =
        envelopes.iter().find(|envelope| envelope.header.event_type == "emergency.reviewed").unwrap();
    assert_eq!((signed.header.patient.unwrap().to_string(), &signed.public_payload), (patient, &None));
}

#[tokio::test]
async fn officers_see_what_waits_first_in_pages_of_their_own_network() {
    let world = world().await;
    let mut grants = Vec::new();
    for number in 0..5 {
        let patient = world.record_in_tenant(&person(100 + number)).await;
        grants.push(opened(&world, &therapist(), &patient).await.grant_id);
        world.clock.advance(TimeDelta::minutes(1));
    }
    let mut client = world.emergencies(&officer());
    for signed in [&grants[4], &grants[2]] {
        client.review_emergency_access(review(signed, EmergencyFinding::Justified)).await.unwrap();
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let query = ListEmergencyAccessesRequest { page_size: 2, page_token, ..of_tenant() };
        let page = client.list_emergency_accesses(query).await.unwrap().into_inner();
        assert_eq!(page.open_size, 3);
        found.extend(page.accesses.into_iter().map(|access| access.grant_id));
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    assert_eq!(found, [3, 1, 0, 4, 2].map(|place: usize| grants[place].clone()));
    let looks = world.looks("consent.ListEmergencyAccesses").await;
    let mut counts: Vec<usize> = looks.iter().map(|look| look.returned.len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 2]);

    let elsewhere = Uuid::from_u128(0x7E2).to_string();
    let foreign = ListEmergencyAccessesRequest { tenant_id: elsewhere, ..of_tenant() };
    assert_eq!(refusal(client.list_emergency_accesses(foreign).await), "NOT_PERMITTED");
    for who in [therapist(), mother(), person(6).with(Role::PracticeAdministrator, Some(practice()))] {
        assert_eq!(
            refusal(world.emergencies(&who).list_emergency_accesses(of_tenant()).await),
            "NOT_PERMITTED"
        );
    }
    for (reason, query) in [
        ("PAGE_SIZE_OUT_OF_RANGE", ListEmergencyAccessesRequest { page_size: 101, ..of_tenant() }),
        ("PAGE_TOKEN_MALFORMED", ListEmergencyAccessesRequest { page_token: "torn".into(), ..of_tenant() }),
        ("FIELD_MISSING", ListEmergencyAccessesRequest::default()),
    ] {
        assert_eq!(refusal(client.list_emergency_accesses(query).await), reason);
    }
}

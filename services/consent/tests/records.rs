//! Opening records, naming holders, and the list of records that somebody reaches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{Word, consent::v1::*};
use holdfast_types::{Action, Category, Clock, PatientId, Purpose, Relationship, Role};
use uuid::Uuid;

async fn records(world: &World, person: &Person) -> Vec<RecordAccess> {
    world.as_(person).list_records(ListRecordsRequest::default()).await.unwrap().into_inner().records
}

#[tokio::test]
async fn anybody_opens_a_record_that_they_hold_and_finds_it_in_their_list() {
    let world = world().await;
    let parent = person(1);
    let opened = world.as_(&parent).open_record(open(Relationship::Parent)).await.unwrap().into_inner();
    assert_eq!(opened.position.unwrap().service, "consent");
    let found = records(&world, &parent).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].patient_id, opened.patient_id);
    assert_eq!(found[0].tenant_id, "");
    assert_eq!(found[0].relationship, Relationship::Parent.to_proto());
    assert!(records(&world, &person(2)).await.is_empty());
}

#[tokio::test]
async fn a_repeated_request_opens_one_record_and_other_content_is_refused() {
    let world = world().await;
    let mut client = world.as_(&person(1));
    let request = open(Relationship::Patient);
    let first = client.open_record(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.open_record(request.clone()).await.unwrap().into_inner(), first);
    let other = OpenRecordRequest { relationship: Relationship::Parent.to_proto(), ..request.clone() };
    assert_eq!(refusal(client.open_record(other).await), "REQUEST_ID_REUSED");
    // Whoever else sends it means another command.
    assert_eq!(refusal(world.as_(&person(2)).open_record(request).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_record_of_a_chosen_id_opens_once() {
    let world = world().await;
    let patient_id = Uuid::from_u128(0xA1).to_string();
    let chosen = || OpenRecordRequest { patient_id: patient_id.clone(), ..open(Relationship::Patient) };
    let request = chosen();
    let opened = world.as_(&person(1)).open_record(request.clone()).await.unwrap().into_inner();
    assert_eq!(opened.patient_id, patient_id);
    assert_eq!(refusal(world.as_(&person(1)).open_record(chosen()).await), "RECORD_EXISTS");
    // Somebody else's repetition of the same request is not theirs.
    assert_eq!(refusal(world.as_(&person(2)).open_record(request).await), "REQUEST_ID_REUSED");
    let nobody = OpenRecordRequest { patient_id: Uuid::nil().to_string(), ..open(Relationship::Patient) };
    assert_eq!(refusal(world.as_(&person(1)).open_record(nobody).await), "FIELD_INVALID");
}

#[tokio::test]
async fn a_networks_administrators_open_records_for_others_and_nobody_else_does() {
    let world = world().await;
    let parent = person(9);
    let for_parent = |tenant_id: String| OpenRecordRequest {
        tenant_id,
        holder_account_id: parent.account.to_string(),
        ..open(Relationship::Parent)
    };
    let administrator = person(1).with(Role::PracticeAdministrator, Some(practice()));
    let operator = person(2).with(Role::Operator, None);
    let therapist = person(3).with(Role::Therapist, Some(practice()));
    let own = tenant().to_string();
    let opened = world.as_(&administrator).open_record(for_parent(own.clone())).await.unwrap().into_inner();
    let found = records(&world, &parent).await;
    assert_eq!(
        (found[0].patient_id.as_str(), found[0].tenant_id.as_str()),
        (opened.patient_id.as_str(), own.as_str())
    );
    world.as_(&operator).open_record(for_parent(own.clone())).await.unwrap();
    world.as_(&operator).open_record(for_parent(String::new())).await.unwrap();
    assert_eq!(records(&world, &parent).await.len(), 3);
    // Opening a record does not let one in.
    assert!(records(&world, &administrator).await.is_empty());
    for (who, tenant_id) in [
        (&therapist, own.clone()),
        (&administrator, Uuid::from_u128(0x7E2).to_string()),
        (&administrator, String::new()),
        (&person(4), own.clone()),
    ] {
        assert_eq!(refusal(world.as_(who).open_record(for_parent(tenant_id)).await), "NOT_PERMITTED");
    }
    let in_a_network_by_oneself = OpenRecordRequest { tenant_id: own, ..open(Relationship::Patient) };
    assert_eq!(refusal(world.as_(&person(4)).open_record(in_a_network_by_oneself).await), "NOT_PERMITTED");
    assert_eq!(world.looks("consent.OpenRecord").await.len(), 5);
}

#[tokio::test]
async fn a_holder_names_another_who_then_holds_the_record_as_well() {
    let world = world().await;
    let (mother, father, stranger) = (person(1), person(2), person(3));
    let patient = world.record_of(&mother).await;
    let add = |who: &Person| AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: who.account.to_string(),
        relationship: Relationship::Parent.to_proto(),
    };
    assert_eq!(refusal(world.as_(&stranger).add_holder(add(&stranger)).await), "NOT_PERMITTED");
    let request = add(&father);
    let first = world.as_(&mother).add_holder(request.clone()).await.unwrap().into_inner();
    assert_eq!(world.as_(&mother).add_holder(request).await.unwrap().into_inner(), first);
    assert_eq!(records(&world, &father).await[0].patient_id, patient);
    assert_eq!(refusal(world.as_(&mother).add_holder(add(&father)).await), "ALREADY_HOLDER");
    assert_eq!(refusal(world.as_(&mother).add_holder(add(&mother)).await), "ALREADY_HOLDER");
    world.as_(&father).add_holder(add(&stranger)).await.unwrap();
    let nobody = AddHolderRequest { relationship: 0, ..add(&person(4)) };
    assert_eq!(refusal(world.as_(&mother).add_holder(nobody).await), "FIELD_MISSING");
    let elsewhere = AddHolderRequest { patient_id: Uuid::from_u128(7).to_string(), ..add(&person(4)) };
    assert_eq!(refusal(world.as_(&mother).add_holder(elsewhere).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn the_list_shows_what_reaches_the_caller_and_only_while_it_does() {
    let world = world().await;
    let parent = person(1);
    let (therapist, desk) = (
        person(2).with(Role::Therapist, Some(practice())),
        person(3).with(Role::FrontDesk, Some(practice())),
    );
    let (first, second) = (world.record_of(&parent).await, world.record_of(&parent).await);
    let to_practice = Grantee { kind: Some(grantee::Kind::PracticeId(practice().to_string())), role: 0 };
    let until = world.clock.now() + TimeDelta::days(1);
    let until_tomorrow = GiveGrantRequest { until_time: at(until), ..give(&first, to_practice) };
    world.as_(&parent).give_grant(until_tomorrow).await.unwrap();
    let by_name = GiveGrantRequest {
        actions: vec![Action::Contribute.to_proto()],
        ..give(&second, to_account(therapist.account))
    };
    let by_name = world.as_(&parent).give_grant(by_name).await.unwrap().into_inner().grant.unwrap();

    let found = records(&world, &therapist).await;
    let mut expected = [first.clone(), second.clone()];
    expected.sort();
    assert_eq!(found.iter().map(|record| record.patient_id.clone()).collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|record| record.relationship == 0 && record.grants.len() == 1));
    assert!(records(&world, &desk).await.is_empty());
    let looks = world.looks("consent.ListRecords").await;
    let of_second = looks.iter().find(|look| look.patient_id == second).unwrap();
    let returned: Vec<&str> = of_second.returned.iter().map(|returned| returned.id.as_str()).collect();
    assert_eq!(returned, [second.as_str(), by_name.grant_id.as_str()]);

    world.as_(&parent).revoke_grant(revoke(&by_name)).await.unwrap();
    assert_eq!(records(&world, &therapist).await.len(), 1);
    world.clock.set(until);
    assert!(records(&world, &therapist).await.is_empty());
}

#[tokio::test]
async fn what_is_shared_for_one_purpose_is_listed_for_that_purpose() {
    let world = world().await;
    let (parent, desk) = (person(1), person(2).with(Role::FrontDesk, Some(practice())));
    let patient = world.record_of(&parent).await;
    let request = GiveGrantRequest {
        categories: vec![Category::Coverage.to_proto()],
        purposes: vec![Purpose::Payment.to_proto()],
        ..give(
            &patient,
            Grantee {
                kind: Some(grantee::Kind::PracticeId(practice().to_string())),
                role: Role::FrontDesk.to_proto(),
            },
        )
    };
    world.as_(&parent).give_grant(request).await.unwrap();
    assert!(records(&world, &desk).await.is_empty());
    let outgoing = holdfast_host::client::Outgoing::new()
        .bearer(world.token(&desk, world.clock.now()).into())
        .purpose(Purpose::Payment);
    let found = world.with(outgoing).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert_eq!(found.records[0].patient_id, patient);
}

/// Signs in and says nothing of why: a school's coordinator means care, an insurer's reviewer payment.
#[tokio::test]
async fn whoever_is_reached_at_a_school_or_an_insurer_finds_what_was_shared_there_alone() {
    let world = world().await;
    let parent = person(1);
    let coordinator = person(2).with(Role::SchoolCoordinator, Some(practice()));
    let reviewer = person(3).with(Role::PayerReviewer, Some(practice()));
    let (known, unknown) = (world.record_of(&parent).await, world.record_of(&parent).await);
    let to = |role: Role| {
        let kind = Some(grantee::Kind::PracticeId(practice().to_string()));
        Grantee { kind, role: role.to_proto() }
    };
    let goals =
        |role| GiveGrantRequest { categories: vec![Category::Goals.to_proto()], ..give(&known, to(role)) };
    let claims = GiveGrantRequest {
        categories: vec![Category::Claims.to_proto()],
        ..give(&unknown, to(Role::SchoolCoordinator))
    };
    world.as_(&parent).give_grant(goals(Role::SchoolCoordinator)).await.unwrap();
    assert_eq!(refusal(world.as_(&parent).give_grant(claims).await), "GRANT_BEYOND_ROLE");
    // By name a coordinator is not reached.
    world.as_(&parent).give_grant(give(&unknown, to_account(coordinator.account))).await.unwrap();
    let found = records(&world, &coordinator).await;
    assert_eq!(found.iter().map(|record| &record.patient_id).collect::<Vec<_>>(), [&known]);
    assert!(records(&world, &reviewer).await.is_empty());
    world.as_(&parent).give_grant(goals(Role::PayerReviewer)).await.unwrap();
    assert_eq!(records(&world, &reviewer).await.len(), 1);
    let for_care = holdfast_host::client::Outgoing::new()
        .bearer(world.token(&reviewer, world.clock.now()).into())
        .purpose(Purpose::Treatment);
    let found = world.with(for_care).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert!(found.records.is_empty(), "an insurer looks for payment alone");
}

#[tokio::test]
async fn records_come_in_pages_without_a_gap_or_a_double() {
    let world = world().await;
    let parent = person(1);
    let mut opened: Vec<PatientId> = Vec::new();
    for _ in 0..5 {
        opened.push(world.record_of(&parent).await.parse().unwrap());
    }
    opened.sort();
    let (mut found, mut page_token): (Vec<PatientId>, _) = (Vec::new(), String::new());
    loop {
        let query = ListRecordsRequest { page_size: 2, page_token };
        let page = world.as_(&parent).list_records(query).await.unwrap().into_inner();
        assert!(page.records.len() <= 2);
        found.extend(page.records.iter().map(|record| record.patient_id.parse::<PatientId>().unwrap()));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, opened);
    let huge = ListRecordsRequest { page_size: 201, page_token: String::new() };
    assert_eq!(refusal(world.as_(&parent).list_records(huge).await), "PAGE_SIZE_OUT_OF_RANGE");
}

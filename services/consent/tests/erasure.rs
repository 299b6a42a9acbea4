//! Erasing a record: who asks, who forbids, who carries out, and what the other services hear of it.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_access::views::{ConsentFact, DocumentErased};
use holdfast_proto::consent::v1::*;
use holdfast_testkit::refusal::{metadata, reason, refused};
use holdfast_types::{Clock, Role};

fn mother() -> Person {
    person(1)
}

fn officer() -> Person {
    person(2).with(Role::ComplianceOfficer, None)
}

fn ask(patient: &str) -> RequestErasureRequest {
    RequestErasureRequest { request_id: request_id(), patient_id: patient.to_owned(), ..Default::default() }
}

fn take_back(patient: &str) -> WithdrawErasureRequest {
    WithdrawErasureRequest { request_id: request_id(), patient_id: patient.to_owned(), ..Default::default() }
}

fn grounds() -> Option<Grounds> {
    Some(Grounds { authority: "45 CFR 164.526".into(), reason: "the family left the network".into() })
}

fn hold(patient: &str) -> PlaceHoldRequest {
    PlaceHoldRequest { request_id: request_id(), patient_id: patient.to_owned(), grounds: grounds() }
}

fn lift(patient: &str, hold_id: &str) -> LiftHoldRequest {
    LiftHoldRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        hold_id: hold_id.to_owned(),
        grounds: grounds(),
    }
}

/// Of somebody who is long of age, and long gone.
fn carry_out(patient: &str) -> CarryOutErasureRequest {
    let retention = Retention {
        rule: "default".into(),
        birth_date: "1980-05-05".into(),
        last_service_date: "2010-05-05".into(),
    };
    CarryOutErasureRequest {
        request_id: request_id(),
        patient_id: patient.to_owned(),
        grounds: grounds(),
        retention: Some(retention),
        ..Default::default()
    }
}

fn get(patient: &str, as_officer: bool) -> GetErasureRequest {
    let tenant_id = if as_officer { tenant().to_string() } else { String::new() };
    GetErasureRequest { patient_id: patient.to_owned(), tenant_id, ..Default::default() }
}

#[tokio::test]
async fn what_a_holder_asks_for_the_officer_carries_out_and_everybody_hears() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    let asked = world.erasures(&mother()).get_erasure(get(&patient, false)).await.unwrap().into_inner();
    assert_eq!(asked.state(), ErasureState::Requested);
    assert_eq!(asked.requested_by_account_id, mother().account.to_string());
    assert!(!world.envelopes().await.iter().any(|envelope| {
        envelope.header.event_type.starts_with("erasure.") && envelope.public_payload.is_some()
    }));

    let request = carry_out(&patient);
    let first = world.erasures(&officer()).carry_out_erasure(request.clone()).await.unwrap().into_inner();
    let erased = at(world.clock.now());
    assert_eq!(first.erased_time, erased);
    world.clock.advance(TimeDelta::minutes(1));
    let again = world.erasures(&officer()).carry_out_erasure(request).await.unwrap().into_inner();
    assert_eq!(again, first, "a repeated command is answered the same");

    let envelopes = world.envelopes().await;
    let told: Vec<ConsentFact> = envelopes
        .iter()
        .filter(|envelope| envelope.header.event_type == "erasure.carried-out")
        .map(|envelope| ConsentFact::read(envelope.public_payload.as_ref().unwrap()).unwrap().unwrap())
        .collect();
    let patient_id = patient.parse().unwrap();
    let when = world.clock.now() - TimeDelta::minutes(1);
    assert_eq!(told, [ConsentFact::RecordErased { patient: patient_id, erased: when }]);

    for (who, as_officer) in [(mother(), false), (officer(), true)] {
        let shown = world.erasures(&who).get_erasure(get(&patient, as_officer)).await.unwrap().into_inner();
        assert_eq!(shown.state(), ErasureState::Erased);
        assert_eq!((shown.erased_time, shown.grounds), (erased, grounds()));
        assert_eq!(shown.carried_out_by_account_id, officer().account.to_string());
        assert_eq!(
            (shown.retention_rule.as_str(), shown.retain_until_date.as_str()),
            ("default", "2020-05-05")
        );
    }
}

#[tokio::test]
async fn an_erased_record_is_erased_to_who_may_see_it_and_nothing_to_all_others() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    world.erasures(&officer()).carry_out_erasure(carry_out(&patient)).await.unwrap();
    let stranger = person(9);
    for (who, reason) in [(mother(), "CONTENT_ERASED"), (stranger, "NOT_PERMITTED")] {
        assert_eq!(refusal(world.as_(&who).list_grants(list(&patient)).await), reason);
        let grant = give(&patient, to_account(person(5).account));
        assert_eq!(refusal(world.as_(&who).give_grant(grant).await), reason);
        assert_eq!(refusal(world.erasures(&who).request_erasure(ask(&patient)).await), reason);
        assert_eq!(refusal(world.erasures(&who).withdraw_erasure(take_back(&patient)).await), reason);
        let found = world.as_(&who).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
        assert!(found.records.is_empty());
    }
    assert_eq!(refusal(world.erasures(&officer()).place_hold(hold(&patient)).await), "CONTENT_ERASED");
    let again = world.erasures(&officer()).carry_out_erasure(carry_out(&patient)).await;
    assert_eq!(refusal(again), "CONTENT_ERASED");
    let looks = world.looks("consent.ListGrants").await;
    assert_eq!(looks.len(), 2, "both tries are on the log");
    assert!(looks.iter().all(|look| look.patient_id == patient && look.returned.is_empty()));
}

#[tokio::test]
async fn nothing_is_erased_under_a_hold_before_its_time_or_without_a_wish() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let mut erasures = world.erasures(&officer());
    assert_eq!(refusal(erasures.carry_out_erasure(carry_out(&patient)).await), "ERASURE_NOT_REQUESTED");
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    let hold_id = erasures.place_hold(hold(&patient)).await.unwrap().into_inner().hold_id;
    assert_eq!(refusal(erasures.carry_out_erasure(carry_out(&patient)).await), "LEGAL_HOLD");
    let shown = erasures.get_erasure(get(&patient, true)).await.unwrap().into_inner();
    assert_eq!(shown.holds.len(), 1);
    assert_eq!(
        (shown.holds[0].hold_id.as_str(), shown.holds[0].grounds.clone()),
        (hold_id.as_str(), grounds())
    );
    erasures.lift_hold(lift(&patient, &hold_id)).await.unwrap();
    assert_eq!(refusal(erasures.lift_hold(lift(&patient, &hold_id)).await), "HOLD_UNKNOWN");

    let child = Retention {
        rule: "default".into(),
        birth_date: "2020-06-15".into(),
        last_service_date: "2025-01-01".into(),
    };
    let early = CarryOutErasureRequest { retention: Some(child), ..carry_out(&patient) };
    let status = refused(erasures.carry_out_erasure(early).await);
    assert_eq!(reason(&status), "RETENTION_RUNS");
    assert_eq!(metadata(&status, "retain_until_date"), "2048-06-15", "of age in 2038, and ten years");

    world.erasures(&mother()).withdraw_erasure(take_back(&patient)).await.unwrap();
    assert_eq!(refusal(erasures.carry_out_erasure(carry_out(&patient)).await), "ERASURE_NOT_REQUESTED");
    let twice = world.erasures(&mother()).withdraw_erasure(take_back(&patient)).await;
    assert_eq!(refusal(twice), "ERASURE_NOT_REQUESTED");
    world.as_(&mother()).list_grants(list(&patient)).await.unwrap();
}

#[tokio::test]
async fn nobody_erases_who_is_not_the_officer_of_the_records_own_tenant() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    let mut elsewhere = officer();
    elsewhere.roles[0].tenant = holdfast_types::TenantId::new(uuid::Uuid::from_u128(0x7E2));
    let holder_and_officer = Person { roles: officer().roles, ..mother() };
    let therapist = person(3).with(Role::Therapist, Some(practice()));
    let operator = person(4).with(Role::Operator, None);
    for who in [&mother(), &elsewhere, &holder_and_officer, &therapist, &operator, &person(9)] {
        let mut erasures = world.erasures(who);
        assert_eq!(refusal(erasures.carry_out_erasure(carry_out(&patient)).await), "NOT_PERMITTED");
        assert_eq!(refusal(erasures.place_hold(hold(&patient)).await), "NOT_PERMITTED");
        assert_eq!(refusal(erasures.lift_hold(lift(&patient, &request_id())).await), "NOT_PERMITTED");
    }
    for who in [&officer(), &therapist, &operator, &person(9)] {
        assert_eq!(refusal(world.erasures(who).request_erasure(ask(&patient)).await), "NOT_PERMITTED");
        assert_eq!(refusal(world.erasures(who).get_erasure(get(&patient, false)).await), "NOT_PERMITTED");
    }
    assert_eq!(refusal(world.erasures(&elsewhere).get_erasure(get(&patient, true)).await), "NOT_PERMITTED");
    let shown = world.erasures(&officer()).get_erasure(get(&patient, true)).await.unwrap().into_inner();
    assert_eq!(shown.state(), ErasureState::Requested);
}

#[tokio::test]
async fn a_free_standing_record_is_erased_by_an_operator() {
    let world = world().await;
    let patient = world.record_of(&mother()).await;
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    let refused = world.erasures(&officer()).carry_out_erasure(carry_out(&patient)).await;
    assert_eq!(refusal(refused), "NOT_PERMITTED");
    let operator = person(4).with(Role::Operator, None);
    world.erasures(&operator).carry_out_erasure(carry_out(&patient)).await.unwrap();
    assert_eq!(refusal(world.as_(&mother()).list_grants(list(&patient)).await), "CONTENT_ERASED");
}

#[tokio::test]
async fn an_order_without_grounds_or_sound_dates_is_not_taken() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    let mut erasures = world.erasures(&officer());
    let without = PlaceHoldRequest { grounds: None, ..hold(&patient) };
    assert_eq!(refusal(erasures.place_hold(without).await), "FIELD_MISSING");
    let unsaid = Grounds { reason: String::new(), ..grounds().unwrap() };
    let without = CarryOutErasureRequest { grounds: Some(unsaid), ..carry_out(&patient) };
    assert_eq!(refusal(erasures.carry_out_erasure(without).await), "FIELD_MISSING");
    let without = CarryOutErasureRequest { retention: None, ..carry_out(&patient) };
    assert_eq!(refusal(erasures.carry_out_erasure(without).await), "FIELD_MISSING");
    let of =
        |retention: Retention| CarryOutErasureRequest { retention: Some(retention), ..carry_out(&patient) };
    let stated = carry_out(&patient).retention.unwrap();
    let unknown = of(Retention { rule: "US-XX".into(), ..stated.clone() });
    assert_eq!(refusal(erasures.carry_out_erasure(unknown).await), "RETENTION_RULE_UNKNOWN");
    let future = of(Retention { last_service_date: "2999-01-01".into(), ..stated });
    assert_eq!(refusal(erasures.carry_out_erasure(future).await), "DATE_IMPOSSIBLE");
    let request = hold(&patient);
    let first = erasures.place_hold(request.clone()).await.unwrap().into_inner();
    assert_eq!(erasures.place_hold(request.clone()).await.unwrap().into_inner(), first);
    let other = PlaceHoldRequest {
        grounds: Some(Grounds { reason: "else".into(), ..grounds().unwrap() }),
        ..request
    };
    assert_eq!(refusal(erasures.place_hold(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn one_document_is_erased_by_the_same_people_and_rules_and_everybody_hears_which() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let (paper, other) = (request_id(), request_id());
    let wish = |document: &str| RequestErasureRequest { document_id: document.to_owned(), ..ask(&patient) };
    let order =
        |document: &str| CarryOutErasureRequest { document_id: document.to_owned(), ..carry_out(&patient) };
    let shown = async |document: &str| {
        let get = GetErasureRequest { document_id: document.to_owned(), ..get(&patient, true) };
        world.erasures(&officer()).get_erasure(get).await.unwrap().into_inner()
    };
    let (mut holder, mut carries) = (world.erasures(&mother()), world.erasures(&officer()));
    assert_eq!(refusal(holder.request_erasure(wish("the letter")).await), "ID_MALFORMED");
    assert_eq!(refusal(world.erasures(&person(9)).request_erasure(wish(&paper)).await), "NOT_PERMITTED");
    for document in [&paper, &other] {
        holder.request_erasure(wish(document)).await.unwrap();
    }
    assert_eq!(shown("").await.requested_document_ids.len(), 2, "the officer finds what waits");
    let take_back = WithdrawErasureRequest { document_id: other.clone(), ..take_back(&patient) };
    holder.withdraw_erasure(take_back).await.unwrap();
    assert_eq!(shown("").await.requested_document_ids, [paper.as_str()]);

    assert_eq!(refusal(carries.carry_out_erasure(carry_out(&patient)).await), "ERASURE_NOT_REQUESTED");
    assert_eq!(refusal(carries.carry_out_erasure(order(&other)).await), "ERASURE_NOT_REQUESTED");
    assert_eq!(refusal(holder.carry_out_erasure(order(&paper)).await), "NOT_PERMITTED");
    let hold_id = carries.place_hold(hold(&patient)).await.unwrap().into_inner().hold_id;
    assert_eq!(refusal(carries.carry_out_erasure(order(&paper)).await), "LEGAL_HOLD");
    carries.lift_hold(lift(&patient, &hold_id)).await.unwrap();
    let child = Retention {
        rule: "default".into(),
        birth_date: "2020-06-15".into(),
        last_service_date: "2025-01-01".into(),
    };
    let early = CarryOutErasureRequest { retention: Some(child), ..order(&paper) };
    assert_eq!(refusal(carries.carry_out_erasure(early).await), "RETENTION_RUNS");

    let request = order(&paper);
    let first = carries.carry_out_erasure(request.clone()).await.unwrap().into_inner();
    assert_eq!(carries.carry_out_erasure(request).await.unwrap().into_inner(), first);
    assert_eq!(refusal(holder.request_erasure(wish(&paper)).await), "CONTENT_ERASED");
    let erased = shown(&paper).await;
    assert_eq!((erased.state(), erased.document_id.as_str()), (ErasureState::Erased, paper.as_str()));
    assert_eq!((erased.erased_time, erased.grounds), (first.erased_time, grounds()));
    assert_eq!(
        (shown("").await.state(), shown(&other).await.state()),
        (ErasureState::Kept, ErasureState::Kept)
    );
    world.as_(&mother()).list_grants(list(&patient)).await.unwrap();

    let told: Vec<DocumentErased> =
        world.envelopes().await.iter().filter_map(|envelope| DocumentErased::of(envelope).unwrap()).collect();
    let (patient, document) = (patient.parse().unwrap(), paper.parse().unwrap());
    assert_eq!(told, [DocumentErased { patient, document, erased: world.clock.now() }]);
}

#[tokio::test]
async fn the_officer_finds_what_waits_the_longest_first_and_nothing_that_was_taken_back_or_done() {
    let world = world().await;
    let list = async |who: &Person, page_size, page_token: &str| {
        let page_token = page_token.to_owned();
        let asked = ListErasuresRequest { tenant_id: tenant().to_string(), page_size, page_token };
        world.erasures(who).list_erasures(asked).await
    };
    let waiting = async |page_size, page_token: &str| {
        list(&officer(), page_size, page_token).await.unwrap().into_inner()
    };
    assert_eq!(waiting(0, "").await, ListErasuresResponse::default());
    let (first, second) = (world.record_in_tenant(&mother()).await, world.record_in_tenant(&mother()).await);
    let (paper, kept) = (request_id(), request_id());
    let of_paper = |document: &str| RequestErasureRequest { document_id: document.into(), ..ask(&second) };
    for wish in [ask(&first), of_paper(&paper), of_paper(&kept), ask(&second)] {
        world.erasures(&mother()).request_erasure(wish).await.unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    let take_back = WithdrawErasureRequest { document_id: kept, ..take_back(&second) };
    world.erasures(&mother()).withdraw_erasure(take_back).await.unwrap();

    let page = waiting(2, "").await;
    let found = |page: &ListErasuresResponse| -> Vec<(String, String)> {
        let one = |one: &Erasure| (one.patient_id.clone(), one.document_id.clone());
        page.erasures.iter().map(one).collect()
    };
    assert_eq!(found(&page), [(first.clone(), String::new()), (second.clone(), paper)]);
    assert!(page.erasures.iter().all(|one| one.state() == ErasureState::Requested));
    assert_eq!(
        (page.open_size, page.erasures[0].stated_retention_rules.as_slice()),
        (3, &["default".into()][..])
    );
    let rest = waiting(2, &page.next_page_token).await;
    assert_eq!((found(&rest), rest.next_page_token.as_str()), (vec![(second.clone(), String::new())], ""));

    for done in [&first, &second] {
        world.erasures(&officer()).carry_out_erasure(carry_out(done)).await.unwrap();
    }
    assert_eq!(waiting(0, "").await, ListErasuresResponse::default());
    let therapist = person(3).with(Role::Therapist, Some(practice()));
    for who in [&mother(), &therapist, &person(4).with(Role::Operator, None)] {
        assert_eq!(refusal(list(who, 0, "").await), "NOT_PERMITTED");
    }
    assert_eq!(refusal(list(&officer(), 101, "").await), "PAGE_SIZE_OUT_OF_RANGE");
}

#[tokio::test]
async fn whoever_was_erased_is_in_no_practices_list() {
    let world = world().await;
    let patient = world.record_in_tenant(&mother()).await;
    let desk = person(0xDE).with(Role::FrontDesk, Some(practice()));
    let propose = ProposeTreatmentRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        practice_id: practice().to_string(),
        side: TreatmentSide::Practice.into(),
        ..ProposeTreatmentRequest::default()
    };
    world.treatments(&desk).propose_treatment(propose).await.unwrap();
    let listed = async || {
        let practice_id = practice().to_string();
        let asked = ListPracticeTreatmentsRequest { practice_id, ..ListPracticeTreatmentsRequest::default() };
        world.treatments(&desk).list_practice_treatments(asked).await.unwrap().into_inner().treatments.len()
    };
    assert_eq!(listed().await, 1);
    world.erasures(&mother()).request_erasure(ask(&patient)).await.unwrap();
    world.erasures(&officer()).carry_out_erasure(carry_out(&patient)).await.unwrap();
    assert_eq!(listed().await, 0);
}

//! Grants for a number of visits: consent counts them, whichever services ask, and says how many were used.
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
use futures::{StreamExt, stream};
use holdfast_access::views::ConsentFact;
use holdfast_proto::{access::v1::Outcome, consent::v1::*, time};
use holdfast_types::{Clock, Role};
use uuid::Uuid;

fn begin_by(grant: &Grant, person: &Person) -> BeginVisitRequest {
    BeginVisitRequest {
        patient_id: grant.patient_id.clone(),
        grant_id: grant.grant_id.clone(),
        account_id: person.account.to_string(),
    }
}

impl World {
    async fn give_for(&self, by: &Person, patient: &str, to: Grantee, uses_max: i32) -> Grant {
        let asked = GiveGrantRequest { uses_max, ..give(patient, to) };
        self.as_(by).give_grant(asked).await.unwrap().into_inner().grant.unwrap()
    }
}

#[tokio::test]
async fn looks_of_an_hour_are_one_visit_and_the_family_sees_how_many_were_made() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let grant = world.give_for(&parent, &patient, to_account(therapist.account), 2).await;
    assert_eq!((grant.uses_max, grant.use_count, grant.last_use_time), (2, 0, None));
    let mut visits = world.visits();
    let first = visits.begin_visit(begin_by(&grant, &therapist)).await.unwrap().into_inner();
    assert_eq!(time(&first.until_time.unwrap()).unwrap(), world.clock.now() + TimeDelta::hours(1));
    world.clock.advance(TimeDelta::minutes(59));
    // Whoever lost the answer asks again and uses nothing more.
    let again = visits.begin_visit(begin_by(&grant, &therapist)).await.unwrap().into_inner();
    assert_eq!(again.until_time, first.until_time);
    assert!(again.position.unwrap().seq >= first.position.unwrap().seq);
    world.clock.advance(TimeDelta::minutes(1));
    visits.begin_visit(begin_by(&grant, &therapist)).await.unwrap();
    let last = world.clock.now();
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(refusal(visits.begin_visit(begin_by(&grant, &therapist)).await), "GRANT_USED_UP");
    let listed = world.as_(&parent).list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert_eq!((listed[0].use_count, listed[0].last_use_time), (2, at(last)));
    assert_eq!(listed[0].etag, grant.etag, "a visit changes nothing of what was decided");
    let get = GetGrantRequest { grant_id: grant.grant_id };
    assert_eq!(world.as_(&parent).get_grant(get).await.unwrap().into_inner(), listed[0]);
}

#[tokio::test]
async fn however_many_ask_at_once_no_more_visits_are_begun_than_there_are() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let kind = Some(grantee::Kind::PracticeId(practice().to_string()));
    let grant = world.give_for(&parent, &patient, Grantee { kind, role: 0 }, 3).await;
    let asks = |number: u128| {
        let (mut visits, asked) = (world.visits(), begin_by(&grant, &person(10 + number % 8)));
        async move { visits.begin_visit(asked).await }
    };
    let answers: Vec<_> = stream::iter(0..24).map(asks).buffer_unordered(12).collect().await;
    let refused = answers.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    // Of eight people three are on a visit, each of whom asked three times.
    assert_eq!(refused.len(), 15);
    assert!(refused.iter().all(|status| holdfast_testkit::refusal::reason(status) == "GRANT_USED_UP"));
    let listed = world.as_(&parent).list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert_eq!(listed[0].use_count, 3);
}

#[tokio::test]
async fn a_visit_is_begun_for_whom_the_grant_reaches_while_it_stands_and_by_services_that_keep_content() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let sibling = world.record_of(&parent).await;
    let grant = world.give_for(&parent, &patient, to_account(therapist.account), 5).await;
    let endless = give(&patient, to_account(therapist.account));
    let endless = world.as_(&parent).give_grant(endless).await.unwrap().into_inner().grant.unwrap();
    let asked = || begin_by(&grant, &therapist);
    for mut others in world.visits_of_others() {
        assert_eq!(refusal(others.begin_visit(asked()).await), "PEER_NOT_PERMITTED");
    }
    let mut visits = world.visits();
    for (reason, request) in [
        ("GRANT_UNKNOWN", begin_by(&grant, &person(7))),
        ("GRANT_UNKNOWN", BeginVisitRequest { patient_id: sibling, ..asked() }),
        ("GRANT_UNKNOWN", begin_by(&endless, &therapist)),
        ("GRANT_UNKNOWN", BeginVisitRequest { grant_id: Uuid::from_u128(7).to_string(), ..asked() }),
        ("ID_MALFORMED", BeginVisitRequest { account_id: "seven".into(), ..asked() }),
    ] {
        assert_eq!(refusal(visits.begin_visit(request).await), reason);
    }
    world.as_(&parent).revoke_grant(revoke(&grant)).await.unwrap();
    assert_eq!(refusal(visits.begin_visit(asked()).await), "GRANT_UNKNOWN");
    for uses_max in [-1, 1001] {
        let asked = GiveGrantRequest { uses_max, ..give(&patient, to_account(therapist.account)) };
        assert_eq!(refusal(world.as_(&parent).give_grant(asked).await), "FIELD_INVALID");
    }
}

#[tokio::test]
async fn who_has_a_visit_left_finds_the_record_in_the_list_and_uses_none_by_that() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2).with(Role::Therapist, Some(practice())));
    let patient = world.record_of(&parent).await;
    let grant = world.give_for(&parent, &patient, to_account(therapist.account), 1).await;
    let list_of = || async {
        let mut client = world.as_(&therapist);
        client.list_records(ListRecordsRequest::default()).await.unwrap().into_inner().records
    };
    let found = list_of().await;
    assert_eq!((found.len(), found[0].grants[0].use_count), (1, 0));
    let looks = world.looks("consent.ListRecords").await;
    assert_eq!((looks[0].outcome(), looks[0].ahead_of_visit), (Outcome::Permitted, true));
    let begun = world.visits().begin_visit(begin_by(&grant, &therapist)).await.unwrap().into_inner();
    assert_eq!(list_of().await[0].grants[0].visit_until_time, begun.until_time);
    assert!(!world.looks("consent.ListRecords").await[1].ahead_of_visit, "the visit itself opens it");
    world.clock.advance(TimeDelta::hours(1));
    assert!(list_of().await.is_empty(), "all visits are over");
}

#[tokio::test]
async fn others_hear_of_visits_in_words_that_nobody_takes_for_a_grant_without_end() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let grant = world.give_for(&parent, &patient, to_account(therapist.account), 2).await;
    let begun = world.visits().begin_visit(begin_by(&grant, &therapist)).await.unwrap().into_inner();
    let envelopes = world.envelopes().await;
    let [.., given, visit] = envelopes.as_slice() else { panic!("{envelopes:?}") };
    let payload = |envelope: &holdfast_eventlog::Envelope| envelope.public_payload.clone().unwrap();
    assert!(payload(given).type_url.ends_with("v1.GrantGivenForVisits"));
    let heard = ConsentFact::read(&payload(given)).unwrap();
    assert!(matches!(heard, Some(ConsentFact::GrantGiven(fact)) if fact.uses.unwrap().max == 2));
    assert_eq!(visit.header.event_type, "visit.begun");
    assert_eq!(visit.header.patient.map(|id| id.to_string()), Some(patient));
    let Some(ConsentFact::VisitBegun(heard)) = ConsentFact::read(&payload(visit)).unwrap() else {
        panic!("{visit:?}")
    };
    assert_eq!((heard.account, heard.number), (therapist.account, 1));
    assert_eq!(heard.until, time(&begun.until_time.unwrap()).unwrap());
}

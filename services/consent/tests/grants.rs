//! Giving and revoking grants, looking at them, and what the other services hear.
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
use holdfast_proto::{Word, access::v1::Outcome, consent::v1::*, timestamp};
use holdfast_types::{Action, Category, Clock, Ids as _, Purpose, Relationship, Role, SystemIds};
use uuid::Uuid;

/// So many commands wait for one another without running into the time that a caller has.
const AT_ONCE: usize = 16;

#[tokio::test]
async fn a_holder_shares_and_sees_what_is_shared() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let answer = world
        .as_(&parent)
        .give_grant(give(&patient, to_account(therapist.account)))
        .await
        .unwrap()
        .into_inner();
    let grant = answer.grant.unwrap();
    assert_eq!(grant.purposes, [Purpose::Treatment.to_proto()]);
    assert_eq!((grant.from_time, grant.until_time, grant.revoked_time), (at(world.clock.now()), None, None));
    assert_eq!(
        (grant.given_by_account_id.as_str(), grant.revision),
        (parent.account.to_string().as_str(), 1)
    );
    assert_eq!(answer.position.unwrap().service, "consent");
    let one = GetGrantRequest { grant_id: grant.grant_id.clone() };
    assert_eq!(world.as_(&parent).get_grant(one).await.unwrap().into_inner(), grant);
    let all = world.as_(&parent).list_grants(list(&patient)).await.unwrap().into_inner();
    assert_eq!(all.grants, std::slice::from_ref(&grant));
    for operation in ["consent.GetGrant", "consent.ListGrants"] {
        let looks = world.looks(operation).await;
        assert_eq!(looks.len(), 1, "{operation}");
        assert_eq!(looks[0].outcome(), Outcome::Permitted);
        assert_eq!(
            (looks[0].returned[0].id.as_str(), looks[0].returned[0].revision),
            (grant.grant_id.as_str(), 1)
        );
    }
}

#[tokio::test]
async fn nobody_but_a_holder_shares_revokes_or_sees_grants_and_each_attempt_is_recorded() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2).with(Role::Therapist, Some(practice())));
    let patient = world.record_of(&parent).await;
    let everything = GiveGrantRequest {
        categories: Category::ORDINARY.iter().map(|word| word.to_proto()).collect(),
        actions: [Action::Read, Action::Contribute, Action::Download].map(Word::to_proto).to_vec(),
        ..give(&patient, to_account(therapist.account))
    };
    let grant = world.as_(&parent).give_grant(everything).await.unwrap().into_inner().grant.unwrap();
    let mut client = world.as_(&therapist);
    let one = |id: &str| GetGrantRequest { grant_id: id.to_owned() };
    assert_eq!(
        refusal(client.give_grant(give(&patient, to_account(person(3).account))).await),
        "NOT_PERMITTED"
    );
    assert_eq!(refusal(client.revoke_grant(revoke(&grant)).await), "NOT_PERMITTED");
    assert_eq!(refusal(client.get_grant(one(&grant.grant_id)).await), "NOT_PERMITTED");
    assert_eq!(refusal(client.list_grants(list(&patient)).await), "NOT_PERMITTED");
    // Whether a grant exists is not said, not even to a holder of something else.
    let nothing = Uuid::from_u128(7).to_string();
    assert_eq!(refusal(client.get_grant(one(&nothing)).await), "NOT_PERMITTED");
    assert_eq!(refusal(world.as_(&parent).get_grant(one(&nothing)).await), "NOT_PERMITTED");
    for (operation, count) in [
        ("consent.GiveGrant", 1),
        ("consent.RevokeGrant", 1),
        ("consent.GetGrant", 3),
        ("consent.ListGrants", 1),
    ] {
        let looks = world.looks(operation).await;
        assert_eq!(looks.len(), count, "{operation}");
        assert!(looks.iter().all(|look| look.outcome() == Outcome::Refused), "{operation}");
    }
}

#[tokio::test]
async fn a_revoked_grant_has_ended_and_is_not_revoked_again() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let grant = client
        .give_grant(give(&patient, to_account(person(2).account)))
        .await
        .unwrap()
        .into_inner()
        .grant
        .unwrap();
    let stale = RevokeGrantRequest { etag: "\"2\"".into(), ..revoke(&grant) };
    assert_eq!(refusal(client.revoke_grant(stale).await), "ETAG_MISMATCH");
    let malformed = RevokeGrantRequest { etag: "2".into(), ..revoke(&grant) };
    assert_eq!(refusal(client.revoke_grant(malformed).await), "ETAG_MALFORMED");
    world.clock.advance(TimeDelta::minutes(1));
    let request = revoke(&grant);
    let first = client.revoke_grant(request.clone()).await.unwrap().into_inner();
    let revoked = first.grant.clone().unwrap();
    assert_eq!((revoked.revoked_time, revoked.revision), (at(world.clock.now()), 2));
    assert_eq!(client.revoke_grant(request.clone()).await.unwrap().into_inner(), first);
    let other = RevokeGrantRequest { etag: String::new(), ..request };
    assert_eq!(refusal(client.revoke_grant(other).await), "REQUEST_ID_REUSED");
    assert_eq!(refusal(client.revoke_grant(revoke(&grant)).await), "ALREADY_REVOKED");
    assert!(client.list_grants(list(&patient)).await.unwrap().into_inner().grants.is_empty());
    let with_ended = ListGrantsRequest { include_ended: true, ..list(&patient) };
    assert_eq!(client.list_grants(with_ended).await.unwrap().into_inner().grants, [revoked]);
}

#[tokio::test]
async fn a_repeated_grant_is_given_once_and_answered_as_the_first_time() {
    let world = world().await;
    let parent = person(1);
    let (patient, sibling) = (world.record_of(&parent).await, world.record_of(&parent).await);
    let mut client = world.as_(&parent);
    let request = GiveGrantRequest {
        until_time: at(world.clock.now() + TimeDelta::minutes(2)),
        ..give(&patient, to_account(person(2).account))
    };
    let first = client.give_grant(request.clone()).await.unwrap().into_inner();
    client.revoke_grant(revoke(first.grant.as_ref().unwrap())).await.unwrap();
    world.clock.advance(TimeDelta::minutes(3));
    assert_eq!(client.give_grant(request.clone()).await.unwrap().into_inner(), first);
    let other = GiveGrantRequest { until_time: None, ..request.clone() };
    assert_eq!(refusal(client.give_grant(other).await), "REQUEST_ID_REUSED");
    let elsewhere = GiveGrantRequest { patient_id: sibling.clone(), until_time: None, ..request };
    assert_eq!(refusal(client.give_grant(elsewhere).await), "REQUEST_ID_REUSED");
    assert!(client.list_grants(list(&sibling)).await.unwrap().into_inner().grants.is_empty());
}

#[tokio::test]
async fn a_grant_that_cannot_be_meant_is_refused_by_its_rule() {
    let world = world().await;
    let (parent, now) = (person(1), world.clock.now());
    let patient = world.record_of(&parent).await;
    let base = || give(&patient, to_account(person(2).account));
    let (notes, protected) = (Category::Notes.to_proto(), Category::SubstanceUse.to_proto());
    for (reason, request) in [
        ("NOTHING_SHARED", GiveGrantRequest { categories: vec![], ..base() }),
        ("NOTHING_SHARED", GiveGrantRequest { actions: vec![], ..base() }),
        ("TOO_MANY", GiveGrantRequest { categories: vec![notes; 31], ..base() }),
        ("TOO_MANY", GiveGrantRequest { purposes: vec![1; 8], ..base() }),
        ("FIELD_INVALID", GiveGrantRequest { categories: vec![999], ..base() }),
        ("FIELD_INVALID", GiveGrantRequest { actions: vec![Action::Share.to_proto()], ..base() }),
        ("OWN_GRANT_NEEDED", GiveGrantRequest { categories: vec![notes, protected], ..base() }),
        ("FIELD_MISSING", GiveGrantRequest { categories: vec![protected], until_time: None, ..base() }),
        ("PERIOD_ENDS_BEFORE_IT_BEGINS", GiveGrantRequest { until_time: at(now), ..base() }),
        (
            "PERIOD_ENDS_BEFORE_IT_BEGINS",
            GiveGrantRequest {
                from_time: at(now + TimeDelta::days(2)),
                until_time: at(now + TimeDelta::days(1)),
                ..base()
            },
        ),
        (
            "DATE_IMPOSSIBLE",
            GiveGrantRequest {
                until_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
                ..base()
            },
        ),
        ("GRANT_TO_HOLDER", give(&patient, to_account(parent.account))),
        ("FIELD_MISSING", GiveGrantRequest { grantee: None, ..base() }),
        ("REQUEST_ID_MISSING", GiveGrantRequest { request_id: String::new(), ..base() }),
        ("ID_MALFORMED", GiveGrantRequest { patient_id: "seven".into(), ..base() }),
    ] {
        assert_eq!(refusal(world.as_(&parent).give_grant(request).await), reason);
    }
    let all = ListGrantsRequest { include_ended: true, ..list(&patient) };
    assert!(world.as_(&parent).list_grants(all).await.unwrap().into_inner().grants.is_empty());
}

#[tokio::test]
async fn a_record_has_two_hundred_unended_grants_at_most() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let give_to = |number: u128| {
        let (mut client, request) = (world.as_(&parent), give(&patient, to_account(person(number).account)));
        async move { client.give_grant(request).await }
    };
    let giving = stream::iter((100..300).map(give_to)).buffered(AT_ONCE);
    let given: Vec<_> = giving.map(Result::unwrap).collect().await;
    assert_eq!(refusal(give_to(300).await), "TOO_MANY_GRANTS");
    let first = given[0].get_ref().grant.as_ref().unwrap();
    world.as_(&parent).revoke_grant(revoke(first)).await.unwrap();
    give_to(300).await.unwrap();
    assert_eq!(refusal(give_to(301).await), "TOO_MANY_GRANTS");
}

#[tokio::test]
async fn grants_come_newest_first_in_pages_of_one_query() {
    let world = world().await;
    let parent = person(1);
    let (patient, other) = (world.record_of(&parent).await, world.record_of(&parent).await);
    let mut client = world.as_(&parent);
    let mut given = Vec::new();
    for number in 0..5 {
        let answer =
            client.give_grant(give(&patient, to_account(person(10 + number).account))).await.unwrap();
        given.push(answer.into_inner().grant.unwrap().grant_id);
        // Two were given at the same moment.
        world.clock.advance(TimeDelta::seconds(i64::from(number != 2)));
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let query = ListGrantsRequest { page_size: 2, page_token: page_token.clone(), ..list(&patient) };
        let page = client.list_grants(query).await.unwrap().into_inner();
        found.extend(page.grants.into_iter().map(|grant| grant.grant_id));
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    let mut middle = [given[2].clone(), given[3].clone()];
    middle.sort();
    middle.reverse();
    assert_eq!(found, [&given[4], &middle[0], &middle[1], &given[1], &given[0]].map(Clone::clone));
    // Each page is a look of its own and names no more than it showed.
    let looks = world.looks("consent.ListGrants").await;
    let mut counts: Vec<usize> = looks.iter().map(|look| look.returned.len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 2]);

    let foreign = ListGrantsRequest { page_token: page_token.clone(), ..list(&other) };
    assert_eq!(refusal(client.list_grants(foreign).await), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    let wider = ListGrantsRequest { page_token, include_ended: true, ..list(&patient) };
    assert_eq!(refusal(client.list_grants(wider).await), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    let torn = ListGrantsRequest { page_token: "torn".into(), ..list(&patient) };
    assert_eq!(refusal(client.list_grants(torn).await), "PAGE_TOKEN_MALFORMED");
    let huge = ListGrantsRequest { page_size: 201, ..list(&patient) };
    assert_eq!(refusal(client.list_grants(huge).await), "PAGE_SIZE_OUT_OF_RANGE");
}

#[tokio::test]
async fn the_other_services_hear_who_holds_and_who_was_given_what() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let grant = client
        .give_grant(give(&patient, to_account(person(2).account)))
        .await
        .unwrap()
        .into_inner()
        .grant
        .unwrap();
    client.revoke_grant(revoke(&grant)).await.unwrap();
    let envelopes = world.envelopes().await;
    let types: Vec<&str> = envelopes.iter().map(|envelope| envelope.header.event_type.as_str()).collect();
    assert_eq!(types, ["record.opened", "record.holder-added", "grant.given", "grant.revoked"]);
    let heard: Vec<ConsentFact> = envelopes
        .iter()
        .map(|envelope| ConsentFact::read(envelope.public_payload.as_ref().unwrap()).unwrap().unwrap())
        .collect();
    let patient = patient.parse().unwrap();
    assert_eq!(
        heard[1],
        ConsentFact::HolderAdded { patient, account: parent.account, relationship: Relationship::Parent }
    );
    let ConsentFact::GrantGiven(given) = &heard[2] else { panic!("{:?}", heard[2]) };
    assert_eq!((given.patient, given.revision, &given.categories), (patient, 1, &vec![Category::Notes]));
    let id = grant.grant_id.parse().unwrap();
    assert_eq!(heard[3], ConsentFact::GrantRevoked { grant: id, revoked: world.clock.now(), revision: 2 });
    for envelope in &envelopes {
        assert_eq!(envelope.header.patient, Some(patient));
        assert_eq!(envelope.header.on_behalf_of, Some(patient));
        assert_eq!(envelope.header.purpose, Purpose::FamilyRequest);
    }
}

#[tokio::test]
async fn a_part_of_the_rooms_is_given_and_said_in_words_of_its_own() {
    let world = world().await;
    let (parent, school) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let item = SystemIds.next().to_string();
    let part = Narrowing {
        item_ids: vec![item.clone(), item.clone()],
        author_account_ids: vec![parent.account.to_string()],
        occurred_from_time: Some(timestamp(world.clock.now() - TimeDelta::days(30))),
        occurred_until_time: Some(timestamp(world.clock.now())),
    };
    let asked = |narrowing: Narrowing| GiveGrantRequest {
        narrowing: Some(narrowing),
        ..give(&patient, to_account(school.account))
    };
    let given = client.give_grant(asked(part.clone())).await.unwrap().into_inner().grant.unwrap();
    let once = Narrowing { item_ids: vec![item.clone()], ..part.clone() };
    assert_eq!(given.narrowing, Some(once.clone()), "what is named twice counts once");
    let listed = client.list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert_eq!(listed[0].narrowing, Some(once));
    let whole = client.give_grant(asked(Narrowing::default())).await.unwrap().into_inner().grant.unwrap();
    assert_eq!(whole.narrowing, None, "a narrowing that says nothing is none");

    let envelopes = world.envelopes().await;
    let said: Vec<&str> = envelopes
        .iter()
        .filter(|envelope| envelope.header.event_type == "grant.given")
        .map(|envelope| envelope.public_payload.as_ref().unwrap().type_url.as_str())
        .collect();
    assert!(said[0].ends_with("v1.GrantGivenInPart") && said[1].ends_with("v1.GrantGiven"), "{said:?}");

    let reached = ListRecordsRequest::default();
    let records = world.as_(&school).list_records(reached).await.unwrap().into_inner().records;
    assert_eq!(records.iter().map(|record| record.grants.len()).collect::<Vec<_>>(), [2]);

    let many = |count: usize| (0..count).map(|_| SystemIds.next().to_string()).collect::<Vec<_>>();
    let at = |seconds| Some(timestamp(world.clock.now() - TimeDelta::seconds(seconds)));
    let none = Narrowing::default;
    for (narrowing, reason) in [
        (Narrowing { item_ids: many(51), ..none() }, "TOO_MANY"),
        (Narrowing { author_account_ids: many(21), ..none() }, "TOO_MANY"),
        (Narrowing { item_ids: vec!["seven".to_owned()], ..none() }, "ID_MALFORMED"),
        (
            Narrowing { occurred_from_time: at(1), occurred_until_time: at(1), ..none() },
            "PERIOD_ENDS_BEFORE_IT_BEGINS",
        ),
    ] {
        assert_eq!(refusal(client.give_grant(asked(narrowing)).await), reason);
    }
    let write = [Action::Read.to_proto(), Action::Contribute.to_proto()];
    let written = GiveGrantRequest { actions: write.to_vec(), ..asked(part.clone()) };
    assert_eq!(refusal(client.give_grant(written).await), "FIELD_INVALID");
    let name = GiveGrantRequest { categories: vec![Category::Demographics.to_proto()], ..asked(part) };
    assert_eq!(refusal(client.give_grant(name).await), "FIELD_INVALID");
}

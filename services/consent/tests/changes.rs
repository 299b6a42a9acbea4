//! Changing a grant: another takes its place, both or neither, by whoever saw what stands.
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
use holdfast_proto::{Word, consent::v1::*};
use holdfast_types::{Category, Clock, Purpose};
use uuid::Uuid;

fn change(grant: &Grant, given: GiveGrantRequest) -> GiveGrantRequest {
    GiveGrantRequest { replaces_grant_id: grant.grant_id.clone(), replaces_etag: grant.etag.clone(), ..given }
}

#[tokio::test]
async fn a_changed_grant_takes_the_place_of_the_other_in_one_step() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let notes = give(&patient, to_account(therapist.account));
    let before = client.give_grant(notes).await.unwrap().into_inner().grant.unwrap();
    world.clock.advance(TimeDelta::minutes(1));
    let goals = GiveGrantRequest {
        categories: vec![Category::Goals.to_proto()],
        until_time: at(world.clock.now() + TimeDelta::days(3)),
        ..give(&patient, to_account(therapist.account))
    };
    let asked = change(&before, goals);
    let first = client.give_grant(asked.clone()).await.unwrap().into_inner();
    let after = first.grant.clone().unwrap();
    assert_eq!(after.replaces_grant_id, before.grant_id);
    let standing = client.list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert_eq!(standing, std::slice::from_ref(&after));
    let get = GetGrantRequest { grant_id: before.grant_id.clone() };
    let ended = client.get_grant(get).await.unwrap().into_inner();
    assert_eq!((ended.revoked_time, &ended.replaced_by_grant_id), (at(world.clock.now()), &after.grant_id));
    // One append: the end is in the log right before what took its place, by one command.
    let mut envelopes = world.envelopes().await;
    envelopes.retain(|envelope| envelope.header.stream.to_string().starts_with("grant/"));
    let said: Vec<&str> = envelopes.iter().map(|envelope| envelope.header.event_type.as_str()).collect();
    assert_eq!(said[said.len() - 2..], ["grant.revoked", "grant.given"]);
    let [.., end, given] = envelopes.as_slice() else { panic!("{envelopes:?}") };
    assert_eq!(end.header.recorded, given.header.recorded);
    let told: GrantRevoked = end.public_payload.as_ref().unwrap().to_msg().unwrap();
    assert_eq!(told.replaced_by_grant_id, after.grant_id);

    // Repeated, it acts once; what was changed is changed no more.
    assert_eq!(client.give_grant(asked.clone()).await.unwrap().into_inner(), first);
    let other = GiveGrantRequest { until_time: None, ..asked.clone() };
    assert_eq!(refusal(client.give_grant(other).await), "REQUEST_ID_REUSED");
    let again = GiveGrantRequest { request_id: request_id(), ..asked };
    assert_eq!(refusal(client.give_grant(again.clone()).await), "ALREADY_REVOKED");
    assert_eq!(client.list_grants(list(&patient)).await.unwrap().into_inner().grants, [after]);
}

#[tokio::test]
async fn of_two_changes_at_the_same_time_one_is_made() {
    let world = world().await;
    let (mother, therapist) = (person(1), person(2));
    let patient = world.record_of(&mother).await;
    let given = world.as_(&mother).give_grant(give(&patient, to_account(therapist.account))).await;
    let before = given.unwrap().into_inner().grant.unwrap();
    let asked = |_| {
        let mut client = world.as_(&mother);
        let asked = change(&before, give(&patient, to_account(therapist.account)));
        async move { client.give_grant(asked).await }
    };
    let answers: Vec<_> = stream::iter(0..8).map(asked).buffer_unordered(8).collect().await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    assert!(refused.into_iter().all(|answer| refusal(answer) == "ALREADY_REVOKED"));
    assert_eq!(world.as_(&mother).list_grants(list(&patient)).await.unwrap().into_inner().grants.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_by_its_rule_and_nothing_is_given() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let sibling = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let asked = || give(&patient, to_account(therapist.account));
    let before = client.give_grant(asked()).await.unwrap().into_inner().grant.unwrap();
    let elsewhere = give(&sibling, to_account(therapist.account));
    let elsewhere = client.give_grant(elsewhere).await.unwrap().into_inner().grant.unwrap();
    let short = GiveGrantRequest { until_time: at(world.clock.now() + TimeDelta::hours(1)), ..asked() };
    let short = client.give_grant(short).await.unwrap().into_inner().grant.unwrap();
    world.clock.advance(TimeDelta::hours(1));
    let mut client = world.as_(&parent);
    let nobody = Grant { grant_id: Uuid::from_u128(7).to_string(), ..before.clone() };
    let seen = |etag: &str| Grant { etag: etag.to_owned(), ..before.clone() };
    for (reason, request) in [
        ("ETAG_MISMATCH", change(&seen("\"2\""), asked())),
        ("ETAG_MALFORMED", change(&seen("2"), asked())),
        ("GRANT_UNKNOWN", change(&nobody, asked())),
        ("GRANT_UNKNOWN", change(&elsewhere, asked())),
        ("GRANT_NOT_CHANGEABLE", change(&short, asked())),
        ("NOTHING_SHARED", GiveGrantRequest { actions: vec![], ..change(&before, asked()) }),
        ("FIELD_INVALID", GiveGrantRequest { replaces_grant_id: String::new(), ..change(&before, asked()) }),
    ] {
        assert_eq!(refusal(client.give_grant(request).await), reason);
    }
    assert_eq!(refusal(world.as_(&therapist).give_grant(change(&before, asked())).await), "NOT_PERMITTED");
    let standing = client.list_grants(list(&patient)).await.unwrap().into_inner().grants;
    assert_eq!(standing, [before], "a change that is refused ends nothing");
    assert_eq!(standing[0].purposes, [Purpose::Treatment.to_proto()]);
}

#[tokio::test]
async fn a_record_with_as_many_grants_as_it_may_have_can_still_change_one() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let giving = stream::iter(100..300_u128).map(|number| {
        let (mut client, request) = (world.as_(&parent), give(&patient, to_account(person(number).account)));
        async move { client.give_grant(request).await.unwrap().into_inner().grant.unwrap() }
    });
    let given: Vec<Grant> = giving.buffered(16).collect().await;
    let mut client = world.as_(&parent);
    let another = || give(&patient, to_account(person(7).account));
    assert_eq!(refusal(client.give_grant(another()).await), "TOO_MANY_GRANTS");
    client.give_grant(change(&given[0], another())).await.unwrap();
}

//! Who may act for whom: what is recorded on which evidence, and what changes by itself on a birthday.
#![cfg(test)]
mod common;
mod family;
use chrono::TimeDelta;
use common::*;
use family::*;
use holdfast_proto::{Word as _, consent::v1::*};
use holdfast_testkit::refusal::{metadata, reason};
use holdfast_types::{Action, Category, Purpose, Relationship};
use std::collections::HashSet;

#[tokio::test]
async fn on_the_twelfth_birthday_in_california_rooms_pass_by_themselves_and_nothing_more_is_shown() {
    let world = world().await;
    let patient = family(&world).await;
    assert!(world.shares(&mother(), &patient, Category::Notes).await);
    let both = GiveGrantRequest {
        categories: words(&[Category::Notes, Category::Goals]),
        ..give(&patient, to_account(therapist().account))
    };
    let both = world.as_(&mother()).give_grant(both).await.unwrap().into_inner().grant.unwrap();
    world.authorities(&administrator()).state_person(born(&patient, "2014-03-03", "US-CA")).await.unwrap();
    assert!(!world.shares(&child(), &patient, Category::Notes).await, "a child reads");

    world.clock.advance(TimeDelta::hours(12) - TimeDelta::microseconds(1));
    assert!(world.shares(&mother(), &patient, Category::Notes).await, "it is the day before");
    world.clock.advance(TimeDelta::microseconds(1));
    assert!(!world.shares(&mother(), &patient, Category::Notes).await);
    assert!(world.shares(&mother(), &patient, Category::Goals).await);
    assert!(world.shares(&child(), &patient, Category::Notes).await);
    assert!(!world.shares(&child(), &patient, Category::Goals).await);

    // Of what is shared each sees what is theirs, and of a grant of both their own part.
    let of_mother = world.grants_seen(&mother(), &patient).await;
    assert_eq!(of_mother, [words(GOALS), words(GOALS)]);
    assert!(world.grants_seen(&child(), &patient).await.iter().all(|rooms| *rooms == words(NOTES)));
    // Either ends such a grant: to end is never too much.
    world.as_(&mother()).revoke_grant(revoke(&both)).await.unwrap();
    assert_eq!(world.grants_seen(&mother(), &patient).await, [words(GOALS)]);
    // Who acts is told whole to whoever holds everything; she is told what is hers.
    let list = || ListAuthorityRequest { patient_id: patient.clone(), ..ListAuthorityRequest::default() };
    let told = world.authorities(&child()).list_authority(list()).await.unwrap().into_inner();
    assert!(told.spans.iter().any(|span| span.account_id == father().account.to_string()));
    world
        .authorities(&mother())
        .appoint_proxy(until_majority(appoint(&patient, &aunt(), GOALS)))
        .await
        .unwrap();
    let told = world.authorities(&mother()).list_authority(list()).await.unwrap().into_inner();
    let of: HashSet<_> =
        told.spans.iter().chain(&told.later_spans).map(|span| span.account_id.as_str()).collect();
    let (own, helps) = (mother().account.to_string(), aunt().account.to_string());
    assert_eq!(of, HashSet::from([own.as_str(), helps.as_str()]));
    assert!(told.spans.iter().all(|span| !span.categories.contains(&Category::Notes.to_proto())));
    assert_eq!((told.authorities.len(), told.birth_date.as_str(), told.freezes.len()), (1, "", 0));
    // And whom she had help may be ended by what she is told.
    let ended = end(&patient, &told.authorities[0].authority_id);
    world.authorities(&mother()).end_authority(ended).await.unwrap();
}

fn until_majority(appoint: AppointProxyRequest) -> AppointProxyRequest {
    AppointProxyRequest { until_time: at("2032-03-03T00:00:00Z".parse().unwrap()), ..appoint }
}

#[tokio::test]
async fn a_minor_shares_a_room_with_a_parent_and_keeps_things_from_them() {
    let world = world().await;
    let patient = family(&world).await;
    world.authorities(&administrator()).state_person(born(&patient, "2013-01-01", "US-CA")).await.unwrap();
    let to_mother = |rooms: &[Category]| GiveGrantRequest {
        categories: words(rooms),
        ..give(&patient, to_account(mother().account))
    };
    let given = world.as_(&child()).give_grant(to_mother(NOTES)).await.unwrap().into_inner().grant.unwrap();
    assert_eq!(given.purposes, [Purpose::FamilyRequest.to_proto()], "what a parent looks for");
    // What she holds needs no grant; and it is not the child's to give.
    assert_eq!(refusal(world.as_(&child()).give_grant(to_mother(GOALS)).await), "NOT_PERMITTED");
    assert_eq!(refusal(world.as_(&father()).give_grant(to_mother(GOALS)).await), "GRANT_TO_HOLDER");
    let set = world.as_(&child()).set_mark(mark(&patient, Category::Notes)).await.unwrap().into_inner();
    let set = set.mark.unwrap();
    assert_eq!(
        refusal(world.as_(&mother()).set_mark(mark(&patient, Category::Notes)).await),
        "NOT_PERMITTED"
    );
    let seen = world.as_(&mother()).list_marks(marks(&patient)).await.unwrap().into_inner().marks;
    assert!(seen.is_empty(), "{seen:?}");
    let lifted = world.as_(&mother()).lift_mark(lift(&patient, &set.mark_id)).await;
    assert_eq!(refusal(lifted), "NOT_PERMITTED");
    world.as_(&child()).lift_mark(lift(&patient, &set.mark_id)).await.unwrap();
}

#[tokio::test]
async fn two_divorced_parents_hold_what_the_order_says_each() {
    let world = world().await;
    let patient = family(&world).await;
    let order = RecordAuthorityRequest {
        categories: words(GOALS),
        actions: vec![Action::Read.to_proto()],
        ..record(&patient, &father(), AuthorityBasis::Custody)
    };
    // What a parent says of the other is a proposal, and changes nothing.
    let proposed = world.authorities(&mother()).record_authority(order.clone()).await.unwrap().into_inner();
    let proposed = proposed.authority.unwrap();
    assert_eq!(proposed.word(), AuthorityWord::Waits);
    assert!(world.shares(&father(), &patient, Category::Notes).await);
    let attest = || attest(&patient, &proposed);
    for nobody in [mother(), father(), therapist(), aunt()] {
        let refused = world.authorities(&nobody).attest_authority(attest()).await;
        assert_eq!(refusal(refused), "NOT_PERMITTED");
    }
    let attested = world.authorities(&administrator()).attest_authority(attest()).await.unwrap().into_inner();
    let attested = attested.authority.unwrap();
    assert_eq!(attested.word(), AuthorityWord::Attested);
    assert_eq!(attested.attested_by_account_id, administrator().account.to_string());
    assert!(!world.shares(&father(), &patient, Category::Notes).await);
    assert!(!world.shares(&father(), &patient, Category::Goals).await, "he reads them");
    assert!(world.shares(&mother(), &patient, Category::Notes).await);
    let listed = world.as_(&father()).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    let [his] = &listed.records[..] else { panic!("{listed:?}") };
    assert_eq!(his.relationship, Relationship::Parent.to_proto());
    let not_read = his.not_held.iter().find(|closed| closed.action == Action::Read.to_proto()).unwrap();
    assert_eq!(not_read.categories.len(), Category::ALL.len() - 1);
    assert_eq!(refusal(world.authorities(&officer()).attest_authority(attest()).await), "AUTHORITY_ENDED");
    // From now on a name alone gives nothing.
    let by_name = AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: aunt().account.to_string(),
        relationship: Relationship::Parent.to_proto(),
    };
    assert_eq!(refusal(world.as_(&mother()).add_holder(by_name).await), "AUTHORITY_SETTLED");
}

#[tokio::test]
async fn a_proxy_is_never_more_than_who_appoints_them() {
    let world = world().await;
    let patient = family(&world).await;
    let as_ = |person: &Person| world.authorities(person);
    let appointed =
        as_(&mother()).appoint_proxy(appoint(&patient, &aunt(), GOALS)).await.unwrap().into_inner();
    let appointed = appointed.authority.unwrap();
    assert_eq!((appointed.basis(), appointed.word()), (AuthorityBasis::Appointment, AuthorityWord::Own));
    let listed = world.as_(&aunt()).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.records[0].relationship, Relationship::Proxy.to_proto());
    assert!(!world.shares(&aunt(), &patient, Category::Goals).await);

    let refused =
        async |by: Person, of: Person| refusal(as_(&by).appoint_proxy(appoint(&patient, &of, GOALS)).await);
    assert_eq!(refused(mother(), mother()).await, "PROXY_OF_ONESELF");
    assert_eq!(refused(mother(), child()).await, "PROXY_OF_ONESELF");
    assert_eq!(refused(mother(), father()).await, "ALREADY_HOLDER");
    // A loop would begin with a proxy who appoints.
    assert_eq!(refused(aunt(), person(9)).await, "NOT_PERMITTED");
    let to_share = AppointProxyRequest {
        actions: vec![Action::Share.to_proto()],
        ..appoint(&patient, &person(9), GOALS)
    };
    assert_eq!(refusal(as_(&mother()).appoint_proxy(to_share).await), "FIELD_INVALID");
    as_(&administrator()).state_person(born(&patient, "2012-01-01", "US-CA")).await.unwrap();
    let longer = appoint(&patient, &person(9), GOALS);
    assert_eq!(
        refusal(as_(&mother()).appoint_proxy(longer).await),
        "BEYOND_OWN_AUTHORITY",
        "beyond majority"
    );
    // Added by name nobody is any more, and nobody acts by a name who is neither the person nor a parent.
    let by_name = |relationship: Relationship| AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: person(9).account.to_string(),
        relationship: relationship.to_proto(),
    };
    assert_eq!(refusal(world.as_(&mother()).add_holder(by_name(Relationship::Proxy)).await), "FIELD_INVALID");

    // The proxy gives it up; it cannot be ended twice.
    as_(&aunt()).end_authority(end(&patient, &appointed.authority_id)).await.unwrap();
    let again = as_(&mother()).end_authority(end(&patient, &appointed.authority_id)).await;
    assert_eq!(refusal(again), "AUTHORITY_ENDED");
    let listed = world.as_(&aunt()).list_records(ListRecordsRequest::default()).await.unwrap().into_inner();
    assert!(listed.records.is_empty());
}

#[tokio::test]
async fn a_minors_record_is_kept_by_the_birth_that_is_known_whatever_the_officer_typed() {
    let world = world().await;
    let patient = family(&world).await;
    let ask =
        RequestErasureRequest { request_id: request_id(), patient_id: patient.clone(), ..Default::default() };
    world.erasures(&mother()).request_erasure(ask).await.unwrap();
    let typed = || CarryOutErasureRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        grounds: Some(Grounds { authority: "the family's wish".into(), reason: "moved away".into() }),
        retention: Some(Retention {
            rule: "default".into(),
            birth_date: "1980-05-05".into(),
            last_service_date: "2015-07-01".into(),
        }),
        ..Default::default()
    };
    let state = async |birth_date| {
        world.authorities(&administrator()).state_person(born(&patient, birth_date, "US-CA")).await.unwrap();
    };
    state("2015-06-15").await;
    let refused = world.erasures(&officer()).carry_out_erasure(typed()).await.unwrap_err();
    assert_eq!(reason(&refused), "RETENTION_RUNS");
    assert_eq!(metadata(&refused, "retain_until_date"), "2043-06-15", "ten years after majority");
    state("1980-05-05").await;
    world.erasures(&officer()).carry_out_erasure(typed()).await.unwrap();
}

//! What waits for somebody's review in a network: found in order, decided on what was seen, and taken back by who proposed it.
#![cfg(test)]
mod common;
mod family;
use chrono::TimeDelta;
use common::*;
use family::*;
use holdfast_proto::consent::v1::*;
use holdfast_types::{Clock as _, Role};

/// Administers all of the network.
fn desk() -> Person {
    person(8).with(Role::PracticeAdministrator, None)
}

async fn proposed(world: &World, patient: &str) -> Authority {
    let order = record(patient, &father(), AuthorityBasis::Custody);
    let answer = world.authorities(&mother()).record_authority(order).await.unwrap().into_inner();
    answer.authority.unwrap()
}

async fn frozen(world: &World, patient: &str, of: &Person) -> Freeze {
    let placed = world.authorities(&administrator()).freeze_holder(freeze(patient, of)).await.unwrap();
    placed.into_inner().freeze.unwrap()
}

impl World {
    async fn waits(&self, page_size: i32, page_token: &str) -> ListWaitingAuthorityResponse {
        let asked = waiting(page_size, page_token);
        self.authorities(&officer()).list_waiting_authority(asked).await.unwrap().into_inner()
    }
}

fn waiting(page_size: i32, page_token: &str) -> ListWaitingAuthorityRequest {
    ListWaitingAuthorityRequest {
        tenant_id: tenant().to_string(),
        page_size,
        page_token: page_token.to_owned(),
    }
}

/// Each record with the id of what waits in it.
fn found(page: &ListWaitingAuthorityResponse) -> Vec<(&str, &str)> {
    let ids = page.waiting.iter().map(|one| match one.what.as_ref().unwrap() {
        waiting_authority::What::Freeze(freeze) => freeze.freeze_id.as_str(),
        waiting_authority::What::Proposal(proposal) => proposal.authority_id.as_str(),
    });
    page.waiting.iter().map(|one| one.patient_id.as_str()).zip(ids).collect()
}

#[tokio::test]
async fn what_ends_soonest_is_found_first_then_what_has_waited_longest_across_records() {
    let world = world().await;
    assert_eq!(world.waits(0, "").await, ListWaitingAuthorityResponse::default());
    let (one, other) = (family(&world).await, family(&world).await);
    let first = proposed(&world, &one).await;
    world.clock.advance(TimeDelta::hours(1));
    let second = proposed(&world, &other).await;
    let stopped = frozen(&world, &other, &father()).await;
    world.clock.advance(TimeDelta::hours(1));
    let later = frozen(&world, &one, &father()).await;

    let page = world.waits(3, "").await;
    assert_eq!(
        found(&page),
        [
            (other.as_str(), stopped.freeze_id.as_str()),
            (one.as_str(), later.freeze_id.as_str()),
            (one.as_str(), first.authority_id.as_str()),
        ]
    );
    assert_eq!(page.open_size, 4);
    assert_eq!(page.waiting[0].since_time, stopped.from_time);
    let rest = world.waits(3, &page.next_page_token).await;
    assert_eq!(found(&rest), [(other.as_str(), second.authority_id.as_str())]);
    assert_eq!(rest.next_page_token, "");

    // What somebody looked at, and a freeze that ended by itself, waits no more.
    let review = ReviewFreezeRequest { etag: page.waiting[1].etag.clone(), ..uphold(&one, &later, None) };
    world.authorities(&officer()).review_freeze(review).await.unwrap();
    world.authorities(&administrator()).attest_authority(attest(&one, &first)).await.unwrap();
    world.clock.advance(TimeDelta::hours(71));
    let left = world.waits(0, "").await;
    assert_eq!((found(&left), left.open_size), (vec![(other.as_str(), second.authority_id.as_str())], 1));
}

#[tokio::test]
async fn only_who_looks_after_the_whole_network_is_told_what_waits_and_each_look_is_on_the_log() {
    let world = world().await;
    let patient = family(&world).await;
    proposed(&world, &patient).await;
    for nobody in [mother(), therapist(), administrator(), person(9).with(Role::Operator, None)] {
        let refused = world.authorities(&nobody).list_waiting_authority(waiting(0, "")).await;
        assert_eq!(refusal(refused), "NOT_PERMITTED");
    }
    let elsewhere = ListWaitingAuthorityRequest { tenant_id: request_id(), ..waiting(0, "") };
    assert_eq!(
        refusal(world.authorities(&officer()).list_waiting_authority(elsewhere).await),
        "NOT_PERMITTED"
    );
    let too_many = world.authorities(&officer()).list_waiting_authority(waiting(101, "")).await;
    assert_eq!(refusal(too_many), "PAGE_SIZE_OUT_OF_RANGE");
    for person in [desk(), officer()] {
        let told = world.authorities(&person).list_waiting_authority(waiting(0, "")).await.unwrap();
        assert_eq!(told.into_inner().waiting[0].patient_id, patient);
    }
    let looks = world.looks("consent.ListWaitingAuthority").await;
    let permitted = looks.iter().filter(|look| look.refusal_reason.is_empty());
    let seen: Vec<_> = permitted.map(|look| (look.account_id.clone(), look.returned.len())).collect();
    assert_eq!(looks.len(), 7);
    assert!(
        seen.contains(&(desk().account.to_string(), 1)) && seen.contains(&(officer().account.to_string(), 1))
    );
    assert!(looks.iter().flat_map(|look| &look.returned).all(|one| one.id == patient));
}

#[tokio::test]
async fn who_proposed_takes_it_back_while_it_waits_and_the_log_keeps_that_it_was_proposed() {
    let world = world().await;
    let patient = family(&world).await;
    let proposal = proposed(&world, &patient).await;
    let waited = world.clock.now();
    world.clock.advance(TimeDelta::minutes(1));
    for nobody in [father(), aunt(), therapist()] {
        let refused = world.authorities(&nobody).withdraw_authority(withdraw(&patient, &proposal)).await;
        assert_eq!(refusal(refused), "NOT_PERMITTED");
    }
    let other = Authority { authority_id: request_id(), ..Authority::default() };
    let unknown = world.authorities(&administrator()).withdraw_authority(withdraw(&patient, &other)).await;
    assert_eq!(refusal(unknown), "AUTHORITY_UNKNOWN");

    let take_back = withdraw(&patient, &proposal);
    let done = world.authorities(&mother()).withdraw_authority(take_back.clone()).await.unwrap().into_inner();
    assert!(done.position.is_some());
    let again = world.authorities(&mother()).withdraw_authority(take_back).await.unwrap().into_inner();
    assert_eq!(again, done, "a repeated command acts once");
    let twice = world.authorities(&mother()).withdraw_authority(withdraw(&patient, &proposal)).await;
    assert_eq!(refusal(twice), "AUTHORITY_ENDED");
    let attested = world.authorities(&administrator()).attest_authority(attest(&patient, &proposal)).await;
    assert_eq!(refusal(attested), "AUTHORITY_ENDED");
    assert!(world.waits(0, "").await.waiting.is_empty());
    let now = world.clock.now();
    assert!(world.then(&mother(), &patient, now, None).await.authorities.is_empty());
    let then = world.then(&mother(), &patient, waited, Some(waited)).await;
    assert_eq!(then.authorities, [proposal]);
}

#[tokio::test]
async fn whoever_attests_turns_down_what_was_not_shown_and_decides_on_what_they_saw() {
    let world = world().await;
    let patient = family(&world).await;
    let (first, second) = (proposed(&world, &patient).await, proposed(&world, &patient).await);
    let seen = world.waits(0, "").await.waiting[0].etag.clone();
    let turned_down = WithdrawAuthorityRequest { etag: seen.clone(), ..withdraw(&patient, &first) };
    world.authorities(&administrator()).withdraw_authority(turned_down).await.unwrap();
    let late = || AttestAuthorityRequest { etag: seen.clone(), ..attest(&patient, &second) };
    let refused = world.authorities(&officer()).attest_authority(late()).await;
    assert_eq!(refusal(refused), "ETAG_MISMATCH");
    let etag = world.then(&officer(), &patient, world.clock.now(), None).await.etag;
    assert_eq!(world.waits(0, "").await.waiting[0].etag, etag);
    let fresh = AttestAuthorityRequest { etag, ..attest(&patient, &second) };
    world.authorities(&officer()).attest_authority(fresh).await.unwrap();
    assert_eq!(world.waits(0, "").await.open_size, 0);
    let stands = world.authorities(&mother()).withdraw_authority(withdraw(&patient, &second)).await;
    assert_eq!(refusal(stands), "AUTHORITY_ENDED", "what stands is ended by who may end it");
    // Whoever is named in what waits may decline it.
    let third = proposed(&world, &patient).await;
    world.authorities(&father()).end_authority(end(&patient, &third.authority_id)).await.unwrap();
    let declined = world.authorities(&officer()).attest_authority(attest(&patient, &third)).await;
    assert_eq!(refusal(declined), "AUTHORITY_ENDED");
}

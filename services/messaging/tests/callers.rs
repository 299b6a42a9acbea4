//! Who is let in at all, whose threads are whose, and what cannot be read.
#![cfg(test)]
mod common;

use chrono::TimeDelta;
use common::{Client, World, grant, world, world_putting_down};
use holdfast_access::{GrantFact, Grantee};
use holdfast_host::client::Outgoing;
use holdfast_proto::{access::v1::DoorRefused, messaging::v1::*};
use holdfast_testkit::{
    raw,
    refusal::{reason_at, refused},
    service::{Person, patiently, person, practice},
};
use holdfast_types::*;
use std::collections::BTreeMap;
use tonic::Status;
use uuid::Uuid;

type Refusals = Vec<(&'static str, &'static str, String)>;

/// The refusals of every method that names a thread.
async fn of_a_thread(mut client: Client, patient: PatientId, thread: &Thread) -> Refusals {
    let (patient_id, thread_id) = (patient.to_string(), thread.thread_id.clone());
    let request_id = || Uuid::from_u128(0xCA11).to_string();
    let get =
        GetThreadRequest { patient_id: patient_id.clone(), thread_id: thread_id.clone(), as_of_time: None };
    let list = ListMessagesRequest {
        patient_id: patient_id.clone(),
        thread_id: thread_id.clone(),
        ..Default::default()
    };
    let post = PostMessageRequest {
        request_id: request_id(),
        patient_id: patient_id.clone(),
        thread_id: thread_id.clone(),
        body: "hello".into(),
        ..Default::default()
    };
    let read = MarkReadRequest {
        request_id: request_id(),
        patient_id: patient_id.clone(),
        thread_id: thread_id.clone(),
        message_id: thread_id.clone(),
    };
    let close = CloseThreadRequest {
        request_id: request_id(),
        patient_id: patient_id.clone(),
        thread_id: thread_id.clone(),
    };
    let watch = WatchThreadRequest { patient_id, thread_id, after_message_id: String::new() };
    let mut said = Vec::new();
    let mut say = |method, (reason, place)| said.push((method, reason, place));
    say("GetThread", reason_at(client.get_thread(get).await));
    say("ListMessages", reason_at(client.list_messages(list).await));
    say("PostMessage", reason_at(client.post_message(post).await));
    say("MarkRead", reason_at(client.mark_read(read).await));
    say("CloseThread", reason_at(client.close_thread(close).await));
    say("WatchThread", reason_at::<()>(Err(end_of(&mut client, watch).await)));
    said
}

async fn end_of(client: &mut Client, watch: WatchThreadRequest) -> Status {
    match client.watch_thread(watch).await {
        Ok(live) => refused(live.into_inner().message().await),
        Err(status) => status,
    }
}

/// Nothing has come to the thread, and nobody has read in it.
async fn untouched(world: &World, thread: &Thread) {
    assert_eq!(&world.get(&world.mother, thread).await.unwrap(), thread);
    assert_eq!(world.unread(&world.therapist).await, 1);
}

#[tokio::test]
async fn no_method_answers_without_a_token_that_is_ours_and_still_good() {
    let world = world().await;
    let served = &world.served;
    let expired = served.outgoing_of(&world.mother, served.clock.now() - TimeDelta::minutes(6));
    let thread = Thread { thread_id: Uuid::from_u128(1).to_string(), ..Thread::default() };
    for (outgoing, expected) in [
        (Outgoing::new(), "TOKEN_MISSING"),
        (served.forged(&world.mother), "TOKEN_INVALID"),
        (expired, "TOKEN_EXPIRED"),
    ] {
        let mut client = world.with(outgoing);
        let mut said: Vec<_> = of_a_thread(client.clone(), world.patient, &thread)
            .await
            .into_iter()
            .map(|(method, reason, _)| (method, reason))
            .collect();
        let threads = ListThreadsRequest { patient_id: world.patient.to_string(), ..Default::default() };
        said.push(("StartThread", reason_at(client.start_thread(world.start(1, "hello")).await).0));
        said.push(("ListThreads", reason_at(client.list_threads(threads).await).0));
        said.push(("CountUnread", reason_at(client.count_unread(CountUnreadRequest::default()).await).0));
        said.push(("GetStep", reason_at(client.get_step(GetStepRequest::default()).await).0));
        assert_eq!(said.len(), 10);
        assert!(said.iter().all(|(_, reason)| *reason == expected), "{expected}: {said:?}");
    }
    assert!(served.envelopes().await.is_empty());
}

#[tokio::test]
async fn who_is_turned_away_is_counted_on_the_log_by_reason_and_nothing_is_kept_of_them() {
    let world = world_putting_down(1).await;
    let served = &world.served;
    let expired = served.outgoing_of(&world.mother, served.clock.now() - TimeDelta::minutes(6));
    let mut refused = BTreeMap::<String, u64>::new();
    for outgoing in [Outgoing::new(), Outgoing::new(), served.forged(&world.mother), expired] {
        let (reason, _) = reason_at(world.with(outgoing).count_unread(CountUnreadRequest::default()).await);
        *refused.entry(reason.to_owned()).or_default() += 1;
    }
    assert_eq!(refused.len(), 3);
    let all_put_down = || async {
        // Perhaps in several parts.
        let mut put_down = BTreeMap::<String, u64>::new();
        for envelope in served.envelopes().await {
            let header = envelope.header;
            assert_eq!((header.patient, header.actor), (None, Actor::Anonymous));
            let part: DoorRefused = envelope.public_payload.unwrap().to_msg().unwrap();
            *put_down.entry(part.reason).or_default() += part.count;
        }
        if put_down.values().sum::<u64>() < 4 { Err(Status::unavailable("not yet")) } else { Ok(put_down) }
    };
    assert_eq!(patiently(all_put_down).await.unwrap(), refused);
}

#[tokio::test]
async fn who_was_turned_away_is_put_on_the_log_when_the_service_ends() {
    let world = world_putting_down(3600).await;
    let refused = world.with(Outgoing::new()).count_unread(CountUnreadRequest::default()).await;
    assert_eq!(reason_at(refused).0, "TOKEN_MISSING");
    let database = &world.served.database;
    assert_eq!(database.events("door.refused").await, 0);
    world.served.network.stop().cancel();
    let put_down = || async {
        match database.events("door.refused").await {
            0 => Err(Status::unavailable("not yet")),
            count => Ok(count),
        }
    };
    assert_eq!(patiently(put_down).await.unwrap(), 1);
}

#[tokio::test]
async fn a_thread_of_another_record_is_none_of_ones_own() {
    let world = world().await;
    let thread = world.thread().await;
    let other = PatientId::new(Uuid::from_u128(0xF01));
    world.hold(other, &world.stranger).await;
    for (method, reason, place) in of_a_thread(world.as_(&world.stranger), other, &thread).await {
        assert_eq!((reason, place.as_str()), ("THREAD_UNKNOWN", "thread_id"), "{method}");
    }
    for (method, reason, _) in of_a_thread(world.as_(&world.stranger), world.patient, &thread).await {
        assert_eq!(reason, "NOT_PERMITTED", "{method}");
    }
    untouched(&world, &thread).await;
}

#[tokio::test]
async fn a_therapist_sees_the_threads_of_their_own_practice_alone() {
    let world = world().await;
    let thread = world.thread().await;
    let elsewhere = PracticeId::new(Uuid::from_u128(0xB2));
    let colleague: Person = person(5).with(Role::Therapist, Some(elsewhere));
    let to = Grantee::Practice { practice: elsewhere, role: Role::Therapist };
    let id = GrantId::new(Uuid::from_u128(0x62));
    world.share(GrantFact { id, grantee: to, ..grant(world.patient) }).await;
    let mut client = world.as_(&colleague);
    let threads = ListThreadsRequest { patient_id: world.patient.to_string(), ..Default::default() };
    assert!(client.list_threads(threads).await.unwrap().into_inner().threads.is_empty());
    assert_eq!(world.unread(&colleague).await, 0);
    for (method, reason, place) in of_a_thread(client.clone(), world.patient, &thread).await {
        assert_eq!((reason, place.as_str()), ("THREAD_UNKNOWN", "thread_id"), "{method}");
    }
    // Nor do they open one at a practice that is not theirs.
    assert_eq!(reason_at(client.start_thread(world.start(2, "hello")).await).0, "NOT_PERMITTED");
    let mut looks = world.served.looks("messaging.StartThread").await;
    looks.retain(|look| look.account_id == colleague.account.to_string());
    assert_eq!(looks.iter().map(|look| look.returned.len()).collect::<Vec<_>>(), [0], "that it was tried");
    let own = StartThreadRequest { practice_id: elsewhere.to_string(), ..world.start(3, "hello") };
    let own = client.start_thread(own).await.unwrap().into_inner().thread.unwrap();
    assert_ne!(own.practice_id, practice().to_string());
    untouched(&world, &thread).await;
}

#[tokio::test]
async fn a_page_is_of_a_stated_size_and_its_token_of_its_own_query() {
    let world = world().await;
    let (first, second) = (world.thread_of(1).await, world.thread_of(2).await);
    world.says(&world.mother, 3, &first, "more").await;
    let mut client = world.as_(&world.mother);
    let patient_id = world.patient.to_string();
    let threads = ListThreadsRequest { patient_id, page_size: 1, ..Default::default() };
    let of_threads = client.list_threads(threads.clone()).await.unwrap().into_inner().next_page_token;
    let messages = ListMessagesRequest { page_size: 1, ..world.listing(&first) };
    let of_first = client.list_messages(messages.clone()).await.unwrap().into_inner().next_page_token;

    let other = Uuid::from_u128(0xF01).to_string();
    for (asked, expected) in [
        (
            ListThreadsRequest { page_token: of_first.clone(), ..threads.clone() },
            "PAGE_TOKEN_OF_ANOTHER_QUERY",
        ),
        (
            ListThreadsRequest { page_token: of_threads.clone(), patient_id: other, ..threads.clone() },
            "PAGE_TOKEN_OF_ANOTHER_QUERY",
        ),
        (ListThreadsRequest { page_token: "nonsense".into(), ..threads.clone() }, "PAGE_TOKEN_MALFORMED"),
    ] {
        assert_eq!(reason_at(client.list_threads(asked).await), (expected, "page_token".into()));
    }
    let elsewhere = ListMessagesRequest { page_token: of_first, ..world.listing(&second) };
    let expected = ("PAGE_TOKEN_OF_ANOTHER_QUERY", "page_token".to_owned());
    assert_eq!(reason_at(client.list_messages(elsewhere).await), expected);
    for page_size in [201, -1, i32::MAX] {
        let expected = ("PAGE_SIZE_OUT_OF_RANGE", "page_size".to_owned());
        let asked = ListThreadsRequest { page_size, ..threads.clone() };
        assert_eq!(reason_at(client.list_threads(asked).await), expected);
        let asked = ListMessagesRequest { page_size, ..messages.clone() };
        assert_eq!(reason_at(client.list_messages(asked).await), expected);
    }
    let asked = CountUnreadRequest { patient_ids: vec![world.patient.to_string(); 201] };
    assert_eq!(reason_at(client.count_unread(asked).await), ("TOO_MANY", "patient_ids".to_owned()));
    let asked = CountUnreadRequest { patient_ids: vec![world.patient.to_string(), "me".into()] };
    assert_eq!(reason_at(client.count_unread(asked).await), ("ID_MALFORMED", "patient_ids[1]".to_owned()));
}

#[tokio::test]
async fn a_message_that_is_no_unicode_is_refused_with_its_field_and_changes_nothing() {
    let world = world().await;
    let thread = world.thread().await;
    let post = raw::spoiled(&world.post(2, &thread, "~"));
    let path = "/holdfast.messaging.v1.MessagingService/PostMessage";
    let refused = raw::send(&world.served.channel, path, &world.served.token(&world.mother), post).await;
    assert_eq!(reason_at(refused), ("MESSAGE_MALFORMED", "body".to_owned()));
    untouched(&world, &thread).await;
}

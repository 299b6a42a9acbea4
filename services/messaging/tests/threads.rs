//! Threads through gRPC: who reads and writes what, live, and what is refused.
#![cfg(test)]
mod common;

use common::{world, world_granting};
use holdfast_access::views::ConsentFact;
use holdfast_proto::{access::v1::Outcome, messaging::v1::*};
use holdfast_testkit::{
    refusal::{reason, reason_at, refused},
    service::{practice_created, tenant},
};
use holdfast_types::*;
use uuid::Uuid;

#[tokio::test]
async fn a_family_writes_and_the_care_team_reads_and_answers() {
    let world = world().await;
    let thread = world.thread().await;
    assert!(thread.waiting_for_care_team);
    assert_eq!(world.unread(&world.therapist).await, 1);
    assert_eq!(world.unread(&world.mother).await, 0);
    let read = world.messages(&world.therapist, &thread).await.unwrap();
    assert_eq!((read[0].body.as_str(), read[0].from_family), ("He said water!", true));
    world.as_(&world.therapist).post_message(world.post(2, &thread, "Wonderful!")).await.unwrap();
    assert_eq!(world.unread(&world.mother).await, 1);
    assert_eq!(world.unread(&world.therapist).await, 0, "who answers has read");
    let both = world.messages(&world.mother, &thread).await.unwrap();
    assert_eq!(both.iter().map(|message| message.from_family).collect::<Vec<_>>(), [true, false]);
    world.as_(&world.mother).mark_read(world.reading(3, &both[1])).await.unwrap();
    assert_eq!(world.unread(&world.mother).await, 0);
    let looks = world.served.looks("messaging.ListMessages").await;
    assert_eq!(looks.len(), 2, "each reading is on the log");
    assert_eq!(looks.iter().map(|look| look.returned.len()).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_look_at_a_thread_that_is_not_there_is_on_the_log() {
    let world = world().await;
    let thread = world.thread().await;
    let none = Thread { thread_id: Uuid::from_u128(77).to_string(), ..thread.clone() };
    assert_eq!(reason(&refused(world.get(&world.mother, &none).await)), "THREAD_UNKNOWN");
    assert_eq!(reason(&refused(world.messages(&world.mother, &none).await)), "THREAD_UNKNOWN");
    let mut client = world.as_(&world.mother);
    let live = client.watch_thread(world.watching(&none, "")).await.unwrap().into_inner();
    assert_eq!(reason(&world.end_of(live).await), "THREAD_UNKNOWN");
    let after = Uuid::from_u128(78).to_string();
    let live = client.watch_thread(world.watching(&thread, &after)).await.unwrap().into_inner();
    assert_eq!(reason(&world.end_of(live).await), "MESSAGE_UNKNOWN");
    for (method, count) in [("GetThread", 1), ("ListMessages", 1), ("WatchThread", 2)] {
        let looks = world.served.looks(&format!("messaging.{method}")).await;
        assert_eq!(looks.len(), count, "{method}");
        assert!(looks.iter().all(|look| look.outcome() == Outcome::Permitted && look.returned.is_empty()));
    }
}

#[tokio::test]
async fn a_stranger_is_refused_and_the_refusal_is_on_the_log() {
    let world = world().await;
    let thread = world.thread().await;
    assert_eq!(reason(&refused(world.messages(&world.stranger, &thread).await)), "NOT_PERMITTED");
    let looks = world.served.looks("messaging.ListMessages").await;
    assert_eq!(looks.last().unwrap().refusal_reason, "NOT_PERMITTED");
}

#[tokio::test]
async fn a_message_for_someone_elses_thread_is_refused() {
    let world = world().await;
    let thread = world.thread().await;
    let other = PatientId::new(Uuid::from_u128(0xF01));
    let facts = [
        ConsentFact::RecordOpened { patient: other, tenant: tenant() },
        ConsentFact::HolderAdded {
            patient: other,
            account: world.stranger.account,
            relationship: Relationship::Parent,
        },
    ];
    world.served.consent_says(&facts).await;
    let mut post = world.post(9, &thread, "hello");
    post.patient_id = other.to_string();
    assert_eq!(reason(&refused(world.as_(&world.stranger).post_message(post).await)), "THREAD_UNKNOWN");
    assert_eq!(world.messages(&world.mother, &thread).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_request_posts_once() {
    let world = world().await;
    let thread = world.thread().await;
    let first =
        world.as_(&world.mother).post_message(world.post(5, &thread, "once")).await.unwrap().into_inner();
    let again =
        world.as_(&world.mother).post_message(world.post(5, &thread, "once")).await.unwrap().into_inner();
    assert_eq!(first.message.unwrap().message_id, again.message.unwrap().message_id);
    assert_eq!(
        reason(&refused(world.as_(&world.mother).post_message(world.post(5, &thread, "twice")).await)),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(world.messages(&world.mother, &thread).await.unwrap().len(), 2);
}

#[tokio::test]
async fn words_that_say_nothing_or_too_much_are_refused_with_their_field() {
    let world = world().await;
    let base = || world.start(1, "hello");
    let long = "x".repeat(10_001);
    for (request, expected) in [
        (world.start(1, "  "), ("BODY_EMPTY", "body")),
        (world.start(1, &long), ("BODY_TOO_LONG", "body")),
        (StartThreadRequest { subject: String::new(), ..base() }, ("SUBJECT_EMPTY", "subject")),
        (StartThreadRequest { subject: "x".repeat(201), ..base() }, ("TEXT_TOO_LONG", "subject")),
        (StartThreadRequest { practice_id: "seven".into(), ..base() }, ("ID_MALFORMED", "practice_id")),
    ] {
        let (reason, place) = reason_at(world.as_(&world.mother).start_thread(request).await);
        assert_eq!((reason, place.as_str()), expected);
    }
    assert!(world.served.envelopes().await.is_empty(), "nothing of it is on the log");
}

#[tokio::test]
async fn a_thread_to_a_practice_that_does_not_exist_is_refused_and_changes_nothing() {
    let world = world().await;
    let nowhere = PracticeId::new(Uuid::from_u128(0xB2));
    let start = StartThreadRequest { practice_id: nowhere.to_string(), ..world.start(1, "hello") };
    let mut client = world.as_(&world.mother);
    let (reason, place) = reason_at(client.start_thread(start.clone()).await);
    assert_eq!((reason, place.as_str()), ("PRACTICE_UNKNOWN", "practice_id"));
    assert!(world.served.envelopes().await.is_empty(), "nothing of it is on the log");
    // As soon as identity has said so, there is one.
    practice_created(world.served.identity.as_ref().unwrap(), nowhere).await;
    let thread = client.start_thread(start).await.unwrap().into_inner().thread.unwrap();
    assert_eq!(thread.practice_id, nowhere.to_string());
}

#[tokio::test]
async fn a_closed_thread_takes_no_more() {
    let world = world().await;
    let thread = world.thread().await;
    world.as_(&world.therapist).close_thread(world.closing(7, &thread)).await.unwrap();
    let (reason, place) =
        reason_at(world.as_(&world.mother).post_message(world.post(8, &thread, "more")).await);
    assert_eq!((reason, place.as_str()), ("THREAD_CLOSED", "thread_id"));
    assert_eq!(world.messages(&world.mother, &thread).await.unwrap().len(), 1);
}

#[tokio::test]
async fn new_messages_come_live_until_the_grant_ends() {
    let world = world().await;
    let thread = world.thread().await;
    let mut live =
        world.as_(&world.therapist).watch_thread(world.watching(&thread, "")).await.unwrap().into_inner();
    // The stream begins with what comes after it was opened: post until it hears.
    let mut request = 100;
    let heard = loop {
        request += 1;
        world.as_(&world.mother).post_message(world.post(request, &thread, "news")).await.unwrap();
        let step = std::time::Duration::from_millis(300);
        if let Ok(message) = tokio::time::timeout(step, live.message()).await {
            break message.unwrap().unwrap();
        }
    };
    assert_eq!(heard.body, "news");
    world.revoke().await;
    assert_eq!(reason(&world.end_of(live).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn a_live_stream_ends_with_its_token() {
    let world = world().await;
    let thread = world.thread().await;
    let mut live =
        world.as_(&world.mother).watch_thread(world.watching(&thread, "")).await.unwrap().into_inner();
    let second = world.says(&world.therapist, 2, &thread, "Wonderful!").await;
    // Where the stream began after the message, it is asked for by its predecessor.
    if world.messages(&world.mother, &thread).await.unwrap().len() == 2 {
        let first = world.messages(&world.mother, &thread).await.unwrap().remove(0);
        let after = world.watching(&thread, &first.message_id);
        live = world.as_(&world.mother).watch_thread(after).await.unwrap().into_inner();
    }
    assert_eq!(live.message().await.unwrap().unwrap().message_id, second.message_id);
    world.served.clock.advance(chrono::TimeDelta::seconds(300));
    let end = live.message().await.unwrap_err();
    assert_eq!(reason(&end), "TOKEN_EXPIRED");
    world.as_(&world.mother).watch_thread(world.watching(&thread, "")).await.unwrap();
}

#[tokio::test]
async fn a_live_stream_goes_on_after_the_message_that_was_seen_last() {
    let world = world().await;
    let thread = world.thread().await;
    for (request, body) in [(2, "two"), (3, "three"), (4, "four")] {
        world.says(&world.mother, request, &thread, body).await;
    }
    let all = world.messages(&world.therapist, &thread).await.unwrap();
    let after = world.watching(&thread, &all[1].message_id);
    let mut live = world.as_(&world.therapist).watch_thread(after).await.unwrap().into_inner();
    for expected in ["three", "four"] {
        assert_eq!(live.message().await.unwrap().unwrap().body, expected);
    }
    world.says(&world.mother, 5, &thread, "five").await;
    assert_eq!(live.message().await.unwrap().unwrap().body, "five");
    let unknown = world.watching(&thread, &Uuid::from_u128(99).to_string());
    let live = world.as_(&world.therapist).watch_thread(unknown).await.unwrap().into_inner();
    let (reason, place) = reason_at::<()>(Err(world.end_of(live).await));
    assert_eq!((reason, place.as_str()), ("MESSAGE_UNKNOWN", "after_message_id"));
}

#[tokio::test]
async fn unread_messages_are_counted_over_all_threads_of_a_record() {
    let world = world().await;
    let (first, second) = (world.thread_of(1).await, world.thread_of(2).await);
    world.says(&world.mother, 3, &second, "And juice.").await;
    assert_eq!(world.unread(&world.therapist).await, 3);
    let read = world.messages(&world.therapist, &second).await.unwrap();
    world.as_(&world.therapist).mark_read(world.reading(4, &read[0])).await.unwrap();
    assert_eq!(world.unread(&world.therapist).await, 2);
    assert_eq!(world.get(&world.therapist, &first).await.unwrap().unread_count, 1);
    assert_eq!(world.get(&world.therapist, &second).await.unwrap().unread_count, 1);
    // Reading on and then back again unreads nothing.
    world.as_(&world.therapist).mark_read(world.reading(5, &read[1])).await.unwrap();
    world.as_(&world.therapist).mark_read(world.reading(6, &read[0])).await.unwrap();
    assert_eq!(world.unread(&world.therapist).await, 1);
    assert_eq!(world.unread(&world.mother).await, 0);
}

#[tokio::test]
async fn a_record_that_is_named_and_not_permitted_leaves_its_refusal_on_the_log() {
    let world = world().await;
    world.thread().await;
    let other = PatientId::new(Uuid::from_u128(0xF01));
    world.hold(other, &world.stranger).await;
    let (own, other) = (world.patient.to_string(), other.to_string());
    let asked = CountUnreadRequest { patient_ids: vec![other.clone(), own.clone(), other.clone()] };
    let counts = world.as_(&world.therapist).count_unread(asked).await.unwrap().into_inner().counts;
    assert_eq!(counts, [UnreadCount { patient_id: own, unread_count: 1 }]);
    let looks = world.served.looks("messaging.CountUnread").await;
    let refused: Vec<_> = looks.iter().filter(|look| !look.refusal_reason.is_empty()).collect();
    assert_eq!((looks.len(), refused.len()), (2, 1));
    assert_eq!(
        (refused[0].patient_id.as_str(), refused[0].refusal_reason.as_str()),
        (other.as_str(), "NOT_PERMITTED")
    );
}

#[tokio::test]
async fn a_look_names_the_messages_of_its_page_and_no_other() {
    let world = world().await;
    let thread = world.thread().await;
    world.says(&world.mother, 2, &thread, "two").await;
    let page = ListMessagesRequest { page_size: 1, ..world.listing(&thread) };
    let shown = world.as_(&world.therapist).list_messages(page).await.unwrap().into_inner();
    assert!(!shown.next_page_token.is_empty());
    let looks = world.served.looks("messaging.ListMessages").await;
    let named: Vec<_> = looks.iter().flat_map(|look| &look.returned).map(|returned| &returned.id).collect();
    assert_eq!(named, [&shown.messages[0].message_id]);
}

#[tokio::test]
async fn who_may_only_read_reads_and_writes_nothing() {
    let world = world_granting(&[Action::Read]).await;
    let thread = world.thread().await;
    let mut client = world.as_(&world.therapist);
    let read = world.messages(&world.therapist, &thread).await.unwrap();
    client.mark_read(world.reading(2, &read[0])).await.unwrap();
    assert_eq!(world.unread(&world.therapist).await, 0);
    let before = world.get(&world.mother, &thread).await.unwrap();
    assert_eq!(reason(&refused(client.post_message(world.post(3, &thread, "no")).await)), "NOT_PERMITTED");
    assert_eq!(reason(&refused(client.start_thread(world.start(4, "no")).await)), "NOT_PERMITTED");
    assert_eq!(reason(&refused(client.close_thread(world.closing(5, &thread)).await)), "NOT_PERMITTED");
    assert_eq!(world.get(&world.mother, &thread).await.unwrap(), before);
}

#[tokio::test]
async fn who_may_only_write_learns_where_it_is_and_no_content() {
    let world = world_granting(&[Action::Contribute]).await;
    world.fresh().await;
    let mut client = world.as_(&world.therapist);
    let started = client.start_thread(world.start(1, "See you on Tuesday.")).await.unwrap().into_inner();
    let again = client.start_thread(world.start(1, "See you on Tuesday.")).await.unwrap().into_inner();
    assert_eq!(again, started);
    let thread = started.thread.unwrap();
    assert_eq!((thread.subject.as_str(), thread.message_count), ("", 0));
    assert_eq!(reason(&refused(world.messages(&world.therapist, &thread).await)), "NOT_PERMITTED");
    assert_eq!(world.get(&world.mother, &thread).await.unwrap().message_count, 1);
    assert!(world.served.looks("messaging.StartThread").await.is_empty(), "nobody asked to read");
}

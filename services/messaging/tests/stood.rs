//! Threads and messages as they stood at a moment, and what was said or closed one step at a time.
#![cfg(test)]
mod common;
use chrono::{DateTime, TimeDelta, Utc};
use common::{World, grant, world, world_granting};
use holdfast_access::GrantFact;
use holdfast_proto::{messaging::v1::*, time, timestamp};
use holdfast_testkit::{
    refusal::{reason, refused},
    service::Person,
};
use holdfast_types::*;
use uuid::Uuid;

impl World {
    fn later(&self) {
        self.served.clock.advance(TimeDelta::seconds(1));
    }

    async fn then(&self, by: &Person, at: DateTime<Utc>) -> Vec<Thread> {
        let as_of_time = Some(timestamp(at));
        let patient_id = self.patient.to_string();
        let asked = ListThreadsRequest { patient_id, as_of_time, ..Default::default() };
        self.as_(by).list_threads(asked).await.unwrap().into_inner().threads
    }

    async fn one_then(
        &self,
        by: &Person,
        thread: &Thread,
        at: DateTime<Utc>,
    ) -> Result<Thread, tonic::Status> {
        let as_of_time = Some(timestamp(at));
        let (patient_id, thread_id) = (self.patient.to_string(), thread.thread_id.clone());
        let asked = GetThreadRequest { patient_id, thread_id, as_of_time };
        Ok(self.as_(by).get_thread(asked).await?.into_inner())
    }

    async fn said(&self, by: &Person, thread: &Thread, at: DateTime<Utc>) -> Vec<String> {
        let asked = ListMessagesRequest { as_of_time: Some(timestamp(at)), ..self.listing(thread) };
        let messages = self.as_(by).list_messages(asked).await.unwrap().into_inner().messages;
        messages.into_iter().map(|message| message.body).collect()
    }

    async fn step(&self, by: &Person, at: Option<DateTime<Utc>>) -> Step {
        let asked = GetStepRequest { patient_id: self.patient.to_string(), at_time: at.map(timestamp) };
        self.as_(by).get_step(asked).await.unwrap().into_inner()
    }

    /// A thread that is answered and closed, and a second one.
    async fn two_threads(&self) -> (Thread, Thread, [DateTime<Utc>; 4]) {
        let now = || self.served.clock.now();
        let (mother, therapist) = (&self.mother, &self.therapist);
        let first = self.thread().await;
        let began = now();
        self.later();
        self.says(therapist, 2, &first, "Wonderful!").await;
        let answered = now();
        self.later();
        self.as_(therapist).close_thread(self.closing(3, &first)).await.unwrap();
        let closed = now();
        self.later();
        let second = self.thread_of(4).await;
        assert_eq!(self.unread(mother).await, 1, "and nobody read in between");
        (first, second, [began, answered, closed, now()])
    }
}

fn before(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::microseconds(1)
}

#[tokio::test]
async fn threads_and_messages_are_shown_as_they_stood() {
    let world = world().await;
    let (first, second, [began, answered, closed, again]) = world.two_threads().await;
    let mother = world.mother.clone();
    assert!(world.then(&mother, before(began)).await.is_empty());
    let then = world.then(&mother, began).await;
    assert_eq!(then.len(), 1);
    let asked = Thread { unread_count: 0, etag: String::new(), ..first.clone() };
    assert_eq!(then[0], asked, "as its beginning was answered, with nothing to change it by");
    assert!(then[0].waiting_for_care_team);
    let then = world.then(&mother, before(closed)).await;
    assert_eq!((then[0].message_count, then[0].closed, then[0].waiting_for_care_team), (2, false, false));
    assert_eq!(then[0].last_message_time, Some(timestamp(answered)));
    let then = world.then(&mother, closed).await;
    assert!(then[0].closed && then[0].message_count == 2);
    let then = world.then(&mother, again).await;
    let ids: Vec<&str> = then.iter().map(|thread| thread.thread_id.as_str()).collect();
    assert_eq!(ids, [&second.thread_id, &first.thread_id], "last activity first");

    assert!(!world.one_then(&mother, &first, answered).await.unwrap().closed);
    assert!(world.one_then(&mother, &first, closed).await.unwrap().closed);
    assert!(world.get(&mother, &first).await.unwrap().closed);
    let nothing = world.one_then(&mother, &second, before(again)).await;
    assert_eq!(reason(&refused(nothing)), "THREAD_UNKNOWN");
    assert!(world.said(&mother, &first, before(began)).await.is_empty());
    assert_eq!(world.said(&mother, &first, before(answered)).await, ["He said water!"]);
    assert_eq!(world.said(&mother, &first, answered).await, ["He said water!", "Wonderful!"]);

    // In pages of one moment.
    let then = ListThreadsRequest {
        patient_id: world.patient.to_string(),
        page_size: 1,
        as_of_time: Some(timestamp(again)),
        ..Default::default()
    };
    let mut client = world.as_(&mother);
    let page = client.list_threads(then.clone()).await.unwrap().into_inner();
    let page_token = page.next_page_token;
    let next = ListThreadsRequest { page_token: page_token.clone(), ..then.clone() };
    let next = client.list_threads(next).await.unwrap().into_inner();
    assert_eq!((page.threads[0].thread_id.as_str(), next.threads[0].thread_id.as_str()), (ids[0], ids[1]));
    let moved = ListThreadsRequest { page_token, as_of_time: Some(timestamp(closed)), ..then };
    assert_eq!(reason(&refused(client.list_threads(moved).await)), "PAGE_TOKEN_OF_ANOTHER_QUERY");
}

#[tokio::test]
async fn what_was_said_and_closed_is_stepped_through_one_by_one() {
    let world = world().await;
    assert_eq!(world.step(&world.mother, None).await, Step::default(), "nothing was said yet");
    let (first, second, [began, answered, closed, again]) = world.two_threads().await;
    // Reading is no change.
    world.later();
    let read = world.messages(&world.mother, &first).await.unwrap();
    world.as_(&world.mother).mark_read(world.reading(9, &read[1])).await.unwrap();
    let by = |person: &Person| format!("account/{}", person.account);
    let expected = [
        (again, ThreadChangeKind::Started, &second, "He said water!", by(&world.mother)),
        (closed, ThreadChangeKind::Closed, &first, "", by(&world.therapist)),
        (answered, ThreadChangeKind::Posted, &first, "Wonderful!", by(&world.therapist)),
        (began, ThreadChangeKind::Started, &first, "He said water!", by(&world.mother)),
    ];
    let (mut at, mut following) = (None, None);
    for (number, (moment, kind, thread, body, by)) in (1..=4).rev().zip(expected) {
        let step = world.step(&world.mother, at).await;
        assert_eq!((step.step_number, step.step_count, step.total_size), (number, 4, 1));
        assert_eq!((step.step_time, step.following_time), (Some(timestamp(moment)), following));
        let change = &step.changes[0];
        assert_eq!((change.kind(), &change.thread_id, &change.recorded_by), (kind, &thread.thread_id, &by));
        let mine = by == format!("account/{}", world.mother.account);
        let rule = if mine { "parent-holds-record" } else { "granted-to-role-at-organization" };
        assert_eq!(change.rule_ids, [rule]);
        assert_eq!(change.subject, "Practice at home");
        assert_eq!(change.message.as_ref().map_or("", |message| &message.body), body);
        (at, following) = (step.previous_time.as_ref().map(|at| time(at).unwrap()), step.step_time);
    }
    assert_eq!(at, None);
    let nothing = world.step(&world.mother, Some(before(began))).await;
    assert_eq!((nothing.step_number, nothing.step_count, nothing.following_time), (0, 4, following));
    let looks = world.served.looks("messaging.GetStep").await;
    assert_eq!(
        looks.iter().map(|look| look.returned.len()).sum::<usize>(),
        4,
        "each look names what it showed"
    );
}

#[tokio::test]
async fn of_what_was_everybody_sees_what_is_shared_with_them_now() {
    let world = world_granting(&[Action::Read, Action::Contribute]).await;
    let (first, second, [began, .., again]) = world.two_threads().await;
    world.revoke().await;
    let asked = GetStepRequest { patient_id: world.patient.to_string(), at_time: Some(timestamp(began)) };
    for refused_to in [&world.therapist, &world.stranger] {
        let step = world.as_(refused_to).get_step(asked.clone()).await;
        assert_eq!(reason(&refused(step)), "NOT_PERMITTED", "it is not shared any longer");
    }
    // One thread alone.
    let narrowing =
        Some(Narrowing { items: vec![second.thread_id.parse().unwrap()], ..Narrowing::default() });
    let id = GrantId::new(Uuid::from_u128(0x71));
    let part = GrantFact { id, narrowing, actions: vec![Action::Read], ..grant(world.patient) };
    world.share(part).await;
    let therapist = world.therapist.clone();
    assert!(world.then(&therapist, before(again)).await.is_empty());
    let then = world.then(&therapist, again).await;
    assert_eq!(then.iter().map(|thread| &thread.thread_id).collect::<Vec<_>>(), [&second.thread_id]);
    let step = world.step(&therapist, None).await;
    assert_eq!((step.step_number, step.step_count, step.previous_time), (1, 1, None));
    assert_eq!(step.changes[0].thread_id, second.thread_id);
    let hidden = world.one_then(&therapist, &first, again).await;
    assert_eq!(reason(&refused(hidden)), "THREAD_UNKNOWN");
}

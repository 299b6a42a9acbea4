//! A part of the messages that is shared: one thread, or those that only some wrote.
#![cfg(test)]
mod common;
use common::{World, grant, world_granting};
use holdfast_access::GrantFact;
use holdfast_proto::messaging::v1::*;
use holdfast_testkit::refusal::{reason, refused};
use holdfast_types::*;
use uuid::Uuid;

fn uuid(thread: &Thread) -> Uuid {
    thread.thread_id.parse().unwrap()
}

impl World {
    /// The practice's therapists may read a part.
    async fn share_part(&self, number: u128, narrowing: Narrowing) {
        let (id, narrowing) = (GrantId::new(Uuid::from_u128(number)), Some(narrowing));
        self.share(GrantFact { id, narrowing, actions: vec![Action::Read], ..grant(self.patient) }).await;
    }

    async fn threads(&self) -> Vec<String> {
        let asked = ListThreadsRequest { patient_id: self.patient.to_string(), ..Default::default() };
        let threads = self.as_(&self.therapist).list_threads(asked).await.unwrap().into_inner().threads;
        threads.into_iter().map(|thread| thread.thread_id).collect()
    }

    async fn is_not_there(&self, thread: &Thread) {
        let nowhere = Thread { thread_id: Uuid::from_u128(7).to_string(), ..Thread::default() };
        for asked in [thread, &nowhere] {
            assert_eq!(reason(&refused(self.get(&self.therapist, asked).await)), "THREAD_UNKNOWN");
            assert_eq!(reason(&refused(self.messages(&self.therapist, asked).await)), "THREAD_UNKNOWN");
            let live = self.as_(&self.therapist).watch_thread(self.watching(asked, "")).await.unwrap();
            assert_eq!(reason(&self.end_of(live.into_inner()).await), "THREAD_UNKNOWN");
        }
    }
}

#[tokio::test]
async fn one_thread_is_shared_without_what_is_attached_to_it() {
    let world = world_granting(&[Action::Contribute]).await;
    let shared = world.thread().await;
    let other = world.thread_of(2).await;
    let paper = Uuid::from_u128(0xD0C).to_string();
    let reference = Some(attachment::Reference::DocumentId(paper.clone()));
    let post = PostMessageRequest {
        attachments: vec![Attachment { reference }],
        ..world.post(3, &shared, "A letter")
    };
    world.as_(&world.mother).post_message(post).await.unwrap();
    world.share_part(0x71, Narrowing { items: vec![uuid(&shared)], ..Narrowing::default() }).await;
    assert_eq!(world.threads().await, std::slice::from_ref(&shared.thread_id));
    assert_eq!(world.unread(&world.therapist).await, 2, "of the one thread");
    let read = world.messages(&world.therapist, &shared).await.unwrap();
    assert!(read.len() == 2 && read.iter().all(|message| message.attachments.is_empty()));
    world.is_not_there(&other).await;
    let named = Narrowing { items: vec![uuid(&shared), paper.parse().unwrap()], ..Narrowing::default() };
    world.share_part(0x72, named).await;
    let read = world.messages(&world.therapist, &shared).await.unwrap();
    assert_eq!(read.iter().map(|message| message.attachments.len()).sum::<usize>(), 1, "it is named, too");
    let answer = world.as_(&world.therapist).post_message(world.post(4, &other, "Hello")).await;
    assert!(answer.is_ok(), "the grant to contribute is of the whole room");
}

#[tokio::test]
async fn threads_that_only_some_wrote_are_shared_until_somebody_else_writes() {
    let world = world_granting(&[Action::Contribute]).await;
    let family = world.thread().await;
    world.share_part(0x71, Narrowing { authors: vec![world.mother.account], ..Narrowing::default() }).await;
    assert_eq!(world.threads().await, std::slice::from_ref(&family.thread_id));
    let read = world.messages(&world.therapist, &family).await.unwrap();
    let mut live = world
        .as_(&world.therapist)
        .watch_thread(world.watching(&family, &read[0].message_id))
        .await
        .unwrap()
        .into_inner();
    world.says(&world.mother, 5, &family, "And juice").await;
    assert_eq!(live.message().await.unwrap().unwrap().body, "And juice");
    world.says(&world.therapist, 6, &family, "Wonderful!").await;
    assert_eq!(reason(&world.end_of(live).await), "THREAD_UNKNOWN");
    assert!(world.threads().await.is_empty());
    assert_eq!(world.unread(&world.therapist).await, 0);
    let both = vec![world.mother.account, world.therapist.account];
    world.share_part(0x72, Narrowing { authors: both, ..Narrowing::default() }).await;
    assert_eq!(world.messages(&world.therapist, &family).await.unwrap().len(), 3);
}

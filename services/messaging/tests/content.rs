//! What a message carries: words, which lie sealed, and attachments, which are references.
#![cfg(test)]
mod common;
mod views;

use common::world;
use holdfast_proto::messaging::v1::{attachment::Reference, *};
use holdfast_testkit::refusal::reason_at;
use uuid::Uuid;

fn attachment(reference: Option<Reference>) -> Attachment {
    Attachment { reference }
}

fn document(number: u128) -> Attachment {
    attachment(Some(Reference::DocumentId(Uuid::from_u128(number).to_string())))
}

#[tokio::test]
async fn attachments_come_back_as_they_were_sent() {
    let world = world().await;
    let item = attachment(Some(Reference::ItemId(Uuid::from_u128(8).to_string())));
    let ten: Vec<Attachment> = (1..10).map(document).chain([item.clone()]).collect();
    let start = StartThreadRequest { attachments: vec![item], ..world.start(1, "He said water!") };
    let thread =
        world.as_(&world.mother).start_thread(start.clone()).await.unwrap().into_inner().thread.unwrap();
    let post = PostMessageRequest { attachments: ten, ..world.post(2, &thread, "All of them.") };
    let posted =
        world.as_(&world.mother).post_message(post.clone()).await.unwrap().into_inner().message.unwrap();
    assert_eq!(posted.attachments, post.attachments);
    let read = world.messages(&world.therapist, &thread).await.unwrap();
    assert_eq!((&read[0].attachments, &read[1].attachments), (&start.attachments, &post.attachments));
}

#[tokio::test]
async fn attachments_that_refer_to_nothing_or_are_too_many_are_refused_with_their_field() {
    let world = world().await;
    let thread = world.thread().await;
    let nameless = attachment(Some(Reference::ItemId("seven".into())));
    for (attachments, expected) in [
        ((0..11).map(document).collect(), ("TOO_MANY_ATTACHMENTS", "attachments")),
        (vec![document(1), attachment(None)], ("FIELD_MISSING", "attachments.reference")),
        (vec![nameless], ("ID_MALFORMED", "attachments.item_id")),
    ] {
        let post = PostMessageRequest { attachments, ..world.post(2, &thread, "Look.") };
        let (reason, place) = reason_at(world.as_(&world.mother).post_message(post).await);
        assert_eq!((reason, place.as_str()), expected);
    }
    assert_eq!(world.get(&world.mother, &thread).await.unwrap(), thread);
}

#[tokio::test]
async fn words_lie_sealed_in_the_log_and_in_the_tables() {
    let world = world().await;
    let subject = "Biting at breakfast";
    let start = StartThreadRequest { subject: subject.into(), ..world.start(1, "He bit his sister again.") };
    let thread = world.as_(&world.mother).start_thread(start).await.unwrap().into_inner().thread.unwrap();
    world.says(&world.therapist, 2, &thread, "Let us look at what comes before it.").await;
    let all = views::everything(&world.served.database.superuser_url).await;
    assert!(all.iter().any(|row| row.contains(&thread.thread_id)), "the dump holds the thread");
    for words in [subject, "bit his sister", "what comes before"] {
        for text in [words.to_owned(), hex::encode(words)] {
            assert!(!all.iter().any(|row| row.contains(&text)), "`{words}` lies open");
        }
    }
    let read = world.messages(&world.mother, &thread).await.unwrap();
    assert_eq!(read[0].body, "He bit his sister again.");
}

//! What a holder marks as never shared is shown by no service to anybody it is kept from, in no list, total, step or answer, and to the
//! holder as before; when the mark is lifted, what was granted is shown again.
#![cfg(test)]
mod record;

use holdfast_proto::{
    Word as _,
    consent::v1::{kept_from, marked},
    documents::{self, v1::*},
    messaging::{self, v1::*},
    records::v1::*,
    timestamp,
};
use holdfast_testkit::{
    refusal::reason,
    service::{Person, patiently, practice},
};
use holdfast_types::{Category, Clock as _, SystemClock};
use record::World;
use tonic::{Response, Status};

/// What one person is shown of the record, by every way that counts or lists.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    items: i32,
    items_total: i32,
    summarized: i64,
    steps: i32,
    item: &'static str,
    versions: &'static str,
    papers: i32,
    papers_total: i32,
    papers_then: i32,
    paper_steps: i32,
    paper: &'static str,
    download: &'static str,
    threads: i32,
    threads_then: i32,
    thread_steps: i32,
    unread: i32,
    thread: &'static str,
    messages: &'static str,
    watched: &'static str,
}

fn outcome<T>(answer: Result<Response<T>, Status>) -> &'static str {
    answer.map_or_else(|status| reason(&status), |_| "shown")
}

impl World {
    async fn shown(&self, to: &Person, item: &str) -> Shown {
        let patient_id = || self.patient.clone();
        let (records, documents, messaging) = (self.records(to), self.documents(to), self.messaging(to));
        macro_rules! ask {
            ($client:expr, $method:ident, $message:expr) => {{
                let (client, message) = (&$client, $message);
                patiently(|| {
                    let (mut client, message) = (client.clone(), message.clone());
                    async move { client.$method(message).await }
                })
                .await
            }};
        }
        let list = ListItemsRequest { patient_id: patient_id(), ..Default::default() };
        let items = ask!(records, list_items, list).map(Response::into_inner).unwrap_or_default();
        let asked = SummarizeRecordRequest { patient_id: patient_id(), ..Default::default() };
        let summary = ask!(records, summarize_record, asked).map(Response::into_inner).unwrap_or_default();
        let asked = ListStepChangesRequest { patient_id: patient_id(), ..Default::default() };
        let steps = ask!(records, list_step_changes, asked).map(Response::into_inner).unwrap_or_default();
        let item_id = item.to_owned();
        let one = GetItemRequest { patient_id: patient_id(), item_id: item_id.clone(), as_of_time: None };
        let versions = ListItemVersionsRequest { patient_id: patient_id(), item_id, ..Default::default() };
        let list = ListDocumentsRequest { patient_id: patient_id(), ..Default::default() };
        let papers = ask!(documents, list_documents, list).map(Response::into_inner).unwrap_or_default();
        let as_of_time = Some(timestamp(SystemClock.now()));
        let then = ListDocumentsRequest { patient_id: patient_id(), as_of_time, ..Default::default() };
        let papers_then = ask!(documents, list_documents, then).map(Response::into_inner).unwrap_or_default();
        let step = documents::v1::GetStepRequest { patient_id: patient_id(), at_time: None };
        let paper_steps = ask!(documents, get_step, step).map(Response::into_inner).unwrap_or_default();
        let document_id = self.document.clone();
        let paper = GetDocumentRequest {
            patient_id: patient_id(),
            document_id: document_id.clone(),
            as_of_time: None,
        };
        let download = DownloadDocumentRequest { patient_id: patient_id(), document_id };
        let list = ListThreadsRequest { patient_id: patient_id(), ..Default::default() };
        let threads = ask!(messaging, list_threads, list).map(Response::into_inner).unwrap_or_default();
        let then = ListThreadsRequest { patient_id: patient_id(), as_of_time, ..Default::default() };
        let threads_then = ask!(messaging, list_threads, then).map(Response::into_inner).unwrap_or_default();
        let step = messaging::v1::GetStepRequest { patient_id: patient_id(), at_time: None };
        let thread_steps = ask!(messaging, get_step, step).map(Response::into_inner).unwrap_or_default();
        let unread = CountUnreadRequest { patient_ids: vec![patient_id()] };
        let unread = ask!(messaging, count_unread, unread).map(Response::into_inner).unwrap_or_default();
        let thread_id = self.thread.clone();
        let thread =
            GetThreadRequest { patient_id: patient_id(), thread_id: thread_id.clone(), as_of_time: None };
        let messages = ListMessagesRequest {
            patient_id: patient_id(),
            thread_id: thread_id.clone(),
            ..Default::default()
        };
        let watch = WatchThreadRequest {
            patient_id: patient_id(),
            thread_id,
            after_message_id: self.message.clone(),
        };
        let watched = match ask!(messaging, watch_thread, watch) {
            Err(status) => reason(&status),
            Ok(stream) => match stream.into_inner().message().await {
                Ok(_) => "shown",
                Err(status) => reason(&status),
            },
        };
        Shown {
            items: items.items.len() as i32,
            items_total: items.total_size,
            summarized: summary.categories.iter().map(|room| i64::from(room.count)).sum(),
            steps: steps.changes.len() as i32,
            item: outcome(ask!(records, get_item, one)),
            versions: outcome(ask!(records, list_item_versions, versions)),
            papers: papers.documents.len() as i32,
            papers_total: papers.total_size,
            papers_then: papers_then.documents.len() as i32,
            paper_steps: paper_steps.changes.len() as i32,
            paper: outcome(ask!(documents, get_document, paper)),
            download: outcome(ask!(documents, download_document, download)),
            threads: threads.threads.len() as i32,
            threads_then: threads_then.threads.len() as i32,
            thread_steps: thread_steps.changes.len() as i32,
            unread: unread.counts.iter().map(|count| count.unread_count).sum(),
            thread: outcome(ask!(messaging, get_thread, thread)),
            messages: outcome(ask!(messaging, list_messages, messages)),
            watched,
        }
    }
}

/// All that the record holds.
fn all(unread: i32) -> Shown {
    let records = Shown {
        items: 1,
        items_total: 1,
        summarized: 1,
        steps: 1,
        item: "shown",
        versions: "shown",
        ..nothing()
    };
    let papers = Shown { papers: 1, papers_total: 1, papers_then: 1, paper_steps: 1, ..records };
    let papers = Shown { paper: "shown", download: "shown", ..papers };
    Shown {
        threads: 1,
        threads_then: 1,
        thread_steps: 1,
        unread,
        thread: "shown",
        messages: "shown",
        watched: "shown",
        ..papers
    }
}

/// As if nothing had ever been there, in rooms that are open.
fn nothing() -> Shown {
    Shown {
        item: "ITEM_UNKNOWN",
        versions: "ITEM_UNKNOWN",
        paper: "NOT_PERMITTED",
        download: "NOT_PERMITTED",
        thread: "THREAD_UNKNOWN",
        messages: "THREAD_UNKNOWN",
        watched: "THREAD_UNKNOWN",
        ..Shown::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_marked_is_shown_by_no_way_to_anybody_it_is_kept_from() {
    let mut world = record::world().await;
    world.give().await;
    let (mother, therapist) = (world.mother.clone(), world.therapist.clone());
    let list = ListItemsRequest { patient_id: world.patient.clone(), ..Default::default() };
    let item = world.records(&mother).list_items(list).await.unwrap().into_inner().items[0].item_id.clone();
    assert_eq!(world.shown(&therapist, &item).await, all(2));

    // One item, one document, one thread: the others stay.
    let marked = world.mark(marked::Kind::ItemId(item.clone())).await;
    let without = || Shown { items: 0, items_total: 0, summarized: 0, steps: 0, ..all(2) };
    let unknown = || Shown { item: "ITEM_UNKNOWN", versions: "ITEM_UNKNOWN", ..without() };
    assert_eq!(world.shown(&therapist, &item).await, unknown());
    assert_eq!(world.shown(&mother, &item).await, all(0), "the holder sees all of it");
    world.lift(&marked).await;
    let marked = world.mark(marked::Kind::ItemId(world.document.clone())).await;
    let papers = Shown { papers: 0, papers_total: 0, papers_then: 0, paper_steps: 0, ..all(2) };
    let papers = Shown { paper: "NOT_PERMITTED", download: "NOT_PERMITTED", ..papers };
    assert_eq!(world.shown(&therapist, &item).await, papers);
    world.lift(&marked).await;
    let marked = world.mark(marked::Kind::ItemId(world.thread.clone())).await;
    let (thread, messages, watched) = ("THREAD_UNKNOWN", "THREAD_UNKNOWN", "THREAD_UNKNOWN");
    let threads = Shown { threads: 0, threads_then: 0, thread_steps: 0, unread: 0, ..all(2) };
    let threads = Shown { thread, messages, watched, ..threads };
    assert_eq!(world.shown(&therapist, &item).await, threads);
    world.lift(&marked).await;
    assert_eq!(world.shown(&therapist, &item).await, all(2), "it is lifted");

    // Whatever one author wrote.
    let mother_id = mother.account.to_string();
    let author = world.mark(marked::Kind::AuthorAccountId(mother_id)).await;
    assert_eq!(world.shown(&therapist, &item).await, nothing());
    assert_eq!(world.shown(&mother, &item).await, all(0));
    world.lift(&author).await;
    let other = world.mark(marked::Kind::AuthorAccountId(therapist.account.to_string())).await;
    assert_eq!(world.shown(&therapist, &item).await, all(2), "who wrote nothing is kept back with nothing");
    world.lift(&other).await;

    // A whole room, whatever is granted from now on.
    let room = world.mark(marked::Kind::Category(Category::Goals.to_proto())).await;
    world.give().await;
    let closed = Shown { item: "NOT_PERMITTED", versions: "NOT_PERMITTED", ..without() };
    let shown = world.shown(&therapist, &item).await;
    // Who asks for what is not there asks for every room, and one of them is open.
    assert!(shown == closed || shown == unknown(), "{shown:?}");
    world.lift(&room).await;

    // From one practice alone: the therapist holds a role there, and another grantee would not be concerned.
    let from_there = Some(kept_from::Kind::PracticeId(practice().to_string()));
    let marked = world.mark_from(marked::Kind::ItemId(item.clone()), from_there).await;
    assert_eq!(world.shown(&therapist, &item).await, unknown());
    world.lift(&marked).await;
    let from_another = Some(kept_from::Kind::AccountId(record::request_id()));
    world.mark_from(marked::Kind::ItemId(item.clone()), from_another).await;
    assert_eq!(world.shown(&therapist, &item).await, all(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_from_somebody_is_changed_by_them_as_little_as_what_is_not_there() {
    let mut world = record::world().await;
    world.give().await;
    let (mother, therapist) = (world.mother.clone(), world.therapist.clone());
    let list = ListItemsRequest { patient_id: world.patient.clone(), ..Default::default() };
    let item = world.records(&mother).list_items(list).await.unwrap().into_inner().items[0].item_id.clone();
    world.mark(marked::Kind::ItemId(item.clone())).await;
    let retract = |item_id: &str| RetractItemRequest {
        request_id: record::request_id(),
        patient_id: world.patient.clone(),
        item_id: item_id.to_owned(),
        reason: "a mistake".into(),
        etag: String::new(),
    };
    let mut client = world.records(&therapist);
    let tried = reason(&client.retract_item(retract(&item)).await.unwrap_err());
    let nothing = reason(&client.retract_item(retract(&record::request_id())).await.unwrap_err());
    assert_eq!(tried, nothing);
    let one = GetItemRequest { patient_id: world.patient.clone(), item_id: item, as_of_time: None };
    let kept = world.records(&mother).get_item(one).await.unwrap().into_inner();
    assert!(kept.retraction_reason.is_empty() && kept.revision == 1);
}

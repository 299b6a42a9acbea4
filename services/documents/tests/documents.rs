//! Papers in the record: who sees them, in which lists, and how they leave them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{access::v1::Outcome, documents::v1::*};
use holdfast_types::{Action, Category, Clock};

#[tokio::test]
async fn everybody_sees_the_papers_of_those_categories_that_are_shared_with_them() {
    let world = world().await;
    let (parent, therapist, stranger) = (person(1), person(2), person(3));
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let card = upload(&mut client, patient, Category::Coverage, "text/plain", b"card").await;
    let letter = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    world.share(patient, &therapist, &[Category::Documents], &[Action::Read]).await;
    let all = client.list_documents(list(patient)).await.unwrap().into_inner();
    assert_eq!((all.documents.len(), all.total_size), (2, 2));
    let mut client = world.as_(&therapist);
    let shared = client.list_documents(list(patient)).await.unwrap().into_inner();
    assert_eq!((shared.documents, shared.total_size), (vec![letter.clone()], 1));
    assert_eq!(client.get_document(one(&letter)).await.unwrap().into_inner(), letter);
    assert_eq!(refusal(client.get_document(one(&card)).await), "NOT_PERMITTED");
    // What is not there is refused in the same words as what is not shown.
    let nothing = Document { document_id: request_id(), ..letter.clone() };
    assert_eq!(refusal(client.get_document(one(&nothing)).await), "NOT_PERMITTED");
    assert_eq!(refusal(world.as_(&parent).get_document(one(&nothing)).await), "DOCUMENT_UNKNOWN");
    // To read is not to take away, and not to hand in.
    assert_eq!(
        download(&mut client, &letter).await.map_err(|status| reason(&status)).unwrap_err(),
        "NOT_PERMITTED"
    );
    assert_eq!(refusal(client.start_upload(start(patient, "text/plain", b"x")).await), "NOT_PERMITTED");
    assert_eq!(refusal(client.withdraw_document(withdraw(&letter)).await), "NOT_PERMITTED");
    assert_eq!(refusal(world.as_(&stranger).list_documents(list(patient)).await), "NOT_PERMITTED");
    let looks = world.looks("documents.GetDocument").await;
    let shown: Vec<_> = looks.iter().filter(|look| look.outcome() == Outcome::Permitted).collect();
    assert_eq!(shown.iter().filter(|look| !look.returned.is_empty()).count(), 1);
    let permitted = shown.iter().find(|look| !look.returned.is_empty()).unwrap();
    assert_eq!((&permitted.returned[0].id, permitted.returned[0].revision), (&letter.document_id, 1));
    let lists = world.looks("documents.ListDocuments").await;
    let mut counts: Vec<usize> = lists.iter().map(|look| look.returned.len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 1, 2]);
}

#[tokio::test]
async fn another_records_paper_is_not_found_through_ones_own() {
    let world = world().await;
    let (parent, neighbour) = (person(1), person(2));
    let (patient, other) = (world.record_of(&parent).await, world.record_of(&neighbour).await);
    let letter = upload(&mut world.as_(&parent), patient, Category::Documents, "text/plain", b"letter").await;
    let mut client = world.as_(&neighbour);
    assert_eq!(refusal(client.get_document(one(&letter)).await), "NOT_PERMITTED");
    let moved = Document { patient_id: other.to_string(), ..letter };
    assert_eq!(refusal(client.get_document(one(&moved)).await), "DOCUMENT_UNKNOWN");
    assert_eq!(refusal(client.withdraw_document(withdraw(&moved)).await), "DOCUMENT_UNKNOWN");
    let taken = download(&mut client, &moved).await.map_err(|status| reason(&status));
    assert_eq!(taken.unwrap_err(), "DOCUMENT_UNKNOWN");
}

#[tokio::test]
async fn a_withdrawn_paper_leaves_the_lists_with_its_reason_and_keeps_its_history() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let letter = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    let stale = WithdrawDocumentRequest { etag: "\"2\"".into(), ..withdraw(&letter) };
    assert_eq!(refusal(client.withdraw_document(stale).await), "ETAG_MISMATCH");
    let malformed = WithdrawDocumentRequest { etag: "2".into(), ..withdraw(&letter) };
    assert_eq!(refusal(client.withdraw_document(malformed).await), "ETAG_MALFORMED");
    let silent = WithdrawDocumentRequest { reason: " ".into(), ..withdraw(&letter) };
    assert_eq!(refusal(client.withdraw_document(silent).await), "FIELD_MISSING");
    world.clock.advance(TimeDelta::minutes(1));
    let request = withdraw(&letter);
    let first = client.withdraw_document(request.clone()).await.unwrap().into_inner();
    let withdrawn = first.document.clone().unwrap();
    assert_eq!((withdrawn.withdrawal_reason.as_str(), withdrawn.revision), ("belongs to a sibling", 2));
    assert_eq!(withdrawn.withdraw_time, Some(holdfast_proto::timestamp(world.clock.now())));
    assert_eq!(withdrawn.title, letter.title);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(client.withdraw_document(request.clone()).await.unwrap().into_inner(), first);
    let other = WithdrawDocumentRequest { reason: "something else".into(), ..request };
    assert_eq!(refusal(client.withdraw_document(other).await), "REQUEST_ID_REUSED");
    assert_eq!(refusal(client.withdraw_document(withdraw(&withdrawn)).await), "ALREADY_WITHDRAWN");
    let listed = client.list_documents(list(patient)).await.unwrap().into_inner();
    assert_eq!((listed.documents.len(), listed.total_size), (0, 0));
    assert_eq!(client.get_document(one(&letter)).await.unwrap().into_inner(), withdrawn);
    let heard = world.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
    let told: Vec<DocumentWithdrawn> = heard.filter_map(|payload| payload.to_msg().ok()).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].document_id, told[0].category), (&letter.document_id, letter.category));
}

#[tokio::test]
async fn papers_come_newest_first_in_pages_of_one_query() {
    let world = world().await;
    let parent = person(1);
    let (patient, other) = (world.record_of(&parent).await, world.record_of(&parent).await);
    let mut client = world.as_(&parent);
    let mut added = Vec::new();
    for number in 0..5 {
        let document = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
        added.push(document.document_id);
        // Two were added at the same moment.
        world.clock.advance(TimeDelta::seconds(i64::from(number != 2)));
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let query = ListDocumentsRequest { page_size: 2, page_token: page_token.clone(), ..list(patient) };
        let page = client.list_documents(query).await.unwrap().into_inner();
        assert_eq!(page.total_size, 5);
        found.extend(page.documents.into_iter().map(|document| document.document_id));
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    let mut middle = [added[2].clone(), added[3].clone()];
    middle.sort();
    middle.reverse();
    assert_eq!(found, [&added[4], &middle[0], &middle[1], &added[1], &added[0]].map(Clone::clone));
    let foreign = ListDocumentsRequest { page_token, ..list(other) };
    assert_eq!(refusal(client.list_documents(foreign).await), "PAGE_TOKEN_OF_ANOTHER_QUERY");
    let torn = ListDocumentsRequest { page_token: "torn".into(), ..list(patient) };
    assert_eq!(refusal(client.list_documents(torn).await), "PAGE_TOKEN_MALFORMED");
    let huge = ListDocumentsRequest { page_size: 201, ..list(patient) };
    assert_eq!(refusal(client.list_documents(huge).await), "PAGE_SIZE_OUT_OF_RANGE");
}

#[tokio::test]
async fn what_a_paper_is_called_stands_nowhere_in_the_clear() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let letter = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    client.withdraw_document(withdraw(&letter)).await.unwrap();
    let rows = stored::all(&world.database.pool).await.join("\n");
    assert!(rows.contains(&letter.document_id));
    for word in ["Hearing", "sibling", "text/plain"] {
        assert!(!rows.contains(word), "{word}");
        let bytes: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!rows.contains(&bytes), "{word}");
    }
}

#[path = "views/mod.rs"]
mod stored;

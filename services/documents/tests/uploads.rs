//! Papers on their way in: whole, broken off and gone on with, wrong in every way that there is.
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
use holdfast_proto::{Word, access::v1::Outcome, documents::v1::*};
use holdfast_types::{Action, Category, Clock};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_paper_comes_in_and_is_a_document() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(2 * MIB + 77));
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    assert_eq!((begun.size_bytes, begun.received_bytes), (content.len() as i64, 0));
    assert_eq!(begun.expire_time, Some(holdfast_proto::timestamp(world.clock.now() + TimeDelta::hours(24))));
    let received = append(&mut client, &begun.upload_id, 0, &content).await.unwrap().into_inner();
    assert_eq!(received.received_bytes, content.len() as i64);
    let answer = client.complete_upload(complete(&begun.upload_id)).await.unwrap().into_inner();
    let document = answer.document.unwrap();
    assert_eq!(document.title, "Hearing test, spring");
    assert_eq!(
        (document.media_type.as_str(), document.category),
        ("text/plain", Category::Documents.to_proto())
    );
    assert_eq!(
        (document.size_bytes, &document.sha256[..]),
        (content.len() as i64, &Sha256::digest(&content)[..])
    );
    assert_eq!(document.created_by, format!("account/{}", parent.account));
    assert_eq!((document.revision, document.withdraw_time), (1, None));
    assert_eq!(answer.position.unwrap().service, "documents");
    assert_eq!(client.get_document(one(&document)).await.unwrap().into_inner(), document);
    assert_eq!(world.event_types().await, ["upload.started", "upload.completed", "document.added"]);
    let heard = world.envelopes().await.into_iter().filter_map(|envelope| envelope.public_payload);
    let added: Vec<DocumentAdded> = heard.filter_map(|payload| payload.to_msg().ok()).collect();
    assert_eq!(added.len(), 1);
    assert_eq!((&added[0].document_id, added[0].category), (&document.document_id, document.category));
}

#[tokio::test]
async fn what_arrived_before_a_break_is_kept_and_gone_on_with() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(3 * MIB + 500_000));
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    let arrived = MIB + 200_000;
    // The stream is never ended: its sender goes away in the middle of the second part.
    let (sender, receiver) = mpsc::channel(16);
    for message in messages(&begun.upload_id, 0, &content[..arrived]) {
        sender.send(message).await.unwrap();
    }
    let mut breaking = world.as_(&parent);
    let call = tokio::spawn(async move { breaking.append_upload(ReceiverStream::new(receiver)).await });
    let at = |received: i64| {
        let (client, upload_id) = (world.as_(&parent), begun.upload_id.clone());
        patiently(move || {
            let (mut client, upload_id) = (client.clone(), upload_id.clone());
            async move {
                let upload = client.get_upload(GetUploadRequest { upload_id }).await?.into_inner();
                if upload.received_bytes >= received {
                    Ok(upload)
                } else {
                    Err(tonic::Status::unavailable("not yet"))
                }
            }
        })
    };
    // Whole parts count while the stream goes on, the rest as soon as it is broken off.
    assert_eq!(at(MIB as i64).await.unwrap().received_bytes, MIB as i64);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    drop(sender);
    assert_eq!(at(arrived as i64).await.unwrap().received_bytes, arrived as i64);
    // Once more it ends in the middle of a part, this time in order.
    let until = 2 * MIB + 10;
    append(&mut client, &begun.upload_id, arrived, &content[arrived..until]).await.unwrap();
    append(&mut client, &begun.upload_id, until, &content[until..until + 5]).await.unwrap();
    append(&mut client, &begun.upload_id, until + 5, &content[until + 5..]).await.unwrap();
    let document =
        client.complete_upload(complete(&begun.upload_id)).await.unwrap().into_inner().document.unwrap();
    let (_, came, ended) = download(&mut client, &document).await.unwrap();
    assert!(ended.is_ok() && came == content);
    // Beginnings of parts were replaced; nothing of them stays behind.
    assert_eq!(world.files().len(), 4);
}

#[tokio::test]
async fn bytes_at_another_offset_are_refused_with_the_right_one() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(1000));
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content[..400]).await.unwrap();
    for offset in [0, 399, 401, 1000] {
        let refused = append(&mut client, &begun.upload_id, offset, &content[..10]).await.unwrap_err();
        assert_eq!(
            (reason(&refused), metadata(&refused, "received_bytes")),
            ("UPLOAD_OFFSET_WRONG", "400".into())
        );
    }
    let early = client.complete_upload(complete(&begun.upload_id)).await.unwrap_err();
    assert_eq!((reason(&early), metadata(&early, "received_bytes")), ("UPLOAD_INCOMPLETE", "400".into()));
    let too_many = append(&mut client, &begun.upload_id, 400, &text(601)).await.unwrap_err();
    assert_eq!(reason(&too_many), "UPLOAD_OVERFULL");
    append(&mut client, &begun.upload_id, 400, &content[400..]).await.unwrap();
    client.complete_upload(complete(&begun.upload_id)).await.unwrap();
    let late = append(&mut client, &begun.upload_id, 1000, b"").await;
    assert_eq!(refusal(late), "UPLOAD_ENDED");
    let gone = client.get_upload(GetUploadRequest { upload_id: begun.upload_id }).await;
    assert_eq!(refusal(gone), "UPLOAD_ENDED");
}

#[tokio::test]
async fn two_senders_at_the_same_upload_do_not_spoil_it() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(2 * MIB));
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    // The first one has a beginning of the first part in hand when the second one brings all of it.
    let (sender, receiver) = mpsc::channel(16);
    let mut slow = world.as_(&parent);
    let call = tokio::spawn(async move { slow.append_upload(ReceiverStream::new(receiver)).await });
    for message in messages(&begun.upload_id, 0, &content[..MIB + 1]) {
        sender.send(message).await.unwrap();
    }
    let upload_id = begun.upload_id.clone();
    let (asking, expected) = (world.as_(&parent), MIB as i64);
    patiently(move || {
        let (mut client, upload_id) = (asking.clone(), upload_id.clone());
        async move {
            let upload = client.get_upload(GetUploadRequest { upload_id }).await?.into_inner();
            if upload.received_bytes == expected {
                Ok(())
            } else {
                Err(tonic::Status::unavailable("not yet"))
            }
        }
    })
    .await
    .unwrap();
    append(&mut client, &begun.upload_id, MIB, &content[MIB..]).await.unwrap();
    drop(sender);
    let lost = call.await.unwrap().unwrap_err();
    assert_eq!(
        (reason(&lost), metadata(&lost, "received_bytes")),
        ("UPLOAD_OFFSET_WRONG", (2 * MIB).to_string())
    );
    let document =
        client.complete_upload(complete(&begun.upload_id)).await.unwrap().into_inner().document.unwrap();
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
    assert_eq!(world.files().len(), 2);
}

#[tokio::test]
async fn other_bytes_than_announced_become_no_document() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let content = text(5000);
    let swapped = StartUploadRequest { sha256: vec![7; 32].into(), ..start(patient, "text/plain", &content) };
    let program = [b"MZ\x90\0\x03\0\0\0".as_slice(), &[0; 100]].concat();
    for (begin, content, expected, field) in [
        (swapped, content.clone(), "DIGEST_MISMATCH", "sha256"),
        (start(patient, "application/pdf", &content), content, "MEDIA_TYPE_MISMATCH", "media_type"),
        (start(patient, "application/pdf", &program), program, "MEDIA_TYPE_NOT_ALLOWED", "media_type"),
    ] {
        let begun = client.start_upload(begin).await.unwrap().into_inner();
        append(&mut client, &begun.upload_id, 0, &content).await.unwrap();
        let request = complete(&begun.upload_id);
        let first = client.complete_upload(request.clone()).await;
        assert_eq!(reason_at(first), (expected, field.to_owned()));
        // A repeated command is answered as the first time; a new one finds that it is over.
        assert_eq!(refusal(client.complete_upload(request).await), expected);
        assert_eq!(refusal(client.complete_upload(complete(&begun.upload_id)).await), "UPLOAD_ENDED");
    }
    assert_eq!(client.list_documents(list(patient)).await.unwrap().into_inner().total_size, 0);
    world.sweep().await;
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn an_upload_that_cannot_be_meant_is_refused_by_its_rule() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let base = || start(patient, "text/plain", b"words");
    for (expected, field, request) in [
        ("DOCUMENT_TOO_LARGE", "size_bytes", StartUploadRequest { size_bytes: 104_857_601, ..base() }),
        ("FIELD_INVALID", "size_bytes", StartUploadRequest { size_bytes: 0, ..base() }),
        ("FIELD_INVALID", "size_bytes", StartUploadRequest { size_bytes: -1, ..base() }),
        ("FIELD_INVALID", "sha256", StartUploadRequest { sha256: vec![1; 31].into(), ..base() }),
        ("FIELD_INVALID", "category", StartUploadRequest { category: 999, ..base() }),
        (
            "MEDIA_TYPE_NOT_ALLOWED",
            "media_type",
            StartUploadRequest { media_type: "text/html".into(), ..base() },
        ),
        ("FIELD_MISSING", "title", StartUploadRequest { title: "  ".into(), ..base() }),
        ("TEXT_TOO_LONG", "title", StartUploadRequest { title: "x".repeat(201), ..base() }),
        ("REQUEST_ID_MISSING", "request_id", StartUploadRequest { request_id: String::new(), ..base() }),
        ("ID_MALFORMED", "patient_id", StartUploadRequest { patient_id: "seven".into(), ..base() }),
    ] {
        assert_eq!(reason_at(client.start_upload(request).await), (expected, field.to_owned()));
    }
    assert!(world.envelopes().await.is_empty() && world.files().is_empty(), "nothing has changed");
    assert!(client.list_documents(list(patient)).await.unwrap().into_inner().documents.is_empty());
    let begun = client.start_upload(start(patient, "text/plain", &text(3 * MIB))).await.unwrap().into_inner();
    let wide = AppendUploadRequest {
        upload_id: begun.upload_id.clone(),
        chunk: text(MIB + 1).into(),
        offset_bytes: 0,
    };
    assert_eq!(refusal(client.append_upload(tokio_stream::iter([wide])).await), "MESSAGE_TOO_LARGE");
    let mut twice = messages(&begun.upload_id, 0, &text(MIB));
    twice[1].upload_id = begun.upload_id.clone();
    assert_eq!(refusal(client.append_upload(tokio_stream::iter(twice)).await), "FIELD_INVALID");
    assert_eq!(refusal(client.append_upload(tokio_stream::empty()).await), "FIELD_MISSING");
}

#[tokio::test]
async fn a_repeated_start_is_the_same_upload_and_open_ones_are_limited() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let request = start(patient, "text/plain", b"words");
    let first = client.start_upload(request.clone()).await.unwrap().into_inner();
    for _ in 1..20 {
        client.start_upload(start(patient, "text/plain", b"words")).await.unwrap();
    }
    assert_eq!(
        refusal(client.start_upload(start(patient, "text/plain", b"words")).await),
        "TOO_MANY_UPLOADS"
    );
    append(&mut client, &first.upload_id, 0, b"wor").await.unwrap();
    let again = client.start_upload(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, Upload { received_bytes: 3, ..first.clone() });
    let other = StartUploadRequest { title: "Something else".into(), ..request };
    assert_eq!(refusal(client.start_upload(other).await), "REQUEST_ID_REUSED");
    append(&mut client, &first.upload_id, 3, b"ds").await.unwrap();
    client.complete_upload(complete(&first.upload_id)).await.unwrap();
    client.start_upload(start(patient, "text/plain", b"words")).await.unwrap();
}

#[tokio::test]
async fn a_repeated_completion_is_answered_as_the_first_time() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(100));
    let begun = client.start_upload(start(patient, "text/csv", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content).await.unwrap();
    let request = complete(&begun.upload_id);
    let first = client.complete_upload(request.clone()).await.unwrap().into_inner();
    let document = first.document.clone().unwrap();
    assert_eq!(document.media_type, "text/csv");
    client.withdraw_document(withdraw(&document)).await.unwrap();
    assert_eq!(client.complete_upload(request.clone()).await.unwrap().into_inner(), first);
    let elsewhere = client.start_upload(start(patient, "text/csv", &content)).await.unwrap().into_inner();
    append(&mut client, &elsewhere.upload_id, 0, &content).await.unwrap();
    let reused = CompleteUploadRequest { upload_id: elsewhere.upload_id, ..request };
    assert_eq!(refusal(client.complete_upload(reused).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn an_upload_belongs_to_the_account_that_started_it() {
    let world = world().await;
    let (parent, helper, stranger) = (person(1), person(2), person(3));
    let patient = world.record_of(&parent).await;
    world.share(patient, &helper, &[Category::Documents], &[Action::Contribute]).await;
    let content = text(100);
    let begun =
        world.as_(&helper).start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    let get = || GetUploadRequest { upload_id: begun.upload_id.clone() };
    for (who, expected) in [(&parent, "UPLOAD_UNKNOWN"), (&stranger, "NOT_PERMITTED")] {
        let mut client = world.as_(who);
        assert_eq!(refusal(client.get_upload(get()).await), expected);
        assert_eq!(refusal(append(&mut client, &begun.upload_id, 0, &content).await), expected);
        assert_eq!(refusal(client.complete_upload(complete(&begun.upload_id)).await), expected);
    }
    let nothing = GetUploadRequest { upload_id: request_id() };
    assert_eq!(refusal(world.as_(&stranger).get_upload(nothing).await), "NOT_PERMITTED");
    for operation in ["documents.GetUpload", "documents.AppendUpload", "documents.CompleteUpload"] {
        let looks = world.looks(operation).await;
        let outcomes =
            [Outcome::Permitted, Outcome::Refused].map(|of| looks.iter().any(|look| look.outcome() == of));
        assert_eq!(
            outcomes,
            [true, true],
            "who finds nothing and who may not ask are on the log: {operation}"
        );
    }
    let mut own = world.as_(&helper);
    append(&mut own, &begun.upload_id, 0, &content).await.unwrap();
    let document =
        own.complete_upload(complete(&begun.upload_id)).await.unwrap().into_inner().document.unwrap();
    // Who may hand in need not be one who may open.
    assert_eq!(refusal(own.get_document(one(&document)).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn an_expired_upload_takes_nothing_and_its_objects_go() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let content = text(MIB + 10);
    let mut client = world.as_(&parent);
    let kept = upload(&mut client, patient, Category::Documents, "text/plain", &content).await;
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content[..MIB + 5]).await.unwrap();
    assert_eq!(world.files().len(), 4);
    world.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    // The completed one leaves nothing but its document.
    world.sweep().await;
    assert_eq!(world.files().len(), 4);
    world.clock.advance(TimeDelta::microseconds(1));
    let mut client = world.as_(&parent);
    assert_eq!(
        refusal(append(&mut client, &begun.upload_id, MIB + 5, &content[MIB + 5..]).await),
        "UPLOAD_ENDED"
    );
    let get = GetUploadRequest { upload_id: begun.upload_id.clone() };
    assert_eq!(refusal(client.get_upload(get).await), "UPLOAD_ENDED");
    world.sweep().await;
    assert_eq!(world.sweep().await, 0);
    assert_eq!(world.files().len(), 2);
    assert_eq!(world.event_types().await.last().unwrap(), "upload.abandoned");
    assert_eq!(download(&mut client, &kept).await.unwrap().1, content);
}

//! One paper is erased: what it was sealed under is gone, its bytes with it, and no other paper is touched.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use common::*;
use holdfast_documents::{
    domain::{
        document::{Event, Paper},
        media_type::MediaType,
    },
    keys::PaperKey,
    objects::{Objects, Parts, folder},
    views::Documents,
};
use holdfast_eventlog::{Append, Context, StreamAppend, Subject, rebuild};
use holdfast_proto::documents::v1::*;
use holdfast_types::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

async fn titles(client: &mut Client, patient: PatientId) -> Vec<String> {
    let listed = client.list_documents(list(patient)).await.unwrap().into_inner();
    assert_eq!(listed.total_size as usize, listed.documents.len());
    listed.documents.into_iter().map(|document| document.document_id).collect()
}

async fn made_again(world: &World) {
    let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(world.clock.clone()), Arc::new(SystemIds));
    let projection = Documents::new(world.database.keys(time, ids));
    let (owner, role) = (&world.database.owner_url, &world.database.serving_role);
    let views = holdfast_documents::migrations().views;
    rebuild(&world.log(), owner, role, &views, &projection, |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_erased_paper_and_its_bytes_are_gone_and_stay_gone_when_read_models_are_made_again() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let gone = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    let kept = upload(&mut client, patient, Category::Documents, "text/plain", b"other").await;
    let begun = client.start_upload(start(patient, "text/plain", b"words")).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, b"wor").await.unwrap();
    assert_eq!(world.files().len(), 3);

    world.erase(patient, &gone.document_id).await;
    world.erase(patient, &begun.upload_id).await;
    let mut client = world.as_(&parent);
    for _ in 0..2 {
        assert_eq!(refusal(client.get_document(one(&gone)).await), "CONTENT_ERASED");
        assert_eq!(reason(&download(&mut client, &gone).await.unwrap_err()), "CONTENT_ERASED");
        assert_eq!(refusal(append(&mut client, &begun.upload_id, 3, b"ds").await), "NOT_PERMITTED");
        assert_eq!(titles(&mut client, patient).await, [kept.document_id.as_str()]);
        assert_eq!(download(&mut client, &kept).await.unwrap().1, b"other");
        made_again(&world).await;
    }
    assert_eq!(world.sweep().await, 3, "both, and what the upload of the other left");
    assert_eq!(world.files().len(), 1);
    assert_eq!(world.sweep().await, 0, "once");
    assert_eq!(download(&mut client, &kept).await.unwrap().1, b"other");
    let looks = world.looks("documents.GetDocument").await;
    assert_eq!(looks.len(), 2, "who asked for it is on the log");
}

#[tokio::test]
async fn nobody_erases_a_paper_by_naming_it_as_their_own() {
    let world = world().await;
    let (parent, other) = (person(1), person(2));
    let (patient, elsewhere) = (world.record_of(&parent).await, world.record_of(&other).await);
    let mut client = world.as_(&parent);
    let paper = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    // As a paper of another record, and a patient as a paper.
    world.erase(elsewhere, &paper.document_id).await;
    world.erase(elsewhere, &patient.to_string()).await;
    world.erase(patient, &patient.to_string()).await;
    world.sweep().await;
    let mut client = world.as_(&parent);
    assert_eq!(client.get_document(one(&paper)).await.unwrap().into_inner(), paper);
    assert_eq!(download(&mut client, &paper).await.unwrap().1, b"letter");
    upload(&mut client, patient, Category::Documents, "text/plain", b"another").await;
}

/// A paper as it was handed in before papers had keys of their own.
async fn handed_in_before(world: &World, patient: PatientId, by: &Person, content: &[u8]) -> Document {
    let (id, name, log) = (SystemIds.next(), SystemIds.next(), world.log());
    let paper = Paper {
        patient,
        category: Category::Documents,
        title: "Hearing test, spring".into(),
        media_type: MediaType::PlainText,
        size_bytes: content.len() as u64,
        sha256: Sha256::digest(content).into(),
        added_by: by.account,
        added: world.clock.now(),
        folder: folder(tenant(), patient, id),
        parts: vec![name],
    };
    log.keys().obtain(Subject::Patient(patient), tenant()).await.unwrap();
    let key = PaperKey::of(log.keys(), patient.uuid(), id).await.unwrap();
    let of = Parts {
        document: DocumentId::new(id),
        size_bytes: paper.size_bytes,
        folder: paper.folder.clone(),
        names: paper.parts.clone(),
    };
    Objects::open(&world.store).unwrap().put(&key, &of, 0, content, name).await.unwrap();
    let added = StreamAppend::of(id, 0, &[Event::Added(Box::new(paper))]).unwrap();
    let context = Context {
        tenant: tenant(),
        actor: Actor::Account(by.account),
        on_behalf_of: None,
        purpose: Purpose::FamilyRequest,
        correlation: Uuid::nil(),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    };
    let streams = vec![StreamAppend { own_key: false, ..added }];
    log.append(Append { subject: Subject::Patient(patient), context, request: None, streams }).await.unwrap();
    let asked = GetDocumentRequest {
        patient_id: patient.to_string(),
        document_id: id.to_string(),
        ..GetDocumentRequest::default()
    };
    world.as_(by).get_document(asked).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_paper_from_before_papers_had_keys_is_read_as_ever_and_erased_to_its_bytes() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (gone, kept) = (
        handed_in_before(&world, patient, &parent, b"letter").await,
        handed_in_before(&world, patient, &parent, b"other").await,
    );
    let mut client = world.as_(&parent);
    assert_eq!(download(&mut client, &gone).await.unwrap().1, b"letter");
    // What is said of it since is under a key of its own.
    client.withdraw_document(withdraw(&kept)).await.unwrap();
    let shown = client.get_document(one(&kept)).await.unwrap().into_inner();
    assert_eq!((shown.title, shown.withdrawal_reason.as_str()), (kept.title.clone(), "belongs to a sibling"));
    made_again(&world).await;

    world.erase(patient, &gone.document_id).await;
    let mut client = world.as_(&parent);
    assert_eq!(refusal(client.get_document(one(&gone)).await), "CONTENT_ERASED");
    assert_eq!(world.sweep().await, 1);
    assert_eq!(world.files().len(), 1, "its bytes are removed: the patient's key would open them");
    made_again(&world).await;
    assert_eq!(
        refusal(client.get_document(one(&gone)).await),
        "CONTENT_ERASED",
        "though the log says its title"
    );
    assert!(titles(&mut client, patient).await.is_empty());
    assert_eq!(download(&mut client, &kept).await.unwrap().1, b"other");
}

//! Papers on their way out, and what lies in the object store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use common::*;
use holdfast_proto::{
    access::v1::Outcome,
    documents::v1::{download_document_response::Part, *},
};
use holdfast_types::{Action, Category, Clock};
use tonic::Code;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_film_of_forty_mebibytes_comes_back_as_it_was_and_lies_sealed() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let marker = b"the child says mama";
    let mut film = [b"\0\0\0\x18ftypisom".as_slice(), &[0; 12]].concat();
    film.resize(40 * MIB + 123, 0xA5);
    for at in (100..film.len() - 100).step_by(MIB / 3) {
        film[at..at + marker.len()].copy_from_slice(marker);
    }
    let document = upload(&mut client, patient, Category::Documents, "video/mp4", &film).await;
    let (first, came, ended) = download(&mut client, &document).await.unwrap();
    assert!(ended.is_ok() && came == film);
    assert_eq!(first, document);
    let looks = world.looks("documents.DownloadDocument").await;
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0].returned[0].id, document.document_id);
    let files = world.files();
    assert_eq!(files.len(), 41);
    for file in files {
        let sealed = std::fs::read(&file).unwrap();
        assert!(!sealed.windows(marker.len()).any(|window| window == marker));
        assert!(!sealed.windows(16).any(|window| window == [0xA5; 16]));
        let path = file.to_string_lossy().into_owned();
        assert!(!path.contains(&patient.to_string()), "{path}");
    }
}

#[tokio::test]
async fn of_a_damaged_part_nothing_is_given() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let content = text(2 * MIB + 9);
    let document = upload(&mut client, patient, Category::Documents, "text/plain", &content).await;
    let files = world.files();
    let sealed: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    let last = sealed.iter().position(|sealed| sealed.len() < 1000).unwrap();
    let whole: Vec<usize> = (0..3).filter(|number| *number != last).collect();
    let swap = || {
        std::fs::write(&files[whole[0]], &sealed[whole[1]]).unwrap();
        std::fs::write(&files[whole[1]], &sealed[whole[0]]).unwrap();
    };
    let cut = || std::fs::write(&files[last], &sealed[last][..sealed[last].len() - 1]).unwrap();
    let drop_last = || std::fs::remove_file(&files[last]).unwrap();
    let truncate_all = || files.iter().for_each(|file| std::fs::write(file, b"").unwrap());
    let damages: [(&dyn Fn(), usize); 4] =
        [(&swap, 0), (&cut, 2 * MIB), (&drop_last, 2 * MIB), (&truncate_all, 0)];
    for (number, (damage, given)) in damages.into_iter().enumerate() {
        damage();
        let (_, came, ended) = download(&mut client, &document).await.unwrap();
        let refused = ended.unwrap_err();
        assert_eq!((reason(&refused), refused.code()), ("DOCUMENT_DAMAGED", Code::DataLoss), "{number}");
        assert!(came == content[..given], "{number}: {} bytes", came.len());
        for (file, sealed) in files.iter().zip(&sealed) {
            std::fs::write(file, sealed).unwrap();
        }
    }
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
}

#[tokio::test]
async fn an_upload_with_a_damaged_part_does_not_become_a_document() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(MIB + 9));
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content).await.unwrap();
    std::fs::write(&world.files()[0], b"something else").unwrap();
    assert_eq!(refusal(client.complete_upload(complete(&begun.upload_id)).await), "DOCUMENT_DAMAGED");
    assert_eq!(client.list_documents(list(patient)).await.unwrap().into_inner().total_size, 0);
}

#[tokio::test]
async fn a_download_ends_when_the_access_ends() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let content = text(40 * MIB);
    let document =
        upload(&mut world.as_(&parent), patient, Category::Documents, "text/plain", &content).await;
    let grant = world.share(patient, &therapist, &[Category::Documents], &[Action::Download]).await;
    let (patient_id, document_id) = (document.patient_id.clone(), document.document_id.clone());
    let mut parts = world
        .as_(&therapist)
        .download_document(DownloadDocumentRequest { patient_id, document_id })
        .await
        .unwrap()
        .into_inner();
    assert!(matches!(parts.message().await.unwrap().unwrap().part, Some(Part::Document(_))));
    // On the log before the first byte is read.
    assert_eq!(world.looks("documents.DownloadDocument").await.len(), 1);
    world.consent.revoke(patient, grant, world.clock.now()).await;
    // Answered only when the revocation has been heard.
    world.as_(&parent).list_documents(list(patient)).await.unwrap();
    let mut came = 0;
    let refused = loop {
        match parts.message().await {
            Ok(Some(DownloadDocumentResponse { part: Some(Part::Chunk(chunk)) })) => came += chunk.len(),
            Ok(other) => panic!("the stream went on to {other:?}"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&refused), "NOT_PERMITTED");
    assert!(came < 16 * MIB, "{came} bytes came");
    let looks = world.looks("documents.DownloadDocument").await;
    assert_eq!(looks.iter().filter(|look| look.outcome() == Outcome::Refused).count(), 1);
}

#[tokio::test]
async fn a_download_ends_with_its_token() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let content = text(40 * MIB);
    let document =
        upload(&mut world.as_(&parent), patient, Category::Documents, "text/plain", &content).await;
    let (patient_id, document_id) = (document.patient_id.clone(), document.document_id.clone());
    let fetch = DownloadDocumentRequest { patient_id, document_id };
    let mut parts = world.as_(&parent).download_document(fetch).await.unwrap().into_inner();
    assert!(matches!(parts.message().await.unwrap().unwrap().part, Some(Part::Document(_))));
    world.clock.advance(chrono::TimeDelta::seconds(300));
    let mut came = 0;
    let refused = loop {
        match parts.message().await {
            Ok(Some(DownloadDocumentResponse { part: Some(Part::Chunk(chunk)) })) => came += chunk.len(),
            Ok(other) => panic!("the stream went on to {other:?}"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&refused), "TOKEN_EXPIRED");
    assert!(came < 16 * MIB, "{came} bytes came");
}

//! Who is let in at all: every method wants a token that is ours and still good.
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
use holdfast_access::{Claims, TokenSigner};
use holdfast_host::client::Outgoing;
use holdfast_proto::documents::v1::*;
use holdfast_types::{Clock, PatientId};
use uuid::Uuid;

/// Every method's refusal.
async fn refusals(mut client: Client) -> Vec<&'static str> {
    let patient = PatientId::new(Uuid::from_u128(7));
    let id = patient.to_string();
    let document = Document { patient_id: id.clone(), document_id: id.clone(), ..Document::default() };
    let fetch = DownloadDocumentRequest { patient_id: id.clone(), document_id: id.clone() };
    vec![
        refusal(client.start_upload(start(patient, "text/plain", b"x")).await),
        refusal(client.get_upload(GetUploadRequest { upload_id: id.clone() }).await),
        refusal(append(&mut client, &id, 0, b"x").await),
        refusal(client.complete_upload(complete(&id)).await),
        refusal(client.get_document(one(&document)).await),
        refusal(client.list_documents(list(patient)).await),
        refusal(client.get_step(GetStepRequest { patient_id: id, at_time: None }).await),
        refusal(client.download_document(fetch).await.map(|_| tonic::Response::new(()))),
        refusal(client.withdraw_document(withdraw(&document)).await),
    ]
}

#[tokio::test]
async fn no_method_answers_without_a_token_that_is_ours_and_still_good() {
    let world = world().await;
    let now = world.clock.now();
    let claims = Claims {
        account: person(1).account,
        session: None,
        roles: Vec::new(),
        iat: now.timestamp(),
        exp: now.timestamp() + 300,
    };
    let forged = TokenSigner::from_seed(&[2; 32]).unwrap().sign(&claims).unwrap();
    let expired = world.token(&person(1), now - TimeDelta::minutes(6));
    for (outgoing, reason) in [
        (Outgoing::new(), "TOKEN_MISSING"),
        (Outgoing::new().bearer(forged.into()), "TOKEN_INVALID"),
        (Outgoing::new().bearer(expired.into()), "TOKEN_EXPIRED"),
    ] {
        assert!(refusals(world.with(outgoing)).await.iter().all(|refused| *refused == reason), "{reason}");
    }
    assert!(world.envelopes().await.is_empty());
}

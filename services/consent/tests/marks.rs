//! Marking what is never shared, lifting marks, and what the other services hear.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
mod common;
use common::*;
use holdfast_access::{KeptFrom as Kept, MarkFact, Marked as Said, views::ConsentFact};
use holdfast_proto::{Word, access::v1::Outcome, consent::v1::*};
use holdfast_types::{AccountId, Category, Clock, MarkId, PatientId, Relationship, Role};
use uuid::Uuid;

#[tokio::test]
async fn a_holder_marks_and_lifts_and_sees_who_marked_what_when_and_why() {
    let world = world().await;
    let (parent, father) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let add = AddHolderRequest {
        request_id: request_id(),
        patient_id: patient.clone(),
        account_id: father.account.to_string(),
        relationship: Relationship::Parent.to_proto(),
    };
    world.as_(&parent).add_holder(add).await.unwrap();
    let mut client = world.as_(&parent);
    let why = SetMarkRequest { reason: "  ours alone ".into(), ..mark(&patient, Category::Notes) };
    let first = client.set_mark(why.clone()).await.unwrap().into_inner();
    let set = first.mark.clone().unwrap();
    assert_eq!((set.reason.as_str(), set.set_time), ("ours alone", at(world.clock.now())));
    assert_eq!(set.set_by_account_id, parent.account.to_string());
    assert_eq!(first.position.as_ref().unwrap().service, "consent");
    assert_eq!(client.set_mark(why.clone()).await.unwrap().into_inner().mark, first.mark, "the same command");
    let other = SetMarkRequest { reason: "another".into(), ..why };
    assert_eq!(refusal(client.set_mark(other).await), "REQUEST_ID_REUSED");
    assert_eq!(refusal(client.set_mark(mark(&patient, Category::Notes)).await), "ALREADY_MARKED");
    let listed = world.as_(&father).list_marks(marks(&patient)).await.unwrap().into_inner().marks;
    assert_eq!(listed, std::slice::from_ref(&set), "the other holder sees it, too");
    let looks = world.looks("consent.ListMarks").await;
    assert_eq!(
        (looks[0].outcome(), looks[0].returned[0].id.as_str()),
        (Outcome::Permitted, set.mark_id.as_str())
    );
    world.as_(&father).lift_mark(lift(&patient, &set.mark_id)).await.unwrap();
    assert_eq!(refusal(client.lift_mark(lift(&patient, &set.mark_id)).await), "MARK_UNKNOWN");
    assert!(client.list_marks(marks(&patient)).await.unwrap().into_inner().marks.is_empty());
    client.set_mark(mark(&patient, Category::Notes)).await.unwrap();
}

#[tokio::test]
async fn nobody_but_a_holder_marks_lifts_or_sees_marks_and_each_attempt_is_recorded() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2).with(Role::Therapist, Some(practice())));
    let patient = world.record_of(&parent).await;
    world.as_(&parent).give_grant(give(&patient, to_account(therapist.account))).await.unwrap();
    let set = world.as_(&parent).set_mark(mark(&patient, Category::Goals)).await.unwrap().into_inner();
    let mut client = world.as_(&therapist);
    let set = set.mark.unwrap().mark_id;
    assert_eq!(refusal(client.set_mark(mark(&patient, Category::Notes)).await), "NOT_PERMITTED");
    assert_eq!(refusal(client.lift_mark(lift(&patient, &set)).await), "NOT_PERMITTED");
    assert_eq!(refusal(client.list_marks(marks(&patient)).await), "NOT_PERMITTED");
    for operation in ["consent.SetMark", "consent.LiftMark", "consent.ListMarks"] {
        let looks = world.looks(operation).await;
        assert!(looks.len() == 1 && looks[0].outcome() == Outcome::Refused, "{operation}");
    }
}

#[tokio::test]
async fn a_mark_that_marks_nothing_or_keeps_something_from_a_holder_is_refused() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let good = || mark(&patient, Category::Notes);
    let from = |kind| Some(KeptFrom { kind });
    let itself = from(Some(kept_from::Kind::AccountId(parent.account.to_string())));
    let of = |kind| Some(Marked { kind: Some(kind) });
    for (wrong, reason) in [
        (SetMarkRequest { what: None, ..good() }, "FIELD_MISSING"),
        (SetMarkRequest { what: Some(Marked { kind: None }), ..good() }, "FIELD_MISSING"),
        (SetMarkRequest { what: of(marked::Kind::Category(9999)), ..good() }, "FIELD_INVALID"),
        (SetMarkRequest { what: of(marked::Kind::ItemId("seven".into())), ..good() }, "ID_MALFORMED"),
        (SetMarkRequest { kept_from: from(None), ..good() }, "FIELD_MISSING"),
        (SetMarkRequest { kept_from: itself, ..good() }, "GRANT_TO_HOLDER"),
        (SetMarkRequest { reason: "x".repeat(201), ..good() }, "TEXT_TOO_LONG"),
        (SetMarkRequest { patient_id: String::new(), ..good() }, "FIELD_MISSING"),
        (SetMarkRequest { patient_id: request_id(), ..good() }, "NOT_PERMITTED"),
    ] {
        assert_eq!(refusal(client.set_mark(wrong.clone()).await), reason, "{wrong:?}");
    }
    assert_eq!(refusal(client.lift_mark(lift(&patient, &request_id())).await), "MARK_UNKNOWN");
    assert!(client.list_marks(marks(&patient)).await.unwrap().into_inner().marks.is_empty());
}

#[tokio::test]
async fn the_other_services_hear_what_is_marked_and_never_why() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let author = AccountId::new(Uuid::from_u128(0xA7));
    let set = SetMarkRequest {
        what: Some(Marked { kind: Some(marked::Kind::AuthorAccountId(author.to_string())) }),
        kept_from: Some(KeptFrom { kind: Some(kept_from::Kind::PracticeId(practice().to_string())) }),
        reason: "a family matter".into(),
        ..mark(&patient, Category::Notes)
    };
    let id = client.set_mark(set).await.unwrap().into_inner().mark.unwrap().mark_id;
    client.lift_mark(LiftMarkRequest { reason: "settled".into(), ..lift(&patient, &id) }).await.unwrap();
    let envelopes = world.envelopes().await;
    let mut heard = Vec::new();
    for envelope in envelopes.iter().filter(|envelope| envelope.header.event_type.starts_with("mark.")) {
        let payload = envelope.public_payload.as_ref().unwrap();
        assert!(
            !payload.value.windows(6).any(|part| part == b"family" || part == b"settle"),
            "the reason left"
        );
        heard.push(ConsentFact::read(payload).unwrap().unwrap());
    }
    let patient: PatientId = patient.parse().unwrap();
    let mark: MarkId = id.parse().unwrap();
    let fact =
        MarkFact { id: mark, patient, what: Said::Author(author), kept_from: Kept::Practice(practice()) };
    assert_eq!(heard, [ConsentFact::MarkSet(fact), ConsentFact::MarkLifted { patient, mark }]);
}

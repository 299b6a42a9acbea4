//! The papers of a record as they stood at a moment, and what was done to them one step at a time.
#![cfg(test)]
mod common;
use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use holdfast_proto::{access::v1::Outcome, consent::v1::Narrowing, documents::v1::*, time, timestamp};
use holdfast_types::{Action, Category, Clock, PatientId};

impl World {
    async fn paper(&self, by: &Person, patient: PatientId, category: Category, says: &str) -> Document {
        self.clock.advance(TimeDelta::seconds(1));
        upload(&mut self.as_(by), patient, category, "text/plain", says.as_bytes()).await
    }

    async fn withdrawn(&self, by: &Person, document: &Document) -> Document {
        self.clock.advance(TimeDelta::seconds(1));
        self.as_(by).withdraw_document(withdraw(document)).await.unwrap().into_inner().document.unwrap()
    }

    async fn ids(&self, by: &Person, asked: ListDocumentsRequest) -> Vec<String> {
        let page = self.as_(by).list_documents(asked).await.unwrap().into_inner();
        assert_eq!(usize::try_from(page.total_size).unwrap(), page.documents.len());
        page.documents.into_iter().map(|document| document.document_id).collect()
    }

    async fn then(&self, by: &Person, patient: PatientId, at: DateTime<Utc>) -> Vec<String> {
        self.ids(by, ListDocumentsRequest { as_of_time: Some(timestamp(at)), ..list(patient) }).await
    }

    async fn step(&self, by: &Person, patient: PatientId, at: Option<DateTime<Utc>>) -> Step {
        let asked = GetStepRequest { patient_id: patient.to_string(), at_time: at.map(timestamp) };
        self.as_(by).get_step(asked).await.unwrap().into_inner()
    }
}

fn added(document: &Document) -> DateTime<Utc> {
    time(document.create_time.as_ref().unwrap()).unwrap()
}

fn before(at: DateTime<Utc>) -> DateTime<Utc> {
    at - TimeDelta::microseconds(1)
}

#[tokio::test]
async fn a_list_and_a_paper_are_shown_as_they_stood() {
    let world = world().await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let letter = world.paper(&parent, patient, Category::Documents, "a letter").await;
    let card = world.paper(&parent, patient, Category::Coverage, "a card").await;
    let withdrawn = world.withdrawn(&parent, &letter).await;
    let withdrawal = time(withdrawn.withdraw_time.as_ref().unwrap()).unwrap();
    let (one_id, two_id) = (letter.document_id.clone(), card.document_id.clone());

    assert!(world.then(&parent, patient, before(added(&letter))).await.is_empty());
    assert_eq!(world.then(&parent, patient, added(&letter)).await, std::slice::from_ref(&one_id));
    assert_eq!(world.then(&parent, patient, before(withdrawal)).await, [two_id.clone(), one_id.clone()]);
    assert_eq!(world.then(&parent, patient, withdrawal).await, std::slice::from_ref(&two_id));
    assert_eq!(world.ids(&parent, list(patient)).await, std::slice::from_ref(&two_id), "and so it is today");

    // What had been added by then, as it is known today.
    let by = |at| ListDocumentsRequest { happened_by_time: Some(timestamp(at)), ..list(patient) };
    assert!(world.ids(&parent, by(added(&letter))).await.is_empty(), "it was withdrawn since");
    assert_eq!(world.ids(&parent, by(added(&card))).await, std::slice::from_ref(&two_id));
    let both = ListDocumentsRequest { as_of_time: Some(timestamp(before(withdrawal))), ..by(added(&letter)) };
    assert_eq!(world.ids(&parent, both).await, std::slice::from_ref(&one_id));

    let mut client = world.as_(&parent);
    let at = |moment| {
        let asked = GetDocumentRequest { as_of_time: Some(timestamp(moment)), ..one(&letter) };
        let mut client = client.clone();
        async move { client.get_document(asked).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(at(before(withdrawal)).await.unwrap(), letter, "nothing of what came later");
    assert_eq!(at(withdrawal).await.unwrap(), withdrawn);
    assert_eq!(withdrawn.withdrawn_by, letter.created_by);
    assert_eq!(reason(&at(before(added(&letter))).await.unwrap_err()), "DOCUMENT_UNKNOWN");
    let looks = world.looks("documents.GetDocument").await;
    assert_eq!(looks.len(), 3, "that nothing was there then is a look, too");

    // A page goes on at the moment that it began at.
    let then = ListDocumentsRequest {
        page_size: 1,
        as_of_time: Some(timestamp(before(withdrawal))),
        ..list(patient)
    };
    let first = client.list_documents(then.clone()).await.unwrap().into_inner();
    assert_eq!((first.documents[0].document_id.as_str(), first.total_size), (two_id.as_str(), 2));
    let page_token = first.next_page_token;
    let second = ListDocumentsRequest { page_token: page_token.clone(), ..then.clone() };
    let second = client.list_documents(second).await.unwrap().into_inner();
    assert_eq!((second.documents[0].clone(), second.next_page_token.as_str()), (letter, ""));
    let moved = ListDocumentsRequest { page_token, as_of_time: Some(timestamp(withdrawal)), ..then };
    assert_eq!(refusal(client.list_documents(moved).await), "PAGE_TOKEN_OF_ANOTHER_QUERY");
}

#[tokio::test]
async fn what_was_done_is_stepped_through_one_by_one() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    assert_eq!(world.step(&parent, patient, None).await, Step::default(), "nothing was done yet");
    let may = [Action::Read, Action::Contribute];
    world.share(patient, &therapist, &[Category::Documents], &may).await;
    let letter = world.paper(&parent, patient, Category::Documents, "a letter").await;
    let report = world.paper(&therapist, patient, Category::Documents, "a report").await;
    let withdrawn = world.withdrawn(&therapist, &letter).await;

    let newest = world.step(&parent, patient, None).await;
    let by = |person: &Person| format!("account/{}", person.account);
    let rule = |person: &Person| match person.account == parent.account {
        true => "parent-holds-record",
        false => "granted-to-account",
    };
    let change = |kind: DocumentChangeKind, document: &Document, person: &Person| DocumentChange {
        kind: kind.into(),
        document: Some(document.clone()),
        recorded_by: by(person),
        rule_ids: vec![rule(person).to_owned()],
    };
    assert_eq!(newest.changes, [change(DocumentChangeKind::Withdrawn, &withdrawn, &therapist)]);
    assert_eq!(newest.changes[0].document.as_ref().unwrap().withdrawal_reason, "belongs to a sibling");
    assert_eq!((newest.step_number, newest.step_count, newest.total_size), (3, 3, 1));
    assert_eq!((newest.step_time, newest.following_time), (withdrawn.withdraw_time, None));
    let back = |step: &Step| step.previous_time.as_ref().map(|at| time(at).unwrap());
    let second = world.step(&parent, patient, back(&newest)).await;
    assert_eq!(second.changes, [change(DocumentChangeKind::Added, &report, &therapist)]);
    assert_eq!((second.step_number, second.following_time), (2, newest.step_time));
    let first = world.step(&parent, patient, back(&second)).await;
    assert_eq!(
        first.changes,
        [change(DocumentChangeKind::Added, &letter, &parent)],
        "as it stood after that"
    );
    assert_eq!((first.step_number, first.previous_time), (1, None));
    let nothing = world.step(&parent, patient, Some(before(added(&letter)))).await;
    assert_eq!((nothing.step_time, nothing.step_number, nothing.step_count), (None, 0, 3));
    assert_eq!(nothing.following_time, first.step_time);
    let looks = world.looks("documents.GetStep").await;
    let named: Vec<_> =
        looks.iter().flat_map(|look| &look.returned).map(|one| (&*one.id, one.revision)).collect();
    let (letter_id, report_id) = (letter.document_id.as_str(), report.document_id.as_str());
    assert_eq!(named, [(letter_id, 2), (report_id, 1), (letter_id, 1)], "each look names what it showed");
}

#[tokio::test]
async fn of_what_was_everybody_sees_what_is_shared_with_them_now() {
    let world = world().await;
    let (parent, therapist, school, stranger) = (person(1), person(2), person(3), person(4));
    let patient = world.record_of(&parent).await;
    let letter = world.paper(&parent, patient, Category::Documents, "a letter").await;
    let card = world.paper(&parent, patient, Category::Coverage, "a card").await;
    let report = world.paper(&parent, patient, Category::Documents, "a report").await;
    let last = added(&report);
    // Given afterwards, and of one room: what was there before the grant is shown, and nothing of another room.
    let grant = world.share(patient, &therapist, &[Category::Documents], &[Action::Read]).await;
    let ids = [report.document_id.clone(), letter.document_id.clone()];
    assert_eq!(world.then(&therapist, patient, last).await, ids);
    let step = world.step(&therapist, patient, Some(last)).await;
    assert_eq!((step.step_number, step.step_count), (2, 2));
    assert_eq!(step.previous_time, letter.create_time, "the step of the other room is none of theirs");
    // And of a part: one paper.
    let part = Narrowing { item_ids: vec![letter.document_id.clone()], ..Narrowing::default() };
    world.share_part(patient, &school, &[Category::Documents], &[Action::Read], Some(part)).await;
    assert_eq!(world.then(&school, patient, last).await, std::slice::from_ref(&letter.document_id));
    let step = world.step(&school, patient, None).await;
    assert_eq!((step.step_number, step.step_count, step.total_size), (1, 1, 1));
    assert_eq!(step.changes[0].document.as_ref().unwrap().document_id, letter.document_id);
    for hidden in [&card, &report] {
        let asked = GetDocumentRequest { as_of_time: Some(timestamp(last)), ..one(hidden) };
        assert_eq!(refusal(world.as_(&school).get_document(asked).await), "NOT_PERMITTED");
    }
    world.consent.revoke(patient, grant, world.clock.now()).await;
    for refused in [&therapist, &stranger] {
        let asked = GetStepRequest { patient_id: patient.to_string(), at_time: Some(timestamp(last)) };
        assert_eq!(refusal(world.as_(refused).get_step(asked).await), "NOT_PERMITTED");
        let asked = ListDocumentsRequest { as_of_time: Some(timestamp(last)), ..list(patient) };
        assert_eq!(refusal(world.as_(refused).list_documents(asked).await), "NOT_PERMITTED");
    }
    let looks = world.looks("documents.GetStep").await;
    assert_eq!(looks.iter().filter(|look| look.outcome() == Outcome::Refused).count(), 2);
}

//! A part of the papers that is shared: one of them, what somebody added, or what was added in a span of time.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{consent::v1::Narrowing, documents::v1::*, timestamp};
use holdfast_types::{Action, Category, Clock, PatientId};

const READ: &[Action] = &[Action::Read, Action::Download];

impl World {
    async fn paper(&self, by: &Person, patient: PatientId, says: &str) -> Document {
        self.clock.advance(TimeDelta::seconds(1));
        upload(&mut self.as_(by), patient, Category::Documents, "text/plain", says.as_bytes()).await
    }

    /// That the person sees these and no others, by whatever is asked.
    async fn sees_only(&self, by: &Person, patient: PatientId, seen: &[&Document], hidden: &[&Document]) {
        let mut client = self.as_(by);
        let page = client.list_documents(list(patient)).await.unwrap().into_inner();
        let shown: Vec<&str> = page.documents.iter().map(|document| document.document_id.as_str()).collect();
        let expected: Vec<&str> = seen.iter().map(|document| document.document_id.as_str()).collect();
        assert_eq!(shown, expected);
        assert_eq!(usize::try_from(page.total_size).unwrap(), seen.len());
        for document in seen {
            assert_eq!(&&self.got(by, document).await.unwrap(), document);
            assert!(download(&mut client, document).await.unwrap().2.is_ok());
        }
        let nothing = Document { document_id: uuid::Uuid::from_u128(1).to_string(), ..(*hidden[0]).clone() };
        let absent = reason(&self.got(by, &nothing).await.unwrap_err());
        for document in hidden {
            assert_eq!(reason(&self.got(by, document).await.unwrap_err()), absent);
            assert_eq!(reason(&download(&mut client, document).await.unwrap_err()), absent);
        }
    }

    async fn got(&self, by: &Person, document: &Document) -> Result<Document, tonic::Status> {
        let Document { patient_id, document_id, .. } = document.clone();
        let asked = GetDocumentRequest { patient_id, document_id, as_of_time: None };
        Ok(self.as_(by).get_document(asked).await?.into_inner())
    }
}

#[tokio::test]
async fn one_paper_is_shared_read_and_downloaded_until_it_is_revoked() {
    let world = world().await;
    let (parent, therapist) = (person(1), person(2));
    let patient = world.record_of(&parent).await;
    let letter = world.paper(&parent, patient, "a letter").await;
    let report = world.paper(&parent, patient, "a report").await;
    let one = Narrowing { item_ids: vec![letter.document_id.clone()], ..Narrowing::default() };
    let grant = world.share_part(patient, &therapist, &[Category::Documents], READ, Some(one)).await;
    world.sees_only(&therapist, patient, &[&letter], &[&report]).await;
    world.consent.revoke(patient, grant, world.clock.now()).await;
    let ended = world.as_(&therapist).list_documents(list(patient)).await.unwrap_err();
    assert_eq!(reason(&ended), "NOT_PERMITTED");
    assert_eq!(reason(&world.got(&therapist, &letter).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(reason(&download(&mut world.as_(&therapist), &letter).await.unwrap_err()), "NOT_PERMITTED");
}

#[tokio::test]
async fn what_somebody_added_or_what_was_added_by_then_is_shared() {
    let world = world().await;
    let (parent, practice, school, doctor) = (person(1), person(2), person(3), person(4));
    let patient = world.record_of(&parent).await;
    world.share(patient, &practice, &[Category::Documents], &[Action::Read, Action::Contribute]).await;
    let family = world.paper(&parent, patient, "from the family").await;
    let plan = world.paper(&practice, patient, "from the practice").await;
    let author = Narrowing { author_account_ids: vec![practice.account.to_string()], ..Narrowing::default() };
    world.share_part(patient, &school, &[Category::Documents], READ, Some(author)).await;
    world.sees_only(&school, patient, &[&plan], &[&family]).await;
    let until = Narrowing { occurred_until_time: plan.create_time, ..Narrowing::default() };
    world.share_part(patient, &doctor, &[Category::Documents], READ, Some(until)).await;
    world.sees_only(&doctor, patient, &[&family], &[&plan]).await;
    let now = Some(timestamp(world.clock.now() + TimeDelta::hours(1)));
    let later = Narrowing { occurred_from_time: now, ..Narrowing::default() };
    world.share_part(patient, &person(5), &[Category::Documents], READ, Some(later)).await;
    world.sees_only(&person(5), patient, &[], &[&family, &plan]).await;
}

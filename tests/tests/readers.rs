//! With the eyes of another: what was open to somebody at a moment, room by room and thing by thing, as its services answered them then.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited};
use chrono::{DateTime, Utc};
use holdfast_proto::{
    Word as _,
    access::v1::Outcome,
    audit::v1::*,
    consent::v1::{GiveGrantRequest, Grantee, Narrowing, grantee, marked},
    documents::v1::GetDocumentRequest,
    records::v1::ListItemsRequest,
    timestamp,
};
use holdfast_testkit::{
    refusal::reason,
    service::{Person, person},
};
use holdfast_types::{Action, Category, Clock as _, Ids as _, SystemClock, SystemIds};
use tonic::Status;

type Open = (bool, bool);

impl Audited {
    async fn reader(
        &self,
        by: &Person,
        of: &Person,
        at: DateTime<Utc>,
        things: &[&str],
    ) -> Result<DecideForReaderResponse, Status> {
        let asked = DecideForReaderRequest {
            patient_id: self.world.patient.clone(),
            account_id: of.account.to_string(),
            at_time: Some(timestamp(at)),
            thing_ids: things.iter().map(ToString::to_string).collect(),
            count_kept_back: true,
            happened_by_time: None,
        };
        Ok(self.replay(by).decide_for_reader(asked).await?.into_inner())
    }

    async fn goal(&self) -> String {
        let list = ListItemsRequest { patient_id: self.world.patient.clone(), ..Default::default() };
        let listed = self.world.records(&self.world.mother).list_items(list).await.unwrap().into_inner();
        listed.items[0].item_id.clone()
    }

    /// Of goals and papers the paper alone.
    async fn give_the_paper(&mut self) -> String {
        let account = self.world.therapist.account.to_string();
        let give = GiveGrantRequest {
            request_id: SystemIds.next().to_string(),
            patient_id: self.world.patient.clone(),
            grantee: Some(Grantee { kind: Some(grantee::Kind::AccountId(account)), role: 0 }),
            categories: [Category::Goals, Category::Documents].map(|word| word.to_proto()).into(),
            actions: vec![Action::Read.to_proto()],
            narrowing: Some(Narrowing { item_ids: vec![self.world.document.clone()], ..Default::default() }),
            ..Default::default()
        };
        let given = self.world.consent(&self.world.mother).give_grant(give).await.unwrap().into_inner();
        self.world.follow(given.position.unwrap());
        given.grant.unwrap().grant_id
    }
}

fn room(told: &DecideForReaderResponse, category: Category) -> &ReaderRoom {
    told.rooms.iter().find(|room| room.category == category.to_proto()).unwrap()
}

fn rooms(told: &DecideForReaderResponse) -> [Open; 3] {
    [Category::Goals, Category::Documents, Category::Medications].map(|category| {
        let room = room(told, category);
        (room.open, room.in_part)
    })
}

fn verdicts(told: &DecideForReaderResponse) -> Vec<ThingVerdict> {
    told.things.iter().map(|thing| thing.thing.as_ref().unwrap().verdict()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_shared_for_a_while_is_what_a_holder_sees_of_that_while_and_why() {
    let mut installation = audited().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let (goal, paper) = (installation.goal().await, installation.world.document.clone());
    let before = SystemClock.now();
    let grant = installation.give_the_paper().await;
    let get = GetDocumentRequest {
        patient_id: installation.world.patient.clone(),
        document_id: paper.clone(),
        as_of_time: None,
    };
    installation.world.documents(&therapist).get_document(get).await.unwrap();
    let during = SystemClock.now();
    let mark = installation.world.mark(marked::Kind::ItemId(paper.clone())).await;
    let marked = SystemClock.now();
    installation.world.lift(&mark).await;
    installation.world.stop(grant.clone()).await;
    let after = SystemClock.now();
    installation.caught_up().await;

    let (closed, part) = ((false, false), (true, true));
    let things = [goal.as_str(), paper.as_str()];
    let nowhere = ThingVerdict::RoomClosed;
    for (at, stood, came_of, kept_back) in [
        (before, [closed; 3], [nowhere, nowhere], None),
        (during, [part, part, closed], [ThingVerdict::BeyondPart, ThingVerdict::Open], Some(1)),
        (marked, [part, part, closed], [ThingVerdict::BeyondPart, ThingVerdict::Marked], Some(1)),
        (after, [closed; 3], [nowhere, nowhere], None),
    ] {
        let told = installation.reader(&mother, &therapist, at, &things).await.unwrap();
        assert_eq!((rooms(&told), verdicts(&told)), (stood, came_of.to_vec()));
        let goals = room(&told, Category::Goals);
        assert_eq!(goals.kept_back_count, kept_back);
        let grounds = goals.grounds.as_ref().unwrap();
        let named: Vec<_> =
            grounds.grants.iter().map(|grant| (grant.grant_id.clone(), grant.revision)).collect();
        let expected = if stood[0].0 { vec![(grant.clone(), 1)] } else { Vec::new() };
        assert_eq!((grounds.outcome() == Outcome::Permitted, named), (stood[0].0, expected));
    }

    let asked = ListReadersRequest {
        patient_id: installation.world.patient.clone(),
        at_time: Some(timestamp(during)),
    };
    let readers =
        installation.replay(&mother).list_readers(asked.clone()).await.unwrap().into_inner().readers;
    let told: Vec<_> = readers
        .iter()
        .map(|reader| (reader.account_id.clone(), reader.relationship != 0, reader.granted))
        .collect();
    let ids = [&mother, &therapist].map(|person| person.account.to_string());
    assert_eq!(told, [(ids[0].clone(), true, false), (ids[1].clone(), false, true)]);
    let refused = installation.replay(&therapist).list_readers(asked).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED");
    let of = |looks: &[_], operation: &str| {
        looks
            .iter()
            .filter(|(_, look): &&(_, holdfast_proto::access::v1::AccessRecorded)| {
                look.operation == operation
            })
            .count()
    };
    let looks = installation.logged().await;
    assert_eq!((of(&looks, "audit.DecideForReader"), of(&looks, "audit.ListReaders")), (4, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_hold_the_record_learns_of_themselves_alone_and_not_why() {
    let mut installation = audited().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let (goal, paper) = (installation.goal().await, installation.world.document.clone());
    let before = SystemClock.now();
    installation.world.give().await;
    let mark = installation.world.mark(marked::Kind::ItemId(goal.clone())).await;
    let marked = SystemClock.now();
    installation.world.lift(&mark).await;
    installation.caught_up().await;

    let things = [goal.as_str(), paper.as_str()];
    let told = installation.reader(&therapist, &therapist, before, &things).await.unwrap();
    let may_today = [Category::Goals, Category::Documents, Category::Messages].map(|word| word.to_proto());
    let told_rooms: Vec<i32> = told.rooms.iter().map(|room| room.category).collect();
    assert!(told_rooms.len() == 3 && may_today.iter().all(|room| told_rooms.contains(room)));
    assert!(told.rooms.iter().all(|room| !room.open && room.grounds.is_none()));
    assert_eq!(verdicts(&told), [ThingVerdict::RoomClosed; 2]);
    let told = installation.reader(&therapist, &therapist, marked, &things).await.unwrap();
    assert_eq!(
        verdicts(&told),
        [ThingVerdict::RoomClosed, ThingVerdict::Open],
        "that it was marked is not told"
    );
    assert!(told.things.iter().all(|thing| thing.thing.as_ref().unwrap().mark_ids.is_empty()));
    assert_eq!(room(&told, Category::Goals).kept_back_count, Some(1), "of what they see today");

    let refused = installation.reader(&therapist, &mother, marked, &things).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED");
    let stranger = person(9);
    let refused = installation.reader(&stranger, &stranger, marked, &[]).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED");
    let many = vec![goal.as_str(); 201];
    let refused = installation.reader(&mother, &therapist, marked, &many).await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY");
    let refused = installation.reader(&mother, &therapist, marked, &["goal"]).await.unwrap_err();
    assert_eq!(reason(&refused), "ID_MALFORMED");
}

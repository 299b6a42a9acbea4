//! A part of a room that is shared: what it names is shown, and nothing else is to be noticed in any answer.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{Word, consent::v1::Narrowing, records::v1 as pb, timestamp};
use holdfast_types::*;

fn dated(id: &str, text: &str, date: &str) -> String {
    goal(id, text).replace("2026-01-05", date)
}

fn by(person: &Person) -> Narrowing {
    Narrowing { author_account_ids: vec![person.account.to_string()], ..Narrowing::default() }
}

fn ids(items: &[pb::Item]) -> Vec<&str> {
    items.iter().map(|item| item.item_id.as_str()).collect()
}

impl World {
    async fn added(&self, by: &Person, json: &str) -> pb::Item {
        self.create(by, "", json).await.unwrap().item.unwrap()
    }

    async fn summary(&self, by: &Person) -> pb::SummarizeRecordResponse {
        let asked = pb::SummarizeRecordRequest {
            patient_id: patient().to_string(),
            include_sources: true,
            ..pb::SummarizeRecordRequest::default()
        };
        self.client(by).summarize_record(asked).await.unwrap().into_inner()
    }

    async fn steps(&self, by: &Person) -> pb::ListStepChangesResponse {
        let patient_id = patient().to_string();
        let asked = pb::ListStepChangesRequest { patient_id, ..pb::ListStepChangesRequest::default() };
        self.client(by).list_step_changes(asked).await.unwrap().into_inner()
    }

    /// That the therapist sees these, and that no answer tells of anything else.
    async fn sees_only(&self, seen: &[&pb::Item], hidden: &[&pb::Item]) {
        let therapist = therapist();
        let with = pb::ListItemsRequest { include_sources: true, page_size: 1, ..listing() };
        let page = self.list(&therapist, with).await.unwrap();
        let whole = self.everything(&therapist).await;
        let mut expected: Vec<&str> = seen.iter().map(|item| item.item_id.as_str()).collect();
        let mut shown = ids(&whole);
        expected.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, expected);
        let count = i32::try_from(seen.len()).unwrap();
        assert_eq!(page.total_size, count);
        assert_eq!(page.sources.iter().map(|source| source.count).sum::<i32>(), count);
        assert!(!page.withheld_categories.contains(&Category::Goals.to_proto()), "a part of it is shown");
        let summary = self.summary(&therapist).await;
        assert_eq!(summary.categories.iter().map(|one| one.count).sum::<i32>(), count);
        assert_eq!(summary.sources.iter().map(|source| source.count).sum::<i32>(), count);
        for item in seen {
            assert_eq!(&&self.get(&therapist, &item.item_id).await.unwrap().title, &&item.title);
        }
        let nothing = SystemIds.next().to_string();
        let absent = reason(&self.get(&therapist, &nothing).await.unwrap_err());
        for item in hidden {
            assert_eq!(reason(&self.get(&therapist, &item.item_id).await.unwrap_err()), absent);
            assert_eq!(reason(&self.versions(&therapist, &item.item_id).await.unwrap_err()), absent);
        }
        let steps = self.steps(&therapist).await;
        assert!(steps.step_count <= count, "a step of what is hidden would tell that it is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_is_shared_and_nothing_else_is_noticed_until_it_is_revoked() {
    let world = world().await;
    let hello = world.added(&parent(), &goal("a", "Say hello")).await;
    world.clock.advance(TimeDelta::seconds(1));
    let wave = world.added(&parent(), &goal("b", "Wave")).await;
    let one = Narrowing { item_ids: vec![hello.item_id.clone()], ..Narrowing::default() };
    let grant = world.share_part(&therapist(), &[Category::Goals], one).await;
    world.sees_only(&[&hello], &[&wave]).await;
    assert_eq!(world.versions(&therapist(), &hello.item_id).await.unwrap().len(), 1);
    let looks = world.looks("records.ListItems").await;
    let look = looks.last().unwrap();
    assert!(look.in_part);
    assert_eq!(look.part_categories, [Category::Goals.to_proto()]);
    assert_eq!(look.grants[0].grant_id, grant, "the event says by which grant");
    let all: Vec<&str> = looks.iter().flat_map(|look| &look.returned).map(|one| one.id.as_str()).collect();
    assert!(all.iter().all(|id| *id == hello.item_id));

    let edit = world.update(&therapist(), &hello, &goal("a", "Say goodbye")).await;
    assert_eq!(reason(&edit.unwrap_err()), "NOT_PERMITTED", "a part is read, not written");
    let write = world.create(&therapist(), "", &goal("c", "Clap")).await;
    assert_eq!(reason(&write.unwrap_err()), "NOT_PERMITTED");
    let patients = pb::GetPatientRequest { patient_id: patient().to_string(), as_of_time: None };
    let who = world.client(&therapist()).get_patient(patients).await.unwrap_err();
    assert_eq!(reason(&who), "NOT_PERMITTED");
    assert_eq!(world.everything(&parent()).await.len(), 2, "nothing is kept from a holder");

    world.revoke(grant).await;
    assert_eq!(reason(&world.list(&therapist(), listing()).await.unwrap_err()), "NOT_PERMITTED");
    assert_eq!(reason(&world.get(&therapist(), &hello.item_id).await.unwrap_err()), "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_is_shared_as_long_as_nobody_else_has_a_hand_in_it() {
    let world = world().await;
    let author = person(7, Role::Therapist);
    world.share(&author, &[Category::Goals], &[Action::Read, Action::Contribute]).await;
    let hers = world.added(&author, &goal("a", "Say hello")).await;
    world.clock.advance(TimeDelta::seconds(1));
    let family = world.added(&parent(), &goal("b", "Wave")).await;
    world.share_part(&therapist(), &[Category::Goals], by(&author)).await;
    world.sees_only(&[&hers], &[&family]).await;
    world.clock.advance(TimeDelta::seconds(1));
    world.lock(&REQUIRED, &[]).await.unwrap();
    world.update(&parent(), &hers, &goal("a", "Say hello and wave")).await.unwrap();
    assert!(world.everything(&therapist()).await.is_empty(), "what it says now is not only hers");
    let before = world.versions(&therapist(), &hers.item_id).await.unwrap();
    assert_eq!(before.iter().map(|version| version.title.as_str()).collect::<Vec<_>>(), [&*hers.title]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_in_a_span_is_shared_and_other_grants_add_to_it() {
    let world = world().await;
    let autumn = world.added(&parent(), &dated("a", "Say hello", "2025-10-05")).await;
    world.clock.advance(TimeDelta::seconds(1));
    let winter = world.added(&parent(), &dated("b", "Wave", "2026-01-05")).await;
    world.clock.advance(TimeDelta::seconds(1));
    let undated = r#"{"resourceType":"Goal","id":"c","lifecycleStatus":"active","description":{"text":"Clap"},"subject":{"reference":"Patient/self"}}"#;
    let recorded = world.added(&parent(), undated).await;
    let moment = |text: &str| Some(timestamp(text.parse().unwrap()));
    let winter_only = Narrowing {
        occurred_from_time: moment("2026-01-01T00:00:00Z"),
        occurred_until_time: moment("2026-02-01T00:00:00Z"),
        ..Narrowing::default()
    };
    let grant = world.share_part(&therapist(), &[Category::Goals], winter_only).await;
    world.sees_only(&[&winter], &[&autumn, &recorded]).await;
    let since = Narrowing {
        occurred_from_time: Some(timestamp(world.clock.now() - TimeDelta::hours(1))),
        ..Narrowing::default()
    };
    world.share_part(&therapist(), &[Category::Goals], since).await;
    world.sees_only(&[&winter, &recorded], &[&autumn]).await;
    world.revoke(grant).await;
    world.sees_only(&[&recorded], &[&winter, &autumn]).await;
    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    world.sees_only(&[&recorded, &winter, &autumn], &[]).await;
}

//! What a label protects stands in a room of its own: it wants its own consent, and what the law wants goes with the answer.
#![cfg(test)]
mod common;
use chrono::TimeDelta;
use common::*;
use holdfast_proto::{Word, records::v1 as pb};
use holdfast_types::*;

const NOTICE: &str = "holdfast-notice";
const DISCLOSED_BY: &str = "holdfast-disclosed-by";

fn labelled(id: &str, text: &str, code: &str) -> String {
    let label = format!(
        r#""meta":{{"security":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{code}"}}]}}"#
    );
    goal(id, text).replacen(r#""resourceType":"Goal""#, &format!(r#""resourceType":"Goal",{label}"#), 1)
}

impl World {
    async fn added(&self, json: &str) -> pb::Item {
        let added = self.create(&parent(), "", json).await.unwrap().item.unwrap();
        self.clock.advance(TimeDelta::seconds(1));
        added
    }

    async fn titles(&self, by: &Person) -> Vec<String> {
        let mut titles: Vec<_> = self.everything(by).await.into_iter().map(|item| item.title).collect();
        titles.sort();
        titles
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_labelled_is_shown_by_a_consent_of_its_own_alone() {
    let world = world().await;
    world.added(&goal("a", "Say hello")).await;
    let rooms = [("PSYTHPN", Category::PsychotherapyNotes), ("ADOL", Category::ConfidentialServices)];
    for (code, room) in rooms {
        let hidden = world.added(&labelled(code, code, code)).await;
        assert_eq!(hidden.category, room.to_proto());
    }
    world.share(&therapist(), Category::ORDINARY, &[Action::Read]).await;
    assert_eq!(world.titles(&therapist()).await, ["Say hello"]);
    let page =
        world.list(&therapist(), pb::ListItemsRequest { include_sources: true, ..listing() }).await.unwrap();
    assert_eq!((page.total_size, page.sources.iter().map(|source| source.count).sum::<i32>()), (1, 1));
    world.share(&therapist(), &[Category::PsychotherapyNotes], &[Action::Read]).await;
    assert_eq!(world.titles(&therapist()).await, ["PSYTHPN", "Say hello"]);
    assert_eq!(world.titles(&parent()).await.len(), 3, "nothing is kept from who holds the record");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_part_2_protects_is_answered_with_its_notice_and_names_its_consent() {
    let world = world().await;
    let item = world.added(&labelled("a", "Keep the appointment", "42CFRPart2")).await;
    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    let list = |by: &Person| {
        let mut client = world.client(by);
        async move { client.list_items(listing()).await.unwrap() }
    };
    let before = list(&therapist()).await;
    assert!(
        before.get_ref().items.is_empty() && before.metadata().get(NOTICE).is_none(),
        "nothing was disclosed"
    );
    let grant = world.share_alone(&therapist(), Category::SubstanceUse).await;
    let after = list(&therapist()).await;
    assert_eq!(after.get_ref().items.len(), 1);
    let said = |name: &str| after.metadata().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(said(NOTICE), "42 CFR part 2 prohibits unauthorized use or disclosure of these records.");
    assert!(said(DISCLOSED_BY).split(',').any(|id| id == grant), "the consent");
    let one =
        pb::GetItemRequest { patient_id: patient().to_string(), item_id: item.item_id, as_of_time: None };
    let one = world.client(&therapist()).get_item(one).await.unwrap();
    assert_eq!(one.metadata().get(DISCLOSED_BY).unwrap(), grant.as_str());
    assert!(list(&parent()).await.metadata().get(NOTICE).is_none(), "to who holds it nothing is disclosed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_to_be_protected_later_is_not_shown_as_it_was_before_either() {
    let world = world().await;
    let open = world.added(&goal("a", "Keep the appointment")).await;
    world.share(&therapist(), &[Category::Goals], &[Action::Read]).await;
    assert_eq!(world.versions(&therapist(), &open.item_id).await.unwrap().len(), 1);
    let before = world.clock.now();
    world.clock.advance(TimeDelta::seconds(1));
    world.update(&parent(), &open, &labelled("a", "Keep the appointment", "ETH")).await.unwrap();
    assert!(world.titles(&therapist()).await.is_empty());
    let then = pb::ListItemsRequest { as_of_time: Some(holdfast_proto::timestamp(before)), ..listing() };
    assert_eq!(world.list(&therapist(), then.clone()).await.unwrap().total_size, 0);
    let nothing = SystemIds.next().to_string();
    let absent = reason(&world.versions(&therapist(), &nothing).await.unwrap_err());
    assert_eq!(reason(&world.versions(&therapist(), &open.item_id).await.unwrap_err()), absent);
    assert_eq!(world.list(&parent(), then).await.unwrap().total_size, 1);
    assert_eq!(world.versions(&parent(), &open.item_id).await.unwrap().len(), 2);
}

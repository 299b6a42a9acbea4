//! What a change of sharing is said to do before it is made is what it does once it is made, over the real history of all services.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited};
use holdfast_proto::{
    Word as _,
    access::v1::{AccessRecorded, Outcome},
    audit::v1::{rehearse_change_request::Change, rehearsed_reach::Who, *},
    consent::v1::{Grant, Grantee, Mark, Marked, grantee, marked},
    records::v1::ListItemsRequest,
};
use holdfast_testkit::{refusal::reason, service::Person};
use holdfast_types::{Action, Category, Purpose};

impl Audited {
    async fn rehearse(&self, change: Change) -> RehearseChangeResponse {
        let asked = RehearseChangeRequest { patient_id: self.world.patient.clone(), change: Some(change) };
        self.replay(&self.world.mother).rehearse_change(asked).await.unwrap().into_inner()
    }

    /// Rooms that somebody might read now, as audit decides it from the logs.
    async fn readable(&self, who: &Person) -> Vec<i32> {
        let mut open = Vec::new();
        for category in Category::ALL {
            let asked = DecideHypotheticalRequest {
                patient_id: self.world.patient.clone(),
                account_id: who.account.to_string(),
                action: Action::Read.to_proto(),
                categories: vec![category.to_proto()],
                purpose: Purpose::Treatment.to_proto(),
                ..Default::default()
            };
            let answer = self.replay(&self.world.mother).decide_hypothetical(asked).await.unwrap();
            if answer.into_inner().grounds.unwrap().outcome() == Outcome::Permitted {
                open.push(category.to_proto());
            }
        }
        open
    }
}

fn reach_of(told: &RehearseChangeResponse, who: &Person) -> RehearsedReach {
    let id = Who::AccountId(who.account.to_string());
    told.reaches.iter().find(|reach| reach.who.as_ref() == Some(&id)).cloned().unwrap_or_default()
}

fn beyond(more: &[i32], less: &[i32]) -> Vec<i32> {
    more.iter().copied().filter(|number| !less.contains(number)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rehearsed_is_what_comes_of_it() {
    let mut installation = audited().await;
    installation.live().await;
    installation.caught_up().await;
    let (mother, therapist) = (installation.world.mother.clone(), installation.world.therapist.clone());
    let list = ListItemsRequest { patient_id: installation.world.patient.clone(), ..Default::default() };
    let items = installation.world.records(&mother).list_items(list).await.unwrap().into_inner().items;
    let item = items[0].item_id.clone();
    let looks: Vec<_> = installation
        .logged()
        .await
        .into_iter()
        .filter(|(_, look)| look.account_id == therapist.account.to_string())
        .filter(|(_, look)| look.patient_id == installation.world.patient && look.oversight.is_none())
        .map(|(_, look)| look)
        .collect();
    let shown: usize = looks.iter().filter(|look| look.outcome() == Outcome::Permitted).count();
    assert!(shown >= 15 && looks.len() > shown, "{shown} of {}", looks.len());

    // A room marked as never shared: every look that had it would have been stopped.
    let goals = Category::Goals.to_proto();
    let kind = marked::Kind::Category(goals);
    let draft = Mark { what: Some(Marked { kind: Some(kind.clone()) }), ..Mark::default() };
    let told = installation.rehearse(Change::SetMark(draft)).await;
    let had_goals = looks.iter().filter(|look| look.permitted_categories.contains(&goals)).count();
    assert_eq!((told.stopped_count as usize, told.allowed_count), (had_goals, 0));
    assert!(told.whole && told.decision_count as usize > looks.len(), "{told:?}");
    assert!(
        told.looks.iter().all(|look| look.effect() == RehearsedEffect::Stopped && look.categories == [goals])
    );
    let before = installation.readable(&therapist).await;
    let mark = installation.world.mark(kind).await;
    installation.caught_up().await;
    let after = installation.readable(&therapist).await;
    let reach = reach_of(&told, &therapist);
    assert_eq!(
        (reach.lost.clone(), reach.gained.clone()),
        (beyond(&before, &after), beyond(&after, &before))
    );
    assert_eq!(reach.lost, [goals]);

    // And back.
    let told = installation.rehearse(Change::LiftMarkId(mark.mark_id.clone())).await;
    installation.world.lift(&mark).await;
    installation.caught_up().await;
    assert_eq!(reach_of(&told, &therapist).gained, beyond(&installation.readable(&therapist).await, &after));

    // One thing: the looks that returned it.
    let kind = marked::Kind::ItemId(item.clone());
    let draft = Mark { what: Some(Marked { kind: Some(kind) }), ..Mark::default() };
    let told = installation.rehearse(Change::SetMark(draft)).await;
    let returned =
        |id: &str| looks.iter().filter(|look| look.returned.iter().any(|one| one.id == id)).count();
    assert_eq!(told.stopped_count as usize, returned(&item));
    assert!(told.stopped_count >= 3 && told.looks.iter().all(|look| look.kept_back_count == 1), "{told:?}");
    assert!(reach_of(&told, &therapist).less_within_rooms);
    let kind = marked::Kind::ItemId(installation.world.thread.clone());
    let draft = Mark { what: Some(Marked { kind: Some(kind) }), ..Mark::default() };
    let told = installation.rehearse(Change::SetMark(draft)).await;
    assert_eq!(told.stopped_count as usize, returned(&installation.world.message), "by the messages of it");

    // A revocation stops what the grant allowed and nothing else; giving it again would have allowed what was refused.
    let grant = looks.iter().rev().find_map(|look| look.grants.first().cloned()).unwrap().grant_id;
    let told = installation.rehearse(Change::RevokeGrantId(grant.clone())).await;
    let by_it = looks.iter().filter(|look| look.grants.iter().any(|one| one.grant_id == grant)).count();
    assert_eq!((told.stopped_count as usize, told.allowed_count), (by_it, 0));
    let to = grantee::Kind::AccountId(therapist.account.to_string());
    let draft = Grant {
        grantee: Some(Grantee { kind: Some(to), role: 0 }),
        categories: Category::ORDINARY.iter().map(|word| word.to_proto()).collect(),
        actions: [Action::Read, Action::Download].map(|word| word.to_proto()).into(),
        purposes: vec![Purpose::Treatment.to_proto()],
        ..Grant::default()
    };
    let told = installation.rehearse(Change::GiveGrant(draft)).await;
    let refused = looks.iter().filter(|look| look.refusal_reason == "NOT_PERMITTED").count();
    assert!(told.stopped_count == 0 && told.allowed_count as usize >= refused, "{refused}: {told:?}");
    let all: Vec<i32> = Category::ORDINARY.iter().map(|word| word.to_proto()).collect();
    assert_eq!(
        reach_of(&told, &therapist).gained,
        beyond(&all, &before),
        "all that the other grant does not open"
    );

    // A change is both at once: what the new one keeps is not lost.
    let draft = Grant {
        grantee: Some(Grantee {
            kind: Some(grantee::Kind::AccountId(therapist.account.to_string())),
            role: 0,
        }),
        categories: vec![goals],
        actions: vec![Action::Read.to_proto()],
        purposes: vec![Purpose::Treatment.to_proto()],
        replaces_grant_id: grant.clone(),
        ..Grant::default()
    };
    let told = installation.rehearse(Change::GiveGrant(draft)).await;
    let lost = reach_of(&told, &therapist).lost;
    assert!(!lost.is_empty() && told.stopped_count > 0, "{told:?}");
    let stopped = |look: &&AccessRecorded| {
        look.grants.iter().any(|one| one.grant_id == grant)
            && (look.permitted_categories.iter().any(|room| *room != goals)
                || look.action != Action::Read.to_proto())
    };
    assert_eq!(told.stopped_count as usize, looks.iter().filter(stopped).count());

    // Whoever does not hold the record changes nothing, and learns nothing.
    let asked = RehearseChangeRequest {
        patient_id: installation.world.patient.clone(),
        change: Some(Change::RevokeGrantId(grant)),
    };
    let refused = installation.replay(&therapist).rehearse_change(asked.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_PERMITTED");
    let nothing = RehearseChangeRequest { change: None, ..asked.clone() };
    let refused = installation.replay(&mother).rehearse_change(nothing).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_MISSING");
    let empty = RehearseChangeRequest { change: Some(Change::SetMark(Mark::default())), ..asked };
    let refused = installation.replay(&mother).rehearse_change(empty).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
}

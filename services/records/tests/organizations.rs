//! Shared with a school, an insurer or a team: each sees what was shared with it, as far as its role goes, and nothing else.
#![cfg(test)]
mod common;
use common::*;
use holdfast_host::client::Outgoing;
use holdfast_proto::{
    Word,
    consent::v1::{self as consent, grantee::Kind},
    timestamp,
};
use holdfast_types::*;

fn at(number: u128, role: Role, place: PracticeId) -> Person {
    let mut person = person(number, role);
    person.roles[0].practice = Some(place);
    person
}

fn place(number: u128) -> PracticeId {
    PracticeId::new(id(number))
}

fn claim() -> String {
    r#"{"resourceType":"Coverage","id":"c","status":"active","beneficiary":{"reference":"Patient/self"},"payor":[{"display":"Copper Basin"}]}"#.into()
}

impl World {
    /// Rooms of the record, to read, with everybody of a role at an organisation. Whatever consent let through.
    async fn share_with(
        &self,
        place: PracticeId,
        role: Role,
        rooms: &[Category],
        purpose: Purpose,
    ) -> String {
        let grant = consent::Grant {
            grant_id: SystemIds.next().to_string(),
            patient_id: patient().to_string(),
            grantee: Some(consent::Grantee {
                kind: Some(Kind::PracticeId(place.to_string())),
                role: role.to_proto(),
            }),
            categories: rooms.iter().map(|room| room.to_proto()).collect(),
            actions: vec![Action::Read.to_proto()],
            purposes: vec![purpose.to_proto()],
            from_time: Some(timestamp(self.clock.now())),
            revision: 1,
            ..consent::Grant::default()
        };
        let id = grant.grant_id.clone();
        self.say(patient(), &consent::GrantGiven { grant: Some(grant) }).await;
        id
    }

    /// Which rooms somebody is shown something of, without saying what for.
    async fn shown(&self, to: &Person) -> Result<Vec<Category>, &'static str> {
        self.shown_by(self.client(to)).await
    }

    async fn shown_by(&self, mut client: Client) -> Result<Vec<Category>, &'static str> {
        match client.list_items(listing()).await {
            Ok(page) => {
                let items = page.into_inner().items;
                let mut rooms: Vec<Category> =
                    items.iter().filter_map(|item| Category::from_proto(item.category)).collect();
                rooms.sort_unstable();
                rooms.dedup();
                Ok(rooms)
            }
            Err(status) => Err(reason(&status)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_coordinator_sees_what_was_shared_with_the_school_and_nothing_else() {
    let world = world().await;
    world.create(&parent(), "", &goal("a", "Say hello")).await.unwrap();
    world.create(&parent(), "", &claim()).await.unwrap();
    let coordinator = at(0x5C, Role::SchoolCoordinator, place(0x5C0));
    let elsewhere = at(0x5D, Role::SchoolCoordinator, place(0x5D0));
    assert_eq!(world.shown(&coordinator).await, Err("NOT_PERMITTED"));
    let both = [Category::Goals, Category::Coverage];
    let grant = world.share_with(place(0x5C0), Role::SchoolCoordinator, &both, Purpose::Treatment).await;
    assert_eq!(
        world.shown(&coordinator).await,
        Ok(vec![Category::Goals]),
        "no role opens what it never sees"
    );
    assert_eq!(world.shown(&elsewhere).await, Err("NOT_PERMITTED"), "another school");
    // What is shared by name is not for those who are reached at their work.
    world.share(&elsewhere, &both, &[Action::Read]).await;
    assert_eq!(world.shown(&elsewhere).await, Err("NOT_PERMITTED"));
    assert_eq!(
        reason(&world.create(&coordinator, "", &goal("b", "Wave")).await.unwrap_err()),
        "NOT_PERMITTED"
    );
    world.revoke(grant).await;
    assert_eq!(world.shown(&coordinator).await, Err("NOT_PERMITTED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_reviewer_sees_what_was_shared_with_the_insurer_for_payment_alone() {
    let world = world().await;
    world.create(&parent(), "", &goal("a", "Say hello")).await.unwrap();
    world.create(&parent(), "", &claim()).await.unwrap();
    let reviewer = at(0x9A, Role::PayerReviewer, place(0x9A0));
    let shared = [Category::Goals, Category::Coverage, Category::Messages];
    world.share_with(place(0x9A0), Role::PayerReviewer, &shared, Purpose::Payment).await;
    assert_eq!(world.shown(&reviewer).await, Ok(vec![Category::Goals, Category::Coverage]));
    let for_ = |purpose| Outgoing::new().bearer(world.token(&reviewer).into()).purpose(purpose);
    assert_eq!(
        world.shown_by(world.client_with(for_(Purpose::Payment))).await,
        Ok(vec![Category::Goals, Category::Coverage])
    );
    // Nor where the grant says more.
    world.share_with(place(0x9A0), Role::PayerReviewer, &shared, Purpose::Treatment).await;
    for purpose in Purpose::ALL.iter().filter(|purpose| **purpose != Purpose::Payment) {
        let shown = world.shown_by(world.client_with(for_(*purpose))).await;
        assert_eq!(shown, Err("NOT_PERMITTED"), "{purpose}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_reached_by_what_is_shared_with_it_and_its_practice_is_not() {
    let world = world().await;
    world.create(&parent(), "", &goal("a", "Say hello")).await.unwrap();
    let (practice, team) = (place(0xB10), place(0xB11));
    let mut member = at(0x7A, Role::Therapist, practice);
    let colleague = at(0x7B, Role::Therapist, practice);
    member.roles.push(at(0x7A, Role::Therapist, team).roles[0]);
    world.share_with(team, Role::Therapist, &[Category::Goals], Purpose::Treatment).await;
    assert_eq!(world.shown(&member).await, Ok(vec![Category::Goals]));
    assert_eq!(world.shown(&colleague).await, Err("NOT_PERMITTED"));
    member.roles.pop();
    assert_eq!(world.shown(&member).await, Err("NOT_PERMITTED"), "who has left the team");
    let supervisor = at(0x7C, Role::Supervisor, practice);
    assert_eq!(world.shown(&supervisor).await, Err("NOT_PERMITTED"));
    world.share_with(practice, Role::Supervisor, &[Category::Goals], Purpose::Treatment).await;
    assert_eq!(world.shown(&supervisor).await, Ok(vec![Category::Goals]));
}

#[tokio::test(flavor = "multi_thread")]
async fn support_sees_no_content_whatever_is_shared_with_them() {
    let world = world().await;
    world.create(&parent(), "", &goal("a", "Say hello")).await.unwrap();
    let mut support = at(0x50, Role::Support, place(0xB10));
    support.roles.push(at(0x50, Role::Therapist, place(0xB10)).roles[0]);
    world.share(&support, &[Category::Goals], &[Action::Read]).await;
    world.share_with(place(0xB10), Role::Therapist, &[Category::Goals], Purpose::Treatment).await;
    assert_eq!(world.shown(&support).await, Err("NOT_PERMITTED"));
}

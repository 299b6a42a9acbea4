//! Who holds which rooms until when, as the gate reads it from its tables: it changes on the moment, and outside a holder's rooms the holder
//! is like anybody.
#![cfg(test)]
mod given;
use chrono::{DateTime, TimeDelta, Utc};
use given::*;
use holdfast_access::{
    views::{self, ConsentFact, ConsentFeed},
    *,
};
use holdfast_eventlog::{Reaction as _, ReactionError};
use holdfast_proto::{Word as _, consent::v1 as pb, timestamp};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase};
use holdfast_types::*;
use prost_types::Any;
use std::sync::Arc;

const ROOMS: [Category; 2] = [Category::Goals, Category::Notes];

struct World {
    database: TestDatabase,
    clock: FakeClock,
    gate: Gate,
}

async fn world() -> World {
    let (database, clock) = (gate_tables().await, FakeClock::monday_noon());
    clock.set(now());
    let log = log_of(Service::Records, &database, Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
    let gate = Gate::new(Arc::new(Policies::load().unwrap()), log, Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let world = World { database, clock, gate };
    world.hear(ConsentFact::RecordOpened { patient: patient(), tenant: tenant() }).await;
    world
}

impl World {
    async fn hear(&self, fact: ConsentFact) {
        let mut conn = self.database.pool.acquire().await.unwrap();
        views::apply(&mut conn, &fact).await.unwrap();
    }

    async fn settle(&self, revision: u64, spans: Vec<Span>) {
        self.hear(ConsentFact::AuthoritySettled { patient: patient(), spans, revision }).await;
    }

    async fn ask(&self, action: Action, rooms: &[Category]) -> Result<Permit, Refused> {
        self.gate.authorise(&context(), action, patient(), rooms, "records.ListItems").await
    }

    /// Rooms that are shown.
    async fn shown(&self) -> Vec<Category> {
        self.ask(Action::Read, &ROOMS).await.map(|permit| permit.categories().to_vec()).unwrap_or_default()
    }
}

fn context() -> RequestContext {
    RequestContext { caller: caller(&[]), purpose: None, correlation: id(9), traceparent: None }
}

fn span(categories: &[Category], from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Span {
    Span {
        account: account(),
        relationship: Relationship::Parent,
        categories: categories.to_vec(),
        actions: Action::ALL.to_vec(),
        period: Period::try_new(from, until).unwrap(),
        authority: None,
    }
}

fn named() -> ConsentFact {
    ConsentFact::HolderAdded { patient: patient(), account: account(), relationship: Relationship::Parent }
}

#[tokio::test]
async fn rooms_open_and_close_on_the_moment_and_the_settled_list_takes_the_place_of_names() {
    let world = world().await;
    world.hear(named()).await;
    assert_eq!(world.shown().await, ROOMS);
    let birthday = now() + TimeDelta::days(1);
    let (goals, both) = ([Category::Goals], ROOMS);
    let list = vec![span(&both, now() - TimeDelta::days(1), Some(birthday)), span(&goals, birthday, None)];
    world.settle(1, list.clone()).await;
    assert_eq!(world.shown().await, ROOMS);
    world.clock.set(birthday - TimeDelta::microseconds(1));
    assert_eq!(world.shown().await, ROOMS);
    world.clock.set(birthday);
    assert_eq!(world.shown().await, goals);
    // A name that is heard again, or an older list, changes nothing.
    world.hear(named()).await;
    world.settle(1, vec![span(&both, now(), None)]).await;
    assert_eq!(world.shown().await, goals);
    world.settle(2, Vec::new()).await;
    world.hear(named()).await;
    assert!(world.shown().await.is_empty(), "whoever the list does not name holds nothing");
}

#[tokio::test]
async fn outside_their_rooms_a_holder_is_shown_what_was_shared_and_kept_from_what_is_marked() {
    let world = world().await;
    world.settle(1, vec![span(&[Category::Goals], now(), None)]).await;
    let refused = world.ask(Action::Contribute, &ROOMS).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, Refused::NotPermitted));
    let given = GrantFact {
        categories: ROOMS.to_vec(),
        ..grant(Grantee::Account(account()), Purpose::FamilyRequest)
    };
    world.hear(ConsentFact::GrantGiven(given)).await;
    let what = Marked::Item(id(0x17E));
    let kept_from = KeptFrom::Everybody;
    let mark = MarkFact { id: MarkId::new(id(1)), patient: patient(), what, kept_from };
    world.hear(ConsentFact::MarkSet(mark)).await;
    let both = world.ask(Action::Read, &ROOMS).await.unwrap();
    assert_eq!(both.categories(), ROOMS);
    assert!(both.holds(Category::Goals) && !both.holds(Category::Notes));
    assert_eq!(both.withheld().items(), [id(0x17E)], "in an answer that has a room that is only shared");
    let own = world.ask(Action::Read, &[Category::Goals]).await.unwrap();
    assert!(own.withheld().is_empty(), "nothing is kept from who holds the room");
    let closes = MarkFact { id: MarkId::new(id(2)), what: Marked::Category(Category::Notes), ..mark };
    world.hear(ConsentFact::MarkSet(closes)).await;
    assert_eq!(world.shown().await, [Category::Goals]);
    assert_eq!(own.into_authority().context().on_behalf_of, Some(patient()));
    assert!(world.ask(Action::Share, &ROOMS).await.is_err(), "of all or of none");
    let (asked, operation) = (context(), "consent.ListGrants");
    let share = world.gate.authorise_in_part(&asked, Action::Share, patient(), &ROOMS, operation).await;
    assert_eq!(share.unwrap().categories(), [Category::Goals]);
}

#[tokio::test]
async fn a_history_is_of_whoever_holds_every_room() {
    let world = world().await;
    let asked = Oversight::RecordHistory(patient());
    let reads = async || world.gate.authorise_oversight(&context(), asked, "audit.ListPatientEntries").await;
    world.settle(1, vec![span(&Category::ALL[1..], now(), None)]).await;
    assert!(matches!(reads().await.unwrap_err(), Refused::NotPermitted));
    world
        .settle(2, vec![span(&Category::ALL[1..], now(), None), span(&Category::ALL[..1], now(), None)])
        .await;
    assert!(reads().await.is_ok());
    // Nobody erases or attests what they hold any room of.
    world.settle(3, vec![span(&Category::ALL[..1], now(), None)]).await;
    let officer = RequestContext { caller: caller(&[Role::ComplianceOfficer]), ..context() };
    for asked in [
        Oversight::Erasure(patient()),
        Oversight::Authority(patient()),
        Oversight::AuthorityReview(patient()),
    ] {
        let refused = world.gate.authorise_oversight(&officer, asked, "consent.FreezeHolder").await;
        assert!(matches!(refused.unwrap_err(), Refused::NotPermitted), "{asked:?}");
    }
    world.settle(4, Vec::new()).await;
    assert!(
        world
            .gate
            .authorise_oversight(&officer, Oversight::Authority(patient()), "consent.FreezeHolder")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn what_consent_tells_of_authority_is_heard_and_what_cannot_be_read_stops_the_patient() {
    let world = world().await;
    let told_span = pb::Span {
        account_id: account().to_string(),
        relationship: Relationship::Guardian.to_proto(),
        categories: vec![Category::Goals.to_proto()],
        actions: vec![Action::Read.to_proto()],
        from_time: Some(timestamp(now())),
        until_time: None,
        authority_id: id(0xA0).to_string(),
    };
    let settled = |span: &pb::Span| {
        let settled = pb::AuthoritySettled {
            patient_id: patient().to_string(),
            spans: vec![span.clone()],
            revision: 1,
            tells_protected_rooms_apart: true,
        };
        told("authority.settled", Some(Any::from_msg(&settled).unwrap()))
    };
    let mut conn = world.database.pool.acquire().await.unwrap();
    for unreadable in [
        told("authority.settled", None),
        told("authority.something-new", None),
        settled(&pb::Span { relationship: 99, ..told_span.clone() }),
        settled(&pb::Span { categories: vec![99], ..told_span.clone() }),
        settled(&pb::Span { from_time: None, ..told_span.clone() }),
        settled(&pb::Span { authority_id: "seven".into(), ..told_span.clone() }),
    ] {
        let heard = ConsentFeed.react(&mut conn, &[unreadable]).await;
        assert!(matches!(heard, Err(ReactionError::Malformed(_))));
    }
    ConsentFeed.react(&mut conn, &[settled(&told_span)]).await.unwrap();
    drop(conn);
    assert_eq!(world.shown().await, [Category::Goals]);
    let permit = world.ask(Action::Read, &[Category::Goals]).await.unwrap();
    assert_eq!(permit.relationship(), Some(Relationship::Guardian));
    assert!(world.ask(Action::Download, &[Category::Goals]).await.is_err());
}

#[test]
fn a_list_from_before_the_protected_rooms_means_them_with_those_in_which_they_stood() {
    let span = |rooms: &[Category]| pb::Span {
        account_id: account().to_string(),
        relationship: Relationship::Parent.to_proto(),
        categories: rooms.iter().map(|room| room.to_proto()).collect(),
        actions: vec![Action::Read.to_proto()],
        from_time: Some(timestamp(now())),
        ..pb::Span::default()
    };
    let heard = |rooms: &[Category], tells_protected_rooms_apart| {
        let settled = pb::AuthoritySettled {
            patient_id: patient().to_string(),
            spans: vec![span(rooms)],
            revision: 1,
            tells_protected_rooms_apart,
        };
        match ConsentFact::read(&Any::from_msg(&settled).unwrap()).unwrap().unwrap() {
            ConsentFact::AuthoritySettled { spans, .. } => spans[0].categories.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(heard(Category::ORDINARY, false), Category::ALL);
    assert_eq!(heard(Category::ORDINARY, true), Category::ORDINARY);
    assert_eq!(heard(&[Category::Conditions], false), [Category::Conditions, Category::SubstanceUse]);
    assert_eq!(heard(&[Category::Goals], false), [Category::Goals]);
}

#[tokio::test]
async fn who_was_settled_before_the_protected_rooms_holds_them_with_those_in_which_they_stood() {
    const MIGRATION: &str = include_str!("../migrations/0007_protected_rooms.sql");
    let world = world().await;
    let before = vec![span(Category::ORDINARY, now(), None), span(&[Category::Goals], now(), None)];
    world.settle(1, before).await;
    for _ in 0..2 {
        sqlx::query(MIGRATION).execute(&world.database.pool).await.unwrap();
        assert_eq!(world.ask(Action::Read, Category::ALL).await.unwrap().categories(), Category::ALL);
    }
}

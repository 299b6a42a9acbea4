//! What is never shared, as the gate reads it from its tables: rooms closed, and the rest told to every read.
#![cfg(test)]
mod given;
use given::*;
use holdfast_access::{
    views::{self, ConsentFact},
    *,
};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase};
use holdfast_types::*;
use std::sync::Arc;

struct World {
    database: TestDatabase,
    gate: Gate,
}

async fn world() -> World {
    let (database, clock) = (gate_tables().await, FakeClock::monday_noon());
    clock.set(now());
    let log = log_of(Service::Records, &database, Arc::new(clock), Arc::new(SeededIds::new(1)));
    let gate = Gate::new(Arc::new(Policies::load().unwrap()), log, Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let world = World { database, gate };
    world.hear(ConsentFact::RecordOpened { patient: patient(), tenant: tenant() }).await;
    world
}

impl World {
    async fn hear(&self, fact: ConsentFact) {
        let mut conn = self.database.pool.acquire().await.unwrap();
        views::apply(&mut conn, &fact).await.unwrap();
    }

    async fn holder(&self, account: AccountId, relationship: Relationship) {
        self.hear(ConsentFact::HolderAdded { patient: patient(), account, relationship }).await;
    }
}

#[tokio::test]
async fn what_is_never_shared_closes_rooms_and_is_told_to_every_read_within_the_others() {
    let world = world().await;
    let (therapist, parent) = (caller(&[Role::Therapist]), AccountId::new(id(0xFA)));
    world.holder(parent, Relationship::Parent).await;
    world.hear(ConsentFact::GrantGiven(grant(Grantee::Account(account()), Purpose::Treatment))).await;
    let mark = |number: u128, what| MarkFact {
        id: MarkId::new(id(number)),
        patient: patient(),
        what,
        kept_from: KeptFrom::Everybody,
    };
    let author = AccountId::new(id(0xACE));
    for (number, what) in
        [(1, Marked::Category(Category::Notes)), (2, Marked::Item(id(0x17E))), (3, Marked::Author(author))]
    {
        world.hear(ConsentFact::MarkSet(mark(number, what))).await;
    }
    let elsewhere = MarkFact { patient: other_patient(), ..mark(4, Marked::Category(Category::Goals)) };
    world.hear(ConsentFact::MarkSet(elsewhere)).await;
    let another = KeptFrom::Account(AccountId::new(id(0xACD)));
    world
        .hear(ConsentFact::MarkSet(MarkFact {
            kept_from: another,
            ..mark(5, Marked::Category(Category::Goals))
        }))
        .await;
    let context = |caller| RequestContext { caller, purpose: None, correlation: id(9), traceparent: None };
    let rooms = [Category::Goals, Category::Notes];
    let ask = async |caller| {
        world.gate.authorise(&context(caller), Action::Read, patient(), &rooms, "records.ListItems").await
    };
    let permit = ask(therapist.clone()).await.unwrap();
    assert_eq!(permit.categories(), [Category::Goals]);
    assert_eq!(permit.withheld().items(), [id(0x17E)]);
    assert_eq!(permit.withheld().authors(), [Actor::Account(author).to_string()]);
    assert!(permit.withheld().holds(id(0x17E), Some("anonymous")) && permit.withheld().holds(id(1), None));
    assert!(!permit.withheld().holds(id(1), Some("anonymous")));
    let held = ask(Caller { account: parent, ..caller(&[]) }).await.unwrap();
    assert_eq!(held.categories(), rooms);
    assert!(held.withheld().is_empty(), "nothing is kept from a holder");
    for number in [1, 2, 3] {
        world.hear(ConsentFact::MarkLifted { patient: patient(), mark: MarkId::new(id(number)) }).await;
    }
    let permit = ask(therapist).await.unwrap();
    assert_eq!(permit.categories(), rooms);
    assert!(permit.withheld().is_empty());
}

#[tokio::test]
async fn a_grant_of_a_part_counts_where_the_rest_is_left_out_and_nowhere_else() {
    let world = world().await;
    let author = AccountId::new(id(0xACE));
    let narrowing = Narrowing {
        items: vec![id(0x17E), id(0x17F)],
        authors: vec![author],
        since: Some(now()),
        ..Narrowing::default()
    };
    let part = GrantFact {
        narrowing: Some(narrowing),
        categories: vec![Category::Goals, Category::Messages],
        ..grant(Grantee::Account(account()), Purpose::Treatment)
    };
    let whole = GrantFact { id: GrantId::new(id(0x62)), narrowing: None, ..part.clone() };
    world.hear(ConsentFact::GrantGiven(part)).await;
    world.hear(ConsentFact::GrantGiven(GrantFact { categories: vec![Category::Messages], ..whole })).await;
    let caller = caller(&[Role::Therapist]);
    let context = RequestContext { caller, purpose: None, correlation: id(9), traceparent: None };
    let rooms = [Category::Goals, Category::Notes, Category::Messages];
    let operation = "records.ListItems";
    let permit = world.gate.authorise(&context, Action::Read, patient(), &rooms, operation).await.unwrap();
    assert_eq!(permit.categories(), [Category::Messages], "a part of the goals is no goals");
    assert!(permit.within().is_whole());
    let permit =
        world.gate.authorise_in_part(&context, Action::Read, patient(), &rooms, operation).await.unwrap();
    assert_eq!(permit.categories(), [Category::Goals, Category::Messages]);
    assert!(permit.covers_whole(Category::Messages) && !permit.covers_whole(Category::Goals));
    let wrote = [Actor::Account(author).to_string()];
    let goal = Thing { category: Category::Goals, id: id(0x17E), authors: &wrote, first: now(), last: now() };
    let within = permit.within();
    assert!(within.shows(&goal) && within.shows_with(&goal, id(0x17F)) && !within.shows_with(&goal, id(1)));
    let before = now() - chrono::TimeDelta::microseconds(1);
    for other in [
        Thing { id: id(1), ..goal },
        Thing { authors: &[], ..goal },
        Thing { authors: &["anonymous".to_owned(), wrote[0].clone()], ..goal },
        Thing { first: before, ..goal },
        Thing { category: Category::Notes, ..goal },
    ] {
        assert!(!within.shows(&other), "{other:?}");
    }
    assert!(within.shows(&Thing { category: Category::Messages, id: id(1), authors: &[], ..goal }));
    let write = world.gate.authorise_in_part(&context, Action::Contribute, patient(), &rooms[..1], operation);
    assert!(matches!(write.await, Err(Refused::NotPermitted)), "a part is looked at, not changed");
}

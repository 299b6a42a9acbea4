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

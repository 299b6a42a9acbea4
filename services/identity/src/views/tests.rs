//! The read models say what the log says: rebuilt from it, every row is as it was.
mod replaying;

use super::*;
use crate::{
    FREE_STANDING,
    domain::{
        Digest,
        account::{Change, Holder},
        factors::Passkey,
        practice,
        role_change::RoleChange,
        session,
        sign_in::Link,
        tenant::SecondFactor,
    },
    public,
};
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{Append, Context, Event, EventLog, MasterKey, Parts, StreamAppend, rebuild};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase, database};
use holdfast_types::{
    Actor, Clock, Ids, OrganizationKind, PracticeId, Purpose, RequestId, Role, SessionId, TenantId,
};
use sqlx::AssertSqlSafe;
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

struct World {
    log: EventLog,
    views: Views,
    projections: Projections,
    database: TestDatabase,
}

async fn world() -> World {
    let migrations = crate::migrations();
    let database = database("identity", &migrations.views, &migrations.feeds).await;
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::monday_noon());
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
    let keys = database.keys(Arc::clone(&clock), Arc::clone(&ids));
    let secrets = Arc::new(Secrets::derive(&MasterKey::new([7; 32])).unwrap());
    let projections = || Projections::new(keys.clone(), Arc::clone(&secrets));
    let log = EventLog::start(Parts {
        service: "identity".into(),
        pool: database.pool.clone(),
        keys: keys.clone(),
        clock,
        ids,
        projections: vec![Arc::new(projections())],
        publish: Arc::new(public::publish),
        committers: 2,
    });
    World {
        views: Views::new(database.pool.clone(), keys.clone()),
        projections: projections(),
        log,
        database,
    }
}

impl World {
    async fn append<E: Event>(&self, subject: Subject, id: u128, events: &[E]) -> Result<(), AppendError> {
        let context = context();
        let streams = vec![StreamAppend::of(Uuid::from_u128(id), 0, events).unwrap()];
        self.log.append(Append { subject, context, request: None, streams }).await.map(|_| ())
    }

    /// Every row of every table as text, by the table; without what is sealed with a nonce of its own.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let pool = &self.database.pool;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'views' AND tablename <> '_sqlx_migrations'",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let mut all = BTreeMap::new();
        for table in tables {
            let rows =
                format!("SELECT (to_jsonb(t) - 'body' - 'network')::text FROM views.{table} AS t ORDER BY 1");
            all.insert(table, sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(pool).await.unwrap());
        }
        all
    }
}

fn context() -> Context {
    Context {
        tenant: FREE_STANDING,
        actor: Actor::Anonymous,
        on_behalf_of: None,
        purpose: Purpose::Operations,
        correlation: Uuid::nil(),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    }
}

fn account(id: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(id))
}

fn opened(email: &str) -> AccountEvent {
    AccountEvent::Opened {
        holder: Holder::Person { email: email.into(), discipline: None },
        display_name: "Pat".into(),
        locale: "en".into(),
    }
}

#[tokio::test]
async fn rebuilt_views_are_the_same_and_what_stands_beside_the_log_stays() {
    let world = world().await;
    let tenant = TenantId::new(Uuid::from_u128(1));
    let role = |practice: u128| RoleAssignment {
        role: Role::Therapist,
        tenant,
        practice: Some(PracticeId::new(Uuid::from_u128(practice))),
    };
    let created = [TenantEvent::Created {
        display_name: "Riverside".into(),
        second_factor: Some(SecondFactor::Invited),
    }];
    world.append(Subject::Tenant(tenant), 1, &created).await.unwrap();
    let (display_name, kind) = ("Little Steps".into(), OrganizationKind::Practice);
    let create = practice::Create { display_name, disciplines: vec![], kind, part_of: None };
    world.append(Subject::Tenant(tenant), 2, &[PracticeEvent::Created(create)]).await.unwrap();
    let pat = [
        opened("pat@example.org"),
        AccountEvent::RoleAssigned(RoleChange::given(role(2), &[])),
        AccountEvent::RoleAssigned(RoleChange::given(role(3), &[role(2)])),
        AccountEvent::Changed(Change { display_name: Some("Patricia".into()), ..Change::default() }),
        AccountEvent::RoleWithdrawn(RoleChange::taken(role(3), &[role(2), role(3)])),
    ];
    world.append(Subject::Account(account(10)), 10, &pat).await.unwrap();
    let start = session::Start {
        secret_sha256: Digest::new([1; 32]),
        user_agent: "Firefox".into(),
        expire_time: world.log.clock().now(),
        awaits: false,
        by_passkey: false,
        by_provider: None,
        device_sha256: Some(Digest::new([9; 32])),
        network: Some("192.0.2.0/24".into()),
    };
    let ended = SessionEvent::Ended { by: RequestId::new(Uuid::from_u128(9)) };
    world
        .append(Subject::Account(account(10)), 20, &[SessionEvent::Started(start.clone()), ended])
        .await
        .unwrap();
    let open = session::Start { secret_sha256: Digest::new([2; 32]), ..start };
    world.append(Subject::Account(account(10)), 21, &[SessionEvent::Started(open)]).await.unwrap();
    let session = SessionId::new(Uuid::from_u128(21));
    let passkey = |id: &str| Passkey { id: id.into(), key: "AQID".into(), counter: 0, name: "Phone".into() };
    let factors = [
        FactorsEvent::TotpBegun { secret: "GEZDGNBV".into() },
        FactorsEvent::TotpConfirmed { step: 1, session },
        FactorsEvent::RecoveryCodesMade { sha256: vec![Digest::new([7; 32]), Digest::new([8; 32])] },
        FactorsEvent::RecoveryCodeShown { sha256: Digest::new([7; 32]), session },
        FactorsEvent::PasskeyAdded { passkey: passkey("AQ"), session },
        FactorsEvent::PasskeyAdded { passkey: passkey("AR"), session },
        FactorsEvent::PasskeyRemoved { id: "AR".into() },
    ];
    world.append(Subject::Account(account(10)), 10, &factors).await.unwrap();
    let link = Link {
        email: "pat@example.org".into(),
        locale: "en".into(),
        link_sha256: Digest::new([3; 32]),
        browser_sha256: Digest::new([4; 32]),
        expire_time: world.log.clock().now(),
    };
    world.append(Subject::Account(account(10)), 30, &[SignInEvent::Requested(link)]).await.unwrap();
    let used = world.log.clock().now() + chrono::TimeDelta::hours(1);
    world.views.note_use(holdfast_types::SessionId::new(Uuid::from_u128(21)), used).await.unwrap();

    let before = world.rows().await;
    assert_eq!(before.values().map(Vec::len).sum::<usize>(), 12);
    let TestDatabase { owner_url, serving_role, .. } = &world.database;
    let replayed =
        rebuild(&world.log, owner_url, serving_role, &VIEWS, &world.projections, |_| {}).await.unwrap();
    assert_eq!(replayed, 18);
    assert_eq!(world.rows().await, before);
    let view = world.views.own_account(account(10)).await.unwrap().unwrap();
    assert_eq!(
        (view.addressed.display_name.as_str(), view.roles, view.revision),
        ("Patricia", vec![role(2)], 5)
    );
    let session = world.views.session_of(Digest::new([2; 32])).await.unwrap().unwrap();
    assert_eq!(session.last_use_time, used);
    let held = world.views.factors(account(10)).await.unwrap();
    assert_eq!(held, FactorsRow { totp: true, recovery_codes: 1, passkeys: 1 });
    assert_eq!(world.views.passkeys(account(10)).await.unwrap()[0].name, "Phone");
}

#[tokio::test]
async fn one_address_never_has_two_accounts() {
    let world = world().await;
    world.append(Subject::Account(account(10)), 10, &[opened("pat@example.org")]).await.unwrap();
    let second =
        world.append(Subject::Account(account(11)), 11, &[opened("PAT@example.org")]).await.unwrap_err();
    assert!(is_taken(&second));
    assert!(world.views.own_account(account(11)).await.unwrap().is_none());
}

#[tokio::test]
async fn names_and_addresses_are_sealed_in_the_tables() {
    let world = world().await;
    world.append(Subject::Account(account(10)), 10, &[opened("pat@example.org")]).await.unwrap();
    let row: String = sqlx::query_scalar("SELECT encode(body, 'escape') || accounts::text FROM accounts")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    for word in ["pat", "Pat", "example"] {
        assert!(!row.contains(word), "{row}");
    }
}

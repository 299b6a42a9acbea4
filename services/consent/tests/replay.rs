//! Whatever is commanded in whatever order: the read models equal their replay and what other services hear, and nothing is in force
//! after its revocation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
mod views;
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Caller, views::ConsentFact};
use holdfast_consent::{
    domain::{
        grant::{self, Grant, Grantee, Offer},
        record::{self, FREE_STANDING, Holder, Record},
    },
    publish,
    views::Consent,
};
use holdfast_eventlog::{Context, Decider, EventLog, ExecuteError, Parts, Source, Subject, rebuild};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase, database};
use holdfast_types::{
    AccountId, Action, Actor, Category, Clock, GrantId, Ids, PatientId, Purpose, Relationship,
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Open { patient: u8, account: u8 },
    AddHolder { patient: u8, account: u8 },
    Give { patient: u8, grant: u8, account: u8, from_hours: Option<i64>, until_hours: Option<i64> },
    Revoke { patient: u8, grant: u8 },
    Wait { hours: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (patient, account, grant) = (0_u8..2, 0_u8..3, 0_u8..3);
    let hours = || prop::option::of(-2_i64..6);
    prop_oneof![
        (patient.clone(), account.clone()).prop_map(|(patient, account)| Step::Open { patient, account }),
        (patient.clone(), account.clone())
            .prop_map(|(patient, account)| Step::AddHolder { patient, account }),
        (patient.clone(), grant.clone(), account, hours(), hours()).prop_map(
            |(patient, grant, account, from_hours, until_hours)| Step::Give {
                patient,
                grant,
                account,
                from_hours,
                until_hours
            }
        ),
        (patient, grant).prop_map(|(patient, grant)| Step::Revoke { patient, grant }),
        (1_i64..4).prop_map(|hours| Step::Wait { hours }),
    ]
}

#[test]
fn every_sequence_of_commands_replays_to_the_same_views_here_and_elsewhere() {
    let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 10..60), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

async fn check(steps: Vec<Step>) {
    let world = World::start().await;
    let mut revoked = Vec::new();
    for step in steps {
        world.take(step, &mut revoked).await;
        world.nothing_revoked_is_in_force(&revoked).await;
    }
    let live = views::all(&world.database.pool).await;

    let elsewhere = empty().await;
    for (lane, _) in world.log.heads().await.unwrap() {
        for envelope in Source::read_lane(&world.log, lane, 0, 1000).await.unwrap() {
            let fact = ConsentFact::read(&envelope.public_payload.unwrap()).unwrap().unwrap();
            // Twice, as a bus may bring it.
            views::hear(&elsewhere.pool, &fact).await;
            views::hear(&elsewhere.pool, &fact).await;
        }
    }
    assert_eq!(views::shared(&elsewhere.pool).await, views::shared(&world.database.pool).await);

    let TestDatabase { owner_url, serving_role, .. } = &world.database;
    let migrations = holdfast_consent::migrations().views;
    rebuild(&world.log, owner_url, serving_role, &migrations, &Consent, |_| ()).await.unwrap();
    assert_eq!(views::all(&world.database.pool).await, live);
}

struct World {
    database: TestDatabase,
    log: EventLog,
    clock: FakeClock,
}

async fn empty() -> TestDatabase {
    let migrations = holdfast_consent::migrations();
    database("consent", &migrations.views, &migrations.feeds).await
}

fn account(number: u8) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + u128::from(number)))
}

fn patient(number: u8) -> PatientId {
    PatientId::new(Uuid::from_u128(0xA0 + u128::from(number)))
}

fn grant_id(patient: u8, number: u8) -> GrantId {
    GrantId::new(Uuid::from_u128(0x6000 + 16 * u128::from(patient) + u128::from(number)))
}

impl World {
    async fn start() -> Self {
        let (database, clock) = (empty().await, FakeClock::monday_noon());
        let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) =
            (Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
        let log = EventLog::start(Parts {
            service: "consent".to_owned(),
            pool: database.pool.clone(),
            keys: database.keys(Arc::clone(&time), Arc::clone(&ids)),
            clock: time,
            ids,
            projections: vec![Arc::new(Consent)],
            publish: Arc::new(publish),
            committers: 2,
        });
        Self { database, log, clock }
    }

    async fn take(&self, step: Step, revoked: &mut Vec<(PatientId, GrantId)>) {
        let now = self.clock.now();
        let holder = |number| Holder { account: account(number), relationship: Relationship::Parent };
        match step {
            Step::Wait { hours } => self.clock.advance(TimeDelta::hours(hours)),
            Step::Open { patient: of, account } => {
                let command = record::Command::Open { tenant: FREE_STANDING, holder: holder(account) };
                self.execute::<Record>(of, patient(of).uuid(), |_| command).await;
            }
            Step::AddHolder { patient: of, account } => {
                let command = record::Command::AddHolder(holder(account));
                self.execute::<Record>(of, patient(of).uuid(), |_| command).await;
            }
            Step::Give { patient: of, grant, account: to, from_hours, until_hours } => {
                let time = |hours: Option<i64>| hours.map(|hours| now + TimeDelta::hours(hours));
                let command = give(of, to, now, time(from_hours), time(until_hours));
                self.execute::<Grant>(of, grant_id(of, grant).uuid(), |_| command.clone()).await;
            }
            Step::Revoke { patient: of, grant } => {
                let id = grant_id(of, grant);
                let command = |present| grant::Command::Revoke { now, seen: None, present };
                if self.execute::<Grant>(of, id.uuid(), command).await {
                    revoked.push((patient(of), id));
                }
            }
        }
    }

    /// Whether it was accepted.
    async fn execute<D: Decider>(
        &self,
        of: u8,
        id: Uuid,
        command: impl Fn(u64) -> D::Command + Send + Sync,
    ) -> bool
    where
        D::Refusal: std::fmt::Debug,
    {
        let context = Context {
            tenant: FREE_STANDING,
            actor: Actor::Account(account(0)),
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: Uuid::nil(),
            causation: None,
            traceparent: None,
            occurred: None,
        };
        let subject = Subject::Patient(patient(of));
        match self.log.execute::<D>(subject, id, &context, None, |loaded| command(loaded.revision)).await {
            Ok(_) => true,
            Err(ExecuteError::Refused(_)) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn nothing_revoked_is_in_force(&self, revoked: &[(PatientId, GrantId)]) {
        for number in 0..3 {
            let expires = DateTime::<Utc>::MAX_UTC;
            let caller = Caller { account: account(number), session: None, roles: Vec::new(), expires };
            let patients = [patient(0), patient(1)];
            let (pool, service) = (self.log.pool(), self.log.service());
            let facts = holdfast_access::views::facts(pool, service, &patients, &caller, self.clock.now())
                .await
                .unwrap();
            for (patient, facts) in facts {
                assert!(facts.grants.iter().all(|grant| !revoked.contains(&(patient, grant.id))));
            }
        }
    }
}

fn give(
    of: u8,
    to: u8,
    now: DateTime<Utc>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> grant::Command {
    let offer = Offer {
        patient: patient(of),
        given_by: account(0),
        grantee: Grantee::Account(account(to)),
        categories: vec![Category::Notes, Category::Goals],
        actions: vec![Action::Read],
        purposes: vec![],
        from,
        until,
        narrowing: None,
    };
    grant::Command::Give { offer, now, to_holder: false, unended: 0 }
}

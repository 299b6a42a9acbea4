//! Whatever is commanded in whatever order: the read models equal their replay and what other services hear, and nothing is in force
//! after its revocation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
mod steps;
mod treating;
mod views;

use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{Caller, views::ConsentFact};
use holdfast_consent::{
    domain::{
        allowance::Allowance,
        authority::{Around, Authorities, Rules},
        emergency::Emergency,
        erasure::Erasure,
        grant::{Command as GrantCommand, Grant},
        link::Link,
        mark::Marks,
        record::{FREE_STANDING, Record},
        treatment::{Treatment, id_of},
        treatment_policy::TreatmentPolicy,
        visit::Visits,
    },
    publish,
    views::Consent,
};
use holdfast_eventlog::{
    Append, Context, Decider, EventLog, ExecuteError, Parts, Source, StreamAppend, Subject, rebuild,
};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase, database};
use holdfast_types::{Actor, Clock, GrantId, Ids, PatientId, Purpose};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{collections::BTreeSet, sync::Arc};
use steps::{Command, Now, Step, What, account, kind, step, story};
use uuid::Uuid;

/// One stored payload of every kind per line.
const STORED: &str = include_str!("../../src/domain/golden.jsonl");

#[test]
fn every_sequence_of_commands_replays_to_the_same_views_here_and_elsewhere() {
    let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 40..120), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn every_kind_of_event_and_every_table_replays() {
    let world = check(story()).await;
    for (table, rows) in views::all(&world.database.pool).await {
        assert!(!rows.is_empty(), "nothing stands in {table}");
    }
    let stored =
        |line: &str| line.split_once("{\"type\":\"")?.1.split_once('"').map(|(kind, _)| kind.to_owned());
    let kinds: BTreeSet<String> = STORED.lines().map(|line| stored(line).unwrap()).collect();
    assert_eq!(world.kinds_of_events().await, kinds);
}

#[test]
fn every_kind_of_command_is_generated() {
    let mut runner = TestRunner::deterministic();
    let now = Now {
        time: FakeClock::monday_noon().now(),
        around: Around { holders: Vec::new(), free_standing: true },
        rules: Arc::new(Rules::of_the_table().unwrap()),
        revision: 1,
        policy: 0,
    };
    let mut generated = BTreeSet::from([What::Wait]);
    for _ in 0..2000 {
        let step = step().new_tree(&mut runner).unwrap().current();
        generated.extend(step.command(&now).as_ref().map(kind));
    }
    assert_eq!(generated, What::ALL.iter().copied().collect());
}

/// The world after the steps.
async fn check(steps: Vec<Step>) -> World {
    let world = World::start().await;
    let mut revoked = Vec::new();
    for step in steps {
        world.take(&step, &mut revoked).await;
        world.nothing_revoked_is_in_force(&revoked).await;
    }
    let live = views::all(&world.database.pool).await;

    let elsewhere = empty().await;
    for (lane, _) in world.log.heads().await.unwrap() {
        for envelope in Source::read_lane(&world.log, lane, 0, 1000).await.unwrap() {
            let Some(payload) = envelope.public_payload else { continue };
            let Some(fact) = ConsentFact::read(&payload).unwrap() else { continue };
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
    world
}

struct World {
    database: TestDatabase,
    log: EventLog,
    clock: FakeClock,
    rules: Arc<Rules>,
}

async fn empty() -> TestDatabase {
    let migrations = holdfast_consent::migrations();
    database("consent", &migrations.views, &migrations.feeds).await
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
        Self { database, log, clock, rules: Arc::new(Rules::of_the_table().unwrap()) }
    }

    async fn take(&self, step: &Step, revoked: &mut Vec<(PatientId, GrantId)>) {
        let patient = step.patient();
        let (of, stream, thing) = (Subject::Patient(patient), patient.uuid(), step.id());
        let Some(command) = step.command(&self.now(step).await) else {
            return self.clock.advance(TimeDelta::hours(1 + i64::from(step.way)));
        };
        let accepted = match command {
            Command::Record(command) => self.execute::<Record>(of, stream, || command).await,
            Command::Grant(command @ GrantCommand::Replace { .. }) => self.change(step, command).await,
            Command::Grant(command) => self.execute::<Grant>(of, thing, || command.clone()).await,
            Command::Link(command) => self.execute::<Link>(of, thing, || command.clone()).await,
            Command::Mark(command) => self.execute::<Marks>(of, stream, || command.clone()).await,
            Command::Erasure(command) => self.execute::<Erasure>(of, stream, || command.clone()).await,
            Command::Emergency(command) => self.execute::<Emergency>(of, thing, || command.clone()).await,
            Command::Authority(command) => {
                self.execute::<Authorities>(of, stream, || (*command).clone()).await
            }
            Command::Visit(command) => self.execute::<Visits>(of, thing, || command).await,
            Command::Treatment(command) => {
                let id = id_of(patient, treating::practice(step.thing)).uuid();
                self.execute::<Treatment>(of, id, || (*command).clone()).await
            }
            Command::Policy(command) => {
                let (of, id) = (Subject::Tenant(FREE_STANDING), treating::practice(step.thing).uuid());
                self.execute::<TreatmentPolicy>(of, id, || command.clone()).await
            }
            Command::Allowance(command) => {
                let by = account(step.by);
                self.execute::<Allowance>(Subject::Account(by), by.uuid(), || command).await
            }
        };
        if accepted && matches!(step.what, What::Revoke | What::Change) {
            revoked.push((patient, GrantId::new(thing)));
        }
    }

    async fn now(&self, step: &Step) -> Now {
        let (of, patient) = (Subject::Patient(step.patient()), step.patient().uuid());
        let record = self.log.load::<Record>(of, patient).await.unwrap().state;
        let around = Around { holders: record.holders().to_vec(), free_standing: record.is_free_standing() };
        let revision = self.log.load::<Grant>(of, step.id()).await.unwrap().revision;
        let policy = treating::practice(step.thing).uuid();
        let policy = self.log.load::<TreatmentPolicy>(Subject::Tenant(FREE_STANDING), policy).await;
        let (rules, policy) = (Arc::clone(&self.rules), policy.unwrap().state.version);
        Now { time: self.clock.now(), around, rules, revision, policy }
    }

    /// The end of one grant and the other that takes its place, in one append.
    async fn change(&self, step: &Step, end: GrantCommand) -> bool {
        let subject = Subject::Patient(step.patient());
        let standing = self.log.load::<Grant>(subject, step.id()).await.unwrap();
        let next = self.log.load::<Grant>(subject, step.successor()).await.unwrap();
        let (offer, now) = (step.offer(self.clock.now()), self.clock.now());
        let give = GrantCommand::Give { offer, now, to_holder: false, unended: 0 };
        let (Ok(ended), Ok(given)) = (Grant::decide(&standing.state, end), Grant::decide(&next.state, give))
        else {
            return false;
        };
        let streams = vec![
            StreamAppend::of(step.id(), standing.revision, &ended).unwrap(),
            StreamAppend::of(step.successor(), 0, &given).unwrap(),
        ];
        self.log.append(Append { subject, context: context(), request: None, streams }).await.unwrap();
        true
    }

    /// Whether it was accepted.
    async fn execute<D: Decider>(
        &self,
        subject: Subject,
        id: Uuid,
        command: impl Fn() -> D::Command + Send + Sync,
    ) -> bool
    where
        D::Refusal: std::fmt::Debug,
    {
        let context = context();
        match self.log.execute::<D>(subject, id, &context, None, |_| command()).await {
            Ok(_) => true,
            Err(ExecuteError::Refused(_)) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn nothing_revoked_is_in_force(&self, revoked: &[(PatientId, GrantId)]) {
        for number in 0..3 {
            let expires = DateTime::<Utc>::MAX_UTC;
            let caller = Caller { account: account(number), session: None, roles: Vec::new(), expires };
            let patients: Vec<PatientId> = revoked.iter().map(|(patient, _)| *patient).collect();
            let (pool, service) = (self.log.pool(), self.log.service());
            let facts = holdfast_access::views::facts(pool, service, &patients, &caller, self.clock.now())
                .await
                .unwrap();
            for (patient, facts) in facts {
                assert!(facts.grants.iter().all(|grant| !revoked.contains(&(patient, grant.id))));
            }
        }
    }

    async fn kinds_of_events(&self) -> BTreeSet<String> {
        let mut kinds = BTreeSet::new();
        for (lane, _) in self.log.heads().await.unwrap() {
            let lane = Source::read_lane(&self.log, lane, 0, 1000).await.unwrap();
            kinds.extend(lane.into_iter().map(|envelope| envelope.header.event_type));
        }
        kinds
    }
}

fn context() -> Context {
    Context {
        tenant: FREE_STANDING,
        actor: Actor::Account(account(0)),
        on_behalf_of: None,
        purpose: Purpose::FamilyRequest,
        correlation: Uuid::nil(),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    }
}

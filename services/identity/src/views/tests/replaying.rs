//! Whatever is commanded of accounts and of their sessions, in whatever order: each beginning of a lane is a state that stands, with
//! read models that say the same, and the whole of it replays to what is live.
mod steps;

use super::*;
use crate::domain::{
    access_review::AccessReview,
    account::Account,
    factors::{self, Factors, Totp},
    invitation::Invitation,
    practice::Practice,
    provider::Provider,
    provider_link::ProviderLink,
    session::Session,
    sign_in::SignIn,
    tenant::Tenant,
};
use holdfast_eventlog::{Decider, ExecuteError};
use proptest::{
    collection::vec,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, TestRunner},
};
use std::collections::{BTreeSet, HashMap};
use steps::{Command, Step, What, kind, step, story, tenant};

/// `<type> <version> <payload>` per line.
const STORED: &str = include_str!("../../../tests/golden/events.jsonl");

impl World {
    async fn take(&self, step: Step) {
        let account = step.account();
        let (lane, stream, thing) = (Subject::Account(account), account.uuid(), step.id());
        let present = self.log.load::<Account>(lane, stream).await.unwrap().revision;
        match step.command(self.log.clock().now(), present) {
            Command::Account(command) => self.execute::<Account>(lane, stream, || command.clone()).await,
            Command::Session(command) => self.execute::<Session>(lane, thing, || command.clone()).await,
            Command::SignIn(command) => self.execute::<SignIn>(lane, thing, || command.clone()).await,
            Command::Factors(command) => self.execute::<Factors>(lane, stream, || command.clone()).await,
            Command::Invitation(command) => {
                self.execute::<Invitation>(lane, thing, || command.clone()).await;
            }
            Command::Tenant(command) => {
                let id = tenant();
                self.execute::<Tenant>(Subject::Tenant(id), id.uuid(), || command.clone()).await;
            }
            Command::Review(command) => {
                self.execute::<AccessReview>(Subject::Tenant(tenant()), thing, || command.clone()).await;
            }
            Command::Provider(command) => {
                let (id, lane) = (step.place().provider(), Subject::Tenant(tenant()));
                self.execute::<Provider>(lane, id, || command.clone()).await;
            }
            Command::ProviderLink(command) => {
                let id = step.identity().id();
                self.execute::<ProviderLink>(lane, id, || command.clone()).await;
            }
            Command::Practice(command) => {
                self.execute::<Practice>(Subject::Tenant(tenant()), thing, || command.clone()).await;
            }
        }
    }

    async fn execute<D: Decider>(
        &self,
        subject: Subject,
        id: Uuid,
        command: impl Fn() -> D::Command + Send + Sync,
    ) where
        D::Refusal: std::fmt::Debug,
    {
        let context = context();
        match self.log.execute::<D>(subject, id, &context, None, |_| command()).await {
            Ok(_) | Err(ExecuteError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// What the log has come to, stream by stream.
#[derive(Default)]
struct Folded {
    accounts: HashMap<Uuid, Account>,
    sessions: HashMap<Uuid, Session>,
    factors: HashMap<Uuid, Factors>,
    kinds: BTreeSet<String>,
}

impl Folded {
    fn take(&mut self, opened: &Opened) {
        fn evolved<D: Decider<State = D> + Default>(states: &mut HashMap<Uuid, D>, opened: &Opened) {
            let state = states.entry(opened.header.stream.id()).or_default();
            *state = D::evolve(std::mem::take(state), &opened.decode().unwrap());
        }
        self.kinds.insert(opened.header.event_type.clone());
        if opened.is::<AccountEvent>() {
            evolved(&mut self.accounts, opened);
        } else if opened.is::<SessionEvent>() {
            evolved(&mut self.sessions, opened);
        } else if opened.is::<FactorsEvent>() {
            evolved(&mut self.factors, opened);
        }
    }

    /// What the commands promise stands, and the read models of this much of the log say so.
    async fn stands(&self, beside: &Views) {
        for (id, state) in &self.accounts {
            let shown = beside.own_account(AccountId::new(*id)).await.unwrap().unwrap();
            let Account::Open { addressed, roles, .. } = state else { panic!("{id}: {state:?}") };
            assert_eq!(&shown.addressed, addressed);
            let sorted = |roles: &[RoleAssignment]| {
                let mut roles = roles.to_vec();
                roles.sort_unstable();
                roles
            };
            let mut once = sorted(roles);
            once.dedup();
            assert_eq!(once, sorted(roles), "no role is held twice");
            assert_eq!(sorted(&shown.roles), once);
        }
        for (id, state) in &self.factors {
            let shown = beside.factors(AccountId::new(*id)).await.unwrap();
            let totp = matches!(state.totp, Totp::Confirmed { .. });
            let (recovery_codes, passkeys) = (state.recovery.len(), state.passkeys.len());
            let counted = (shown.totp, shown.recovery_codes as usize, shown.passkeys as usize);
            assert_eq!(counted, (totp, recovery_codes, passkeys));
        }
        let open = self.sessions.values().filter(|state| **state == Session::Open).count();
        let shown: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions WHERE ended_by IS NULL")
            .fetch_one(&beside.pool)
            .await
            .unwrap();
        assert_eq!(usize::try_from(shown).unwrap(), open);
        assert!(!self.sessions.values().any(|state| *state == Session::None));
    }
}

/// The kinds of events that came of it, and the rows of each table.
async fn check(steps: Vec<Step>) -> (BTreeSet<String>, BTreeMap<String, Vec<String>>) {
    let world = world().await;
    for step in steps {
        world.take(step).await;
    }
    let migrations = crate::migrations();
    let beside = database("identity", &migrations.views, &migrations.feeds).await;
    let views = Views::new(beside.pool.clone(), world.views.keys.clone());
    let mut folded = Folded::default();
    for (lane, head) in world.log.heads().await.unwrap() {
        let stored = world.log.read_lane(lane, 0, 1000).await.unwrap();
        assert_eq!(stored.len() as u64, head);
        for event in stored {
            let opened = world.log.open(event).await.unwrap();
            let mut conn = beside.pool.acquire().await.unwrap();
            world.projections.apply(&mut conn, std::slice::from_ref(&opened)).await.unwrap();
            folded.take(&opened);
            drop(conn);
            folded.stands(&views).await;
        }
    }
    let live = world.rows().await;
    let replayed = World { database: beside, views, log: world.log, projections: world.projections };
    assert_eq!(replayed.rows().await, live);
    (folded.kinds, live)
}

#[test]
fn each_beginning_of_a_lane_stands_and_the_whole_replays_to_what_is_live() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() })
        .run(&vec(step(), 30..100), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn every_kind_of_event_and_every_table_replays() {
    let (kinds, tables) = check(story()).await;
    for (table, rows) in tables {
        assert!(!rows.is_empty(), "nothing stands in {table}");
    }
    let stored = STORED.lines().map(|line| line.split(' ').next().unwrap().to_owned());
    assert_eq!(kinds, stored.collect());
}

#[test]
fn every_kind_of_command_is_generated() {
    let mut runner = TestRunner::deterministic();
    let now = FakeClock::monday_noon().now();
    let mut generated = BTreeSet::new();
    for _ in 0..2000 {
        let step = step().new_tree(&mut runner).unwrap().current();
        generated.insert(kind(&step.command(now, 1)));
    }
    assert_eq!(generated, What::ALL.iter().copied().collect());
}

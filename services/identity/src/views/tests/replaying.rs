//! Whatever is commanded of accounts and of their sessions, in whatever order: each beginning of a lane is a state that stands, with
//! read models that say the same, and the whole of it replays to what is live.
use super::*;
use crate::domain::{
    account::{Account, Command},
    session::Session,
};
use holdfast_eventlog::{Decider, ExecuteError};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Step {
    Open { of: u8, roles: u8 },
    Rename { of: u8, name: u8, seen: u64 },
    Assign { of: u8, by: u8, practice: u8 },
    Withdraw { of: u8, practice: u8 },
    Start { of: u8, session: u8 },
    End { of: u8, session: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let of = 0_u8..3;
    prop_oneof![
        2 => (of.clone(), 0_u8..3).prop_map(|(of, roles)| Step::Open { of, roles }),
        2 => (of.clone(), 0_u8..3, 0_u64..4).prop_map(|(of, name, seen)| Step::Rename { of, name, seen }),
        3 => (of.clone(), 0_u8..3, 0_u8..4).prop_map(|(of, by, practice)| Step::Assign { of, by, practice }),
        2 => (of.clone(), 0_u8..4).prop_map(|(of, practice)| Step::Withdraw { of, practice }),
        2 => (of.clone(), 0_u8..3).prop_map(|(of, session)| Step::Start { of, session }),
        2 => (of, 0_u8..3).prop_map(|(of, session)| Step::End { of, session }),
    ]
}

fn of(number: u8) -> AccountId {
    account(0xACC0 + u128::from(number))
}

fn session_id(of: u8, number: u8) -> u128 {
    0x5E50 + 16 * u128::from(of) + u128::from(number)
}

fn role(practice: u8) -> RoleAssignment {
    // The nil one would be the whole tenant.
    let practice = Some(PracticeId::new(Uuid::from_u128(0x9A + u128::from(practice))));
    RoleAssignment { role: Role::Therapist, tenant: TenantId::new(Uuid::from_u128(1)), practice }
}

impl World {
    async fn take(&self, step: &Step) {
        match *step {
            Step::Open { of: who, roles } => {
                let holder =
                    Holder::Person { email: format!("person-{who}@families.example"), discipline: None };
                let (display_name, locale) = (format!("Person {who}"), "en".to_owned());
                let roles = (0..roles).map(role).collect();
                let open = Command::Open { holder, display_name, locale, roles };
                self.execute::<Account>(who, of(who).uuid(), |_| open.clone()).await;
            }
            Step::Rename { of: who, name, seen } => {
                let change = Change { display_name: Some(format!("Name {name}")), ..Change::default() };
                let decided_on = (seen > 0).then_some(seen);
                let rename = |present| Command::Change { change: change.clone(), present, decided_on };
                self.execute::<Account>(who, of(who).uuid(), rename).await;
            }
            Step::Assign { of: who, by, practice } => {
                let assign =
                    Command::AssignRole { to: of(who), by: Some(of(by)), assignment: role(practice) };
                self.execute::<Account>(who, of(who).uuid(), |_| assign.clone()).await;
            }
            Step::Withdraw { of: who, practice } => {
                let withdraw = Command::WithdrawRole { assignment: role(practice) };
                self.execute::<Account>(who, of(who).uuid(), |_| withdraw.clone()).await;
            }
            Step::Start { of: who, session } => {
                let id = session_id(who, session);
                let start = session::Command::Start(session::Start {
                    secret_sha256: Digest::new([u8::try_from(id & 0xff).unwrap(); 32]),
                    user_agent: "Firefox".into(),
                    expire_time: self.log.clock().now(),
                    awaits: false,
                    by_passkey: false,
                    device_sha256: None,
                    network: None,
                });
                self.execute::<Session>(who, Uuid::from_u128(id), |_| start.clone()).await;
            }
            Step::End { of: who, session } => {
                let end = session::Command::End { by: RequestId::new(Uuid::from_u128(9)) };
                let id = Uuid::from_u128(session_id(who, session));
                self.execute::<Session>(who, id, |_| end.clone()).await;
            }
        }
    }

    async fn execute<D: Decider>(&self, who: u8, id: Uuid, command: impl Fn(u64) -> D::Command + Send + Sync)
    where
        D::Refusal: std::fmt::Debug,
    {
        let context = context();
        let subject = Subject::Account(of(who));
        match self.log.execute::<D>(subject, id, &context, None, |loaded| command(loaded.revision)).await {
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
}

impl Folded {
    fn take(&mut self, opened: &Opened) {
        let id = opened.header.stream.id();
        if opened.is::<AccountEvent>() {
            let state = self.accounts.remove(&id).unwrap_or_default();
            self.accounts.insert(id, Account::evolve(state, &opened.decode().unwrap()));
        } else {
            let state = self.sessions.remove(&id).unwrap_or_default();
            self.sessions.insert(id, Session::evolve(state, &opened.decode().unwrap()));
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
        let open = self.sessions.values().filter(|state| **state == Session::Open).count();
        let shown: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions WHERE ended_by IS NULL")
            .fetch_one(&beside.pool)
            .await
            .unwrap();
        assert_eq!(usize::try_from(shown).unwrap(), open);
        assert!(!self.sessions.values().any(|state| *state == Session::None));
    }
}

async fn check(steps: Vec<Step>) {
    let world = world().await;
    for step in &steps {
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
}

#[test]
fn each_beginning_of_a_lane_stands_and_the_whole_replays_to_what_is_live() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() })
        .run(&vec(step(), 10..50), |steps| {
            runtime.block_on(check(steps));
            Ok(())
        })
        .unwrap();
}

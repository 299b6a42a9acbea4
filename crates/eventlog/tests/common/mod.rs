//! A small domain of the tests' own: a savings jar that holds cents and cannot be overdrawn.
#![allow(unreachable_pub, reason = "a module that test files share")]
#![allow(dead_code, reason = "each test file uses its part")]
use holdfast_eventlog::*;
use holdfast_testkit::{FakeClock, TestDatabase};
use holdfast_types::*;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, migrate::Migrator};
use std::sync::Arc;
use uuid::Uuid;

pub static VIEWS: Migrator = sqlx::migrate!("tests/views");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum JarEvent {
    #[serde(rename = "jar.filled")]
    Filled { cents: u32 },
    #[serde(rename = "jar.taken")]
    Taken { cents: u32 },
}

impl Event for JarEvent {
    const AGGREGATE: &'static str = "jar";
    fn event_type(&self) -> &'static str {
        match self {
            Self::Filled { .. } => "jar.filled",
            Self::Taken { .. } => "jar.taken",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub enum JarCommand {
    Fill(u32),
    Take(u32),
}

#[derive(Debug, PartialEq)]
pub struct Overdrawn;

pub struct Jar;

impl Decider for Jar {
    type State = u64;
    type Command = JarCommand;
    type Event = JarEvent;
    type Refusal = Overdrawn;
    fn decide(cents: &u64, command: JarCommand) -> Result<Vec<JarEvent>, Overdrawn> {
        match command {
            JarCommand::Fill(0) | JarCommand::Take(0) => Ok(vec![]),
            JarCommand::Fill(more) => Ok(vec![JarEvent::Filled { cents: more }]),
            JarCommand::Take(less) if u64::from(less) <= *cents => Ok(vec![JarEvent::Taken { cents: less }]),
            JarCommand::Take(_) => Err(Overdrawn),
        }
    }
    fn evolve(cents: u64, event: &JarEvent) -> u64 {
        match event {
            JarEvent::Filled { cents: more } => cents + u64::from(*more),
            JarEvent::Taken { cents: less } => cents - u64::from(*less),
        }
    }
}

pub struct Balances;

#[async_trait::async_trait]
impl Projection for Balances {
    async fn apply(&self, conn: &mut PgConnection, events: &[Opened]) -> Result<(), ProjectionError> {
        for opened in events.iter().filter(|opened| opened.is::<JarEvent>()) {
            let change = match opened.decode::<JarEvent>()? {
                JarEvent::Filled { cents } => i64::from(cents),
                JarEvent::Taken { cents } => -i64::from(cents),
            };
            sqlx::query(
                "INSERT INTO balances VALUES ($1, $2, 1)
                 ON CONFLICT (jar) DO UPDATE SET cents = balances.cents + $2, changes = balances.changes + 1",
            )
            .bind(opened.header.stream.id())
            .bind(change)
            .execute(&mut *conn)
            .await?;
        }
        Ok(())
    }
}

pub struct World {
    pub database: TestDatabase,
    pub log: EventLog,
    pub clock: FakeClock,
}

pub async fn world() -> World {
    world_named("jars").await
}

pub async fn world_named(service: &str) -> World {
    let database = holdfast_testkit::database("jars", &VIEWS, &[]).await;
    let clock = FakeClock::monday_noon();
    let log = start(service, &database, Arc::new(clock.clone()), vec![Arc::new(Balances)]);
    World { database, log, clock }
}

pub fn start(
    service: &str,
    database: &TestDatabase,
    clock: Arc<dyn Clock>,
    projections: Vec<Arc<dyn Projection>>,
) -> EventLog {
    EventLog::start(Parts {
        service: service.to_owned(),
        pool: database.pool.clone(),
        keys: database.keys(Arc::clone(&clock), Arc::new(SystemIds)),
        clock,
        ids: Arc::new(SystemIds),
        projections,
        publish: Arc::new(|opened| {
            let event = opened.decode::<JarEvent>()?;
            let value = serde_json::to_vec(&event).unwrap();
            Ok(Some(prost_types::Any { type_url: "jar".to_owned(), value }))
        }),
        committers: 2,
    })
}

pub fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(number, 0x8000_0000_0000_0000 | number)
}

pub fn patient(number: u64) -> Subject {
    Subject::Patient(PatientId::new(id(number)))
}

pub fn context() -> Context {
    Context {
        tenant: TenantId::new(id(1)),
        actor: Actor::Account(AccountId::new(id(2))),
        on_behalf_of: None,
        purpose: Purpose::PatientRequest,
        correlation: id(3),
        causation: None,
        traceparent: None,
        occurred: None,
        by_right: None,
    }
}

pub fn request(number: u64, content: u8) -> Option<Request> {
    Some(Request { id: RequestId::new(id(number)), fingerprint: [content; 32] })
}

/// Executes a command on the jar whose number is also its owner's.
pub async fn act(
    log: &EventLog,
    jar: u64,
    request: Option<Request>,
    command: JarCommand,
) -> Result<Executed<u64>, ExecuteError<Overdrawn>> {
    log.execute::<Jar>(patient(jar), id(jar), &context(), request, |_| command).await
}

/// Everything on a log, as others hear it.
pub async fn envelopes(log: &EventLog) -> Vec<Envelope> {
    let mut all = Vec::new();
    for (lane, _) in log.heads().await.unwrap() {
        all.extend(Source::read_lane(log, lane, 0, 1000).await.unwrap());
    }
    all
}

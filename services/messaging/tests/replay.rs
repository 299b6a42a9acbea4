//! Whatever is commanded in whatever order: the read models equal their replay, and no request acts twice.
#![cfg(test)]
mod views;

use holdfast_eventlog::{Context, EventLog, ExecuteError, Executed, Parts, Request, Subject, rebuild};
use holdfast_messaging::{
    domain::thread::{Attachment, Command, Message, State, Thread},
    publish,
    views::Threads,
};
use holdfast_testkit::{FakeClock, SeededIds, TestDatabase, database};
use holdfast_types::*;
use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Start {
        patient: u8,
        thread: u8,
        author: u8,
    },
    Post {
        patient: u8,
        thread: u8,
        author: u8,
        attached: bool,
    },
    Read {
        patient: u8,
        thread: u8,
        reader: u8,
        message: usize,
    },
    Close {
        patient: u8,
        thread: u8,
    },
    /// The last request once more.
    Repeat,
    Wait {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (patient, thread, account) = (0_u8..2, 0_u8..3, 0_u8..3);
    prop_oneof![
        3 => (patient.clone(), thread.clone(), account.clone())
            .prop_map(|(patient, thread, author)| Step::Start { patient, thread, author }),
        6 => (patient.clone(), thread.clone(), account.clone(), any::<bool>())
            .prop_map(|(patient, thread, author, attached)| Step::Post { patient, thread, author, attached }),
        4 => (patient.clone(), thread.clone(), account, 0_usize..6)
            .prop_map(|(patient, thread, reader, message)| Step::Read { patient, thread, reader, message }),
        1 => (patient, thread).prop_map(|(patient, thread)| Step::Close { patient, thread }),
        2 => Just(Step::Repeat),
        1 => (1_i64..90).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

#[test]
fn every_sequence_of_commands_replays_to_the_same_read_models() {
    let config = ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(config)
        .run(&vec(step(), 10..80), |steps| {
            runtime.block_on(async {
                let mut world = World::start().await;
                for step in steps {
                    world.take(step).await;
                }
                let live = world.read_models().await;
                world.rebuild().await;
                assert_eq!(world.read_models().await, live);
            });
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn every_kind_of_command_is_generated_and_accepted() {
    let (mut world, mut runner) = (World::start().await, TestRunner::deterministic());
    let mut accepted = BTreeSet::new();
    for _ in 0..200 {
        world.take(step().new_tree(&mut runner).unwrap().current()).await;
        let last = world.last.iter().filter(|(_, accepted)| *accepted);
        accepted.extend(last.map(|(sent, _)| kind(&sent.command)));
    }
    assert_eq!(accepted, KINDS.into());
}

const KINDS: [&str; 4] = ["start", "post", "mark-read", "close"];

/// One of [`KINDS`]; fails to compile where a command has none.
const fn kind(command: &Command) -> &'static str {
    match command {
        Command::Start { .. } => KINDS[0],
        Command::Post(_) => KINDS[1],
        Command::MarkRead { .. } => KINDS[2],
        Command::Close => KINDS[3],
    }
}

/// A command as it was sent.
#[derive(Clone)]
struct Sent {
    patient: u8,
    thread: u8,
    request: Request,
    command: Command,
}

struct World {
    database: TestDatabase,
    log: EventLog,
    clock: FakeClock,
    ids: Arc<dyn Ids>,
    messages: HashMap<(u8, u8), Vec<MessageId>>,
    last: Option<(Sent, bool)>,
}

fn patient(number: u8) -> PatientId {
    PatientId::new(Uuid::from_u128(0xA0 + u128::from(number)))
}

fn account(number: u8) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + u128::from(number)))
}

fn thread_id(patient: u8, number: u8) -> Uuid {
    Uuid::from_u128(0x7000 + 16 * u128::from(patient) + u128::from(number))
}

impl World {
    async fn start() -> Self {
        let migrations = holdfast_messaging::migrations();
        let database = database("messaging", &migrations.views, &migrations.feeds).await;
        let clock = FakeClock::monday_noon();
        let (time, ids): (Arc<dyn Clock>, Arc<dyn Ids>) =
            (Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
        let keys = database.keys(Arc::clone(&time), Arc::clone(&ids));
        let log = EventLog::start(Parts {
            service: "messaging".to_owned(),
            pool: database.pool.clone(),
            keys: keys.clone(),
            clock: time,
            ids: Arc::clone(&ids),
            projections: vec![Arc::new(Threads::new(keys))],
            publish: Arc::new(publish),
            committers: 2,
        });
        Self { database, log, clock, ids, messages: HashMap::new(), last: None }
    }

    async fn read_models(&self) -> Vec<String> {
        views::read_models(&self.database.pool, self.log.keys()).await
    }

    async fn rebuild(&self) {
        let TestDatabase { owner_url, serving_role, .. } = &self.database;
        let projection = Threads::new(self.log.keys().clone());
        let migrations = holdfast_messaging::migrations().views;
        rebuild(&self.log, owner_url, serving_role, &migrations, &projection, |_| ()).await.unwrap();
    }

    fn message(&self, author: u8, attached: bool) -> Message {
        let attachments =
            if attached { vec![Attachment::Item(ItemId::new(self.ids.next()))] } else { Vec::new() };
        Message {
            id: MessageId::new(self.ids.next()),
            author: account(author),
            from_family: author == 0,
            body: format!("words of {author}"),
            language: "en".into(),
            attachments,
        }
    }

    async fn take(&mut self, step: Step) {
        let (patient_number, thread, command) = match step {
            Step::Wait { seconds } => {
                self.clock.advance(chrono::TimeDelta::seconds(seconds));
                return;
            }
            Step::Repeat => {
                let Some((sent, accepted)) = self.last.clone() else { return };
                let before = self.read_models().await;
                let again = self.send(&sent).await;
                assert!(!accepted || again.is_some_and(|again| again.repeated), "the first outcome holds");
                assert_eq!(self.read_models().await, before, "a repeated request acts no more");
                return;
            }
            Step::Start { patient: of, thread, author } => {
                let (patient, practice) = (patient(of), PracticeId::new(Uuid::from_u128(0xB1)));
                let subject = format!("about {thread}");
                let message = self.message(author, false);
                (of, thread, Command::Start { patient, practice, subject, message })
            }
            Step::Post { patient, thread, author, attached } => {
                (patient, thread, Command::Post(self.message(author, attached)))
            }
            Step::Read { patient, thread, reader, message } => {
                let known = self.messages.get(&(patient, thread)).and_then(|known| known.get(message));
                let message = known.copied().unwrap_or(MessageId::new(Uuid::nil()));
                (patient, thread, Command::MarkRead { reader: account(reader), message })
            }
            Step::Close { patient, thread } => (patient, thread, Command::Close),
        };
        let request = Request { id: RequestId::new(self.ids.next()), fingerprint: [7; 32] };
        let sent = Sent { patient: patient_number, thread, request, command };
        let done = self.send(&sent).await;
        if let (Some(_), Command::Start { message, .. } | Command::Post(message)) = (&done, &sent.command) {
            self.messages.entry((sent.patient, sent.thread)).or_default().push(message.id);
        }
        // What changed nothing left no trace of its request either.
        self.last = Some((sent, done.is_some_and(|done| done.position.is_some())));
    }

    /// None where a rule refused it.
    async fn send(&self, sent: &Sent) -> Option<Executed<State>> {
        let context = Context {
            tenant: TenantId::new(Uuid::from_u128(0x7E1)),
            actor: Actor::Account(account(0)),
            on_behalf_of: None,
            purpose: Purpose::FamilyRequest,
            correlation: Uuid::nil(),
            causation: None,
            traceparent: None,
            occurred: None,
            by_right: None,
        };
        let (subject, stream) =
            (Subject::Patient(patient(sent.patient)), thread_id(sent.patient, sent.thread));
        let command = |_: &_| sent.command.clone();
        match self.log.execute::<Thread>(subject, stream, &context, Some(sent.request), command).await {
            Ok(executed) => Some(executed),
            Err(ExecuteError::Refused(_)) => None,
            Err(error) => panic!("{error:?}"),
        }
    }
}

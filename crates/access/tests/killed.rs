//! `kill -9` at every step of an answer: none was given, and no refusal either, whose access event is not on the log.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]
mod given;
use given::*;
use holdfast_access::{views::ConsentFact, *};
use holdfast_eventlog::{EventLog, KeyRing, MasterKey, Parts, schema};
use holdfast_testkit::database;
use holdfast_types::*;
use sqlx::migrate::Migrator;
use std::{
    collections::{BTreeSet, HashMap},
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
    sync::Arc,
};
use uuid::Uuid;

const SIGABRT: i32 = 6;
const LOG_URL: &str = "HOLDFAST_READERS_LOG_URL";
const KEYS_URL: &str = "HOLDFAST_READERS_KEYS_URL";
const READERS: usize = 8;
/// From the permit to the answer.
const STEPS: [&str; 7] = [
    "gate.permitted",
    "append.lanes_taken",
    "append.inserted",
    "append.commands_inserted",
    "append.projected",
    "append.committed",
    "gate.recorded",
];

fn log(url: &str, keys_url: &str) -> EventLog {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let keys = schema::connect(keys_url, 2).unwrap();
    EventLog::start(Parts {
        service: "records".to_owned(),
        pool: schema::connect(url, 8).unwrap(),
        keys: KeyRing::new(keys, MasterKey::new([7; 32]), clock.clone(), ids.clone()),
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|opened| publish(opened).transpose()),
        committers: 2,
    })
}

/// Every other question is a stranger's, and refused. Each answer and each refusal is a line with its question's id.
async fn read(gate: Gate, reader: usize) {
    for number in reader.. {
        let correlation = SystemIds.next();
        let relative = number % 2 == 0;
        let account = if relative { account() } else { AccountId::new(id(0x57)) };
        let caller = Caller { account, ..caller(&[]) };
        let asked = RequestContext { caller, purpose: None, correlation, traceparent: None };
        let permit =
            gate.authorise(&asked, Action::Read, patient(), &[Category::Goals], "records.ListItems").await;
        let told = match permit {
            Ok(permit) => gate.release(permit, Unreleased::new("answered", Vec::new())).await.unwrap(),
            Err(Refused::NotPermitted) => "refused",
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(told == "answered", relative);
        // One short write: the parent gets the line whole or not at all.
        std::io::stdout().lock().write_all(format!("\n{told} {correlation}\n").as_bytes()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is the process that the other test starts and that dies"]
async fn readers_who_read_until_their_process_dies() {
    let var = |name| std::env::var(name).expect("started by the other test");
    let policies = Arc::new(Policies::load().unwrap());
    let gate = Gate::new(policies, log(&var(LOG_URL), &var(KEYS_URL)), Arc::new(OwnConsent), CONSENT_AGE_MAX);
    let readers: Vec<_> = (0..READERS).map(|reader| tokio::spawn(read(gate.clone(), reader))).collect();
    for reader in readers {
        reader.await.unwrap();
    }
}

/// What was told before the process died at that point, by question.
fn told_before_dying_at(fault: &str, log_url: &str, keys_url: &str) -> HashMap<Uuid, String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "readers_who_read_until_their_process_dies", "--ignored", "--nocapture"])
        .env(LOG_URL, log_url)
        .env(KEYS_URL, keys_url)
        .env("HOLDFAST_FAULT", fault)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.filter_map(|line| {
        let (told, question) = line.split_once(' ')?;
        Some((question.parse().ok()?, told.to_owned()))
    });
    let told = told.collect();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(SIGABRT), "{fault}: {status}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_answered_or_refused_before_the_process_died_is_on_the_log() {
    let database = database("access", &Migrator::with_migrations(Vec::new()), &[&views::MIGRATIONS]).await;
    let mut conn = database.pool.acquire().await.unwrap();
    let relationship = Relationship::Parent;
    views::apply(&mut conn, &ConsentFact::RecordOpened { patient: patient(), tenant: tenant() })
        .await
        .unwrap();
    let holder = ConsentFact::HolderAdded { patient: patient(), account: account(), relationship };
    views::apply(&mut conn, &holder).await.unwrap();
    let mut told = HashMap::new();
    for (step, time) in STEPS.into_iter().flat_map(|step| [(step, 3), (step, 40)]) {
        told.extend(told_before_dying_at(&format!("{step}:{time}"), &database.url, &database.keys_url));
    }
    let kinds: BTreeSet<&str> = told.values().map(String::as_str).collect();
    assert_eq!(kinds, BTreeSet::from(["answered", "refused"]));

    let log = log(&database.url, &database.keys_url);
    let mut recorded = HashMap::new();
    for (lane, _) in log.heads().await.unwrap() {
        for stored in log.read_lane(lane, 0, 100_000).await.unwrap() {
            recorded.insert(stored.header.correlation, stored.header.event_type);
        }
    }
    for (question, told) in told {
        let expected = if told == "answered" { "access.permitted" } else { "access.refused" };
        assert_eq!(recorded.get(&question).map(String::as_str), Some(expected), "{question} was {told}");
    }
}

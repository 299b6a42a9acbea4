//! A short round of the torture: every kind of fault once or twice, nothing missing, reordered or doubled.
#![cfg(test)]
use holdfast_torture::{Counts, Fault, Plan, Program, round};

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_and_every_kind_of_fault_leave_nothing_missing_reordered_or_doubled() {
    let dir = tempfile::Builder::new().prefix("holdfast-torture-").tempdir().unwrap();
    let plan = Plan {
        writers: 16,
        patients: 40,
        faults: vec![
            Fault::KillWriters(0),
            Fault::LoseNatsStore,
            Fault::ListenerDiesAt(0, "inbox.committed", 3),
            Fault::ListenerDiesAt(1, "inbox.parked", 3),
            Fault::WritersDieAt(1, "append.committed", 5),
            Fault::RestartPostgres,
            Fault::KillListener(1),
            Fault::ListenerDiesAt(0, "inbox.retried", 3),
            Fault::KillNats,
            Fault::WritersDieAt(2, "relay.published", 2),
            Fault::KillPostgres,
            Fault::WritersDieAt(3, "append.projected", 5),
        ],
        commands_between: 80,
        seed: 1,
    };
    let program = Program { path: env!("CARGO_BIN_EXE_torture-worker").into(), arguments: Vec::new() };
    let said = |line| eprintln!("{line}");
    let counts = round(&plan, &holdfast_testkit::binaries(), dir.path(), &program, &said).await.unwrap();
    assert!(counts.events > 1000, "{counts:?}");
    assert_eq!(counts, Counts { events: counts.events, ..Counts::default() });
}

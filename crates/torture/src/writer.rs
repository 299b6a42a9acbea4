//! Writers as callers of a service are: one command after the other, the same one again until it is acknowledged.
use crate::{
    Writing,
    crew::RESTED,
    tally::{Count, Tally, context, subject},
};
use holdfast_eventlog::EventLog;
use std::{io::Write, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const RETRY_AFTER: Duration = Duration::from_millis(25);
/// Every so often an acknowledged command is sent once more, as by a caller who missed the answer.
const AGAIN_EVERY: u64 = 8;

/// Until all are done or told to rest. Each acknowledged command is a line `<writer> <number>` on the output.
pub(crate) async fn write_all(
    log: &EventLog,
    writers: &[Writing],
    seed: u64,
    patients: u64,
    rest: &CancellationToken,
) {
    let mut tasks = JoinSet::new();
    for writing in writers {
        tasks.spawn(write(log.clone(), *writing, seed, patients, rest.clone()));
    }
    tasks.join_all().await;
    let _ = std::io::stdout().lock().write_all(format!("{RESTED}\n").as_bytes());
}

async fn write(log: EventLog, writing: Writing, seed: u64, patients: u64, rest: CancellationToken) {
    let Writing { writer, next, last } = writing;
    let context = context();
    let mut number = next;
    while !rest.is_cancelled() && last.is_none_or(|last| number <= last) {
        let count = Count { writer, number };
        let patient = count.patient(seed, patients);
        let send = || {
            log.execute::<Tally>(subject(patient), patient, &context, Some(count.request(seed)), move |_| {
                count
            })
        };
        if let Err(error) = send().await {
            tracing::debug!(error = &error as &dyn std::error::Error, "tried again");
            tokio::time::sleep(RETRY_AFTER).await;
            continue;
        }
        if number.is_multiple_of(AGAIN_EVERY) {
            let _ = send().await;
        }
        // One short write: the parent gets the line whole or not at all.
        let said = std::io::stdout().lock().write_all(format!("{writer} {number}\n").as_bytes());
        if said.is_err() {
            return;
        }
        number += 1;
    }
}

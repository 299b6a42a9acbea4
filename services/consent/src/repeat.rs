//! Carries out again what a restored log does not know of, as the ledger of erasures tells it.
use crate::{
    domain::erasure::{Command, Erasure, Refusal, Step},
    ledger::Entry,
};
use holdfast_eventlog::{Context, EventLog, ExecuteError, Subject};
use holdfast_types::{Actor, Purpose, Service};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One after the other; where the database is away it is waited for.
pub(crate) async fn repeat(log: EventLog, entries: Vec<Entry>, stop: CancellationToken) {
    for entry in entries {
        while let Err(error) = repeat_one(&log, &entry).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                number = entry.number,
                "an erasure of the ledger cannot be repeated now"
            );
            if stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await.is_none() {
                return;
            }
        }
    }
}

async fn repeat_one(log: &EventLog, entry: &Entry) -> Result<(), ExecuteError<Refusal>> {
    let context = Context {
        tenant: entry.tenant,
        actor: Actor::Service(Service::Consent),
        on_behalf_of: None,
        purpose: Purpose::SystemAdministration,
        correlation: log.ids().next(),
        causation: Some(entry.erasure),
        traceparent: None,
        occurred: None,
        by_right: None,
    };
    let step = || Step::Repeat { first: entry.erasure, erased: entry.erased };
    let command = || Command::Erase { of: entry.document, step: step() };
    let repeated = log
        .execute::<Erasure>(Subject::Patient(entry.patient), entry.patient.uuid(), &context, None, |_| {
            command()
        })
        .await?;
    if repeated.position.is_some() {
        tracing::warn!(number = entry.number, "an erasure that this log did not know of was repeated");
    }
    Ok(())
}

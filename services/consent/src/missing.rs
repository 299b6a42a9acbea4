//! Notes again in the ledger of erasures what this log knows of and the ledger does not: it may have been lost, cut off at its end, or
//! not kept from the beginning.
use crate::{
    domain::erasure::Event as ErasureEvent,
    ledger::{Ledger, LedgerError},
    views::{self, ViewsError},
};
use holdfast_eventlog::{Event as _, EventLog, ReadError, StreamName, Subject};
use holdfast_types::{PatientId, TenantId};
use std::{collections::BTreeSet, time::Duration};
use tokio_util::sync::CancellationToken;

const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Erased records that are compared at once.
const AT_ONCE: u32 = 1000;

#[derive(Debug, thiserror::Error)]
enum MissingError {
    #[error(transparent)]
    Views(#[from] ViewsError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Where the database or the ledger is away it is waited for.
pub(crate) async fn note_again(log: EventLog, ledger: Ledger, stop: CancellationToken) {
    loop {
        match note_missing(&log, &ledger).await {
            Ok(0) => return,
            Ok(count) => {
                tracing::warn!(
                    count,
                    "the ledger lacked erasures that this log knows of: they are noted again"
                );
                return;
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the ledger of erasures cannot be compared with the log now");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await.is_none() {
            return;
        }
    }
}

/// How many were missing.
async fn note_missing(log: &EventLog, ledger: &Ledger) -> Result<usize, MissingError> {
    let noted: BTreeSet<PatientId> = ledger.entries()?.into_iter().map(|entry| entry.patient).collect();
    let (mut after, mut missing) = (None, 0);
    loop {
        let erased = views::erased(log.pool(), after, AT_ONCE).await?;
        for (patient, tenant) in &erased {
            if !noted.contains(patient) {
                missing += usize::from(note(log, ledger, *patient, *tenant).await?);
            }
        }
        match erased.last() {
            Some((last, _)) => after = Some(*last),
            None => return Ok(missing),
        }
    }
}

/// As the log tells it; one that was repeated, as it was the first time.
async fn note(
    log: &EventLog,
    ledger: &Ledger,
    patient: PatientId,
    tenant: TenantId,
) -> Result<bool, MissingError> {
    let stream = StreamName::new(ErasureEvent::AGGREGATE, patient.uuid());
    for opened in log.stream(Subject::Patient(patient), &stream).await? {
        let event: ErasureEvent = opened.decode().map_err(ReadError::Decode)?;
        let Some(erased) = event.erased() else { continue };
        let erasure = match event {
            ErasureEvent::Repeated { first, .. } => first,
            _ => opened.header.event_id,
        };
        ledger.note(patient, tenant, erasure, erased)?;
        return Ok(true);
    }
    Ok(false)
}

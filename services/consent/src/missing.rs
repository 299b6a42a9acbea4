//! Notes again in the ledger of erasures what this log knows of and the ledger does not: it may have been lost, cut off at its end, or
//! not kept from the beginning.
use crate::{
    domain::erasure::Event as ErasureEvent,
    ledger::{Erased, Ledger, LedgerError},
    views::{self, ViewsError},
};
use holdfast_eventlog::{Event as _, EventLog, ReadError, StreamName, Subject};
use holdfast_types::{DocumentId, PatientId, TenantId};
use std::{collections::BTreeSet, time::Duration};
use tokio_util::sync::CancellationToken;

const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Erased records, or documents, that are compared at once.
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
    let noted: BTreeSet<(PatientId, Option<DocumentId>)> =
        ledger.entries()?.into_iter().map(|entry| (entry.patient, entry.document)).collect();
    let mut missing = 0;
    let mut after = None;
    loop {
        let erased = views::erased(log.pool(), after, AT_ONCE).await?;
        for (patient, tenant) in &erased {
            if !noted.contains(&(*patient, None)) {
                missing += usize::from(note(log, ledger, *patient, *tenant, None).await?);
            }
        }
        match erased.last() {
            Some((last, _)) => after = Some(*last),
            None => break,
        }
    }
    let mut after = None;
    loop {
        let erased = views::erased_documents(log.pool(), after, AT_ONCE).await?;
        for (document, patient, tenant) in &erased {
            if !noted.contains(&(*patient, Some(*document))) {
                missing += usize::from(note(log, ledger, *patient, *tenant, Some(*document)).await?);
            }
        }
        match erased.last() {
            Some((document, patient, _)) => after = Some((*document, *patient)),
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
    document: Option<DocumentId>,
) -> Result<bool, MissingError> {
    let stream = StreamName::new(ErasureEvent::AGGREGATE, patient.uuid());
    for opened in log.stream(Subject::Patient(patient), &stream).await? {
        let event: ErasureEvent = opened.decode().map_err(ReadError::Decode)?;
        let Some(destroyed) = event.destroyed().filter(|destroyed| destroyed.document == document) else {
            continue;
        };
        let erasure = destroyed.first.unwrap_or(opened.header.event_id);
        ledger.note(Erased { patient, tenant, document, erasure, erased: destroyed.erased })?;
        return Ok(true);
    }
    Ok(false)
}

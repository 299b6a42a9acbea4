//! Audit's figures at growing sizes of its log: taking in, covering, proving, answering.
use super::{
    Wanted,
    checkpoint::{self, Told},
    inclusion,
    ingest::{self, Heard},
    ledger::Ledger,
    looks,
    pairs::Figure,
    scratch::Scratch,
};
use anyhow::Result;
use std::path::Path;

pub(crate) const KEYS: &[&str] = &[INCLUSION, HISTORY, CHECKPOINT, INGEST];
const INGEST: &str = "audit_ingest_vs_raw";
const CHECKPOINT: &str = "checkpoint_p99_ms";
const INCLUSION: &str = "inclusion_proof_p99_ms";
const HISTORY: &str = "patient_history_p99_ms";

/// At each of the sizes, which ascend. What reads is measured before what adds.
pub(crate) async fn figures(
    scratch: &Scratch,
    dir: &Path,
    wanted: &Wanted,
    sizes: &[u64],
) -> Result<Vec<Figure>> {
    let mut ledger = Ledger::open(scratch, dir).await?;
    looks::hold(&ledger).await?;
    let (mut heard, told) = (Heard::by(&ledger), Told::by_records(scratch).await?);
    let mut found: Vec<Vec<(u64, Figure)>> = vec![Vec::new(); KEYS.len()];
    for size in sizes {
        ledger.fill(*size).await?;
        for (key, figures) in KEYS.iter().zip(&mut found).filter(|(key, _)| wanted.has(key)) {
            let figure = match *key {
                INCLUSION => inclusion::figure(key, &ledger).await?,
                HISTORY => looks::figure(key, &ledger).await?,
                CHECKPOINT => checkpoint::figure(key, &ledger, &told).await?,
                _ => ingest::figure(key, &ledger, &mut heard, *size).await?,
            };
            figures.push((*size, figure));
        }
    }
    Ok(found.iter().filter_map(|figures| Figure::grown(figures)).collect())
}

//! How long it takes to prove that an event is in the log: where it stands, the tiles, the hashes, and that they verify.
use super::{
    ledger::Ledger,
    pairs::{Figure, Target, percentile},
};
use anyhow::{Context as _, Result};
use holdfast_translog::{Plan, fetch, leaf_hash, verify_inclusion};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

const SAMPLES: usize = 2000;
/// The first connections and plans are not what is measured.
const WARMING: usize = 50;

pub(crate) async fn figure(key: &'static str, ledger: &Ledger) -> Result<Figure> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut times = Vec::with_capacity(SAMPLES);
    for sample in 0..WARMING + SAMPLES {
        let (lane, seq) = Ledger::place(random.random_range(0..ledger.filled()))?;
        let began = Instant::now();
        prove(ledger, "documents", lane, seq).await?;
        if sample >= WARMING {
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(Figure::absolute(key, percentile(&mut times, 99), "ms", Target::AtMost(10.0), SAMPLES))
}

/// From the published files, under the published checkpoint.
pub(crate) async fn prove(ledger: &Ledger, service: &str, lane: i32, seq: i64) -> Result<()> {
    let checkpoint = ledger.checkpoint(&Ledger::key()?).await?;
    let (size, root) = (checkpoint.checkpoint().size, checkpoint.checkpoint().root);
    let (index, bytes): (i64, Vec<u8>) = sqlx::query_as(
        "SELECT index, bytes FROM log_entries WHERE service = $1 AND lane = $2 AND lane_seq = $3",
    )
    .bind(service)
    .bind(lane)
    .bind(seq)
    .fetch_optional(ledger.log.pool())
    .await?
    .context("an event that is not in the log")?;
    let index = u64::try_from(index)?;
    let plan = Plan::inclusion(index, size)?;
    let proof = plan.prove(&fetch(&ledger.shelf, plan.tiles()).await?)?;
    Ok(verify_inclusion(&leaf_hash(&bytes), index, size, &root, &proof)?)
}

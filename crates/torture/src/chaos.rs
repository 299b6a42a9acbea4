//! What no bus should do and any bus may: events in any order, more than once, with holes.
use holdfast_eventlog::{Envelope, EventLog, Inbox, Source};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(40);
const LANES_MAX: usize = 6;
const EVENTS_MAX: u32 = 30;
const BATCH_MAX: usize = 12;

/// Feeds the inbox until told to rest. Errors are the servers' faults: the next round tries again.
pub(crate) async fn feed(log: &EventLog, inbox: &Inbox, seed: u64, rest: &CancellationToken) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    while !rest.is_cancelled() {
        for batch in disorder(log, &mut rng).await.chunks(BATCH_MAX) {
            if let Err(error) = inbox.take_in(batch.to_vec()).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "not taken in");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The ends of a few lanes: some events twice, some not at all, all mixed.
async fn disorder(log: &EventLog, rng: &mut ChaCha8Rng) -> Vec<Envelope> {
    let mut heads = log.heads().await.unwrap_or_default();
    heads.shuffle(rng);
    let mut all: Vec<Envelope> = Vec::new();
    for (lane, head) in heads.into_iter().take(LANES_MAX) {
        let back = rng.random_range(0..=u64::from(EVENTS_MAX));
        all.extend(
            Source::read_lane(log, lane, head.saturating_sub(back), EVENTS_MAX).await.unwrap_or_default(),
        );
    }
    let doubled: Vec<Envelope> = all.iter().filter(|_| rng.random_ratio(1, 3)).cloned().collect();
    all.retain(|_| rng.random_ratio(4, 5));
    all.extend(doubled);
    all.shuffle(rng);
    all
}

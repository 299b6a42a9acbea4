//! The one who writes the transparency log: pools what was heard, appends, signs, compares and swaps, then publishes.
//!
//! Its tables are the truth and the published files follow them; a crash anywhere is mended by starting again. The lease keeps two
//! from working at once; were there two nevertheless, the swap lets one of them go on, and the other starts from what that one committed.
mod cosigner;
mod publish;
mod shelf;
mod views;

pub use cosigner::{Cosigner, CosignerError};
pub use shelf::Shelf;
pub use views::{Behind, Linked, RecordStanding, Tables, TablesError};

use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Lease, LeaseError, fault};
use holdfast_translog::{
    BATCH_EVENTS_MAX, CheckpointError, FrontierError, Hash, Sequence, SequenceError, SignedCheckpoint,
    SigningKey, StoreError,
};
use holdfast_types::{Clock, Service};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

pub const LEASE: &str = "sequencer";
/// How often it looks for what is new.
const POLL: Duration = Duration::from_millis(250);
/// Where nothing but looks at audit itself is new, that is not worth a checkpoint each time.
const OWN_LOOKS_AFTER: TimeDelta = TimeDelta::seconds(5);
/// After a failure, which may be the store's or the database's.
const RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lease of the sequencer is not to be had")]
    Lease(#[from] LeaseError),
    #[error("the committed checkpoint is not of this key")]
    Checkpoint(#[source] CheckpointError),
    #[error("the entries cannot be sequenced")]
    Sequence(#[from] SequenceError),
    #[error("the entries make no tree")]
    Frontier(#[source] FrontierError),
    #[error("the entries are not those that the committed checkpoint signs")]
    Altered,
    #[error(
        "the published log holds {published} entries and goes on otherwise than the database, which holds {committed}: the database was set \
         back. Others have seen what was published: keep those files, and begin another log elsewhere under another HOLDFAST_AUDIT_LOG_ORIGIN"
    )]
    SetBack { published: u64, committed: u64 },
    #[error("where HOLDFAST_AUDIT_TILES says lies the log `{found}`: `{origin}` needs a place of its own")]
    OtherLog { origin: String, found: String },
    #[error("another sequencer has gone on with the log")]
    Lost,
}

pub struct Sequencer {
    tables: Tables,
    shelf: Shelf,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    standing: Option<Standing>,
    /// Every full tile is there, as far as this sequencer knows.
    is_whole: bool,
    newest: watch::Sender<Option<SignedCheckpoint>>,
}

/// In memory, on a committed and published checkpoint.
struct Standing {
    sequence: Sequence,
    checkpoint: (u64, Hash),
    /// When it was committed, if it was by this sequencer.
    since: Option<DateTime<Utc>>,
}

impl Sequencer {
    pub fn new(tables: Tables, shelf: Shelf, key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        let newest = watch::Sender::new(None);
        Self { tables, shelf, key, clock, standing: None, is_whole: false, newest }
    }

    /// The checkpoint that it has published last.
    pub fn newest(&self) -> watch::Receiver<Option<SignedCheckpoint>> {
        self.newest.subscribe()
    }

    /// Until told to stop; whatever fails is tried again.
    pub async fn run(mut self, lease: Lease, stop: CancellationToken) {
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut held: Option<Instant> = None;
        loop {
            tokio::select! { () = stop.cancelled() => break, _ = poll.tick() => {} }
            let turn = async {
                if held.is_none_or(|since| since.elapsed() > Lease::TIME / 4) {
                    held = lease.hold().await?.then(Instant::now);
                }
                match held {
                    Some(_) => self.catch_up().await,
                    None => {
                        self.standing = None;
                        Ok(())
                    }
                }
            };
            let outcome = tokio::select! { () = stop.cancelled() => break, outcome = turn => outcome };
            let pause = match outcome {
                Ok(()) => continue,
                Err(error @ SequencerError::Lost) => {
                    tracing::warn!(%error, "this sequencer lets go, and starts again from the tables");
                    held = None;
                    // If it is this one's by now, whoever goes on may have it at once.
                    let_go(&lease).await;
                    Lease::TIME
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the sequencer waits");
                    RETRY_AFTER
                }
            };
            tokio::select! { () = stop.cancelled() => break, () = sleep(pause) => {} }
        }
        let_go(&lease).await;
    }

    async fn catch_up(&mut self) -> Result<(), SequencerError> {
        while self.round().await? == BATCH_EVENTS_MAX {}
        Ok(())
    }

    /// Sequences what waits, up to a batch, and publishes it: how many events. After an error nothing is left in memory.
    pub async fn round(&mut self) -> Result<usize, SequencerError> {
        let mut standing = match self.standing.take() {
            Some(standing) => standing,
            None => self.resume().await?,
        };
        let sequenced = self.advance(&mut standing).await?;
        self.standing = Some(standing);
        Ok(sequenced)
    }

    async fn advance(&self, standing: &mut Standing) -> Result<usize, SequencerError> {
        let behind = self.tables.behind().await?;
        let now = self.clock.now();
        let fresh =
            standing.since.is_some_and(|since| (TimeDelta::zero()..OWN_LOOKS_AFTER).contains(&(now - since)));
        // Of no lane too.
        if fresh && behind.iter().all(|lane| lane.service == Service::Audit.as_str()) {
            return Ok(0);
        }
        let events = self.tables.pool(&behind, BATCH_EVENTS_MAX).await?;
        if events.is_empty() {
            return Ok(0);
        }
        fault::point("sequencer.pooled");
        let batch = match standing.sequence.append(&events, now) {
            Err(SequenceError::LaneOrder { .. }) => return Err(SequencerError::Lost),
            appended => appended?,
        };
        let signed = batch.checkpoint.sign(&self.key);
        fault::point("sequencer.signed");
        if !self.tables.commit(standing.checkpoint, &batch, &signed.to_text()).await? {
            return Err(SequencerError::Lost);
        }
        fault::point("sequencer.committed");
        self.publish(&batch.growth, &signed).await?;
        standing.checkpoint = (batch.checkpoint.size, batch.checkpoint.root);
        standing.since = Some(now);
        Ok(events.len())
    }
}

async fn let_go(lease: &Lease) {
    if let Err(error) = lease.release().await {
        tracing::debug!(error = &error as &dyn std::error::Error, "the lease ends by itself");
    }
}

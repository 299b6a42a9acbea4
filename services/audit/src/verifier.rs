//! Reads every lane of every log again, in the background: once an interval, and when somebody asks.
//!
//! One verification at a time; whoever asks waits for one that began after they asked.
use crate::{
    domain::{FaultKind, LaneCheck, Told},
    views::{self, HistoryError},
};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::{Source, SourceError};
use holdfast_host::{Ground, GroundError, PeerLog, cannot_read, client};
use holdfast_types::Service;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;

/// After a start, so that a service that is often restarted verifies as well.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const LANES_AT_ONCE: usize = 4;
/// Events read in one call.
const PAGE: u32 = 500;
/// A lane with more faults than this is given up: its log is beyond listing.
const LANE_FAULTS_MAX: usize = 100;
/// Progress is logged after every so many lanes.
const PROGRESS_LANES: usize = 256;

#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("the service is stopping")]
    Stopping,
}

pub(crate) struct Verifier {
    ground: Ground,
    sources: Vec<(Service, Arc<dyn Source>)>,
    asked: Notify,
    /// Verifications begun, and the last one ended.
    begun: AtomicU64,
    ended: watch::Sender<u64>,
}

impl Verifier {
    /// Of all six logs.
    pub(crate) fn of(ground: &Ground) -> Result<Self, GroundError> {
        let mut sources: Vec<(Service, Arc<dyn Source>)> = Vec::new();
        for service in Service::WITH_LOG.iter().copied() {
            let source: Arc<dyn Source> = if service == Service::Audit {
                Arc::new(ground.log().clone())
            } else {
                let address = ground.settings().peers.of(service)?;
                Arc::new(PeerLog::new(service, client::channel(service, address, ground.tls())?))
            };
            sources.push((service, source));
        }
        let (asked, begun, ended) = (Notify::new(), AtomicU64::new(0), watch::Sender::new(0));
        Ok(Self { ground: ground.clone(), sources, asked, begun, ended })
    }

    pub(crate) async fn run(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        let mut due = interval_at(Instant::now() + FIRST_AFTER.min(every), every);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! { () = stop.cancelled() => return, _ = due.tick() => {}, () = self.asked.notified() => {} }
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            for (service, source) in &self.sources {
                match self.verify(*service, source.as_ref(), &stop).await {
                    Ok(()) => {}
                    Err(VerifyError::Stopping) => return,
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(%service, error, "a log was not verified to its end");
                    }
                }
            }
            self.ended.send_replace(number);
        }
    }

    /// Waits for a verification that begins after this moment; false when it takes longer than that.
    pub(crate) async fn verify_now(&self, patience: Duration) -> bool {
        let wanted = self.begun.load(Ordering::SeqCst) + 1;
        self.asked.notify_one();
        let mut ended = self.ended.subscribe();
        timeout(patience, ended.wait_for(|number| *number >= wanted)).await.is_ok_and(|ended| ended.is_ok())
    }

    async fn verify(
        &self,
        service: Service,
        source: &dyn Source,
        stop: &CancellationToken,
    ) -> Result<(), VerifyError> {
        let pool = self.ground.log().pool();
        let began = self.ground.clock().now();
        // Both are asked before a lane is read: whatever they count must be there.
        let heard = views::reached(pool, service).await?;
        let heads: BTreeMap<u16, u64> = source.heads().await?.into_iter().collect();
        let lanes: BTreeSet<u16> = heard.keys().chain(heads.keys()).copied().collect();
        let end = |ends: &BTreeMap<u16, u64>, lane| ends.get(&lane).copied().unwrap_or_default();
        let (number, done) = (lanes.len(), AtomicUsize::new(0));
        let events: u64 = lanes.iter().map(|lane| end(&heard, *lane).max(end(&heads, *lane))).sum();
        let checks = lanes.into_iter().map(|lane| {
            let check = LaneCheck::of(end(&heard, lane), end(&heads, lane));
            self.verify_lane((service, source), lane, check, stop)
        });
        let faults: usize = stream::iter(checks.collect::<Vec<_>>())
            .buffer_unordered(LANES_AT_ONCE)
            .inspect_ok(|_| {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                if done.is_multiple_of(PROGRESS_LANES) {
                    tracing::info!(%service, done, lanes = number, "verifying a log");
                }
            })
            .try_fold(0, |sum, found| std::future::ready(Ok(sum + found)))
            .await?;
        views::note_verified(pool, service.as_str(), began).await?;
        tracing::info!(%service, lanes = number, events, faults, "a log was verified");
        Ok(())
    }

    /// Answers with how many faults there are.
    async fn verify_lane(
        &self,
        (service, source): (Service, &dyn Source),
        lane: u16,
        mut check: LaneCheck,
        stop: &CancellationToken,
    ) -> Result<usize, VerifyError> {
        let pool = self.ground.log().pool();
        let mut limit = PAGE;
        let mut found = 0;
        while !check.is_done() && found < LANE_FAULTS_MAX {
            if stop.is_cancelled() {
                return Err(VerifyError::Stopping);
            }
            let faults: Vec<(u64, FaultKind)> = match source.read_lane(lane, check.after(), limit).await {
                Ok(envelopes) => {
                    let told: Vec<Told> = envelopes.iter().map(Told::from).collect();
                    let until = told.last().map_or(check.after(), |last| last.lane_seq);
                    let span = (check.after(), until);
                    let heard = views::heard(pool, service, lane, span, &envelopes).await?;
                    check.compare(&told, &heard)
                }
                // Somewhere in the page is what cannot be read: on by single steps, up to it and over it.
                Err(error) if cannot_read(&error) && limit > 1 => {
                    limit = 1;
                    continue;
                }
                Err(error) if cannot_read(&error) => {
                    limit = PAGE;
                    let next = check.after() + 1;
                    let heard = views::heard(pool, service, lane, (check.after(), next), &[]).await?;
                    check.pass_unreadable(&heard).into_iter().collect()
                }
                Err(error) => return Err(error.into()),
            };
            if !faults.is_empty() {
                tracing::error!(%service, lane, faults = faults.len(), "a log is not what it should be");
                views::note_faults(pool, service.as_str(), lane, &faults, self.ground.clock().now()).await?;
                found += faults.len();
            }
        }
        Ok(found)
    }
}

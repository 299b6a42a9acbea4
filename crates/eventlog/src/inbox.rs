//! Takes in another service's events exactly once, whatever the bus lost, repeated or reordered.
//!
//! One checkpoint per source lane moves in the transaction of the effect. Behind it: a duplicate, dropped. Beyond the next: a hole,
//! read back from the source. At every poll the source's lane heads are compared, so that the last event of a lane is not
//! missed either; that comparison is what [`Inbox::age`] speaks of.
mod listen;
mod trying;

use crate::{
    Envelope, LANES, Position, Reaction, ReactionError, Source, SourceError, WireError, fault,
    metrics::Metrics,
    parking,
    schema::BEGIN_WITHOUT_DISK,
    traced::{self, Way},
};
use chrono::{DateTime, Utc};
use holdfast_types::Clock;
use opentelemetry::KeyValue;
use sqlx::{PgConnection, PgPool};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout, timeout_at},
};
use trying::{OnPoison, Step};

/// Events read back in one call.
const READ_BACK_MAX: u32 = 500;
/// How soon after a move it is looked again whether everything has come.
const LOOK_STEP: Duration = Duration::from_millis(20);
/// How often a wait for a position looks.
const WAIT_STEP: Duration = Duration::from_millis(15);

#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error("the inbox's tables cannot be reached")]
    Database(#[source] sqlx::Error),
    #[error("the source cannot be read back")]
    Source(#[from] SourceError),
    #[error("an envelope cannot be read")]
    Wire(#[from] WireError),
    #[error("the effect of an event failed")]
    Reaction(#[source] ReactionError),
    #[error("the bus cannot be heard")]
    Bus(#[from] crate::BusError),
    /// Its lane waits; nothing is passed over.
    #[error("the source itself misses what follows {after} in lane {lane}")]
    Hole { lane: u16, after: u64 },
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Inbox(Arc<Inner>);

struct Inner {
    consumer: String,
    pool: PgPool,
    source: Arc<dyn Source>,
    reaction: Arc<dyn Reaction>,
    clock: Arc<dyn Clock>,
    poll: Duration,
    metrics: Metrics,
    /// When everything that the source had was taken in, by both clocks.
    caught_up: Mutex<Option<(Instant, DateTime<Utc>)>>,
    /// The checkpoints as they were last seen, by lane.
    seen: Mutex<HashMap<i32, i64>>,
    moved: Notify,
}

impl Inbox {
    /// `consumer` is the listening service's name.
    pub fn new(
        consumer: &str,
        pool: PgPool,
        source: Arc<dyn Source>,
        reaction: Arc<dyn Reaction>,
        clock: Arc<dyn Clock>,
        poll: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            consumer: consumer.to_owned(),
            pool,
            source,
            reaction,
            clock,
            poll,
            metrics: Metrics::new(consumer),
            caught_up: Mutex::new(None),
            seen: Mutex::default(),
            moved: Notify::new(),
        }))
    }

    pub fn source(&self) -> &str {
        self.0.source.service()
    }

    /// How long ago everything that the source had was known to be taken in; `None` if never, if the wall clock was set back since, or if
    /// the database may have lost what was taken in. The longer time of both clocks: the wall clock can be moved, the monotonic one stands while the machine sleeps.
    pub fn age(&self) -> Option<Duration> {
        let (instant, time) = (*self.0.caught_up.lock().unwrap_or_else(PoisonError::into_inner))?;
        let by_the_wall = self.0.clock.now().signed_duration_since(time).to_std().ok()?;
        Some(by_the_wall.max(instant.elapsed()))
    }

    /// Waits until the inbox has taken in a position; false when that did not happen in time. A database that did not say in that time
    /// how far it is has failed: nothing is known of the source then.
    pub async fn wait_for(&self, position: &Position, patience: Duration) -> Result<bool, InboxError> {
        let told = AtomicBool::new(false);
        let reached = async {
            loop {
                let moved = self.0.moved.notified();
                let seq: Option<i64> =
                    sqlx::query_scalar("SELECT seq FROM inbox WHERE source = $1 AND lane = $2")
                        .bind(self.source())
                        .bind(i32::from(position.lane))
                        .fetch_optional(&self.0.pool)
                        .await
                        .map_err(InboxError::Database)?;
                told.store(true, Ordering::Relaxed);
                if seq.is_some_and(|seq| u64::try_from(seq).unwrap_or_default() >= position.seq) {
                    return Ok(());
                }
                // Another process may have moved it, so look now and then.
                let _ = timeout(WAIT_STEP, moved).await;
            }
        };
        match timeout(patience, reached).await {
            Ok(outcome) => outcome.map(|()| true),
            Err(_) if told.load(Ordering::Relaxed) => Ok(false),
            Err(_) => Err(InboxError::Database(sqlx::Error::PoolTimedOut)),
        }
    }

    /// Compares with the source's heads, gives the bus some grace, and reads back what it has not brought by then. When it returns, all that
    /// the source had when it was called is taken in (or parked).
    pub async fn catch_up(&self, grace: Duration) -> Result<(), InboxError> {
        self.doubted(self.compare(grace).await)
    }

    /// What was taken in is committed without waiting for the disk, so a database that fails may have forgotten some of it: a revocation
    /// that was in force. Nothing is known to be taken in until all is compared again.
    fn doubted<T>(&self, outcome: Result<T, InboxError>) -> Result<T, InboxError> {
        if matches!(outcome, Err(InboxError::Database(_) | InboxError::Reaction(ReactionError::Database(_))))
        {
            self.forget();
        }
        outcome
    }

    fn forget(&self) {
        *self.0.caught_up.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn compare(&self, grace: Duration) -> Result<(), InboxError> {
        let asked = (Instant::now(), self.0.clock.now());
        let heads = self.0.source.heads().await?;
        let (mut behind, until) = (self.behind(&heads).await?, Instant::now() + grace);
        while !behind.is_empty() && Instant::now() < until {
            let looked = async {
                self.0.moved.notified().await;
                sleep(LOOK_STEP).await;
            };
            let _ = timeout_at(until, looked).await;
            behind = self.behind(&heads).await?;
        }
        let mut hole = None;
        for (lane, seq) in behind {
            match self.read_back(lane, seq).await {
                Err(error @ InboxError::Hole { .. }) => hole = Some(error),
                outcome => outcome?,
            }
        }
        if let Some(hole) = hole {
            return Err(hole);
        }
        let mut caught_up = self.0.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
        if caught_up.is_none_or(|(instant, _)| instant < asked.0) {
            *caught_up = Some(asked);
        }
        Ok(())
    }

    /// Lanes whose head is ahead of the checkpoint, with the checkpoint.
    async fn behind(&self, heads: &[(u16, u64)]) -> Result<Vec<(u16, u64)>, InboxError> {
        let rows: Vec<(i32, i64)> = sqlx::query_as("SELECT lane, seq FROM inbox WHERE source = $1")
            .bind(self.source())
            .fetch_all(&self.0.pool)
            .await
            .map_err(InboxError::Database)?;
        let reached: HashMap<i32, i64> = rows.into_iter().collect();
        self.see(&reached);
        Ok(heads
            .iter()
            .filter_map(|(lane, head)| {
                let seq =
                    reached.get(&i32::from(*lane)).map_or(0, |seq| u64::try_from(*seq).unwrap_or_default());
                (seq < *head).then_some((*lane, seq))
            })
            .collect())
    }

    /// A checkpoint that went back was lost in a crash that no call met with.
    fn see(&self, reached: &HashMap<i32, i64>) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.iter().any(|(lane, seq)| reached.get(lane).is_none_or(|now| now < seq)) {
            tracing::warn!(
                source = self.source(),
                "the database has lost what was taken in: it is taken in again"
            );
            self.forget();
        }
        seen.clone_from(reached);
    }

    /// Reads a lane from the source until there is no more.
    async fn read_back(&self, lane: u16, mut after: u64) -> Result<(), InboxError> {
        loop {
            let envelopes = self.0.source.read_lane(lane, after, READ_BACK_MAX).await?;
            let (Some(first), Some(last)) = (envelopes.first(), envelopes.last()) else { return Ok(()) };
            if first.header.lane_seq > after + 1 {
                return Err(InboxError::Hole { lane, after });
            }
            let full = envelopes.len() == READ_BACK_MAX as usize;
            after = last.header.lane_seq;
            self.0.metrics.read_back(self.source(), envelopes.len());
            self.doubted(self.take_in_lanes(envelopes, Way::ReadBack).await)?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Takes in envelopes in any order, with duplicates and holes.
    pub async fn take_in(&self, envelopes: Vec<Envelope>) -> Result<(), InboxError> {
        self.doubted(self.take_in_lanes(envelopes, Way::Bus).await)
    }

    async fn take_in_lanes(&self, envelopes: Vec<Envelope>, way: Way) -> Result<(), InboxError> {
        let mut lanes: BTreeMap<u16, Vec<Envelope>> = BTreeMap::new();
        for envelope in envelopes {
            lanes.entry(envelope.header.lane).or_default().push(envelope);
        }
        for envelopes in lanes.values_mut() {
            envelopes.sort_by_key(|envelope| envelope.header.lane_seq);
        }
        let holes = match self.attempt(&lanes, way, OnPoison::Fail).await {
            Err(InboxError::Reaction(error)) if error.is_poison() => {
                let mut holes = Vec::new();
                for (lane, envelopes) in lanes {
                    for envelope in envelopes {
                        let one = BTreeMap::from([(lane, vec![envelope])]);
                        holes.extend(self.attempt(&one, way, OnPoison::Park).await?);
                    }
                }
                holes.dedup();
                holes
            }
            outcome => outcome?,
        };
        self.0.moved.notify_waiters();
        let mut missing = None;
        for (lane, after) in holes {
            match Box::pin(self.read_back(lane, after)).await {
                Err(error @ InboxError::Hole { .. }) => missing = Some(error),
                outcome => outcome?,
            }
        }
        missing.map_or(Ok(()), Err)
    }

    /// One transaction. Answers with the lanes in which something is missing, and after which sequence number.
    async fn attempt(
        &self,
        lanes: &BTreeMap<u16, Vec<Envelope>>,
        way: Way,
        on_poison: OnPoison,
    ) -> Result<Vec<(u16, u64)>, InboxError> {
        // A crash loses checkpoint and effect together, and both come again from the source.
        let mut tx = self.0.pool.begin_with(BEGIN_WITHOUT_DISK).await.map_err(InboxError::Database)?;
        let numbers: Vec<i32> = lanes.keys().map(|lane| i32::from(*lane)).collect();
        let reached = checkpoints(&mut tx, self.source(), &numbers).await.map_err(InboxError::Database)?;
        let (mut fresh, mut again) = (Vec::new(), Vec::new());
        let mut moved: (Vec<i32>, Vec<i64>) = Default::default();
        let mut holes = Vec::new();
        for (lane, envelopes) in lanes {
            let Checkpoint { seq: from, replay_to } =
                reached.get(&i32::from(*lane)).copied().unwrap_or_default();
            let mut seq = from;
            for envelope in envelopes {
                if envelope.header.lane_seq > seq + 1 {
                    holes.push((*lane, seq));
                    break;
                }
                if envelope.header.lane_seq == seq + 1 {
                    seq += 1;
                    if seq <= replay_to {
                        again.push(envelope.clone());
                    }
                    fresh.push(envelope.clone());
                }
            }
            if seq > from {
                moved.0.push(i32::from(*lane));
                moved.1.push(i64::try_from(seq).unwrap_or(i64::MAX));
            }
        }
        let by = |key: &'static str, service: &str| KeyValue::new(key, service.to_owned());
        let named = [by("service", &self.0.consumer), by("source", self.source()), way.attribute()];
        let _spans = traced::spans("inbox.take_in", &fresh, &named);
        if !again.is_empty() {
            self.tried(&mut tx, Step::Renew, &again, on_poison).await?;
        }
        let noted = fresh.is_empty() || self.tried(&mut tx, Step::Witness, &fresh, on_poison).await?;
        let waiting =
            parking::subjects(&mut tx, self.source(), &fresh).await.map_err(InboxError::Database)?;
        let (behind_parked, fresh): (Vec<_>, Vec<_>) =
            fresh.into_iter().partition(|envelope| waiting.contains(&envelope.header.subject));
        self.park(&mut tx, &behind_parked, "behind a parked event of the same subject").await?;
        let done = fresh.is_empty() || (noted && self.tried(&mut tx, Step::React, &fresh, on_poison).await?);
        if !done {
            self.park(&mut tx, &fresh, "the effect failed").await?;
            fault::point("inbox.parked");
        }
        fault::point("inbox.effect");
        sqlx::query(
            "UPDATE inbox SET seq = moved.seq
             FROM UNNEST($2::int[], $3::bigint[]) AS moved (lane, seq)
             WHERE inbox.source = $1 AND inbox.lane = moved.lane",
        )
        .bind(self.source())
        .bind(moved.0)
        .bind(moved.1)
        .execute(&mut *tx)
        .await
        .map_err(InboxError::Database)?;
        tx.commit().await.map_err(InboxError::Database)?;
        fault::point("inbox.committed");
        Ok(holes)
    }
}

/// How far a lane was taken in, and how far it had been before all of it was to come once more.
#[derive(Clone, Copy, Default)]
struct Checkpoint {
    seq: u64,
    replay_to: u64,
}

/// Locks the checkpoints of some lanes, in order. Those of all lanes are made when the first is asked for: made one by one, bus and
/// poll would wait for each other's whenever a lane is new.
async fn checkpoints(
    conn: &mut PgConnection,
    source: &str,
    lanes: &[i32],
) -> Result<HashMap<i32, Checkpoint>, sqlx::Error> {
    let locked = lock(&mut *conn, source, lanes).await?;
    if locked.len() >= lanes.len() {
        return Ok(locked);
    }
    sqlx::query(
        "INSERT INTO inbox (source, lane) SELECT $1, lane FROM generate_series(0, $2 - 1) AS lane ON CONFLICT DO NOTHING",
    )
    .bind(source)
    .bind(i32::from(LANES))
    .execute(&mut *conn)
    .await?;
    lock(conn, source, lanes).await
}

async fn lock(
    conn: &mut PgConnection,
    source: &str,
    lanes: &[i32],
) -> Result<HashMap<i32, Checkpoint>, sqlx::Error> {
    let rows: Vec<(i32, i64, i64)> = sqlx::query_as(
        "SELECT lane, seq, replay_to FROM inbox WHERE source = $1 AND lane = ANY($2) ORDER BY lane FOR UPDATE",
    )
    .bind(source)
    .bind(lanes)
    .fetch_all(conn)
    .await?;
    let seq = |seq: i64| u64::try_from(seq).unwrap_or_default();
    let checkpoint =
        |(lane, at, to): (i32, i64, i64)| (lane, Checkpoint { seq: seq(at), replay_to: seq(to) });
    Ok(rows.into_iter().map(checkpoint).collect())
}

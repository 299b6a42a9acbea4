//! Commits what is waiting in one transaction; a member that conflicts fails alone.
use crate::{
    AppendError, Appended, Header, Opened, Position, Projection, Request, StreamName,
    columns::Columns,
    commands::{self, Commands},
    event::Ahead,
    fault,
    group::{GROUP_MAX, gather, without_repeats},
    heads::Heads,
    metrics::Metrics,
    projection,
};
use bytes::Bytes;
use holdfast_types::Clock;
use sqlx::{Connection, PgConnection, PgPool, Postgres, pool::PoolConnection};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

/// A connection that is not used for longer goes back.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// One sealed append on its way in.
pub(crate) struct Job {
    pub lane: u16,
    pub request: Option<Request>,
    pub expected: Vec<(StreamName, u64)>,
    /// Headers lack `lane_seq` and `recorded`.
    pub events: Vec<Sealed>,
    pub arrived: Instant,
    pub reply: oneshot::Sender<Result<Appended, AppendError>>,
}

pub(crate) struct Sealed {
    pub header: Header,
    pub sealed: Vec<u8>,
    pub payload: Bytes,
    pub ahead: Ahead,
}

/// What a committer works with.
pub(crate) struct Committer {
    pub service: String,
    pub pool: PgPool,
    pub clock: Arc<dyn Clock>,
    pub projections: Vec<Arc<dyn Projection>>,
    pub metrics: Arc<Metrics>,
    /// Lanes that the relay should look at.
    pub committed: Arc<Committed>,
    pub heads: Heads,
    pub held: Option<PoolConnection<Postgres>>,
}

/// Lanes with new events, for whoever waits for them in this process; a hint, never the truth.
#[derive(Default)]
pub(crate) struct Committed {
    lanes: Mutex<HashSet<u16>>,
    pub notify: Notify,
}

impl Committed {
    fn add(&self, lanes: impl Iterator<Item = u16>) {
        if let Ok(mut set) = self.lanes.lock() {
            set.extend(lanes);
        }
        self.notify.notify_one();
    }

    pub(crate) fn take(&self) -> Vec<u16> {
        self.lanes.lock().map(|mut set| set.drain().collect()).unwrap_or_default()
    }
}

type Outcomes = Vec<Result<Appended, AppendError>>;

/// Where a group's revisions come from.
#[derive(Clone, Copy)]
enum Revisions {
    Remembered,
    Asked,
}

/// What became of one member of a group.
enum Verdict {
    Accepted,
    Repeated { seq: u64 },
    Refused(AppendError),
}

impl Committer {
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = Vec::with_capacity(GROUP_MAX);
        loop {
            if waiting.is_empty() && self.receive(&mut jobs, &mut waiting).await == 0 {
                return;
            }
            gather(&mut jobs, &mut waiting).await;
            let (group, later) = without_repeats(std::mem::take(&mut waiting));
            waiting = later;
            self.commit(group).await;
        }
    }

    /// Waits for jobs; when none come for a while, the pool gets its connection back.
    async fn receive(&mut self, jobs: &mut mpsc::Receiver<Job>, waiting: &mut Vec<Job>) -> usize {
        if let Ok(count) = timeout(IDLE_MAX, jobs.recv_many(waiting, GROUP_MAX)).await {
            return count;
        }
        self.held = None;
        jobs.recv_many(waiting, GROUP_MAX).await
    }

    /// Commits the group, or else each of its members alone.
    async fn commit(&mut self, group: Vec<Job>) {
        self.metrics.group_size(group.len());
        let mut outcome = self.attempt(&group, Revisions::Remembered).await;
        if let Err(AppendError::Unavailable(sqlx::Error::Database(_))) = outcome {
            // Perhaps a stream that was taken for new has begun elsewhere, or a request id has acted in another lane.
            outcome = self.attempt(&group, Revisions::Asked).await;
        }
        match outcome {
            Ok(outcomes) => {
                self.committed.add(group.iter().map(|job| job.lane));
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    self.metrics.append_latency(job.arrived.elapsed());
                    // A caller that went away has its answer in the log.
                    let _ = job.reply.send(outcome);
                }
            }
            Err(error) if group.len() == 1 => {
                if let Some(job) = group.into_iter().next() {
                    let _ = job.reply.send(Err(error));
                }
            }
            Err(AppendError::Unavailable(error)) if !matches!(error, sqlx::Error::Database(_)) => {
                // The database is away, for all of them alike.
                for job in group {
                    let _ = job.reply.send(Err(AppendError::Unavailable(sqlx::Error::PoolTimedOut)));
                }
            }
            Err(_) => {
                for job in group {
                    let one = [job];
                    let outcome = self.attempt(&one, Revisions::Asked).await;
                    let [job] = one;
                    self.committed.add(std::iter::once(job.lane));
                    let _ =
                        job.reply.send(outcome.and_then(|outcomes| {
                            outcomes.into_iter().next().unwrap_or(Err(AppendError::Empty))
                        }));
                }
            }
        }
    }

    /// One transaction over the whole group, on the connection of the one before.
    async fn attempt(&mut self, group: &[Job], revisions: Revisions) -> Result<Outcomes, AppendError> {
        let mut conn = self.connection().await.map_err(AppendError::Unavailable)?;
        let outcome = self.transact(&mut conn, group, revisions).await;
        // After a failure the pool sees what became of it.
        self.held = outcome.is_ok().then_some(conn);
        outcome
    }

    /// A pool asks before and after each use whether the connection is alive: too often for one that is always in use.
    async fn connection(&mut self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        match self.held.take() {
            Some(conn) if !self.pool.is_closed() => Ok(conn),
            _ => self.pool.acquire().await,
        }
    }

    async fn transact(
        &mut self,
        conn: &mut PgConnection,
        group: &[Job],
        asked: Revisions,
    ) -> Result<Outcomes, AppendError> {
        let mut tx = conn.begin().await.map_err(AppendError::Unavailable)?;
        let mut next = take(&mut tx, group).await.map_err(AppendError::Unavailable)?;
        fault::point("append.lanes_taken");
        for (lane, seq) in &next {
            self.heads.found(*lane, *seq);
        }
        let mut revisions =
            revisions(&mut tx, group, &self.heads, asked).await.map_err(AppendError::Unavailable)?;
        let verdicts = judge(&mut tx, group, &mut revisions).await.map_err(AppendError::Unavailable)?;
        give_back(&mut tx, group, &verdicts).await.map_err(AppendError::Unavailable)?;

        let recorded = self.clock.now();
        let mut columns = Columns::default();
        let mut commands = Commands::default();
        let mut opened = Vec::new();
        let mut outcomes = Vec::with_capacity(group.len());
        for (job, verdict) in group.iter().zip(verdicts) {
            let at = |seq| Position { service: self.service.clone(), lane: job.lane, seq };
            outcomes.push(match verdict {
                Verdict::Refused(error) => Err(error),
                Verdict::Repeated { seq } => {
                    Ok(Appended { position: at(seq), repeated: true, headers: Vec::new() })
                }
                Verdict::Accepted => {
                    let seq = next.entry(job.lane).or_default();
                    let mut headers = Vec::with_capacity(job.events.len());
                    for event in &job.events {
                        *seq += 1;
                        let header = Header { lane_seq: *seq, recorded, ..event.header.clone() };
                        columns.push(event, &header);
                        if !self.projections.is_empty() {
                            let (payload, ahead) = (event.payload.clone(), event.ahead.clone());
                            opened.push(Opened::new(header.clone(), payload, ahead));
                        }
                        headers.push(header);
                    }
                    commands.push(job, *seq);
                    Ok(Appended { position: at(*seq), repeated: false, headers })
                }
            });
        }
        if columns.is_empty() {
            tx.rollback().await.map_err(AppendError::Unavailable)?;
            return Ok(outcomes);
        }
        let opened = Arc::new(opened);
        let ahead = projection::read_ahead(&self.projections, &opened);
        let inserted = columns.insert(&mut tx).await;
        // What was not read ahead is read when it is needed.
        let _ = ahead.await;
        inserted.map_err(AppendError::Unavailable)?;
        fault::point("append.inserted");
        commands.insert(&mut tx).await.map_err(AppendError::Unavailable)?;
        fault::point("append.commands_inserted");
        for projection in &self.projections {
            projection.apply(&mut tx, &opened).await.map_err(AppendError::Projection)?;
        }
        fault::point("append.projected");
        tx.commit().await.map_err(AppendError::Unavailable)?;
        fault::point("append.committed");
        projection::let_go(opened);
        for (lane, seq) in next {
            self.heads.left(lane, seq);
        }
        for ((lane, stream), revision) in revisions {
            self.heads.remember(lane, stream, revision);
        }
        Ok(outcomes)
    }
}

/// Takes the locks of the group's lanes, in their order so that no two processes wait for each other, and counts all of its events in.
/// Per lane the sequence number before.
async fn take(tx: &mut PgConnection, group: &[Job]) -> Result<HashMap<u16, u64>, sqlx::Error> {
    let mut wanted: BTreeMap<u16, i64> = BTreeMap::new();
    for job in group {
        *wanted.entry(job.lane).or_default() += count(job);
    }
    let (lanes, counts): (Vec<i32>, Vec<i64>) =
        wanted.into_iter().map(|(lane, n)| (i32::from(lane), n)).unzip();
    let rows: Vec<(i32, i64)> = sqlx::query_as(
        "WITH taken AS MATERIALIZED (
             SELECT lanes.lane, wanted.n
             FROM UNNEST($1::int[], $2::bigint[]) AS wanted (lane, n) JOIN lanes USING (lane)
             ORDER BY lanes.lane
             FOR NO KEY UPDATE OF lanes
         )
         UPDATE lanes SET last_seq = lanes.last_seq + taken.n
         FROM taken
         WHERE lanes.lane = taken.lane
         RETURNING lanes.lane, lanes.last_seq - taken.n",
    )
    .bind(lanes)
    .bind(counts)
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(lane, before)| Some((u16::try_from(lane).ok()?, u64::try_from(before).ok()?)))
        .collect())
}

/// Under the lanes' locks, per stream its revision before the group; absent where there is none. A stream that is to begin is not
/// asked for at first: the unique index is asked by the insert anyway.
async fn revisions<'a>(
    tx: &mut PgConnection,
    group: &'a [Job],
    heads: &Heads,
    asked: Revisions,
) -> Result<HashMap<(u16, &'a str), u64>, sqlx::Error> {
    let mut revisions = HashMap::new();
    let mut unknown = Vec::new();
    for job in group {
        for (stream, expected) in &job.expected {
            let stream = stream.as_str();
            match (asked, heads.revision(job.lane, stream)) {
                (Revisions::Remembered, Some(revision)) => {
                    revisions.insert((job.lane, stream), revision);
                }
                (Revisions::Remembered, None) if *expected == 0 => {}
                (Revisions::Remembered | Revisions::Asked, _) => unknown.push((job.lane, stream)),
            }
        }
    }
    if unknown.is_empty() {
        return Ok(revisions);
    }
    let (lanes, streams): (Vec<i32>, Vec<&str>) =
        unknown.iter().map(|(lane, stream)| (i32::from(*lane), *stream)).unzip();
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT asked.place, last.revision
         FROM UNNEST($1::int[], $2::text[]) WITH ORDINALITY AS asked (lane, stream, place)
         CROSS JOIN LATERAL (
             SELECT revision FROM events
             WHERE events.lane = asked.lane AND events.stream = asked.stream
             ORDER BY revision DESC
             LIMIT 1
         ) AS last",
    )
    .bind(&lanes)
    .bind(&streams)
    .fetch_all(tx)
    .await?;
    let known = rows.into_iter().filter_map(|(place, revision)| {
        let place = usize::try_from(place).ok()?.checked_sub(1)?;
        Some((*unknown.get(place)?, u64::try_from(revision).ok()?))
    });
    revisions.extend(known);
    Ok(revisions)
}

/// Under the lanes' locks: was the command carried out before, has the stream moved on? Of one that is being carried out in another
/// lane only the table's key knows: then the group is tried again.
async fn judge<'a>(
    tx: &mut PgConnection,
    group: &'a [Job],
    revisions: &mut HashMap<(u16, &'a str), u64>,
) -> Result<Vec<Verdict>, sqlx::Error> {
    let ids: Vec<Uuid> = group.iter().filter_map(|job| Some(job.request?.id.uuid())).collect();
    let known = commands::known(tx, &ids).await?;
    let mut verdicts = Vec::with_capacity(group.len());
    for job in group {
        if let Some(request) = job.request
            && let Some(known) = known.get(&request.id.uuid())
        {
            verdicts.push(match known.outcome(job.lane, request) {
                Some(seq) => Verdict::Repeated { seq },
                None => Verdict::Refused(AppendError::RequestReused),
            });
            continue;
        }
        let current =
            |stream: &StreamName| revisions.get(&(job.lane, stream.as_str())).copied().unwrap_or_default();
        if job.expected.iter().any(|(stream, expected)| current(stream) != *expected) {
            verdicts.push(Verdict::Refused(AppendError::Stale));
            continue;
        }
        for event in &job.events {
            revisions.insert((job.lane, event.header.stream.as_str()), event.header.revision);
        }
        verdicts.push(Verdict::Accepted);
    }
    Ok(verdicts)
}

/// Counts out again what was refused, before anybody can see it: no gaps.
async fn give_back(tx: &mut PgConnection, group: &[Job], verdicts: &[Verdict]) -> Result<(), sqlx::Error> {
    let (lanes, counts): (Vec<i32>, Vec<i64>) = group
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Accepted))
        .map(|(job, _)| (i32::from(job.lane), count(job)))
        .unzip();
    if lanes.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE lanes SET last_seq = lanes.last_seq - refused.n
         FROM (SELECT lane, sum(n)::bigint AS n FROM UNNEST($1::int[], $2::bigint[]) AS r (lane, n) GROUP BY lane) AS refused
         WHERE lanes.lane = refused.lane",
    )
    .bind(lanes)
    .bind(counts)
    .execute(tx)
    .await?;
    Ok(())
}

fn count(job: &Job) -> i64 {
    i64::try_from(job.events.len()).unwrap_or(i64::MAX)
}

//! Commits what is waiting in one transaction; a member that conflicts fails alone.
use crate::{
    AppendError, Appended, Header, Opened, Position, Projection, Request, StreamName,
    fault, metrics::Metrics, rows::Columns,
};
use bytes::Bytes;
use holdfast_types::Clock;
use sqlx::{Acquire, PgConnection, PgPool};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

/// Most appends in one transaction.
pub(crate) const GROUP_MAX: usize = 512;

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

/// What became of one member of a group.
enum Verdict {
    Accepted,
    Repeated { seq: u64 },
    Refused(AppendError),
}

impl Committer {
    pub(crate) async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = Vec::with_capacity(GROUP_MAX);
        loop {
            if waiting.is_empty() && jobs.recv_many(&mut waiting, GROUP_MAX).await == 0 {
                return;
            }
            while waiting.len() < GROUP_MAX
                && let Ok(job) = jobs.try_recv()
            {
                waiting.push(job);
            }
            let (group, later) = without_repeats(std::mem::take(&mut waiting));
            waiting = later;
            self.commit(group).await;
        }
    }

    /// Commits the group, or else each of its members alone.
    async fn commit(&self, group: Vec<Job>) {
        self.metrics.group_size(group.len());
        let alone = group.len() == 1;
        match self.attempt(&group).await {
            Ok(outcomes) => {
                self.committed.add(group.iter().map(|job| job.lane));
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    self.metrics.append_latency(job.arrived.elapsed());
                    // A caller that went away has its answer in the log.
                    let _ = job.reply.send(outcome);
                }
            }
            Err(error) if alone => {
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
                    let outcome = self.attempt(&one).await;
                    let [job] = one;
                    self.committed.add(std::iter::once(job.lane));
                    let _ = job.reply.send(outcome.and_then(|outcomes| {
                        outcomes.into_iter().next().unwrap_or(Err(AppendError::Empty))
                    }));
                }
            }
        }
    }

    /// One transaction over the whole group.
    async fn attempt(&self, group: &[Job]) -> Result<Vec<Result<Appended, AppendError>>, AppendError> {
        let mut conn = self.pool.acquire().await.map_err(AppendError::Unavailable)?;
        let mut tx = conn.begin().await.map_err(AppendError::Unavailable)?;
        let Taken { mut next, mut revisions } = take(&mut tx, group).await.map_err(AppendError::Unavailable)?;
        fault::point("append.lanes_taken");
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
                        columns.push(&header, event.sealed.clone());
                        opened.push(Opened { header: header.clone(), payload: event.payload.clone() });
                        headers.push(header);
                    }
                    commands.push(job, *seq);
                    Ok(Appended { position: at(*seq), repeated: false, headers })
                }
            });
        }
        if opened.is_empty() {
            tx.rollback().await.map_err(AppendError::Unavailable)?;
            return Ok(outcomes);
        }
        columns.insert(&mut tx).await.map_err(AppendError::Unavailable)?;
        fault::point("append.inserted");
        commands.insert(&mut tx).await.map_err(AppendError::Unavailable)?;
        for projection in &self.projections {
            projection.apply(&mut tx, &opened).await.map_err(AppendError::Projection)?;
        }
        fault::point("append.projected");
        tx.commit().await.map_err(AppendError::Unavailable)?;
        fault::point("append.committed");
        Ok(outcomes)
    }
}

/// Holds back every job whose request id stands in the group already: it has to see the first one's outcome.
fn without_repeats(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut seen = HashSet::new();
    jobs.into_iter().partition(|job| job.request.is_none_or(|request| seen.insert((job.lane, request.id))))
}

/// What the database says of a group, with every lane's lock taken and all events of the group counted in.
#[derive(Default)]
struct Taken {
    /// Per lane the sequence number before the group's first event.
    next: HashMap<u16, u64>,
    /// Per stream the revision before the group; absent where there is none.
    revisions: HashMap<String, u64>,
}

/// One round trip. The revisions may be older than the locks if another process was faster: then the unique index refuses the insert, and
/// each member is tried alone.
async fn take(tx: &mut PgConnection, group: &[Job]) -> Result<Taken, sqlx::Error> {
    let mut wanted: BTreeMap<u16, i64> = BTreeMap::new();
    let (mut stream_lanes, mut streams) = (Vec::new(), Vec::new());
    for job in group {
        *wanted.entry(job.lane).or_default() += count(job);
        for (stream, _) in &job.expected {
            stream_lanes.push(i32::from(job.lane));
            streams.push(stream.as_str());
        }
    }
    let (lanes, counts): (Vec<i32>, Vec<i64>) = wanted.into_iter().map(|(lane, n)| (i32::from(lane), n)).unzip();
    let rows: Vec<(Option<i32>, Option<String>, i64)> = sqlx::query_as(
        "WITH taken AS (
             UPDATE lanes SET last_seq = lanes.last_seq + wanted.n
             FROM UNNEST($1::int[], $2::bigint[]) AS wanted (lane, n)
             WHERE lanes.lane = wanted.lane
             RETURNING lanes.lane, lanes.last_seq - wanted.n AS before
         )
         SELECT lane, NULL::text, before FROM taken
         UNION ALL
         SELECT NULL, asked.stream, last.revision
         FROM UNNEST($3::int[], $4::text[]) AS asked (lane, stream)
         CROSS JOIN LATERAL (
             SELECT revision FROM events
             WHERE events.lane = asked.lane AND events.stream = asked.stream
             ORDER BY revision DESC
             LIMIT 1
         ) AS last",
    )
    .bind(&lanes)
    .bind(&counts)
    .bind(&stream_lanes)
    .bind(&streams)
    .fetch_all(tx)
    .await?;
    let mut taken = Taken::default();
    for (lane, stream, number) in rows {
        let number = u64::try_from(number).unwrap_or_default();
        if let Some(lane) = lane.and_then(|lane| u16::try_from(lane).ok()) {
            taken.next.insert(lane, number);
        } else if let Some(stream) = stream {
            taken.revisions.insert(stream, number);
        }
    }
    Ok(taken)
}

/// Under the lanes' locks: was the command carried out before, has the stream moved on?
async fn judge(
    tx: &mut PgConnection,
    group: &[Job],
    revisions: &mut HashMap<String, u64>,
) -> Result<Vec<Verdict>, sqlx::Error> {
    let known = commands_of(tx, group).await?;
    let mut verdicts = Vec::with_capacity(group.len());
    for job in group {
        if let Some(request) = job.request
            && let Some((fingerprint, seq)) = known.get(&(job.lane, request.id.uuid()))
        {
            verdicts.push(if fingerprint.as_slice() == request.fingerprint {
                Verdict::Repeated { seq: *seq }
            } else {
                Verdict::Refused(AppendError::RequestReused)
            });
            continue;
        }
        let current = |stream: &StreamName| revisions.get(stream.as_str()).copied().unwrap_or_default();
        if job.expected.iter().any(|(stream, expected)| current(stream) != *expected) {
            verdicts.push(Verdict::Refused(AppendError::Stale));
            continue;
        }
        for event in &job.events {
            revisions.insert(event.header.stream.as_str().to_owned(), event.header.revision);
        }
        verdicts.push(Verdict::Accepted);
    }
    Ok(verdicts)
}

async fn commands_of(
    tx: &mut PgConnection,
    group: &[Job],
) -> Result<HashMap<(u16, Uuid), (Vec<u8>, u64)>, sqlx::Error> {
    let (lanes, ids): (Vec<i32>, Vec<Uuid>) = group
        .iter()
        .filter_map(|job| job.request.map(|request| (i32::from(job.lane), request.id.uuid())))
        .unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i32, Uuid, Vec<u8>, i64)> = sqlx::query_as(
        "SELECT known.lane, known.request_id, known.fingerprint, known.seq
         FROM UNNEST($1::int[], $2::uuid[]) AS asked (lane, request_id)
         JOIN commands AS known USING (lane, request_id)",
    )
    .bind(lanes)
    .bind(ids)
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(lane, id, fingerprint, seq)| {
            Some(((u16::try_from(lane).ok()?, id), (fingerprint, u64::try_from(seq).ok()?)))
        })
        .collect())
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

#[derive(Default)]
struct Commands {
    lanes: Vec<i32>,
    ids: Vec<Uuid>,
    fingerprints: Vec<Vec<u8>>,
    seqs: Vec<i64>,
}

impl Commands {
    fn push(&mut self, job: &Job, seq: u64) {
        if let Some(request) = job.request {
            self.lanes.push(i32::from(job.lane));
            self.ids.push(request.id.uuid());
            self.fingerprints.push(request.fingerprint.to_vec());
            self.seqs.push(i64::try_from(seq).unwrap_or(i64::MAX));
        }
    }

    async fn insert(self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO commands (lane, request_id, fingerprint, seq)
             SELECT * FROM UNNEST($1::int[], $2::uuid[], $3::bytea[], $4::bigint[])",
        )
        .bind(self.lanes)
        .bind(self.ids)
        .bind(self.fingerprints)
        .bind(self.seqs)
        .execute(tx)
        .await?;
        Ok(())
    }
}

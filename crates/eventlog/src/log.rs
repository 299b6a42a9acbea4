//! The log of one service: append, load, execute, read.
use crate::{
    Append, AppendError, Appended, Context, Decider, DecodeError, Event, Header, KeyError, KeyRing, Opened,
    Position, Projection, Request, RowError, StreamAppend, StreamName, Subject,
    append::EVENTS_MAX,
    commands,
    committer::{Committed, Committer, Job, Sealed},
    event::Ahead,
    group::GROUP_MAX,
    heads::Heads,
    metrics::Metrics,
    seal::{DataKey, place_of},
    turns::Turns,
};
use bytes::Bytes;
use holdfast_types::{Clock, EventId, Ids};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use uuid::Uuid;

/// More events than these are sealed on all cores.
const SEALED_ALONE_MAX: usize = 64;
/// How often `execute` decides anew when others were faster.
const EXECUTE_ATTEMPTS_MAX: u32 = 16;
/// Longest pause before it does, the first time and at most: others are in other processes then, so it is left to chance who is next.
const PAUSE_MS: u64 = 4;
const PAUSE_MS_MAX: u64 = 256;

/// What a service tells the others of one of its events; `None` publishes the header alone.
pub type Publish = Arc<dyn Fn(&Opened) -> Result<Option<prost_types::Any>, DecodeError> + Send + Sync>;

/// What a log is made of.
pub struct Parts {
    /// The owner's name, e.g. `consent`.
    pub service: String,
    pub pool: PgPool,
    pub keys: KeyRing,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub projections: Vec<Arc<dyn Projection>>,
    pub publish: Publish,
    /// Each commits its own lanes; 2 serve two cores.
    pub committers: usize,
}

/// Cheap to clone; the committers stop when the last clone is gone.
#[derive(Clone)]
pub struct EventLog(Arc<Inner>);

struct Inner {
    service: String,
    pool: PgPool,
    keys: KeyRing,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    publish: Publish,
    committers: Vec<mpsc::Sender<Job>>,
    committed: Arc<Committed>,
    turns: Arc<Turns>,
    metrics: Arc<Metrics>,
}

/// An aggregate as its events left it.
#[derive(Debug)]
pub struct Loaded<S> {
    pub state: S,
    /// 0 when there is none.
    pub revision: u64,
}

#[derive(Debug)]
pub struct Executed<S> {
    pub state: S,
    pub revision: u64,
    /// Absent when nothing was to be done.
    pub position: Option<Position>,
    pub repeated: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the event log cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    #[error("an event cannot be unsealed")]
    Key(#[from] KeyError),
    #[error("an event cannot be read")]
    Decode(#[source] DecodeError),
    #[error("a stored row is malformed")]
    Row(#[source] RowError),
}

#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// The broken rule.
    #[error("the command is refused")]
    Refused(R),
    #[error("the aggregate cannot be read")]
    Read(#[source] ReadError),
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
}

impl EventLog {
    pub fn start(parts: Parts) -> Self {
        let metrics = Arc::new(Metrics::new(&parts.service));
        let committed = Arc::new(Committed::default());
        let committers = (0..parts.committers.max(1))
            .map(|_| {
                let (sender, receiver) = mpsc::channel(2 * GROUP_MAX);
                let committer = Committer {
                    service: parts.service.clone(),
                    pool: parts.pool.clone(),
                    clock: Arc::clone(&parts.clock),
                    projections: parts.projections.clone(),
                    metrics: Arc::clone(&metrics),
                    committed: Arc::clone(&committed),
                    heads: Heads::default(),
                    held: None,
                };
                tokio::spawn(committer.run(receiver));
                sender
            })
            .collect();
        Self(Arc::new(Inner {
            service: parts.service,
            pool: parts.pool,
            keys: parts.keys,
            clock: parts.clock,
            ids: parts.ids,
            publish: parts.publish,
            committers,
            committed,
            turns: Arc::default(),
            metrics,
        }))
    }

    pub fn service(&self) -> &str {
        &self.0.service
    }
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }
    pub fn keys(&self) -> &KeyRing {
        &self.0.keys
    }
    pub fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }
    pub fn ids(&self) -> &dyn Ids {
        self.0.ids.as_ref()
    }
    pub(crate) fn publish(&self, opened: &Opened) -> Result<Option<prost_types::Any>, DecodeError> {
        (self.0.publish)(opened)
    }
    pub(crate) fn committed(&self) -> &Committed {
        &self.0.committed
    }
    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// Adds events, all or nothing. When it returns they are durable, in order, and in the read models.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let count: usize = append.streams.iter().map(|stream| stream.events.len()).sum();
        match count {
            0 => return Err(AppendError::Empty),
            1..=EVENTS_MAX => {}
            _ => return Err(AppendError::TooLarge),
        }
        let lane = append.subject.lane();
        let (reply, answer) = oneshot::channel();
        let job = self.seal(append, lane, reply).await?;
        let committer = self
            .0
            .committers
            .get(usize::from(lane) % self.0.committers.len())
            .ok_or(AppendError::ShuttingDown)?;
        committer.send(job).await.map_err(|_| AppendError::ShuttingDown)?;
        answer.await.map_err(|_| AppendError::ShuttingDown)?
    }

    async fn seal(
        &self,
        append: Append,
        lane: u16,
        reply: oneshot::Sender<Result<Appended, AppendError>>,
    ) -> Result<Job, AppendError> {
        let Append { subject, context, request, streams } = append;
        let of_subject = self.0.keys.obtain(subject, context.tenant).await?;
        let now = self.0.clock.now();
        let mut expected = Vec::with_capacity(streams.len());
        let mut unsealed = Vec::new();
        for StreamAppend { stream, expected_revision, events: new, own_key } in streams {
            let key = if own_key {
                self.0.keys.obtain_within(stream.id(), subject, context.tenant).await?
            } else {
                Arc::clone(&of_subject)
            };
            for (revision, event) in (expected_revision + 1..).zip(new) {
                let header = Header {
                    service: self.0.service.clone(),
                    lane,
                    lane_seq: 0,
                    event_id: EventId::new(self.0.ids.next()),
                    tenant: context.tenant,
                    stream: stream.clone(),
                    revision,
                    event_type: event.event_type.to_owned(),
                    schema_version: event.schema_version,
                    subject: subject.uuid(),
                    patient: subject.patient(),
                    actor: context.actor,
                    on_behalf_of: context.on_behalf_of,
                    purpose: context.purpose,
                    correlation: context.correlation,
                    causation: context.causation,
                    traceparent: context.traceparent.clone(),
                    occurred: event.occurred.or(context.occurred).unwrap_or(now),
                    recorded: now,
                    key_id: key.id(),
                    by_right: context.by_right.clone(),
                    payload_sha256: [0; 32],
                };
                unsealed.push((header, event.payload, event.ahead, Arc::clone(&key)));
            }
            expected.push((stream, expected_revision));
        }
        let seal = |(mut header, payload, ahead, key): (Header, Bytes, Ahead, Arc<DataKey>)| {
            let sealed = key.seal(&place_of(&header), &payload)?;
            header.payload_sha256 = Sha256::digest(&sealed).into();
            Ok(Sealed { header, sealed, payload, ahead })
        };
        let events = if unsealed.len() > SEALED_ALONE_MAX {
            unsealed.into_par_iter().map(seal).collect::<Result<_, AppendError>>()?
        } else {
            unsealed.into_iter().map(seal).collect::<Result<_, AppendError>>()?
        };
        Ok(Job { lane, request, expected, events, arrived: Instant::now(), reply })
    }

    pub async fn load<D: Decider>(&self, subject: Subject, id: Uuid) -> Result<Loaded<D::State>, ReadError> {
        let mut loaded = Loaded { state: D::State::default(), revision: 0 };
        for opened in self.stream(subject, &StreamName::new(D::Event::AGGREGATE, id)).await? {
            let event = opened.decode::<D::Event>().map_err(ReadError::Decode)?;
            loaded = Loaded { state: D::evolve(loaded.state, &event), revision: opened.header.revision };
        }
        Ok(loaded)
    }

    /// Load, decide, append; again when somebody else was faster. Where many want the same stream they take turns.
    /// A request id that has acted is answered with its first outcome.
    pub async fn execute<D: Decider>(
        &self,
        subject: Subject,
        id: Uuid,
        context: &Context,
        request: Option<Request>,
        command: impl Fn(&Loaded<D::State>) -> D::Command + Send,
    ) -> Result<Executed<D::State>, ExecuteError<D::Refusal>> {
        let crowded = |_| ExecuteError::Append(AppendError::Stale);
        let name = StreamName::new(D::Event::AGGREGATE, id);
        let mut turn = self.0.turns.after_others(&name).await.map_err(crowded)?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let loaded = self.load::<D>(subject, id).await.map_err(ExecuteError::Read)?;
            let decided = D::decide(&loaded.state, command(&loaded));
            let events = match decided {
                Ok(events) if !events.is_empty() => events,
                no_events => {
                    if let Some(position) =
                        self.answered(subject, request).await.map_err(ExecuteError::Append)?
                    {
                        let Loaded { state, revision } = loaded;
                        return Ok(Executed { state, revision, position: Some(position), repeated: true });
                    }
                    no_events.map_err(ExecuteError::Refused)?;
                    let Loaded { state, revision } = loaded;
                    return Ok(Executed { state, revision, position: None, repeated: false });
                }
            };
            let stream = StreamAppend::of(id, loaded.revision, &events).map_err(ExecuteError::Append)?;
            let append = Append { subject, context: context.clone(), request, streams: vec![stream] };
            match self.append(append).await {
                Ok(Appended { position, repeated: true, .. }) => {
                    let Loaded { state, revision } =
                        self.load::<D>(subject, id).await.map_err(ExecuteError::Read)?;
                    return Ok(Executed { state, revision, position: Some(position), repeated: true });
                }
                Ok(Appended { position, headers, .. }) => {
                    let revision = headers.last().map_or(loaded.revision, |header| header.revision);
                    let state = events.iter().fold(loaded.state, |state, event| D::evolve(state, event));
                    return Ok(Executed { state, revision, position: Some(position), repeated: false });
                }
                Err(AppendError::Stale) if attempt < EXECUTE_ATTEMPTS_MAX => match &turn {
                    None => turn = Some(self.0.turns.take(&name).await.map_err(crowded)?),
                    Some(_) => sleep(self.pause(attempt)).await,
                },
                Err(error) => return Err(ExecuteError::Append(error)),
            }
        }
    }

    /// Any time up to one that doubles with each attempt.
    fn pause(&self, attempt: u32) -> Duration {
        let longest = PAUSE_MS.saturating_mul(1 << attempt.min(16)).min(PAUSE_MS_MAX);
        let (_, random) = self.0.ids.next().as_u64_pair();
        Duration::from_millis(random % longest)
    }

    /// Where a request id has acted before.
    pub async fn answered(
        &self,
        subject: Subject,
        request: Option<Request>,
    ) -> Result<Option<Position>, AppendError> {
        let Some(request) = request else { return Ok(None) };
        let lane = subject.lane();
        let known =
            commands::known(&self.0.pool, &[request.id.uuid()]).await.map_err(AppendError::Unavailable)?;
        let Some(known) = known.get(&request.id.uuid()) else { return Ok(None) };
        let seq = known.outcome(lane, request).ok_or(AppendError::RequestReused)?;
        Ok(Some(Position { service: self.0.service.clone(), lane, seq }))
    }
}

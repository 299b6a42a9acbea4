//! Events heard, indexed, sequenced and published under a signed checkpoint, against plain inserts of the same rows.
//!
//! Ours is audit's own way: inboxes that take in batches as the bus brings them, while the sequencer works as often as it does when it
//! serves. The reference is a table of the history's shape and size, with its indexes and nothing around it.
use super::{
    inclusion::prove,
    ledger::{Ledger, any_patient, header, look},
    pairs::{Figure, ratio},
};
use anyhow::{Context as _, Result, ensure};
use holdfast_audit::views::Index;
use holdfast_eventlog::{Envelope, Inbox, Source, SourceError, Subject};
use holdfast_types::{AccountId, Service, SystemClock};
use prost::Message;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sqlx::PgPool;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

const SERVICES: [Service; 3] = [Service::Identity, Service::Consent, Service::Messaging];
/// As many as the bus brings at once.
const BATCH: usize = 512;
const ROUND_MAX: u64 = 8192;
const PAIRS: usize = 5;
/// As often as the sequencer looks for what is new.
const SEQUENCED_EVERY: Duration = Duration::from_millis(250);

/// Whose logs are heard.
pub(crate) struct Heard(Vec<Feed>);

struct Feed {
    service: Service,
    inbox: Inbox,
    lanes: HashMap<u16, u64>,
    random: ChaCha8Rng,
}

impl Heard {
    pub(crate) fn by(ledger: &Ledger) -> Self {
        let feed = |(service, number): (&Service, u64)| Feed {
            service: *service,
            inbox: Inbox::new(
                "audit",
                ledger.log.pool().clone(),
                Arc::new(Silent(*service)),
                Arc::new(Index::of(*service, Arc::new(SystemClock))),
                Arc::new(SystemClock),
                Duration::from_secs(1),
            ),
            lanes: HashMap::new(),
            random: ChaCha8Rng::seed_from_u64(number),
        };
        Self(SERVICES.iter().zip(1..).map(feed).collect())
    }

    /// Batches of each service's next events.
    fn next(&mut self, of_each: u64) -> Vec<(Inbox, Vec<Vec<Envelope>>)> {
        let batches = |feed: &mut Feed| {
            let envelopes: Vec<Envelope> = (0..of_each).map(|_| feed.envelope()).collect();
            (feed.inbox.clone(), envelopes.chunks(BATCH).map(<[Envelope]>::to_vec).collect())
        };
        self.0.iter_mut().map(batches).collect()
    }
}

impl Feed {
    fn envelope(&mut self) -> Envelope {
        let patient = super::ledger::patient(any_patient(&mut self.random));
        let lane = Subject::Patient(patient).lane();
        let seq = self.lanes.entry(lane).or_default();
        *seq += 1;
        let header = header(self.service.as_str(), lane, *seq, patient, &mut self.random);
        let account = AccountId::new(Uuid::from_u128(2));
        Envelope { leaf: header.leaf(), header, public_payload: Some(look(patient, account)) }
    }
}

/// A log that is never asked: nothing is missing.
struct Silent(Service);

#[async_trait::async_trait]
impl Source for Silent {
    fn service(&self) -> &str {
        self.0.as_str()
    }
    async fn heads(&self) -> Result<Vec<(u16, u64)>, SourceError> {
        Ok(Vec::new())
    }
    async fn read_lane(&self, _: u16, _: u64, _: u32) -> Result<Vec<Envelope>, SourceError> {
        Ok(Vec::new())
    }
}

pub(crate) async fn figure(
    key: &'static str,
    ledger: &Ledger,
    heard: &mut Heard,
    size: u64,
) -> Result<Figure> {
    let of_each = (size / 10).clamp(1, ROUND_MAX);
    let next = Mutex::new((heard, Vec::new()));
    let ours = async || {
        let mut next = next.lock().await;
        let batches = next.0.next(of_each);
        next.1 = batches.iter().map(|(_, batches)| batches.clone()).collect();
        audited(ledger, batches).await
    };
    let reference = async || {
        let batches = std::mem::take(&mut next.lock().await.1);
        raw(&ledger.owner, batches).await
    };
    ratio(key, 0.4, PAIRS, ours, reference).await
}

/// Entries per second, from the first batch until the last entry's proof verifies.
async fn audited(ledger: &Ledger, batches: Vec<(Inbox, Vec<Vec<Envelope>>)>) -> Result<f64> {
    let mut sequencer = ledger.sequencer()?;
    ensure!(sequencer.round().await? == 0, "something else is heard");
    let total: usize = batches.iter().flat_map(|(_, batches)| batches).map(Vec::len).sum();
    let last = batches.iter().filter_map(|(_, batches)| batches.last()?.last()).next_back();
    let last = last.context("an event")?.header.clone();
    let began = Instant::now();
    let mut taking = JoinSet::new();
    for (inbox, batches) in batches {
        taking.spawn(async move {
            for batch in batches {
                inbox.take_in(batch).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut every = interval(SEQUENCED_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sequenced = 0;
    loop {
        let taken = tokio::select! {
            taken = taking.join_next() => taken,
            _ = every.tick() => {
                sequenced += sequencer.round().await?;
                continue;
            }
        };
        match taken {
            Some(taken) => taken??,
            None => break,
        }
    }
    while sequenced < total {
        let more = sequencer.round().await?;
        ensure!(more > 0, "{} events are never sequenced", total - sequenced);
        sequenced += more;
    }
    prove(ledger, &last.service, i32::from(last.lane), i64::try_from(last.lane_seq)?).await?;
    rate(total, began)
}

/// Rows per second: as many connections, the same rows in the same batches.
async fn raw(pool: &PgPool, services: Vec<Vec<Vec<Envelope>>>) -> Result<f64> {
    let total: usize = services.iter().flatten().map(Vec::len).sum();
    let rows: Vec<Vec<Rows>> =
        services.iter().map(|batches| batches.iter().map(|batch| Rows::of(batch)).collect()).collect();
    let mut connections = Vec::new();
    for _ in &rows {
        connections.push(pool.acquire().await?);
    }
    let began = Instant::now();
    let mut inserting = JoinSet::new();
    for (mut connection, batches) in connections.into_iter().zip(rows) {
        inserting.spawn(async move {
            for batch in batches {
                batch.insert(&mut connection).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(inserted) = inserting.join_next().await {
        inserted??;
    }
    rate(total, began)
}

fn rate(count: usize, began: Instant) -> Result<f64> {
    Ok(f64::from(u32::try_from(count)?) / began.elapsed().as_secs_f64())
}

/// Columns of a batch; the others are the same in every row.
#[derive(Default)]
struct Rows {
    service: String,
    lanes: Vec<i32>,
    seqs: Vec<i64>,
    streams: Vec<String>,
    patients: Vec<Uuid>,
    digests: Vec<Vec<u8>>,
    leaves: Vec<Vec<u8>>,
    payloads: Vec<Vec<u8>>,
}

impl Rows {
    fn of(batch: &[Envelope]) -> Self {
        let mut rows = Self::default();
        for Envelope { header, leaf, public_payload } in batch {
            rows.service.clone_from(&header.service);
            rows.lanes.push(i32::from(header.lane));
            rows.seqs.push(i64::try_from(header.lane_seq).unwrap_or(i64::MAX));
            rows.streams.push(header.stream.to_string());
            rows.patients.push(header.subject);
            rows.digests.push(header.payload_sha256.to_vec());
            rows.leaves.push(leaf.to_vec());
            rows.payloads.push(public_payload.as_ref().map(Message::encode_to_vec).unwrap_or_default());
        }
        rows
    }

    async fn insert(self, connection: &mut sqlx::PgConnection) -> Result<()> {
        sqlx::query(
            "INSERT INTO raw_entries
             SELECT
                 $1, lane, lane_seq, gen_random_uuid(), 'read', 'access.permitted', stream, 1, patient, patient, patient,
                 'account/00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000002'::uuid, NULL, 'TREAT',
                 gen_random_uuid(), NULL, now(), now(), gen_random_uuid(), digest, leaf, payload, NULL, NULL
             FROM UNNEST($2::int[], $3::bigint[], $4::text[], $5::uuid[], $6::bytea[], $7::bytea[], $8::bytea[])
                 AS heard (lane, lane_seq, stream, patient, digest, leaf, payload)",
        )
        .bind(self.service)
        .bind(self.lanes)
        .bind(self.seqs)
        .bind(self.streams)
        .bind(self.patients)
        .bind(self.digests)
        .bind(self.leaves)
        .bind(self.payloads)
        .execute(connection)
        .await?;
        Ok(())
    }
}

//! Publishes what was committed, in lane order: the event table is the outbox. At least once; the inbox makes it once.
use crate::{
    Bus, BusError, Envelope, EventLog, ReadError, fault, lease, rows::EventRow, schema::BEGIN_WITHOUT_DISK,
    traced,
};
use opentelemetry::KeyValue;
use std::{collections::HashMap, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Lanes are relayed in this many groups, each under a lease of its own, so that several processes share the work.
const GROUPS: u16 = 8;
/// Most events of one lane in one round.
const LANE_EVENTS_MAX: i64 = 256;
/// Most lanes in one round.
const LANES_PER_ROUND_MAX: usize = 128;
/// How often the truth is asked, whatever was hinted; also how often leases are renewed.
const POLL: Duration = Duration::from_millis(1000);
const HALF_PUBLISHED: &str = "relay.half_published";

#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error("the event log cannot be read")]
    Read(#[from] ReadError),
    #[error("the event log's tables cannot be reached")]
    Database(#[source] sqlx::Error),
    #[error("the bus does not take the events")]
    Bus(#[from] BusError),
}

pub struct Relay {
    log: EventLog,
    bus: Bus,
    holder: Uuid,
    groups: Vec<i32>,
}

impl Relay {
    pub fn new(log: EventLog, bus: Bus) -> Self {
        let holder = log.ids().next();
        Self { log, bus, holder, groups: Vec::new() }
    }

    /// Runs until told to stop; whatever fails is tried again at the next poll.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leased = Instant::now() - lease::LEASE_TIME;
        let mut stream_ready = false;
        loop {
            let hinted = tokio::select! {
                () = stop.cancelled() => break,
                _ = poll.tick() => false,
                () = self.log.committed().notify.notified() => true,
            };
            let round = async {
                if leased.elapsed() > lease::LEASE_TIME / 4 {
                    self.renew().await?;
                    leased = Instant::now();
                }
                if !stream_ready {
                    self.bus.stream(self.log.service()).await?;
                    stream_ready = true;
                }
                let lanes = if hinted { self.hinted() } else { self.behind().await? };
                self.publish(lanes).await
            };
            match tokio::select! { () = stop.cancelled() => break, outcome = round => outcome } {
                Ok(()) => {}
                Err(error) => {
                    stream_ready = false;
                    tracing::warn!(
                        service = self.log.service(),
                        error = &error as &dyn std::error::Error,
                        "relay waits"
                    );
                }
            }
        }
        if let Err(error) = lease::release(self.log.pool(), self.holder).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "leases end by themselves");
        }
    }

    async fn renew(&mut self) -> Result<(), RelayError> {
        let names: Vec<String> = (0..GROUPS).map(|group| format!("relay/{group}")).collect();
        let held = lease::hold(self.log.pool(), &names, self.holder).await.map_err(RelayError::Database)?;
        self.groups = held.iter().filter_map(|name| name.strip_prefix("relay/")?.parse().ok()).collect();
        Ok(())
    }

    fn hinted(&self) -> Vec<i32> {
        let lanes = self.log.committed().take();
        lanes
            .into_iter()
            .map(i32::from)
            .filter(|lane| self.groups.contains(&(lane % i32::from(GROUPS))))
            .collect()
    }

    /// The truth: lanes whose counter is ahead of what was published.
    async fn behind(&self) -> Result<Vec<i32>, RelayError> {
        let rows: Vec<(i32, i64)> = sqlx::query_as(
            "SELECT lane, last_seq - published_seq
             FROM lanes JOIN relay USING (lane)
             WHERE last_seq > published_seq AND lane % $1 = ANY($2)",
        )
        .bind(i32::from(GROUPS))
        .bind(&self.groups)
        .fetch_all(self.log.pool())
        .await
        .map_err(RelayError::Database)?;
        let lag: i64 = rows.iter().map(|(_, events)| events).sum();
        self.log.metrics().relay_lag(u64::try_from(lag).unwrap_or_default());
        Ok(rows.into_iter().map(|(lane, _)| lane).collect())
    }

    async fn publish(&self, lanes: Vec<i32>) -> Result<(), RelayError> {
        let mut left: Vec<i32> = lanes;
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(LANES_PER_ROUND_MAX));
            let again = self.publish_round(&left).await?;
            left = rest;
            left.extend(again);
        }
        Ok(())
    }

    /// Publishes up to a limit of each lane; answers with the lanes that have more.
    async fn publish_round(&self, lanes: &[i32]) -> Result<Vec<i32>, RelayError> {
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT next.*
             FROM relay
             CROSS JOIN LATERAL (
                 SELECT * FROM events
                 WHERE events.lane = relay.lane AND events.lane_seq > relay.published_seq
                 ORDER BY events.lane_seq
                 LIMIT $2
             ) AS next
             WHERE relay.lane = ANY($1)
             ORDER BY next.lane, next.lane_seq",
        )
        .bind(lanes)
        .bind(LANE_EVENTS_MAX)
        .fetch_all(self.log.pool())
        .await
        .map_err(RelayError::Database)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut envelopes: Vec<Envelope> = Vec::with_capacity(rows.len());
        let mut halted = None;
        for row in rows {
            let lane = row.lane;
            if halted == Some(lane) {
                continue;
            }
            let stored = row.stored(self.log.service()).map_err(ReadError::Row)?;
            match self.log.envelope(stored).await {
                Ok(envelope) => envelopes.push(envelope),
                // Order matters within a lane: nothing overtakes an event that this code cannot read.
                Err(error @ ReadError::Decode(_)) => {
                    tracing::error!(lane, error = &error as &dyn std::error::Error, "a lane waits for a fix");
                    halted = Some(lane);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if fault::is_planned(HALF_PUBLISHED)
            && let (half @ [_, ..], _) = envelopes.split_at(envelopes.len() / 2)
        {
            self.bus.publish(half).await?;
            fault::point(HALF_PUBLISHED);
        }
        let service = KeyValue::new("service", self.log.service().to_owned());
        let spans = traced::spans("relay.publish", &envelopes, &[service]);
        self.bus.publish(&envelopes).await?;
        drop(spans);
        fault::point("relay.published");
        let mut reached: HashMap<i32, (i64, i64)> = HashMap::new();
        for Envelope { header, .. } in &envelopes {
            let (seq, count) = reached.entry(i32::from(header.lane)).or_default();
            *seq = i64::try_from(header.lane_seq).unwrap_or(i64::MAX);
            *count += 1;
        }
        self.mark(&reached).await.map_err(RelayError::Database)?;
        fault::point("relay.marked");
        self.log.metrics().published(envelopes.len());
        Ok(reached
            .into_iter()
            .filter(|(_, (_, count))| *count == LANE_EVENTS_MAX)
            .map(|(lane, _)| lane)
            .collect())
    }

    async fn mark(&self, reached: &HashMap<i32, (i64, i64)>) -> Result<(), sqlx::Error> {
        let (lanes, seqs): (Vec<i32>, Vec<i64>) =
            reached.iter().map(|(lane, (seq, _))| (*lane, *seq)).unzip();
        // What a crash forgets is published again, and dropped as a duplicate.
        let mut tx = self.log.pool().begin_with(BEGIN_WITHOUT_DISK).await?;
        sqlx::query(
            "UPDATE relay SET published_seq = GREATEST(relay.published_seq, reached.seq)
             FROM UNNEST($1::int[], $2::bigint[]) AS reached (lane, seq)
             WHERE relay.lane = reached.lane",
        )
        .bind(lanes)
        .bind(seqs)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

//! The log's tables: what waits to be sequenced, the entries, and the checkpoint that is taken over by compare and swap.
mod proof;

pub use proof::{Linked, RecordStanding};

use chrono::{DateTime, Utc};
use holdfast_eventlog::fault;
use holdfast_translog::{BATCH_EVENTS_MAX, Batch, ChainKey, Entry, Event, Hash, Head};
use holdfast_types::{EventId, PatientId, Service};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, Transaction};
use std::collections::HashMap;
use uuid::Uuid;

/// Entries read at once: those of one checkpoint, so that what is published again is the same files.
const PAGE: u64 = BATCH_EVENTS_MAX as u64 + 1;
/// The chains' heads are those of the checkpoint only at the same moment.
const ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error("the log's tables cannot be reached")]
    Database(#[from] sqlx::Error),
    #[error("the log's tables hold what was never written there: {0}")]
    Damaged(&'static str),
}

pub struct Tables {
    pool: PgPool,
}

/// A lane of which more was heard than is in the log.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Behind {
    pub service: String,
    pub lane: i32,
    pub after: i64,
    pub until: i64,
}

/// The checkpoint that holds, up to where its files are published, and what the chains have come to in it.
pub struct Committed {
    pub size: u64,
    pub note: String,
    pub published_size: u64,
    pub heads: Vec<(ChainKey, Head)>,
}

/// Nobody else commits while this lasts.
pub struct Turn {
    tx: Transaction<'static, Postgres>,
    note: String,
}

#[derive(FromRow)]
struct Row {
    service: String,
    lane: i32,
    lane_seq: i64,
    event_id: Uuid,
    patient: Option<Uuid>,
    leaf: Vec<u8>,
    recorded: DateTime<Utc>,
}

impl Tables {
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// An event that was not taken note of holds up its lane, and no other. Planned anew each time: a plan from when the tables were
    /// empty goes through one of them for every row of the other.
    pub async fn behind(&self) -> Result<Vec<Behind>, TablesError> {
        Ok(sqlx::query_as(
            "SELECT behind.*
             FROM (
                 SELECT inbox.source AS service, inbox.lane, COALESCE(log_lanes.seq, 0) AS after, inbox.seq AS until
                 FROM inbox
                 LEFT JOIN log_lanes ON log_lanes.service = inbox.source AND log_lanes.lane = inbox.lane
                 WHERE inbox.seq > COALESCE(log_lanes.seq, 0)
             ) AS behind
             CROSS JOIN LATERAL (
                 SELECT FROM entries
                 WHERE entries.service = behind.service AND entries.lane = behind.lane
                   AND entries.lane_seq = behind.after + 1
                 LIMIT 1
             ) AS heard
             ORDER BY behind.service, behind.lane",
        )
        .persistent(false)
        .fetch_all(&self.pool)
        .await?)
    }

    /// What comes next in these lanes, up to so many events: in each lane without a gap, among lanes by time.
    pub async fn pool(&self, behind: &[Behind], limit: usize) -> Result<Vec<Event>, TablesError> {
        let mut left = i64::try_from(limit).unwrap_or(i64::MAX);
        let (mut services, mut lanes, mut afters, mut untils) = (vec![], vec![], vec![], vec![]);
        for lane in behind {
            let until = lane.until.min(lane.after.saturating_add(left));
            left -= until - lane.after;
            services.push(lane.service.as_str());
            lanes.push(lane.lane);
            afters.push(lane.after);
            untils.push(until);
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT next.*
             FROM UNNEST($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS behind (service, lane, after, until)
             CROSS JOIN LATERAL (
                 SELECT
                     entries.service,
                     entries.lane,
                     entries.lane_seq,
                     entries.event_id,
                     entries.patient,
                     entries.leaf,
                     entries.recorded
                 FROM entries
                 WHERE entries.service = behind.service AND entries.lane = behind.lane
                   AND entries.lane_seq > behind.after AND entries.lane_seq <= behind.until
             ) AS next
             ORDER BY next.service, next.lane, next.lane_seq",
        )
        .bind(services)
        .bind(lanes)
        .bind(afters)
        .bind(untils)
        .fetch_all(&self.pool)
        .await?;
        let mut reached: HashMap<(&str, i32), (i64, DateTime<Utc>)> = behind
            .iter()
            .map(|lane| ((lane.service.as_str(), lane.lane), (lane.after, DateTime::UNIX_EPOCH)))
            .collect();
        let mut timed = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some((seq, time)) = reached.get_mut(&(row.service.as_str(), row.lane)) else { continue };
            if row.lane_seq != *seq + 1 {
                continue;
            }
            // A clock that was set back does not turn a lane around.
            (*seq, *time) = (row.lane_seq, row.recorded.max(*time));
            timed.push((*time, row.event()?));
        }
        timed.sort_by_key(|(time, _)| *time);
        Ok(timed.into_iter().map(|(_, event)| event).collect())
    }

    /// All of the batch, or nothing: false if the log does not stand at that checkpoint any more.
    pub async fn commit(&self, on: (u64, Hash), batch: &Batch, note: &str) -> Result<bool, TablesError> {
        let mut tx = self.pool.begin().await?;
        let swapped = sqlx::query(
            "UPDATE log_checkpoint SET size = $3, root = $4, note = $5 WHERE size = $1 AND root = $2",
        )
        .bind(signed(on.0))
        .bind(on.1)
        .bind(signed(batch.checkpoint.size))
        .bind(batch.checkpoint.root)
        .bind(note)
        .execute(&mut *tx)
        .await?;
        if swapped.rows_affected() != 1 {
            return Ok(false);
        }
        insert_entries(&mut tx, batch).await?;
        move_heads(&mut tx, &batch.heads).await?;
        move_lanes(&mut tx, batch).await?;
        fault::point("sequencer.written");
        tx.commit().await?;
        Ok(true)
    }

    /// At one moment: another sequencer may commit meanwhile.
    pub async fn committed(&self) -> Result<Committed, TablesError> {
        let mut tx = self.pool.begin_with(ONE_MOMENT).await?;
        let (size, note, published): (i64, String, i64) =
            sqlx::query_as("SELECT size, note, published_size FROM log_checkpoint")
                .fetch_one(&mut *tx)
                .await?;
        let rows: Vec<(Vec<u8>, i64, Vec<u8>)> =
            sqlx::query_as("SELECT chain, count, last FROM log_heads").fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let head = |(chain, count, last): (Vec<u8>, i64, Vec<u8>)| {
            Ok((hash(&chain)?, Head { count: unsigned(count)?, last: hash(&last)? }))
        };
        Ok(Committed {
            size: unsigned(size)?,
            note,
            published_size: unsigned(published)?,
            heads: rows.into_iter().map(head).collect::<Result<_, TablesError>>()?,
        })
    }

    /// Nothing is in the log any more, and all that was heard waits for it: false if it does not stand there any more.
    pub async fn begin_another(&self, after: &Committed) -> Result<bool, TablesError> {
        let mut tx = self.pool.begin().await?;
        let emptied = sqlx::query(
            "UPDATE log_checkpoint SET size = 0, root = sha256(''), note = '', published_size = 0
             WHERE size = $1 AND note = $2",
        )
        .bind(signed(after.size))
        .bind(&after.note)
        .execute(&mut *tx)
        .await?;
        for table in ["DELETE FROM log_entries", "DELETE FROM log_heads", "DELETE FROM log_lanes"] {
            sqlx::query(table).execute(&mut *tx).await?;
        }
        let begun = emptied.rows_affected() == 1;
        if begun {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        Ok(begun)
    }

    /// A page of entries, from one index on and before another.
    pub async fn entries(&self, from: u64, before: u64) -> Result<Vec<Vec<u8>>, TablesError> {
        let before = before.min(from.saturating_add(PAGE));
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT bytes FROM log_entries WHERE index >= $1 AND index < $2 ORDER BY index",
        )
        .bind(signed(from))
        .bind(signed(before))
        .fetch_all(&self.pool)
        .await?;
        if rows.len() as u64 == before.saturating_sub(from) {
            Ok(rows)
        } else {
            Err(TablesError::Damaged("entries are missing"))
        }
    }

    /// Taken to publish the checkpoint of that size; none if there is a newer one.
    pub async fn turn(&self, size: u64) -> Result<Option<Turn>, TablesError> {
        let mut tx = self.pool.begin().await?;
        let (newest, note): (i64, String) =
            sqlx::query_as("SELECT size, note FROM log_checkpoint FOR UPDATE").fetch_one(&mut *tx).await?;
        Ok((unsigned(newest)? == size).then_some(Turn { tx, note }))
    }
}

impl Turn {
    /// The committed checkpoint.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The same checkpoint is published with another cosignature on it.
    pub async fn cosigned(mut self, note: &str) -> Result<(), TablesError> {
        sqlx::query("UPDATE log_checkpoint SET note = $1").bind(note).execute(&mut *self.tx).await?;
        Ok(self.tx.commit().await?)
    }

    /// The checkpoint is published, and before it all of its files.
    pub async fn published(mut self) -> Result<(), TablesError> {
        sqlx::query("UPDATE log_checkpoint SET published_size = size WHERE published_size <> size")
            .execute(&mut *self.tx)
            .await?;
        Ok(self.tx.commit().await?)
    }
}

impl Row {
    fn event(&self) -> Result<Event, TablesError> {
        Ok(Event {
            service: self.service.parse().map_err(|_| TablesError::Damaged("a service's name"))?,
            lane: u16::try_from(self.lane).map_err(|_| TablesError::Damaged("a lane"))?,
            lane_seq: unsigned(self.lane_seq)?,
            event_id: EventId::new(self.event_id),
            leaf: hash(&self.leaf)?,
            patient: self.patient.map(PatientId::new),
        })
    }
}

async fn insert_entries(conn: &mut PgConnection, batch: &Batch) -> Result<(), sqlx::Error> {
    let (mut indexes, mut bytes) = (vec![], vec![]);
    let (mut services, mut lanes, mut seqs): (Vec<Option<&str>>, Vec<_>, Vec<_>) = (vec![], vec![], vec![]);
    let (mut chains, mut chain_seqs): (Vec<Option<&[u8]>>, Vec<_>) = (vec![], vec![]);
    for entry in &batch.entries {
        indexes.push(signed(entry.index));
        bytes.push(entry.bytes.as_slice());
        let event = match &entry.entry {
            Entry::Event(event) => Some(event),
            Entry::Heads(_) => None,
        };
        services.push(event.map(|event| event.service.as_str()));
        lanes.push(event.map(|event| i32::from(event.lane)));
        seqs.push(event.map(|event| signed(event.lane_seq)));
        let link = event.and_then(|event| event.patient.as_ref());
        chains.push(link.map(|link| link.chain.as_slice()));
        chain_seqs.push(link.map(|link| signed(link.seq)));
    }
    sqlx::query(
        "INSERT INTO log_entries (index, bytes, service, lane, lane_seq, chain, chain_seq)
         SELECT
             unnest($1::bigint[]), unnest($2::bytea[]), unnest($3::text[]), unnest($4::int[]), unnest($5::bigint[]),
             unnest($6::bytea[]), unnest($7::bigint[])",
    )
    .bind(indexes)
    .bind(bytes)
    .bind(services)
    .bind(lanes)
    .bind(seqs)
    .bind(chains)
    .bind(chain_seqs)
    .execute(conn)
    .await?;
    Ok(())
}

async fn move_heads(conn: &mut PgConnection, heads: &[(ChainKey, Head)]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO log_heads (chain, count, last)
         SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bytea[])
         ON CONFLICT (chain) DO UPDATE SET count = excluded.count, last = excluded.last",
    )
    .bind(heads.iter().map(|(chain, _)| chain.as_slice()).collect::<Vec<_>>())
    .bind(heads.iter().map(|(_, head)| signed(head.count)).collect::<Vec<_>>())
    .bind(heads.iter().map(|(_, head)| head.last.as_slice()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

async fn move_lanes(conn: &mut PgConnection, batch: &Batch) -> Result<(), sqlx::Error> {
    let mut reached: HashMap<(Service, u16), u64> = HashMap::new();
    for entry in &batch.entries {
        if let Entry::Event(event) = &entry.entry {
            reached.insert((event.service, event.lane), event.lane_seq);
        }
    }
    sqlx::query(
        "INSERT INTO log_lanes (service, lane, seq)
         SELECT * FROM UNNEST($1::text[], $2::int[], $3::bigint[])
         ON CONFLICT (service, lane) DO UPDATE SET seq = excluded.seq",
    )
    .bind(reached.keys().map(|(service, _)| service.as_str()).collect::<Vec<_>>())
    .bind(reached.keys().map(|(_, lane)| i32::from(*lane)).collect::<Vec<_>>())
    .bind(reached.values().map(|seq| signed(*seq)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Result<u64, TablesError> {
    u64::try_from(number).map_err(|_| TablesError::Damaged("a negative count"))
}

fn hash(bytes: &[u8]) -> Result<Hash, TablesError> {
    bytes.try_into().map_err(|_| TablesError::Damaged("a digest of another length"))
}

//! Which request ids have acted, and what they led to.
use crate::{Request, committer::Job};
use sqlx::{PgConnection, PgExecutor};
use std::collections::HashMap;
use uuid::Uuid;

/// Where a request id has acted, and with what.
#[derive(sqlx::FromRow)]
pub(crate) struct Known {
    request_id: Uuid,
    lane: i32,
    fingerprint: Vec<u8>,
    seq: i64,
}

impl Known {
    /// The sequence number at which it acted; none where it meant something else.
    pub(crate) fn outcome(&self, lane: u16, request: Request) -> Option<u64> {
        let same = self.lane == i32::from(lane) && self.fingerprint.as_slice() == request.fingerprint;
        u64::try_from(self.seq).ok().filter(|_| same)
    }
}

/// Those of the request ids that have acted, in whatever lane.
pub(crate) async fn known(
    conn: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Known>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Known> = sqlx::query_as(
        "SELECT known.request_id, known.lane, known.fingerprint, known.seq
         FROM UNNEST($1::uuid[]) AS asked (request_id)
         -- By its key, however large the planner takes the table for.
         CROSS JOIN LATERAL (SELECT * FROM commands WHERE request_id = asked.request_id LIMIT 1) AS known",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|known| (known.request_id, known)).collect())
}

/// What this group's commands lead to.
#[derive(Default)]
pub(crate) struct Commands {
    lanes: Vec<i32>,
    ids: Vec<Uuid>,
    fingerprints: Vec<Vec<u8>>,
    seqs: Vec<i64>,
}

impl Commands {
    pub(crate) fn push(&mut self, job: &Job, seq: u64) {
        if let Some(request) = job.request {
            self.lanes.push(i32::from(job.lane));
            self.ids.push(request.id.uuid());
            self.fingerprints.push(request.fingerprint.to_vec());
            self.seqs.push(i64::try_from(seq).unwrap_or(i64::MAX));
        }
    }

    pub(crate) async fn insert(self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
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

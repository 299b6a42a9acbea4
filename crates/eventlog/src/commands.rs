//! Which request ids have acted, and what they led to.
use crate::committer::Job;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Of the group's request ids those that have acted: fingerprint and sequence number by lane and id.
pub(crate) async fn known(
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

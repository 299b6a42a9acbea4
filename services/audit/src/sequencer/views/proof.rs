//! What the log's tables hold of one record, for its proof. Read from the tables alone: whichever process of audit is asked answers,
//! wherever the sequencer runs.
use super::{ONE_MOMENT, Tables, TablesError, hash, signed, unsigned};
use holdfast_access::{Oversight, Permit, Unreleased};
use holdfast_translog::{Chain, ChainKey, Hash, Head, Heads};
use holdfast_types::PatientId;

/// A checkpoint, and what the record's chain has come to in it.
#[derive(Debug)]
pub struct RecordStanding {
    /// The signed note.
    pub note: String,
    pub chain: ChainKey,
    pub head: Head,
    pub head_proof: Vec<Hash>,
}

/// An entry at its index in the log.
#[derive(Debug)]
pub struct Linked {
    pub index: u64,
    pub bytes: Vec<u8>,
}

impl Tables {
    /// Events of the record that audit has heard of.
    pub async fn heard(&self, patient: PatientId) -> Result<u64, TablesError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM entries WHERE patient = $1")
            .bind(patient.uuid())
            .fetch_one(&self.pool)
            .await?;
        unsigned(count)
    }

    /// Once the checkpoint is published with all of its files, and its chain of the record counts that many. A permit for anything
    /// but the history of a record opens none.
    pub async fn standing(
        &self,
        permit: &Permit<Oversight>,
        count_min: u64,
    ) -> Result<Option<Unreleased<RecordStanding>>, TablesError> {
        let Oversight::RecordHistory(patient) = *permit.target() else { return Ok(None) };
        let chain = Chain::Patient(patient).key();
        let mut tx = self.pool.begin_with(ONE_MOMENT).await?;
        let (note, published, count): (String, bool, i64) = sqlx::query_as(
            "SELECT
                note,
                published_size = size,
                COALESCE((SELECT count FROM log_heads WHERE chain = $1), 0)
             FROM log_checkpoint",
        )
        .bind(chain)
        .fetch_one(&mut *tx)
        .await?;
        if !published || unsigned(count)? < count_min.max(1) {
            return Ok(None);
        }
        let rows: Vec<(Vec<u8>, i64, Vec<u8>)> =
            sqlx::query_as("SELECT chain, count, last FROM log_heads").fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let proved = tokio::task::spawn_blocking(move || proved(&chain, &rows)).await;
        let (head, head_proof) = proved.map_err(|_| TablesError::Damaged("heads that make no tree"))??;
        Ok(Some(Unreleased::new(RecordStanding { note, chain, head, head_proof }, Vec::new())))
    }

    /// Those of the chain after one number up to another.
    pub async fn linked(&self, chain: &ChainKey, after: u64, until: u64) -> Result<Vec<Linked>, TablesError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT index, bytes
             FROM log_entries
             WHERE chain = $1 AND chain_seq > $2 AND chain_seq <= $3
             ORDER BY chain_seq",
        )
        .bind(chain)
        .bind(signed(after))
        .bind(signed(until))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(index, bytes)| Ok(Linked { index: unsigned(index)?, bytes })).collect()
    }
}

fn proved(chain: &ChainKey, rows: &[(Vec<u8>, i64, Vec<u8>)]) -> Result<(Head, Vec<Hash>), TablesError> {
    let mut heads = Heads::default();
    for (key, count, last) in rows {
        heads.set(hash(key)?, Head { count: unsigned(*count)?, last: hash(last)? });
    }
    heads.root();
    heads.prove(chain).ok_or(TablesError::Damaged("a chain without a head"))
}

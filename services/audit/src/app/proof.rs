//! The proof of a record's history, for its holder to verify or to keep: on the log before the first of it leaves, then part by part.
use super::App;
use crate::sequencer::{Linked, RecordStanding, Shelf, Tables};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_access::{Oversight, Permit, Unreleased};
use holdfast_host::{Entered, Problem, catalogue, rpc::with_correlation};
use holdfast_translog::{
    ChainKey, HashText, Line, PatientPart, Placed, Plan, SignedCheckpoint, Tile, Tiles, VerifierKey,
    export_patient, fetch, write_line,
};
use holdfast_types::PatientId;
use std::{collections::BTreeSet, error::Error, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

const OPERATION: &str = "audit.DownloadPatientProof";
/// Each holds the heads of all chains while its own is read.
const STANDINGS_AT_ONCE: usize = 8;
/// On their way to their readers, however slow these are: each holds a few parts.
const DOWNLOADS_AT_ONCE: usize = 64;
/// Looks at audit itself wait up to five seconds for a checkpoint.
const PATIENCE: Duration = Duration::from_secs(8);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const TIME_MAX: Duration = Duration::from_mins(5);
/// With a proof of 48 hashes to each, the most there can be, less than half a mebibyte.
const ENTRIES_PER_PART: u64 = 128;
/// Parts that wait for a slow reader.
const WAITING_MAX: usize = 4;
const TILES_AT_ONCE: usize = 8;

type Part = Result<Bytes, Problem>;

/// What proofs are made of, where a log is kept.
pub(crate) struct Prover {
    tables: Tables,
    shelf: Shelf,
    key: VerifierKey,
    standings: Semaphore,
    downloads: Arc<Semaphore>,
    stop: CancellationToken,
}

/// Whose entries, in which tree.
struct Chained {
    key: ChainKey,
    count: u64,
    size: u64,
}

impl App {
    #[tracing::instrument(skip_all, name = "audit.download_patient_proof")]
    pub(crate) async fn download_patient_proof(
        &self,
        entered: &Entered,
        patient: PatientId,
        older: Vec<u64>,
    ) -> Result<mpsc::Receiver<Part>, Problem> {
        let gate = self.ground.gate();
        let asked = Oversight::RecordHistory(patient);
        let permit = gate.authorise_oversight(&entered.context, asked, OPERATION).await?;
        let prover = self.prover.clone().ok_or_else(unknown)?;
        let busy = || Problem::new(catalogue::SERVER_BUSY, "too many proofs are on their way");
        let download = Arc::clone(&prover.downloads).try_acquire_owned().map_err(|_| busy())?;
        let standing = prover.standing(&permit, patient).await?;
        let standing = gate.release(permit, standing).await?.ok_or_else(unknown)?;
        let (first, chained) = prover.first(patient, &standing, older).await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let sending = async move { prover.send(first, &chained, &sender, download).await };
        let correlated = with_correlation(entered.context.correlation, sending);
        self.ground.tasks().spawn(correlated.in_current_span());
        Ok(receiver)
    }
}

impl Prover {
    pub(crate) fn new(tables: Tables, shelf: Shelf, key: VerifierKey, stop: CancellationToken) -> Self {
        let (standings, downloads) = (Semaphore::new(STANDINGS_AT_ONCE), Semaphore::new(DOWNLOADS_AT_ONCE));
        Self { tables, shelf, key, standings, downloads: Arc::new(downloads), stop }
    }

    /// With all that was heard of the record by now, if that comes in time; otherwise as far as the log is. None where nothing was heard.
    async fn standing(
        &self,
        permit: &Permit<Oversight>,
        patient: PatientId,
    ) -> Result<Unreleased<Option<RecordStanding>>, Problem> {
        let heard = self.tables.heard(patient).await.map_err(unavailable)?;
        let begin = Instant::now();
        loop {
            let late = begin.elapsed() > PATIENCE;
            let count_min = if late { 0 } else { heard };
            let turn = self.standings.acquire().await.map_err(unavailable)?;
            let standing = self.tables.standing(permit, count_min).await.map_err(unavailable)?;
            drop(turn);
            if let Some(standing) = standing {
                return Ok(standing.map(Some));
            }
            if heard == 0 {
                return Ok(Unreleased::new(None, Vec::new()));
            }
            if late {
                return Err(Problem::new(catalogue::LOG_UNAVAILABLE, "the log is late"));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// The lines before the entries.
    async fn first(
        &self,
        patient: PatientId,
        standing: &RecordStanding,
        older: Vec<u64>,
    ) -> Result<(Bytes, Chained), Problem> {
        let signed = SignedCheckpoint::open(standing.note.as_bytes(), &self.key).map_err(unavailable)?;
        let size = signed.checkpoint().size;
        let older: BTreeSet<u64> = older.into_iter().filter(|older| (1..=size).contains(older)).collect();
        let part = PatientPart {
            patient,
            checkpoint: &signed,
            older: &older.into_iter().collect::<Vec<_>>(),
            head: standing.head,
            head_proof: &standing.head_proof,
            indexes: &[],
        };
        let mut lines = Vec::new();
        export_patient(&self.shelf, &part, &mut lines).await.map_err(unavailable)?;
        Ok((lines.into(), Chained { key: standing.chain, count: standing.head.count, size }))
    }

    /// Until all is sent or the reader is gone. Otherwise the failure is the last thing sent: a stream that merely ends is whole.
    async fn send(
        &self,
        first: Bytes,
        chained: &Chained,
        sender: &mpsc::Sender<Part>,
        _download: OwnedSemaphorePermit,
    ) {
        let sent = tokio::select! {
            () = self.stop.cancelled() => {
                Err(Problem::new(catalogue::LOG_UNAVAILABLE, "the service is shutting down"))
            }
            () = sender.closed() => return,
            () = sleep(TIME_MAX) => {
                Err(Problem::new(catalogue::CALL_TIMED_OUT, "the proof was not taken in time"))
            }
            sent = self.send_parts(first, chained, sender) => sent,
        };
        if let Err(problem) = sent {
            let _ = sender.send(Err(problem)).await;
        }
    }

    async fn send_parts(
        &self,
        first: Bytes,
        chained: &Chained,
        sender: &mpsc::Sender<Part>,
    ) -> Result<(), Problem> {
        if sender.send(Ok(first)).await.is_err() {
            return Ok(());
        }
        let (mut after, mut tiles) = (0, Tiles::new());
        while after < chained.count {
            let until = chained.count.min(after + ENTRIES_PER_PART);
            let linked = self.tables.linked(&chained.key, after, until).await.map_err(unavailable)?;
            let part = self.proved(linked, chained.size, &mut tiles).await?;
            if sender.send(Ok(part)).await.is_err() {
                return Ok(());
            }
            after = until;
        }
        Ok(())
    }

    /// Tiles above the leaves serve entries of later parts, too.
    async fn proved(&self, linked: Vec<Linked>, size: u64, tiles: &mut Tiles) -> Result<Bytes, Problem> {
        let plans = linked.iter().map(|entry| Plan::inclusion(entry.index, size));
        let plans = plans.collect::<Result<Vec<_>, _>>().map_err(unavailable)?;
        tiles.retain(|tile, _| !matches!(tile, Tile::Hashes { level: 0, .. }));
        let wanted: BTreeSet<Tile> = plans.iter().flat_map(Plan::tiles).collect();
        let fetches: Vec<_> = wanted
            .into_iter()
            .filter(|tile| !tiles.contains_key(tile))
            .map(|tile| {
                let shelf = self.shelf.clone();
                async move { fetch(&shelf, [tile]).await }
            })
            .collect();
        let fetched: Vec<Tiles> =
            stream::iter(fetches).buffer_unordered(TILES_AT_ONCE).try_collect().await.map_err(unavailable)?;
        tiles.extend(fetched.into_iter().flatten());
        let mut lines = Vec::new();
        for (Linked { index, bytes }, plan) in linked.into_iter().zip(&plans) {
            let proof = HashText::all(&plan.prove(tiles).map_err(unavailable)?);
            write_line(&mut lines, &Line::Entry(Placed { index, bytes, proof })).map_err(unavailable)?;
        }
        Ok(lines.into())
    }
}

fn unknown() -> Problem {
    Problem::new(catalogue::LOG_FILE_UNKNOWN, "no log is kept, or it holds nothing of the record yet")
}

fn unavailable(error: impl Error + 'static) -> Problem {
    tracing::warn!(error = &error as &dyn Error, "a proof cannot be made");
    Problem::new(catalogue::LOG_UNAVAILABLE, "the log cannot be read")
}

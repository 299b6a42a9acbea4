//! Makes an export from a log's files.
use crate::{
    bundle::{BundleError, decode_bundle},
    chain::Head,
    checkpoint::SignedCheckpoint,
    export::{Begin, Consistency, ExportError, HashText, Line, PatientHead, Placed, write_line},
    hash::Hash,
    plan::{Plan, TileError},
    proof::ProofError,
    store::{StoreError, TileSource, fetch},
    tile::{TILE_WIDTH, Tile},
};
use holdfast_types::PatientId;
use std::io::Write;

#[derive(Debug, thiserror::Error)]
pub enum ExportingError {
    #[error("the log's files cannot be read")]
    Store(#[source] StoreError),
    #[error("a tile cannot be used")]
    Tile(#[source] TileError),
    #[error("{path} is not a bundle of entries")]
    Bundle {
        path: String,
        #[source]
        cause: BundleError,
    },
    #[error("there is no such proof")]
    Proof(#[source] ProofError),
    #[error("there is no checkpoint to export")]
    NoCheckpoint,
    #[error("a line could not be written")]
    Line(#[source] ExportError),
}

/// The whole log as the newest of the checkpoints signs it; they come oldest first.
pub async fn export_log(
    source: &dyn TileSource,
    checkpoints: &[SignedCheckpoint],
    writer: &mut (impl Write + Send),
) -> Result<(), ExportingError> {
    let size = checkpoints.last().ok_or(ExportingError::NoCheckpoint)?.checkpoint().size;
    put(writer, Line::Begin(Begin::of(None)))?;
    for checkpoint in checkpoints {
        put(writer, Line::Checkpoint(checkpoint.to_text()))?;
    }
    for tile in (0..).map_while(|index| Tile::entries(index, size)) {
        let first = tile.index() * u64::from(TILE_WIDTH);
        for (bytes, index) in bundle(source, tile).await?.into_iter().zip(first..) {
            put(writer, Line::Entry(Placed { index, bytes, proof: Vec::new() }))?;
        }
    }
    Ok(())
}

/// What a patient is given: from the sequencer's tables come the head with its proof, and where the entries are.
#[derive(Debug, Clone)]
pub struct PatientPart<'a> {
    pub patient: PatientId,
    pub checkpoint: &'a SignedCheckpoint,
    /// Sizes of earlier checkpoints that the patient may hold.
    pub older: &'a [u64],
    pub head: Head,
    pub head_proof: &'a [Hash],
    /// The indexes of the patient's entries, ascending.
    pub indexes: &'a [u64],
}

pub async fn export_patient(
    source: &dyn TileSource,
    part: &PatientPart<'_>,
    writer: &mut (impl Write + Send),
) -> Result<(), ExportingError> {
    let size = part.checkpoint.checkpoint().size;
    put(writer, Line::Begin(Begin::of(Some(part.patient))))?;
    put(writer, Line::Checkpoint(part.checkpoint.to_text()))?;
    for older in part.older {
        let plan = Plan::consistency(*older, size).map_err(ExportingError::Proof)?;
        let proof = proven(source, &plan).await?;
        put(writer, Line::Consistency(Consistency { older: *older, proof }))?;
    }
    let closing = size.checked_sub(1).ok_or(ExportingError::NoCheckpoint)?;
    put(writer, Line::Closing(placed(source, closing, size).await?))?;
    let (Head { count, last }, proof) = (part.head, HashText::all(part.head_proof));
    put(writer, Line::Head(PatientHead { count, last: HashText(last), proof }))?;
    for index in part.indexes {
        put(writer, Line::Entry(placed(source, *index, size).await?))?;
    }
    Ok(())
}

/// The entry with the proof that the tree of that size holds it.
async fn placed(source: &dyn TileSource, index: u64, size: u64) -> Result<Placed, ExportingError> {
    let beyond = || ExportingError::Proof(ProofError::BeyondTree { index, size });
    let tile = Tile::entries(index / u64::from(TILE_WIDTH), size).ok_or_else(beyond)?;
    let within = usize::try_from(index % u64::from(TILE_WIDTH)).map_err(|_| beyond())?;
    let bytes = bundle(source, tile).await?.into_iter().nth(within).ok_or_else(beyond)?;
    let plan = Plan::inclusion(index, size).map_err(ExportingError::Proof)?;
    Ok(Placed { index, bytes, proof: proven(source, &plan).await? })
}

async fn proven(source: &dyn TileSource, plan: &Plan) -> Result<Vec<HashText>, ExportingError> {
    let tiles = fetch(source, plan.tiles()).await.map_err(ExportingError::Store)?;
    Ok(HashText::all(&plan.prove(&tiles).map_err(ExportingError::Tile)?))
}

async fn bundle(source: &dyn TileSource, tile: Tile) -> Result<Vec<Vec<u8>>, ExportingError> {
    let mut found = fetch(source, [tile]).await.map_err(ExportingError::Store)?;
    let missing = || ExportingError::Tile(TileError::Missing { path: tile.path() });
    let bytes = found.remove(&tile).ok_or_else(missing)?;
    decode_bundle(&bytes, tile.width()).map_err(|cause| ExportingError::Bundle { path: tile.path(), cause })
}

fn put(writer: &mut impl Write, line: Line) -> Result<(), ExportingError> {
    write_line(writer, &line).map_err(ExportingError::Line)
}

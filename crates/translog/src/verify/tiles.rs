//! Verifies a log from its published files: reads every bundle, makes every tile again and compares; and where the entries are kept
//! back, as they are from the public, every tile of hashes from those below it.
use super::{CheckpointPlace, LogVerifier, Scope, Trust, Verified, VerifyError, roots::Roots};
use crate::{
    bundle::decode_bundle,
    checkpoint::Checkpoint,
    frontier::{Frontier, TileFile},
    plan::{TileError, tile_hashes},
    rows::Rows,
    store::{CHECKPOINT_PATH, TileSource, fetch},
    tile::Tile,
};

/// Everything: every entry must be there.
pub async fn verify_tiles(source: &dyn TileSource, trust: &Trust) -> Result<Verified, VerifyError> {
    let (newest, earlier) = checkpoints(source, trust).await?;
    entries(source, newest, earlier).await
}

/// Everything where the entries are given; else what is public: that every hash is in the trees that were signed, and in the tiles
/// from which proofs are made. [`Verified::scope`] says which of the two it was.
pub async fn verify_published(source: &dyn TileSource, trust: &Trust) -> Result<Verified, VerifyError> {
    let (newest, earlier) = checkpoints(source, trust).await?;
    let first = fetch(source, Tile::entries(0, newest.size)).await.map_err(VerifyError::Store)?;
    if newest.size > 0 && first.is_empty() {
        hashes(source, newest, earlier).await
    } else {
        entries(source, newest, earlier).await
    }
}

async fn checkpoints(
    source: &dyn TileSource,
    trust: &Trust,
) -> Result<(Checkpoint, Vec<Checkpoint>), VerifyError> {
    let note =
        source.get(CHECKPOINT_PATH).await.map_err(VerifyError::Store)?.ok_or(VerifyError::NoCheckpoint)?;
    let earlier = trust.earlier()?;
    let newest = trust.newest(&trust.opened(&note, CheckpointPlace::Published)?, &earlier)?;
    Ok((newest, earlier))
}

/// The tiles that are made again are compared as they fill; those that are not full, at the end.
async fn entries(
    source: &dyn TileSource,
    newest: Checkpoint,
    earlier: Vec<Checkpoint>,
) -> Result<Verified, VerifyError> {
    let size = newest.size;
    let mut verifier = LogVerifier::new(std::iter::once(newest).chain(earlier))?;
    let mut frontier = Frontier::default();
    for tile in (0..).map_while(|index| Tile::entries(index, size)) {
        let bytes = read(source, tile).await?;
        let failed = |cause| VerifyError::Bundle { path: tile.path(), cause };
        let entries = decode_bundle(&bytes, tile.width()).map_err(failed)?;
        entries.iter().try_for_each(|entry| verifier.take(entry))?;
        let growth = frontier.grow(entries).map_err(|_| VerifyError::BeyondTree { index: size, size })?;
        for TileFile { tile, bytes } in growth.files.iter().filter(|file| file.tile.is_full()) {
            compare(source, *tile, bytes).await?;
        }
    }
    for TileFile { tile, bytes } in &frontier.partial_files() {
        compare(source, *tile, bytes).await?;
    }
    verifier.finish()
}

/// The same from the hashes of the entries alone.
async fn hashes(
    source: &dyn TileSource,
    newest: Checkpoint,
    earlier: Vec<Checkpoint>,
) -> Result<Verified, VerifyError> {
    let size = newest.size;
    let roots = Roots::of(std::iter::once(newest).chain(earlier))?;
    let mut rows = Rows::default();
    for tile in (0..).map_while(|index| Tile::hashes(0, index, size)) {
        let leaves = tile_hashes(tile, &read(source, tile).await?).map_err(VerifyError::Tile)?;
        let mut full = Vec::new();
        for leaf in leaves {
            rows.push(leaf, |tile, bytes| full.push((tile, bytes)));
            roots.compare(rows.size(), || rows.root())?;
        }
        for (tile, bytes) in full.iter().filter(|(tile, _)| !is_bottom(*tile)) {
            compare(source, *tile, bytes).await?;
        }
    }
    for tile in Frontier::tiles(size).into_iter().filter(|tile| !is_bottom(*tile)) {
        if let Tile::Hashes { level, .. } = tile {
            compare(source, tile, &rows.partial(level)).await?;
        }
    }
    let (entries, older, checkpoint) = (rows.size(), roots.older(), roots.newest);
    Ok(Verified { scope: Scope::Hashes, checkpoint, time: None, entries, patients: 0, lanes: 0, older })
}

/// From it the others are made.
const fn is_bottom(tile: Tile) -> bool {
    matches!(tile, Tile::Hashes { level: 0, .. })
}

/// The bundles were read already.
async fn compare(source: &dyn TileSource, tile: Tile, made: &[u8]) -> Result<(), VerifyError> {
    if matches!(tile, Tile::Entries { .. }) {
        return Ok(());
    }
    let found = read(source, tile).await?;
    tile_hashes(tile, &found).map_err(VerifyError::Tile)?;
    if found == made { Ok(()) } else { Err(VerifyError::OtherTile { path: tile.path() }) }
}

async fn read(source: &dyn TileSource, tile: Tile) -> Result<Vec<u8>, VerifyError> {
    let mut found = fetch(source, [tile]).await.map_err(VerifyError::Store)?;
    found.remove(&tile).ok_or_else(|| VerifyError::Tile(TileError::Missing { path: tile.path() }))
}

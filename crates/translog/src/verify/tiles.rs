//! Verifies a log from its published files: reads every bundle, makes every tile again and compares.
use super::{CheckpointPlace, LogVerifier, Trust, Verified, VerifyError};
use crate::{
    bundle::decode_bundle,
    frontier::{Frontier, TileFile},
    plan::{TileError, tile_hashes},
    store::{CHECKPOINT_PATH, TileSource, fetch},
    tile::Tile,
};

/// The tiles that are made again are compared as they fill; those that are not full, at the end.
pub async fn verify_tiles(source: &dyn TileSource, trust: &Trust) -> Result<Verified, VerifyError> {
    let note =
        source.get(CHECKPOINT_PATH).await.map_err(VerifyError::Store)?.ok_or(VerifyError::NoCheckpoint)?;
    let earlier = trust.earlier()?;
    let newest = trust.newest(&trust.opened(&note, CheckpointPlace::Published)?, &earlier)?;
    let size = newest.size;
    let mut verifier = LogVerifier::new(std::iter::once(newest).chain(earlier))?;
    let mut frontier = Frontier::default();
    for tile in (0..).map_while(|index| Tile::entries(index, size)) {
        let bytes = read(source, tile).await?;
        let failed = |cause| VerifyError::Bundle { path: tile.path(), cause };
        let entries = decode_bundle(&bytes, tile.width()).map_err(failed)?;
        entries.iter().try_for_each(|entry| verifier.take(entry))?;
        let growth = frontier.grow(entries).map_err(|_| VerifyError::BeyondTree { index: size, size })?;
        for file in growth.files.iter().filter(|file| file.tile.is_full()) {
            compare(source, file).await?;
        }
    }
    for file in &frontier.partial_files() {
        compare(source, file).await?;
    }
    verifier.finish()
}

/// The bundles were read already.
async fn compare(source: &dyn TileSource, made: &TileFile) -> Result<(), VerifyError> {
    if matches!(made.tile, Tile::Entries { .. }) {
        return Ok(());
    }
    let found = read(source, made.tile).await?;
    tile_hashes(made.tile, &found).map_err(VerifyError::Tile)?;
    if found == made.bytes { Ok(()) } else { Err(VerifyError::OtherTile { path: made.tile.path() }) }
}

async fn read(source: &dyn TileSource, tile: Tile) -> Result<Vec<u8>, VerifyError> {
    let mut found = fetch(source, [tile]).await.map_err(VerifyError::Store)?;
    found.remove(&tile).ok_or_else(|| VerifyError::Tile(TileError::Missing { path: tile.path() }))
}

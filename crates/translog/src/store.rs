//! Where a log's files lie: any store that gives back under a path what was put there.
use crate::{
    plan::Tiles,
    tile::{TILE_WIDTH, Tile},
};

/// The path under which the newest checkpoint is published.
pub const CHECKPOINT_PATH: &str = "checkpoint";
/// The path of the public key with which all of it is verified, for whoever trusts the place that it lies in.
pub const VERIFIER_KEY_PATH: &str = "verifier.key";

/// The store could not be reached, or refused.
#[derive(Debug, thiserror::Error)]
#[error("the store of the log's files failed at {path}")]
pub struct StoreError {
    pub path: String,
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// What a verifier needs.
#[async_trait::async_trait]
pub trait TileSource: Send + Sync {
    /// None where there is nothing under that path.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Tiles never change once a published checkpoint covers them; the checkpoint is the one file that is replaced.
#[async_trait::async_trait]
pub trait TileStore: TileSource {
    /// Stored for good when this returns; the same bytes may be put again.
    async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), StoreError>;
}

/// Fetches tiles. A partial tile that was tidied away once the tree had grown past it is read from the full one. One that is
/// nowhere is absent from the answer, and whoever needs it says so.
pub async fn fetch(
    store: &dyn TileSource,
    tiles: impl IntoIterator<Item = Tile> + Send,
) -> Result<Tiles, StoreError> {
    let tiles: Vec<Tile> = tiles.into_iter().collect();
    let mut found = Tiles::new();
    for tile in tiles {
        let mut bytes = store.get(&tile.path()).await?;
        if bytes.is_none() && !tile.is_full() {
            bytes = store.get(&tile.full().path()).await?.and_then(|bytes| narrowed(tile, &bytes));
        }
        if let Some(bytes) = bytes {
            found.insert(tile, bytes);
        }
    }
    Ok(found)
}

/// The beginning of a full tile, as wide as the partial one was.
fn narrowed(tile: Tile, full: &[u8]) -> Option<Vec<u8>> {
    let width = usize::from(tile.width());
    match tile {
        Tile::Hashes { .. } => full.get(..width * 32).map(<[u8]>::to_vec),
        Tile::Entries { .. } => {
            let entries = crate::bundle::decode_bundle(full, TILE_WIDTH).ok()?;
            Some(crate::bundle::encode_bundle(entries.iter().take(width).map(Vec::as_slice)))
        }
    }
}

//! The tiles that are not full yet: from them a tree grows, and says which files a growth writes.
//!
//! The files depend on the entries alone. Whoever grows the same tree by the same entries writes the same bytes to the same paths.
use crate::{
    bundle::{BundleError, decode_bundle, encode_bundle},
    edge::Edge,
    hash::{Hash, leaf_hash, perfect_root},
    plan::{TileError, Tiles, tile_hashes},
    rows::Rows,
    tile::{TILE_HEIGHT, TILE_WIDTH, TREE_SIZE_MAX, Tile},
};

#[derive(Debug, Clone, Default)]
pub struct Frontier {
    rows: Rows,
    /// The entries of the last bundle, below 256.
    entries: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    #[error("a tile of the tree's right edge cannot be used")]
    Tile(#[source] TileError),
    #[error("the last bundle, {path}, cannot be used")]
    Bundle {
        path: String,
        #[source]
        cause: BundleError,
    },
    #[error("entry {index} of the last bundle is not the one that its tile holds the hash of")]
    Entry { index: u64 },
    #[error("the tree would grow beyond {TREE_SIZE_MAX} entries")]
    Full,
}

/// One file of a growth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileFile {
    pub tile: Tile,
    pub bytes: Vec<u8>,
}

/// What entries do to a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The index of the first new entry.
    pub first: u64,
    /// The tree's size and root with the new entries.
    pub size: u64,
    pub root: Hash,
    /// Of the new entries, in order.
    pub leaves: Vec<Hash>,
    /// What must be stored before a checkpoint of this size is published.
    pub files: Vec<TileFile>,
}

impl Frontier {
    /// The partial tiles of a tree of that size: what [`Frontier::of`] needs.
    pub fn tiles(size: u64) -> Vec<Tile> {
        let last = |size: u64| size / u64::from(TILE_WIDTH);
        let levels = (0..).map_while(|level: u8| {
            let hashes = size.checked_shr(u32::from(level * TILE_HEIGHT))?;
            (hashes > 0).then(|| Tile::hashes(level, last(hashes), size))
        });
        Tile::entries(last(size), size).into_iter().chain(levels.flatten()).collect()
    }

    /// From the tiles as they were stored. The caller compares the root with the checkpoint's.
    pub fn of(size: u64, tiles: &Tiles) -> Result<Self, FrontierError> {
        let (mut entries, mut levels) = (Vec::new(), Vec::new());
        for tile in Self::tiles(size) {
            let missing = || FrontierError::Tile(TileError::Missing { path: tile.path() });
            let bytes = tiles.get(&tile).ok_or_else(missing)?;
            match tile {
                Tile::Entries { width, .. } => {
                    let failed = |cause| FrontierError::Bundle { path: tile.path(), cause };
                    entries = decode_bundle(bytes, width).map_err(failed)?;
                }
                Tile::Hashes { level, .. } => {
                    // A level whose last tile is just full has no partial one.
                    levels.resize(usize::from(level), Vec::new());
                    levels.push(tile_hashes(tile, bytes).map_err(FrontierError::Tile)?);
                }
            }
        }
        let first = size - entries.len() as u64;
        let bottom = levels.first().map(Vec::as_slice).unwrap_or_default();
        for ((entry, leaf), index) in entries.iter().zip(bottom).zip(first..) {
            if leaf_hash(entry) != *leaf {
                return Err(FrontierError::Entry { index });
            }
        }
        let hashes = levels.iter().rev().flat_map(|level| perfect_parts(level)).collect();
        let edge = Edge::try_new(size, hashes).map_err(|_| {
            FrontierError::Tile(TileError::Missing { path: format!("a tile of a tree of {size} entries") })
        })?;
        Ok(Self { rows: Rows::new(edge, levels), entries })
    }

    pub const fn size(&self) -> u64 {
        self.rows.size()
    }
    pub fn root(&self) -> Hash {
        self.rows.root()
    }

    /// All full tiles that the entries complete, and the partial tiles in which they end.
    pub fn grow(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) -> Result<Growth, FrontierError> {
        let first = self.size();
        let mut grown = self.clone();
        let (mut files, mut leaves) = (Vec::new(), Vec::new());
        for entry in entries {
            if grown.size() >= TREE_SIZE_MAX {
                return Err(FrontierError::Full);
            }
            let leaf = leaf_hash(&entry);
            leaves.push(leaf);
            grown.take(entry, leaf, &mut files);
        }
        let changed = |file: &TileFile| gained(file.tile, first, grown.size());
        files.extend(grown.partial_files().into_iter().filter(changed));
        *self = grown;
        Ok(Growth { first, size: self.size(), root: self.root(), leaves, files })
    }

    fn take(&mut self, entry: Vec<u8>, leaf: Hash, files: &mut Vec<TileFile>) {
        let index = self.size() / u64::from(TILE_WIDTH);
        self.entries.push(entry);
        if self.entries.len() == usize::from(TILE_WIDTH) {
            let tile = Tile::Entries { index, width: TILE_WIDTH };
            files.push(TileFile { tile, bytes: bundle(&std::mem::take(&mut self.entries)) });
        }
        self.rows.push(leaf, |tile, bytes| files.push(TileFile { tile, bytes }));
    }

    /// Every tile of this size that is not full.
    pub fn partial_files(&self) -> Vec<TileFile> {
        let bytes = |tile: &Tile| match tile {
            Tile::Entries { .. } => bundle(&self.entries),
            Tile::Hashes { level, .. } => self.rows.partial(*level),
        };
        Self::tiles(self.size()).into_iter().map(|tile| TileFile { bytes: bytes(&tile), tile }).collect()
    }
}

/// The tile holds more in a tree of one size than in one of another.
const fn gained(tile: Tile, older: u64, newer: u64) -> bool {
    match tile {
        Tile::Entries { .. } => older < newer,
        Tile::Hashes { level, .. } => {
            let shift = level as u32 * TILE_HEIGHT as u32;
            older >> shift < newer >> shift
        }
    }
}

fn bundle(entries: &[Vec<u8>]) -> Vec<u8> {
    encode_bundle(entries.iter().map(Vec::as_slice))
}

/// The roots of the perfect subtrees over the hashes of one tile, the largest first.
fn perfect_parts(mut row: &[Hash]) -> Vec<Hash> {
    let mut parts = Vec::new();
    while let Some(height) = row.len().checked_ilog2() {
        let (part, rest) = row.split_at(1 << height);
        parts.push(perfect_root(part.to_vec()));
        row = rest;
    }
    parts
}

//! Makes proofs from tiles: first which hashes a proof is made of, and in which tiles they lie; then, with these, the proof.
use crate::{
    edge::folded,
    hash::{Hash, perfect_root},
    proof::ProofError,
    tile::{TILE_HEIGHT, TILE_WIDTH, Tile},
};
use std::collections::{BTreeMap, BTreeSet};

/// The tiles of one moment, by where they lie.
pub type Tiles = BTreeMap<Tile, Vec<u8>>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    #[error("{path} is missing")]
    Missing { path: String },
    #[error("{path} is {found} bytes long instead of {expected}")]
    Truncated { path: String, expected: usize, found: usize },
}

/// 2^level leaves, beginning at `index << level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subtree {
    level: u32,
    index: u64,
}

/// The hashes of a proof, each as the perfect subtrees of which it is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    hashes: Vec<Vec<Subtree>>,
}

impl Plan {
    /// That the tree holds the entry (RFC 9162 section 2.1.3.1).
    pub fn inclusion(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size {
            return Err(ProofError::BeyondTree { index, size });
        }
        let (mut low, mut high) = (0, size);
        let mut hashes = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                hashes.push(cover(middle, high));
                high = middle;
            } else {
                hashes.push(cover(low, middle));
                low = middle;
            }
        }
        hashes.reverse();
        Ok(Self { size, hashes })
    }

    /// That the newer tree continues the older (RFC 9162 section 2.1.4.1).
    pub fn consistency(older: u64, newer: u64) -> Result<Self, ProofError> {
        if older > newer {
            return Err(ProofError::Shrunk { older, newer });
        }
        if older == 0 && newer > 0 {
            return Err(ProofError::FromEmpty);
        }
        let (mut low, mut high) = (0, newer);
        let mut hashes = Vec::new();
        while older != high {
            let middle = low + split(high - low);
            if older <= middle {
                hashes.push(cover(middle, high));
                high = middle;
            } else {
                hashes.push(cover(low, middle));
                low = middle;
            }
        }
        // The verifier holds the root of a subtree that begins where the tree does.
        if low > 0 {
            hashes.push(cover(low, high));
        }
        hashes.reverse();
        Ok(Self { size: newer, hashes })
    }

    /// The root itself.
    pub fn root(size: u64) -> Self {
        Self { size, hashes: vec![cover(0, size)] }
    }

    /// What must be at hand to make the proof.
    pub fn tiles(&self) -> BTreeSet<Tile> {
        self.hashes
            .iter()
            .flatten()
            .filter_map(|subtree| self.place(*subtree))
            .map(|place| place.tile)
            .collect()
    }

    pub fn prove(&self, tiles: &Tiles) -> Result<Vec<Hash>, TileError> {
        self.hashes.iter().map(|subtrees| self.hash(subtrees, tiles)).collect()
    }

    fn hash(&self, subtrees: &[Subtree], tiles: &Tiles) -> Result<Hash, TileError> {
        let places = subtrees.iter().filter_map(|subtree| self.place(*subtree));
        let hashes: Vec<Hash> = places.map(|place| place.hash(tiles)).collect::<Result<_, _>>()?;
        Ok(folded(&hashes))
    }

    fn place(&self, subtree: Subtree) -> Option<Place> {
        let height = u32::from(TILE_HEIGHT);
        let (level, within) = (subtree.level / height, subtree.level % height);
        let first = subtree.index << within;
        let width = u64::from(TILE_WIDTH);
        let tile = Tile::hashes(u8::try_from(level).ok()?, first / width, self.size)?;
        Some(Place { tile, first: usize::try_from(first % width).ok()?, count: 1 << within })
    }
}

/// Hashes next to one another in a tile, below one subtree.
struct Place {
    tile: Tile,
    first: usize,
    count: usize,
}

impl Place {
    fn hash(&self, tiles: &Tiles) -> Result<Hash, TileError> {
        let bytes = tiles.get(&self.tile).ok_or_else(|| TileError::Missing { path: self.tile.path() })?;
        let row: Vec<Hash> =
            tile_hashes(self.tile, bytes)?.into_iter().skip(self.first).take(self.count).collect();
        Ok(perfect_root(row))
    }
}

/// The hashes of a tile, which must have its length.
pub fn tile_hashes(tile: Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let expected = usize::from(tile.width()) * size_of::<Hash>();
    let (hashes, rest) = bytes.as_chunks::<{ size_of::<Hash>() }>();
    if bytes.len() == expected && rest.is_empty() {
        Ok(hashes.to_vec())
    } else {
        Err(TileError::Truncated { path: tile.path(), expected, found: bytes.len() })
    }
}

/// The largest power of two below a count of at least two.
const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The perfect subtrees that make up the leaves from one to before another, the largest first.
fn cover(mut low: u64, high: u64) -> Vec<Subtree> {
    let mut subtrees = Vec::new();
    while low < high {
        let level = (high - low).ilog2().min(low.trailing_zeros());
        subtrees.push(Subtree { level, index: low >> level });
        low += 1 << level;
    }
    subtrees
}

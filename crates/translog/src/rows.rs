//! The hashes of a tree's right edge, row above row: what a tile of hashes becomes once it is full, and the root.
use crate::{
    edge::Edge,
    hash::{Hash, perfect_root},
    tile::{TILE_WIDTH, Tile},
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    edge: Edge,
    /// The hashes of the last tile of each level, below 256 in each.
    levels: Vec<Vec<Hash>>,
}

impl Rows {
    pub(crate) const fn new(edge: Edge, levels: Vec<Vec<Hash>>) -> Self {
        Self { edge, levels }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.edge.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.edge.root()
    }

    /// The next leaf; each tile that it completes is told with its hashes.
    pub(crate) fn push(&mut self, leaf: Hash, mut full: impl FnMut(Tile, Vec<u8>)) {
        let mut before = self.edge.size();
        self.edge.append(leaf);
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(usize::from(level)) else { return };
            row.push(hash);
            if row.len() < usize::from(TILE_WIDTH) {
                return;
            }
            before /= u64::from(TILE_WIDTH);
            let row = std::mem::take(row);
            full(Tile::Hashes { level, index: before, width: TILE_WIDTH }, row.concat());
            hash = perfect_root(row);
        }
    }

    /// The hashes of the last tile of a level, where it is not full.
    pub(crate) fn partial(&self, level: u8) -> Vec<u8> {
        self.levels.get(usize::from(level)).map(|row| row.concat()).unwrap_or_default()
    }
}

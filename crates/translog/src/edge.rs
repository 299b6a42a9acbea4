//! The right edge of a tree: the roots of its perfect subtrees, from which alone it grows and gives its root.
use crate::hash::{EMPTY_ROOT, Hash, node_hash};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// One per set bit of the size, the largest subtree first.
    hashes: Vec<Hash>,
}

/// As many hashes as the size has set bits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the edge of a tree of {size} entries has {expected} hashes, not {found}")]
pub struct EdgeError {
    size: u64,
    expected: usize,
    found: usize,
}

impl Edge {
    pub fn try_new(size: u64, hashes: Vec<Hash>) -> Result<Self, EdgeError> {
        let expected = size.count_ones() as usize;
        if hashes.len() != expected {
            return Err(EdgeError { size, expected, found: hashes.len() });
        }
        Ok(Self { size, hashes })
    }

    pub fn append(&mut self, leaf: Hash) {
        let (mut hash, mut rest) = (leaf, self.size);
        while rest & 1 == 1 {
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(&left, &hash);
            }
            rest >>= 1;
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        folded(&self.hashes)
    }
    pub const fn size(&self) -> u64 {
        self.size
    }
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }
}

/// The root over perfect subtrees, each smaller than the one before it.
pub(crate) fn folded(hashes: &[Hash]) -> Hash {
    hashes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    /// The definition of RFC 6962 section 2.1, word for word.
    fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let split = 1 << (leaves.len() - 1).ilog2();
                node_hash(&merkle_tree_hash(&leaves[..split]), &merkle_tree_hash(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_of_an_edge_is_the_merkle_tree_hash_at_every_size() {
        let (mut edge, mut leaves) = (Edge::default(), Vec::new());
        for number in 0..600_u32 {
            assert_eq!(edge.root(), merkle_tree_hash(&leaves), "{number}");
            let leaf = leaf_hash(&number.to_be_bytes());
            edge.append(leaf);
            leaves.push(leaf);
            let again = Edge::try_new(edge.size(), edge.hashes().to_vec()).unwrap();
            assert_eq!(again, edge);
        }
    }

    #[test]
    fn an_edge_of_another_size_is_refused() {
        assert!(Edge::try_new(3, vec![EMPTY_ROOT]).is_err());
    }
}

//! Verifies that a tree holds a leaf, and that one tree continues another (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// Hashes in a proof; a tree of 2^64 leaves needs no more.
pub const PROOF_HASHES_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("index {index} is beyond the tree, which holds {size} entries")]
    BeyondTree { index: u64, size: u64 },
    #[error("the tree had {older} entries, it cannot have {newer} later")]
    Shrunk { older: u64, newer: u64 },
    #[error("every tree continues the empty one: there is nothing to prove")]
    FromEmpty,
    #[error("entry {index} is not in the tree of {size} entries with this root")]
    NotIncluded { index: u64, size: u64 },
    #[error("the tree of {newer} entries does not continue the tree of {older} entries")]
    Forked { older: u64, newer: u64 },
    #[error("the proof holds {found} hashes, more than a proof can need")]
    TooLong { found: usize },
}

/// The tree of that size and root holds the leaf at that index.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::BeyondTree { index, size });
    }
    not_too_long(proof)?;
    let refused = ProofError::NotIncluded { index, size };
    let mut climb = Climb { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match climb.up() {
            Some(Side::Left) => node_hash(sibling, &hash),
            Some(Side::Right) => node_hash(&hash, sibling),
            None => return Err(refused),
        };
    }
    if climb.last == 0 && hash == *root { Ok(()) } else { Err(refused) }
}

/// The newer tree begins with exactly the entries of the older.
pub fn verify_consistency(
    older: u64,
    newer: u64,
    older_root: &Hash,
    newer_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if older > newer {
        return Err(ProofError::Shrunk { older, newer });
    }
    let refused = ProofError::Forked { older, newer };
    if older == 0 && *older_root != EMPTY_ROOT {
        return Err(refused);
    }
    if older == newer {
        return if proof.is_empty() && older_root == newer_root { Ok(()) } else { Err(refused) };
    }
    if older == 0 {
        return Err(ProofError::FromEmpty);
    }
    not_too_long(proof)?;
    let mut climb = Climb { node: older - 1, last: newer - 1 };
    let whole = climb.node.trailing_ones();
    climb = Climb { node: climb.node.unbounded_shr(whole), last: climb.last.unbounded_shr(whole) };
    // A perfect older tree is its own first subtree.
    let (first, rest) = if older.is_power_of_two() {
        (older_root, proof)
    } else {
        proof.split_first().ok_or(refused.clone())?
    };
    if proof.is_empty() {
        return Err(refused);
    }
    let (mut older_hash, mut newer_hash) = (*first, *first);
    for sibling in rest {
        match climb.up() {
            Some(Side::Left) => {
                older_hash = node_hash(sibling, &older_hash);
                newer_hash = node_hash(sibling, &newer_hash);
            }
            Some(Side::Right) => newer_hash = node_hash(&newer_hash, sibling),
            None => return Err(refused),
        }
    }
    let holds = climb.last == 0 && older_hash == *older_root && newer_hash == *newer_root;
    if holds { Ok(()) } else { Err(refused) }
}

fn not_too_long(proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() > PROOF_HASHES_MAX { Err(ProofError::TooLong { found: proof.len() }) } else { Ok(()) }
}

/// On which side of the node its sibling stands.
enum Side {
    Left,
    Right,
}

/// The way from a node to the root: the node's place in its level, and that of the level's last node.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    fn up(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // A last node without a sibling on its level rises until it has one.
            while self.node & 1 == 0 && self.node != 0 {
                self.node >>= 1;
                self.last >>= 1;
            }
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Some(side)
    }
}

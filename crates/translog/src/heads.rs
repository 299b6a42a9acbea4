//! The heads of all chains under one root: a Merkle trie by the bits of the chains' keys, so that a chain has one place in it.
//!
//! A subtree without a chain is the empty root, one with a single chain is that chain's leaf, any other is a node. The root
//! depends on the heads alone, not on the order in which they came.
use crate::{
    chain::{ChainKey, Head},
    hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash},
};

/// Levels of the trie; with honest keys it is not much deeper than the logarithm of the number of chains.
pub const HEAD_PROOF_HASHES_MAX: usize = 256;

#[derive(Debug, Default)]
pub struct Heads {
    root: Node,
    count: u64,
}

#[derive(Debug, Default)]
enum Node {
    #[default]
    Empty,
    Leaf(ChainKey, Head),
    /// The hash is absent while something below it has changed.
    Inner(Box<(Node, Node)>, Option<Hash>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    #[error("the head of the chain is not under this root")]
    NotIncluded,
    #[error("the proof holds {found} hashes, more than a proof can need")]
    TooLong { found: usize },
}

impl Heads {
    /// How many chains there are.
    pub const fn len(&self) -> u64 {
        self.count
    }
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn get(&self, key: &ChainKey) -> Option<Head> {
        let mut node = &self.root;
        for depth in 0.. {
            match node {
                Node::Empty => return None,
                Node::Leaf(found, head) => return (found == key).then_some(*head),
                Node::Inner(below, _) => node = if bit(key, depth) { &below.1 } else { &below.0 },
            }
        }
        None
    }

    pub fn set(&mut self, key: ChainKey, head: Head) {
        if self.get(&key).is_none() {
            self.count += 1;
        }
        self.root = std::mem::take(&mut self.root).with(key, head, 0);
    }

    /// Hashes what has changed since it was asked last.
    pub fn root(&mut self) -> Hash {
        self.root.settle()
    }

    /// From the leaf's sibling upwards; none where there is no such chain.
    pub fn prove(&self, key: &ChainKey) -> Option<(Head, Vec<Hash>)> {
        let (mut node, mut siblings) = (&self.root, Vec::new());
        for depth in 0.. {
            match node {
                Node::Empty => return None,
                Node::Leaf(found, head) => {
                    siblings.reverse();
                    return (found == key).then_some((*head, siblings));
                }
                Node::Inner(below, _) => {
                    let (on, off) = if bit(key, depth) { (&below.1, &below.0) } else { (&below.0, &below.1) };
                    siblings.push(off.hash());
                    node = on;
                }
            }
        }
        None
    }
}

impl FromIterator<(ChainKey, Head)> for Heads {
    fn from_iter<I: IntoIterator<Item = (ChainKey, Head)>>(heads: I) -> Self {
        let mut all = Self::default();
        heads.into_iter().for_each(|(key, head)| all.set(key, head));
        all
    }
}

/// The chain has that head under that root.
pub fn verify_head(key: &ChainKey, head: Head, root: &Hash, proof: &[Hash]) -> Result<(), HeadError> {
    if proof.len() > HEAD_PROOF_HASHES_MAX {
        return Err(HeadError::TooLong { found: proof.len() });
    }
    let mut hash = head_hash(key, head);
    for (sibling, depth) in proof.iter().zip((0..proof.len()).rev()) {
        hash = if bit(key, depth) { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) };
    }
    if hash == *root { Ok(()) } else { Err(HeadError::NotIncluded) }
}

impl Node {
    fn with(self, key: ChainKey, head: Head, depth: usize) -> Self {
        match self {
            Self::Empty => Self::Leaf(key, head),
            Self::Leaf(other, _) if other == key => Self::Leaf(key, head),
            // No two keys have the same 256 bits, so this ends.
            Self::Leaf(other, others) => {
                let below = if bit(&other, depth) {
                    (Self::Empty, Self::Leaf(other, others))
                } else {
                    (Self::Leaf(other, others), Self::Empty)
                };
                Self::Inner(Box::new(below), None).with(key, head, depth)
            }
            Self::Inner(mut below, _) => {
                let side = if bit(&key, depth) { &mut below.1 } else { &mut below.0 };
                *side = std::mem::take(side).with(key, head, depth + 1);
                Self::Inner(below, None)
            }
        }
    }

    fn settle(&mut self) -> Hash {
        if let Self::Inner(below, hash @ None) = self {
            *hash = Some(node_hash(&below.0.settle(), &below.1.settle()));
        }
        self.hash()
    }

    fn hash(&self) -> Hash {
        match self {
            Self::Empty => EMPTY_ROOT,
            Self::Leaf(key, head) => head_hash(key, *head),
            Self::Inner(_, Some(hash)) => *hash,
            Self::Inner(below, None) => node_hash(&below.0.hash(), &below.1.hash()),
        }
    }
}

fn head_hash(key: &ChainKey, head: Head) -> Hash {
    leaf_hash(&[key.as_slice(), &head.count.to_be_bytes(), &head.last].concat())
}

fn bit(key: &ChainKey, depth: usize) -> bool {
    key.get(depth / 8).is_some_and(|byte| byte >> (7 - depth % 8) & 1 == 1)
}

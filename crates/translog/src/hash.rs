//! The hashes of RFC 6962 section 2.1: of a leaf, of a node, of the empty tree.
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// `SHA-256("")`.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0x00]).chain_update(entry).finalize().into()
}

/// `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over a power of two of subtrees of the same height; of none, the empty root.
pub(crate) fn perfect_root(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                other => other.first().copied().unwrap_or(EMPTY_ROOT),
            })
            .collect();
    }
    row.first().copied().unwrap_or(EMPTY_ROOT)
}

/// As checkpoints, exports and proofs write a hash: base64.
pub fn encode_hash(hash: &Hash) -> String {
    BASE64_STANDARD.encode(hash)
}

pub fn decode_hash(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_digest_of_nothing() {
        assert_eq!(EMPTY_ROOT, <Hash>::from(Sha256::digest([])));
        assert_eq!(perfect_root(Vec::new()), EMPTY_ROOT);
    }

    #[test]
    fn a_hash_reads_back_from_its_text_and_no_other_length_does() {
        let hash = leaf_hash(b"entry");
        assert_eq!(decode_hash(&encode_hash(&hash)), Some(hash));
        assert_eq!(decode_hash("AAAA"), None);
        assert_eq!(decode_hash("not base64"), None);
    }
}

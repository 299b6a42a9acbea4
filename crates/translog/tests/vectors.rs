//! The independent test vectors of inclusion and consistency proofs, where they lie beside the project.
#![cfg(test)]
use base64::{Engine as _, prelude::BASE64_STANDARD};
use holdfast_translog::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use serde::Deserialize;
use std::{
    io::{Read as _, Write as _},
    path::Path,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: Option<String>,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: Option<String>,
    root2: Option<String>,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// What is not a hash cannot even be asked about.
fn hash(text: Option<&String>) -> Option<Hash> {
    BASE64_STANDARD.decode(text?).ok()?.try_into().ok()
}

/// Some roots of trees to compare are bytes of another length, where it matters only whether they are the same: a digest
/// stands for them.
fn root(text: Option<&String>) -> Option<Hash> {
    let bytes = BASE64_STANDARD.decode(text?).ok()?;
    Some(bytes.as_slice().try_into().unwrap_or_else(|_| leaf_hash(&bytes)))
}

fn hashes(proof: Option<&Vec<String>>) -> Option<Vec<Hash>> {
    proof.map_or(Some(Vec::new()), |proof| proof.iter().map(|text| hash(Some(text))).collect())
}

impl Inclusion {
    fn holds(&self) -> bool {
        let parts = (hash(Some(&self.leaf_hash)), hash(self.root.as_ref()), hashes(self.proof.as_ref()));
        let (Some(leaf), Some(root), Some(proof)) = parts else { return false };
        verify_inclusion(&leaf, self.leaf_idx, self.tree_size, &root, &proof).is_ok()
    }
}

impl Consistency {
    fn holds(&self) -> bool {
        let parts = (root(self.root1.as_ref()), root(self.root2.as_ref()), hashes(self.proof.as_ref()));
        let (Some(older), Some(newer), Some(proof)) = parts else { return false };
        verify_consistency(self.size1, self.size2, &older, &newer, &proof).is_ok()
    }
}

#[test]
fn every_vector_of_a_whole_tree_is_judged_as_it_wants() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/merkle/transparency-dev-merkle-testdata.tar.xz");
    let Ok(packed) = std::fs::read(&archive) else {
        // Not by `println!`: the test harness shows that of failing tests alone.
        std::io::stderr().write_all(b"\nskipped: the Merkle vectors are not beside this checkout\n").unwrap();
        return;
    };
    let mut plain = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut plain).unwrap();
    let (mut inclusion, mut consistency) = ((0, 0), (0, 0));
    for entry in tar::Archive::new(plain.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let count = |counts: &mut (u32, u32), want_err: bool| {
            *(if want_err { &mut counts.1 } else { &mut counts.0 }) += 1;
        };
        if path.contains("/inclusion/") && path.ends_with(".json") {
            let vector: Inclusion = serde_json::from_str(&text).unwrap();
            assert_eq!(vector.holds(), !vector.want_err, "{path}");
            count(&mut inclusion, vector.want_err);
        } else if path.contains("/consistency/") && path.ends_with(".json") {
            let vector: Consistency = serde_json::from_str(&text).unwrap();
            assert_eq!(vector.holds(), !vector.want_err, "{path}");
            count(&mut consistency, vector.want_err);
        }
    }
    assert_eq!((inclusion, consistency), ((6, 92), (6, 92)), "the archive is not the one that was looked at");
}

//! The independent test vectors of inclusion and consistency proofs, where they lie beside the project.
#![cfg(test)]
use base64::{Engine as _, prelude::BASE64_STANDARD};
use holdfast_translog::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
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

/// Of a part of a tree that is a tree of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeInclusion {
    start: u64,
    end: u64,
    leaf_idx: u64,
    #[serde(flatten)]
    rest: SubtreeRest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeRest {
    root: Option<String>,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeConsistency {
    start: u64,
    end: u64,
    size: u64,
    root1: Option<String>,
    root2: Option<String>,
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

impl SubtreeInclusion {
    /// The proof of a tree that begins with the subtree, if that is one.
    fn of_tree(self) -> Option<Inclusion> {
        let Self { start, end, leaf_idx, rest } = self;
        let tree_size = end.checked_sub(start).filter(|size| *size > 0)?;
        let is_subtree = start.is_multiple_of(tree_size.checked_next_power_of_two()?);
        let leaf_idx = leaf_idx.checked_sub(start).filter(|_| is_subtree)?;
        let SubtreeRest { root, leaf_hash, proof, want_err } = rest;
        Some(Inclusion { leaf_idx, tree_size, root, leaf_hash, proof, want_err })
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
fn every_vector_of_our_proofs_is_judged_as_it_wants() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/merkle/transparency-dev-merkle-testdata.tar.xz");
    let Ok(packed) = std::fs::read(&archive) else {
        // Not by `println!`: the test harness shows that of failing tests alone.
        std::io::stderr().write_all(b"\nskipped: the Merkle vectors are not beside this checkout\n").unwrap();
        return;
    };
    let mut plain = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut plain).unwrap();
    let mut judged = BTreeMap::<&str, (u32, u32)>::new();
    for entry in tar::Archive::new(plain.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let Some((kind, _)) = path.strip_prefix("testdata/").and_then(|path| path.split_once('/')) else {
            continue;
        };
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        if text.is_empty() {
            continue;
        }
        let (kind, holds, want_err) = match kind {
            "inclusion" => {
                let vector: Inclusion = serde_json::from_str(&text).unwrap();
                ("inclusion", vector.holds(), vector.want_err)
            }
            "subtreeinclusion" => {
                let vector: SubtreeInclusion = serde_json::from_str(&text).unwrap();
                let want_err = vector.rest.want_err;
                ("subtree inclusion", vector.of_tree().is_some_and(|vector| vector.holds()), want_err)
            }
            "consistency" => {
                let vector: Consistency = serde_json::from_str(&text).unwrap();
                ("consistency", vector.holds(), vector.want_err)
            }
            "subtreeconsistency" => {
                let vector: SubtreeConsistency = serde_json::from_str(&text).unwrap();
                let SubtreeConsistency { start, end, size, root1, root2, proof, want_err } = vector;
                let vector = Consistency { size1: end, size2: size, root1, root2, proof, want_err };
                // What a log of ours is compared with begins where the log does.
                let holds = start == 0 && vector.holds();
                // Every tree is said to hold an empty subtree, wherever and with whatever root: that shows nothing, and is refused here.
                match start == end && !want_err && !holds {
                    true => ("empty subtree", holds, true),
                    false => ("subtree consistency", holds, want_err),
                }
            }
            other => unreachable!("{other}"),
        };
        assert_eq!(holds, !want_err, "{path}");
        let (good, bad) = judged.entry(kind).or_default();
        *(if want_err { bad } else { good }) += 1;
    }
    let expected = [
        ("consistency", (6, 92)),
        ("empty subtree", (0, 5)),
        ("inclusion", (6, 92)),
        ("subtree consistency", (7, 106)),
        ("subtree inclusion", (12, 192)),
    ];
    assert_eq!(judged, BTreeMap::from(expected), "the archive is not the one that was looked at");
}

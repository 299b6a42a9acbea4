//! A tree that grows batch by batch has the tiles of one that grew at once, and its tiles prove what it holds.
#![cfg(test)]
use holdfast_translog::{
    Edge, Frontier, Growth, Hash, Plan, ProofError, TILE_WIDTH, Tile, TileError, Tiles, leaf_hash,
    tile_hashes, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

fn grown(frontier: &mut Frontier, count: u64) -> Growth {
    let first = frontier.size();
    frontier.grow((first..first + count).map(entry)).unwrap()
}

fn stored(tiles: &mut Tiles, growth: Growth) {
    tiles.extend(growth.files.into_iter().map(|file| (file.tile, file.bytes)));
}

fn root(size: u64) -> Hash {
    let mut edge = Edge::default();
    (0..size).for_each(|number| edge.append(leaf_hash(&entry(number))));
    edge.root()
}

/// Of 70,000 entries: three levels of tiles.
fn large() -> (Tiles, u64) {
    let (mut tiles, mut frontier) = (Tiles::new(), Frontier::default());
    for batch in [1, 255, 1000, 64_280, 1, 4_463] {
        stored(&mut tiles, grown(&mut frontier, batch));
    }
    assert_eq!(frontier.size(), 70_000);
    (tiles, 70_000)
}

#[test]
fn inclusion_is_proven_from_tiles_at_every_border() {
    let (tiles, size) = large();
    let root = root(size);
    assert_eq!(Plan::root(size).prove(&tiles).unwrap(), [root]);
    for index in [0, 1, 254, 255, 256, 257, 65_535, 65_536, 65_537, 69_887, 69_888, 69_998, 69_999] {
        let proof = Plan::inclusion(index, size).unwrap().prove(&tiles).unwrap();
        verify_inclusion(&leaf_hash(&entry(index)), index, size, &root, &proof).unwrap();
        let other = verify_inclusion(&leaf_hash(&entry(index + 1)), index, size, &root, &proof);
        assert_eq!(other, Err(ProofError::NotIncluded { index, size }));
    }
}

#[test]
fn consistency_is_proven_from_the_newest_tiles_alone() {
    let (tiles, newer) = large();
    let newest = root(newer);
    for older in [1, 2, 255, 256, 257, 1256, 65_535, 65_536, 65_537, 69_999, 70_000] {
        let older_root = root(older);
        let plan = Plan::consistency(older, newer).unwrap();
        assert!(
            plan.tiles().iter().all(|tile| Tile::hashes(0, 0, newer).is_some() && tiles.contains_key(tile))
        );
        let proof = plan.prove(&tiles).unwrap();
        verify_consistency(older, newer, &older_root, &newest, &proof).unwrap();
        let forked = verify_consistency(older, newer, &leaf_hash(b"another history"), &newest, &proof);
        assert_eq!(forked, Err(ProofError::Forked { older, newer }));
    }
}

#[test]
fn what_no_tree_can_answer_is_refused() {
    assert_eq!(Plan::inclusion(7, 7), Err(ProofError::BeyondTree { index: 7, size: 7 }));
    assert_eq!(Plan::consistency(8, 7), Err(ProofError::Shrunk { older: 8, newer: 7 }));
    assert_eq!(Plan::consistency(0, 7), Err(ProofError::FromEmpty));
    let root = root(7);
    let beyond = verify_inclusion(&root, 7, 7, &root, &[]);
    assert_eq!(beyond, Err(ProofError::BeyondTree { index: 7, size: 7 }));
    assert_eq!(verify_consistency(8, 7, &root, &root, &[]), Err(ProofError::Shrunk { older: 8, newer: 7 }));
    let endless = vec![root; 65];
    assert_eq!(verify_inclusion(&root, 0, 7, &root, &endless), Err(ProofError::TooLong { found: 65 }));
}

#[test]
fn a_truncated_or_missing_tile_is_named() {
    let (mut tiles, size) = large();
    let tile = Tile::hashes(1, 0, size).unwrap();
    tiles.get_mut(&tile).unwrap().pop();
    let plan = Plan::inclusion(69_999, size).unwrap();
    let cut = TileError::Truncated { path: "tile/1/000".to_owned(), expected: 8192, found: 8191 };
    assert_eq!(plan.prove(&Tiles::new()).map_err(|_| ()), Err(()));
    let plan_below = Plan::inclusion(0, size).unwrap();
    assert_eq!(plan_below.prove(&tiles), Err(cut));
    tiles.remove(&tile);
    assert_eq!(plan_below.prove(&tiles), Err(TileError::Missing { path: "tile/1/000".to_owned() }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn batches_do_not_matter(batches in prop::collection::vec(0..700_u64, 1..6)) {
        let (mut frontier, mut tiles) = (Frontier::default(), Tiles::new());
        let mut sizes = vec![0];
        for batch in batches {
            let growth = grown(&mut frontier, batch);
            prop_assert_eq!(growth.size, frontier.size());
            prop_assert_eq!(growth.leaves.len() as u64, batch);
            stored(&mut tiles, growth);
            sizes.push(frontier.size());
            // A sequencer that starts anew finds the same edge in what was stored.
            let again = Frontier::of(frontier.size(), &tiles).unwrap();
            prop_assert_eq!(again.root(), frontier.root());
            frontier = again;
        }
        let size = frontier.size();
        prop_assert_eq!(frontier.root(), root(size));
        let mut at_once = Tiles::new();
        stored(&mut at_once, grown(&mut Frontier::default(), size));
        for (tile, bytes) in &at_once {
            prop_assert_eq!(tiles.get(tile), Some(bytes), "{}", tile.path());
        }
        // No tile of an earlier size says anything else than the full one does later.
        for (tile, bytes) in &tiles {
            if let Some(wider) = tiles.get(&tile.full()) {
                prop_assert!(wider.starts_with(bytes));
            }
        }
        for pair in sizes.windows(2) {
            let (older, newer) = (pair[0], pair[1]);
            if older > 0 {
                let proof = Plan::consistency(older, newer).unwrap().prove(&tiles).unwrap();
                verify_consistency(older, newer, &root(older), &root(newer), &proof).unwrap();
            }
        }
    }

    #[test]
    fn every_entry_of_a_small_tree_is_proven_and_no_other(size in 1..600_u64, other in any::<u64>()) {
        let mut tiles = Tiles::new();
        let growth = grown(&mut Frontier::default(), size);
        let root = growth.root;
        stored(&mut tiles, growth);
        for index in 0..size {
            let mut proof = Plan::inclusion(index, size).unwrap().prove(&tiles).unwrap();
            let leaf = leaf_hash(&entry(index));
            verify_inclusion(&leaf, index, size, &root, &proof).unwrap();
            let wrong = other % size;
            if wrong != index {
                prop_assert!(verify_inclusion(&leaf, wrong, size, &root, &proof).is_err());
            }
            proof.push(leaf);
            prop_assert!(verify_inclusion(&leaf, index, size, &root, &proof).is_err());
        }
    }
}

#[test]
fn a_bundle_that_is_not_what_its_tile_says_cannot_be_grown_from() {
    let mut tiles = Tiles::new();
    stored(&mut tiles, grown(&mut Frontier::default(), 3));
    let bundle = Tile::entries(0, 3).unwrap();
    *tiles.get_mut(&bundle).unwrap().last_mut().unwrap() ^= 1;
    let refused = Frontier::of(3, &tiles).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "entry 2 of the last bundle is not the one that its tile holds the hash of"
    );
    assert_eq!(
        tile_hashes(Tile::hashes(0, 0, 3).unwrap(), &[0; 95]).unwrap_err().to_string(),
        "tile/0/000.p/3 is 95 bytes long instead of 96"
    );
    assert_eq!(TILE_WIDTH, 256);
}

//! The published log as an outsider reads it: with the public key, from the files alone.
#![allow(unreachable_pub, dead_code, reason = "a module that test files share")]
use holdfast_audit::sequencer::Shelf;
use holdfast_translog::{
    CHECKPOINT_PATH, Checkpoint, Entry, Plan, SignedCheckpoint, Tile, TileSource, Trust, VERIFIER_KEY_PATH,
    Verified, VerifierKey, decode_bundle, fetch, verify_consistency, verify_tiles,
};
use std::{collections::BTreeSet, path::Path};
use url::Url;

/// The place of an event: service, lane, number in it.
pub type Place = (String, i32, i64);

pub fn shelf(dir: &Path) -> Shelf {
    Shelf::open(&Url::from_directory_path(dir).unwrap(), &Default::default()).unwrap()
}

pub async fn verifier_key(shelf: &Shelf) -> VerifierKey {
    let key = shelf.get(VERIFIER_KEY_PATH).await.unwrap().unwrap();
    String::from_utf8(key).unwrap().trim().parse().unwrap()
}

pub async fn checkpoint_note(shelf: &Shelf) -> Option<Vec<u8>> {
    shelf.get(CHECKPOINT_PATH).await.unwrap()
}

/// Every entry, chain, head and tile; and that the log continues what was seen before.
pub async fn verified(shelf: &Shelf, earlier: &[Vec<u8>]) -> Verified {
    let key = verifier_key(shelf).await;
    let trust = Trust::in_key(key.clone()).and_earlier(earlier.to_vec());
    let verified = verify_tiles(shelf, &trust).await.unwrap();
    for note in earlier {
        let older = SignedCheckpoint::open(note, &key).unwrap();
        consistent(shelf, older.checkpoint(), &verified.checkpoint).await;
    }
    verified
}

async fn consistent(shelf: &Shelf, older: &Checkpoint, newer: &Checkpoint) {
    let plan = Plan::consistency(older.size, newer.size).unwrap();
    let tiles = fetch(shelf, plan.tiles()).await.unwrap();
    let proof = plan.prove(&tiles).unwrap();
    verify_consistency(older.size, newer.size, &older.root, &newer.root, &proof).unwrap();
}

/// The events in the order of the log; none stands in it twice.
pub async fn events(shelf: &Shelf) -> BTreeSet<Place> {
    let Some(note) = checkpoint_note(shelf).await else { return BTreeSet::new() };
    let size = SignedCheckpoint::open(&note, &verifier_key(shelf).await).unwrap().checkpoint().size;
    let tiles: Vec<Tile> = (0..).map_while(|index| Tile::entries(index, size)).collect();
    let bundles = fetch(shelf, tiles).await.unwrap();
    let mut places = BTreeSet::new();
    for (tile, bytes) in bundles {
        for entry in decode_bundle(&bytes, tile.width()).unwrap() {
            if let Entry::Event(event) = Entry::decode(&entry).unwrap() {
                let seq = i64::try_from(event.lane_seq).unwrap();
                let place = (event.service.as_str().to_owned(), i32::from(event.lane), seq);
                assert!(places.insert(place), "an event stands in the log twice");
            }
        }
    }
    places
}

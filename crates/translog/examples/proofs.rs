//! Proofs of one patient's history as a log makes them, honest and forked, for the verifier of the pages: JSON on standard output.
#[path = "../tests/world/mod.rs"]
#[expect(clippy::indexing_slicing, reason = "the log of the tests, over events that are chosen here")]
mod world;

use holdfast_translog::{SigningKey, Signs};
use serde_json::{Value, json};
use std::io::{self, Write as _};
use world::{Chosen, ORIGIN, World, key, text};

const PATIENT: u8 = 1;

/// Events of several patients and of none, in several lanes.
fn events(count: u8) -> Vec<Chosen> {
    (0..count).map(|number| (number % 5, number % 13)).collect()
}

/// The checkpoint and the proof, as they stand after the last batch.
fn stands(world: &World) -> Value {
    let proof = world.export_of(PATIENT).map(|lines| String::from_utf8_lossy(&text(&lines)).into_owned());
    json!({ "note": world.newest().to_text(), "proof": proof })
}

fn main() -> io::Result<()> {
    let batches = [3, 40, 1, 250, 250, 7, 250].map(events);
    let honest = (1..=batches.len()).map(|count| batches.get(..count).unwrap_or_default());
    let honest: Vec<Value> = honest.map(|batches| stands(&World::of(batches))).collect();
    let [_, forked] =
        World::forked(batches.get(..3).unwrap_or_default(), batches.get(3..).unwrap_or_default());
    // Fewer of the patient's events than the honest log has, in a log of the same key.
    let fewer: Vec<Vec<Chosen>> =
        batches.iter().map(|batch| batch.iter().copied().skip(2).collect()).collect();
    let other = SigningKey::from_seed(ORIGIN, Signs::Notes, &[2; 32]).map_err(io::Error::other)?;
    let all = json!({
        "key": key().verifier().to_string(),
        "other_key": other.verifier().to_string(),
        "honest": honest,
        "forked": stands(&forked),
        "fewer": stands(&World::of(&fewer)),
    });
    writeln!(io::stdout(), "{all}")
}

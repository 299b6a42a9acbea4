//! Who holds the key can sign a log that does not count right, and is caught by whoever reads it.
#![cfg(test)]
mod world;

use holdfast_translog::{
    Begin, Chain, Checkpoint, Entry, EventEntry, Frontier, Head, Heads, HeadsEntry, Line, PatientLink,
    Placed, VerifyError, leaf_hash, verify_head,
};
use world::{ORIGIN, World, key, patient, trust, verify};

/// Three events of one patient and one of another, closed; then one of the first, closed.
fn honest() -> Vec<Entry> {
    let world = World::of(&[vec![(0, 0), (0, 1), (1, 0), (0, 0)], vec![(0, 1)]]);
    world.entries.iter().map(|sequenced| sequenced.entry).collect()
}

/// As the holder of the key would publish it, every root made anew.
fn signed(entries: &[Entry]) -> Vec<Line> {
    let entries: Vec<Vec<u8>> = entries.iter().map(Entry::encode).collect();
    let growth = Frontier::default().grow(entries.clone()).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: growth.size, root: growth.root };
    let head = [Line::Begin(Begin::of(None)), Line::Checkpoint(checkpoint.sign(&key()).to_text())];
    let placed = |(bytes, index)| Line::Entry(Placed { index, bytes, proof: Vec::new() });
    head.into_iter().chain(entries.into_iter().zip(0..).map(placed)).collect()
}

fn found(entries: &[Entry]) -> VerifyError {
    verify(&signed(entries), &trust()).unwrap_err()
}

fn with_event(index: usize, change: impl Fn(EventEntry) -> EventEntry) -> Vec<Entry> {
    let mut entries = honest();
    let Entry::Event(event) = entries[index] else { unreachable!() };
    entries[index] = Entry::Event(change(event));
    entries
}

fn with_heads(index: usize, change: impl Fn(HeadsEntry) -> HeadsEntry) -> Vec<Entry> {
    let mut entries = honest();
    let Entry::Heads(heads) = entries[index] else { unreachable!() };
    entries[index] = Entry::Heads(change(heads));
    entries
}

fn linked(event: EventEntry, change: impl Fn(PatientLink) -> PatientLink) -> EventEntry {
    EventEntry { patient: event.patient.map(change), ..event }
}

#[test]
fn signed_anew_the_honest_log_verifies() {
    verify(&signed(&honest()), &trust()).unwrap();
}

#[test]
fn an_event_that_a_lane_lacks_is_named() {
    let gap = with_event(2, |event| EventEntry { lane_seq: 3, ..event });
    assert!(matches!(
        found(&gap),
        VerifyError::LaneCount { index: 2, service: "records", lane: 0, expected: 2, found: 3 }
    ));
}

#[test]
fn an_entry_that_a_patient_lacks_is_named() {
    let gap = with_event(1, |event| linked(event, |link| PatientLink { seq: 3, ..link }));
    assert!(matches!(found(&gap), VerifyError::PatientCount { index: 1, expected: 2, found: 3 }));
    let other = with_event(1, |event| linked(event, |link| PatientLink { previous: [0; 32], ..link }));
    assert!(matches!(found(&other), VerifyError::PatientChain { index: 1 }));
    // Not counted as the patient's at all: the next of the patient no longer follows.
    let unlinked = with_event(0, |event| EventEntry { patient: None, ..event });
    assert!(matches!(found(&unlinked), VerifyError::PatientCount { index: 1, expected: 1, found: 2 }));
}

#[test]
fn heads_that_were_never_reached_are_named() {
    let closing = with_heads(4, |heads| HeadsEntry { chains: heads.chains - 1, ..heads });
    assert!(matches!(found(&closing), VerifyError::Heads { index: 4 }));
    let closing = with_heads(6, |heads| HeadsEntry { heads_root: [1; 32], ..heads });
    assert!(matches!(found(&closing), VerifyError::Heads { index: 6 }));
}

#[test]
fn a_checkpoint_that_does_not_follow_the_one_before_is_named() {
    let other = with_heads(6, |heads| HeadsEntry { previous_root: [1; 32], ..heads });
    assert!(matches!(found(&other), VerifyError::Previous { index: 6, from: 5 }));
    let smaller = with_heads(6, |heads| HeadsEntry { previous_size: 3, ..heads });
    assert!(matches!(found(&smaller), VerifyError::Previous { index: 6, from: 3 }));
    let first = with_heads(4, |heads| HeadsEntry { previous_size: 1, ..heads });
    assert!(matches!(found(&first), VerifyError::Previous { index: 4, .. }));
}

#[test]
fn a_tree_that_closes_without_heads_is_named() {
    assert!(matches!(found(&honest()[..6]), VerifyError::NotClosed { size: 6 }));
    assert!(matches!(found(&[]), VerifyError::NotClosed { size: 0 }));
}

/// What a patient alone cannot see, every reader of the log can: the head says of fewer entries than the log counts.
#[test]
fn a_head_that_lies_to_its_patient_is_caught_in_the_log() {
    let honest = honest();
    let mut heads = Heads::default();
    for entry in &honest[..4] {
        let Entry::Event(event) = entry else { unreachable!() };
        let last = leaf_hash(&entry.encode());
        heads.set(event.lane_chain().key(), Head { count: event.lane_seq, last });
        let link = event.patient.unwrap();
        heads.set(link.chain, Head { count: link.seq, last });
    }
    let truth = heads.root();
    assert!(matches!(honest[4], Entry::Heads(closing) if closing.heads_root == truth));
    let (chain, shown) =
        (Chain::Patient(patient(0)).key(), Head { count: 1, last: leaf_hash(&honest[0].encode()) });
    heads.set(chain, shown);
    let lie = heads.root();
    let (head, proof) = heads.prove(&chain).unwrap();
    assert_eq!(verify_head(&chain, head, &lie, &proof), Ok(()));
    let lying = with_heads(4, |closing| HeadsEntry { heads_root: lie, ..closing });
    assert!(matches!(found(&lying), VerifyError::Heads { index: 4 }));
}

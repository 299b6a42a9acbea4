//! Events become entries that are counted twice, and every checkpoint closes with the heads; the bytes are those of another
//! implementation of the same form (`golden.json`).
#![cfg(test)]
use chrono::{DateTime, Utc};
use holdfast_translog::{
    BATCH_EVENTS_MAX, Chain, Checkpoint, Entry, EntryError, Event, Frontier, Head, Heads, Sequence,
    SequenceError, SignedCheckpoint, SigningKey, Signs, Tiles, VerifierKey, encode_hash, leaf_hash,
    verify_head,
};
use holdfast_types::{EventId, PatientId, Service};
use serde_json::Value;
use uuid::Uuid;

const ORIGIN: &str = "log.example/holdfast";
const TIME: i64 = 1_767_225_600_000_000;

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

fn patient(number: u128) -> PatientId {
    PatientId::new(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0000 + number))
}

fn event(service: Service, lane: u16, lane_seq: u64, number: u8, patient: Option<PatientId>) -> Event {
    let event_id =
        EventId::new(Uuid::from_u128(0x0189_0000_0000_7000_9000_0000_0000_0000 + u128::from(number)));
    Event { service, lane, lane_seq, event_id, leaf: [number; 32], patient }
}

fn first() -> [Event; 4] {
    [
        event(Service::Consent, 5, 1, 1, Some(patient(1))),
        event(Service::Records, 5, 1, 2, Some(patient(1))),
        event(Service::Identity, 1023, 1, 3, None),
        event(Service::Records, 900, 1, 4, Some(patient(2))),
    ]
}

fn second() -> [Event; 1] {
    [event(Service::Records, 5, 2, 5, Some(patient(1)))]
}

fn golden() -> Value {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

#[test]
fn the_log_of_the_same_events_has_the_golden_bytes() {
    let golden = golden();
    let mut sequence = Sequence::new(ORIGIN.to_owned());
    let batches = [
        sequence.append(&first(), time(TIME)).unwrap(),
        sequence.append(&second(), time(TIME + 1_000_001)).unwrap(),
    ];
    let entries: Vec<_> = batches.iter().flat_map(|batch| &batch.entries).collect();
    let expected = golden["entries"].as_array().unwrap();
    assert_eq!(entries.len(), expected.len());
    for ((sequenced, expected), index) in entries.iter().zip(expected).zip(0..) {
        assert_eq!(hex::encode(&sequenced.bytes), expected.as_str().unwrap());
        assert_eq!(Entry::decode(&sequenced.bytes), Ok(sequenced.entry));
        assert_eq!((sequenced.index, sequenced.leaf), (index, leaf_hash(&sequenced.bytes)));
    }
    for (batch, expected) in batches.iter().zip(golden["checkpoints"].as_array().unwrap()) {
        assert_eq!(batch.checkpoint.size, expected["size"].as_u64().unwrap());
        assert_eq!(encode_hash(&batch.checkpoint.root), expected["root"].as_str().unwrap());
    }
    let key = SigningKey::from_seed(ORIGIN, Signs::Notes, &[7; 32]).unwrap();
    let witness = SigningKey::from_seed("witness.example/w1", Signs::Cosignatures, &[9; 32]).unwrap();
    assert_eq!(key.verifier().to_string(), golden["log_key"].as_str().unwrap());
    assert_eq!(witness.verifier().to_string(), golden["witness_key"].as_str().unwrap());
    let mut signed = batches[1].checkpoint.sign(&key);
    signed.cosign(&witness, 1_767_225_602);
    assert_eq!(signed.to_text(), golden["checkpoint"].as_str().unwrap());
}

#[test]
fn the_golden_checkpoint_verifies_with_the_public_keys_alone() {
    let golden = golden();
    let text = golden["checkpoint"].as_str().unwrap();
    let key: VerifierKey = golden["log_key"].as_str().unwrap().parse().unwrap();
    let witness: VerifierKey = golden["witness_key"].as_str().unwrap().parse().unwrap();
    let signed = SignedCheckpoint::open(text.as_bytes(), &key).unwrap();
    assert_eq!(signed.checkpoint().size, 7);
    assert_eq!(signed.cosigned_by(&witness), Ok(1_767_225_602));
}

#[test]
fn an_entry_has_one_spelling_and_says_where_it_breaks() {
    for entry in golden()["entries"].as_array().unwrap() {
        let bytes = hex::decode(entry.as_str().unwrap()).unwrap();
        assert_eq!(Entry::decode(&bytes).unwrap().encode(), bytes);
        for length in 0..bytes.len() {
            assert!(Entry::decode(&bytes[..length]).is_err());
        }
        let long = [bytes.as_slice(), &[0]].concat();
        assert!(matches!(Entry::decode(&long), Err(EntryError::Trailing(1))));
        let newer = [&[2], &bytes[1..]].concat();
        assert_eq!(Entry::decode(&newer), Err(EntryError::Version(2)));
        let other = [&[1, 3], &bytes[2..]].concat();
        assert_eq!(Entry::decode(&other), Err(EntryError::Kind(3)));
    }
}

#[test]
fn a_sequencer_that_starts_anew_goes_on_where_the_checkpoint_ended() {
    let mut whole = Sequence::new(ORIGIN.to_owned());
    let one = whole.append(&first(), time(TIME)).unwrap();
    let two = whole.append(&second(), time(TIME + 1)).unwrap();

    let tiles: Tiles = one.growth.files.iter().map(|file| (file.tile, file.bytes.clone())).collect();
    let frontier = || Frontier::of(one.checkpoint.size, &tiles).unwrap();
    let last = &one.entries.last().unwrap().bytes;
    let resume = |checkpoint: &Checkpoint, last: &[u8], heads: Vec<_>| {
        Sequence::resume(checkpoint, frontier(), last, heads).map(|_| ())
    };
    let mut again = Sequence::resume(&one.checkpoint, frontier(), last, one.heads.clone()).unwrap();
    assert_eq!(again.append(&second(), time(TIME + 1)).unwrap(), two);

    let size = one.checkpoint.size;
    let other = Checkpoint { root: two.checkpoint.root, ..one.checkpoint.clone() };
    assert_eq!(resume(&other, last, one.heads.clone()), Err(SequenceError::OtherTree { size }));
    let fewer = one.heads[1..].to_vec();
    assert_eq!(resume(&one.checkpoint, last, fewer), Err(SequenceError::OtherHeads { size }));
    let event = &one.entries[0].bytes;
    let refused = resume(&one.checkpoint, event, one.heads.clone());
    assert_eq!(refused, Err(SequenceError::NotClosed { size, cause: None }));
}

#[test]
fn a_lane_takes_its_next_event_only_and_a_refused_batch_changes_nothing() {
    let mut sequence = Sequence::new(ORIGIN.to_owned());
    sequence.append(&first(), time(TIME)).unwrap();
    let (size, root) =
        (sequence.size(), Sequence::append(&mut sequence, &[], time(TIME)).unwrap().checkpoint.root);
    for lane_seq in [0, 1, 3, u64::MAX] {
        let (good, bad) = (second()[0], event(Service::Consent, 5, lane_seq, 9, None));
        let refused = sequence.append(&[good, bad], time(TIME)).unwrap_err();
        let expected =
            SequenceError::LaneOrder { service: Service::Consent, lane: 5, last: 1, found: lane_seq };
        assert_eq!(refused, expected);
    }
    let repeated = sequence.append(&[second()[0], second()[0]], time(TIME)).unwrap_err();
    assert!(matches!(repeated, SequenceError::LaneOrder { last: 2, found: 2, .. }));
    let many = vec![second()[0]; BATCH_EVENTS_MAX + 1];
    let refused = sequence.append(&many, time(TIME)).unwrap_err();
    assert_eq!(refused, SequenceError::TooMany { found: BATCH_EVENTS_MAX + 1 });
    assert_eq!(sequence.size(), size + 1);
    let Entry::Heads(next) = sequence.append(&[], time(TIME)).unwrap().entries[0].entry else {
        unreachable!()
    };
    assert_eq!((next.previous_size, next.previous_root), (size + 1, root));
}

#[test]
fn a_head_is_proven_under_the_root_and_no_other_head_is() {
    let chains: Vec<_> = (0..200).map(|number| Chain::Patient(patient(number)).key()).collect();
    let head = |count: u64| Head { count, last: leaf_hash(&count.to_be_bytes()) };
    let all: Vec<_> = chains.iter().zip(1..).map(|(key, count)| (*key, head(count))).collect();
    let mut heads: Heads = all.iter().copied().collect();
    let root = heads.root();
    let mut backwards: Heads = all.iter().rev().copied().collect();
    assert_eq!((backwards.root(), backwards.len()), (root, 200));
    for (key, count) in chains.iter().zip(1..) {
        let (found, proof) = heads.prove(key).unwrap();
        assert_eq!(found, head(count));
        verify_head(key, found, &root, &proof).unwrap();
        assert!(verify_head(key, head(count - 1), &root, &proof).is_err(), "a shorter history");
        assert!(verify_head(&chains[usize::try_from(count % 200).unwrap()], found, &root, &proof).is_err());
        assert!(verify_head(key, found, &root, &proof[1..]).is_err());
    }
    let unknown = Chain::Lane(Service::Audit, 7).key();
    assert_eq!((heads.prove(&unknown), heads.get(&unknown)), (None, None));
    heads.set(chains[3], head(1000));
    assert_ne!(heads.root(), root);
    heads.set(chains[3], head(4));
    assert_eq!((heads.root(), heads.len()), (root, 200));
}

//! Notes, checkpoints and cosignatures: what is signed verifies, what is of another log or key or was changed is named.
#![cfg(test)]
use holdfast_translog::{
    AddCheckpoint, Checkpoint, CheckpointError, Edge, KeyError, Note, NoteError, Plan, SignatureError,
    SignedCheckpoint, SigningKey, Signs, Tiles, VerifierKey, WitnessRefusal, Witnessed, leaf_hash,
};

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn log_key() -> SigningKey {
    SigningKey::from_seed("log.example/holdfast", Signs::Notes, &[1; 32]).unwrap()
}

fn witness_key() -> SigningKey {
    SigningKey::from_seed("witness.example", Signs::Cosignatures, &[2; 32]).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    let mut edge = Edge::default();
    (0..size).for_each(|number| edge.append(leaf_hash(&number.to_be_bytes())));
    Checkpoint { origin: "log.example/holdfast".to_owned(), size, root: edge.root() }
}

fn tiles(size: u64) -> Tiles {
    let entries = (0..size).map(|number: u64| number.to_be_bytes().to_vec());
    let growth = holdfast_translog::Frontier::default().grow(entries).unwrap();
    growth.files.into_iter().map(|file| (file.tile, file.bytes)).collect()
}

#[test]
fn the_example_of_the_standard_verifies_and_is_written_back_as_it_was() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    let note = Note::parse(EXAMPLE_NOTE.as_bytes()).unwrap();
    assert_eq!(key.verify(&note), Ok(None));
    assert_eq!((note.to_string(), key.to_string()), (EXAMPLE_NOTE.to_owned(), EXAMPLE_KEY.to_owned()));
}

#[test]
fn keys_read_back_from_their_text_and_only_whole() {
    for key in [log_key(), witness_key()] {
        let text = key.verifier().to_string();
        assert_eq!(&text.parse::<VerifierKey>().unwrap(), key.verifier());
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ verifier: {text}, .. }}"),
            "nothing of the seed"
        );
    }
    let read = |text: &str| text.parse::<VerifierKey>();
    assert_eq!(read("name"), Err(KeyError::Form));
    assert_eq!(
        read("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        Err(KeyError::Id)
    );
    assert_eq!(
        read("example.com/fou+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        Err(KeyError::Id)
    );
    assert_eq!(
        read("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        Err(KeyError::Kind)
    );
    assert!(SigningKey::from_seed("two words", Signs::Notes, &[0; 32]).is_err());
}

#[test]
fn a_checkpoint_of_another_log_or_key_or_with_another_word_is_refused_by_name() {
    let (key, signed) = (log_key(), checkpoint(7).sign(&log_key()));
    let open = |text: &str, key: &VerifierKey| SignedCheckpoint::open(text.as_bytes(), key).map(|_| ());
    let text = signed.to_text();
    assert_eq!(open(&text, key.verifier()), Ok(()));

    let elsewhere = SigningKey::from_seed("other.example", Signs::Notes, &[1; 32]).unwrap();
    let other_log = open(&text, elsewhere.verifier()).unwrap_err();
    assert_eq!(
        other_log.to_string(),
        "the checkpoint is of the log `log.example/holdfast`, the key is of `other.example`"
    );
    let stranger = SigningKey::from_seed("log.example/holdfast", Signs::Notes, &[3; 32]).unwrap();
    let cause = SignatureError::Missing { key: "log.example/holdfast".to_owned() };
    let origin = "log.example/holdfast".to_owned();
    assert_eq!(
        open(&text, stranger.verifier()),
        Err(CheckpointError::Signature { origin: origin.clone(), cause })
    );

    let changed = text.replace("\n7\n", "\n8\n");
    let cause = SignatureError::Wrong { key: origin.clone() };
    assert_eq!(open(&changed, key.verifier()), Err(CheckpointError::Signature { origin, cause }));
    assert!(matches!(
        open(&text.replace("\n7\n", "\n07\n"), key.verifier()),
        Err(CheckpointError::Malformed(_))
    ));
    let unsigned = open("log.example/holdfast\n7\n", key.verifier());
    assert_eq!(unsigned, Err(CheckpointError::Note(NoteError::NoSignatures)));
}

#[test]
fn a_note_that_is_not_one_is_refused() {
    let note = |text: &str| Note::parse(text.as_bytes()).map(|_| ());
    assert_eq!(note("text\n"), Err(NoteError::NoSignatures));
    assert_eq!(note("text\n\n"), Err(NoteError::NoSignatures));
    assert_eq!(note("text\n\nx\n"), Err(NoteError::SignatureLine { line: 1 }));
    assert_eq!(note("te\u{7}xt\n\n\u{2014} a AAAAAAAA\n"), Err(NoteError::NotText));
    assert_eq!(note("text\n\n\u{2014} a AAAAAAAA\n"), Ok(()));
    assert_eq!(note("text\n\n\u{2014} a AAAA\n"), Err(NoteError::SignatureLine { line: 1 }));
    assert_eq!(Note::parse(&[0xff, b'\n', b'\n']).map(|_| ()), Err(NoteError::NotText));
    assert_eq!(note(&"x".repeat(70_000)), Err(NoteError::TooLong));
    let many = format!("text\n\n{}", "\u{2014} a AAAAAAAA\n".repeat(101));
    assert_eq!(note(&many), Err(NoteError::TooManySignatures));
}

#[test]
fn a_cosignature_holds_for_its_checkpoint_its_time_and_its_witness() {
    let (witness, mut signed) = (witness_key(), checkpoint(7).sign(&log_key()));
    let missing = SignatureError::Missing { key: "witness.example".to_owned() };
    assert_eq!(signed.cosigned_by(witness.verifier()), Err(missing));
    let line = witness.sign(signed.note().text(), 1_767_225_600).to_string();
    assert_eq!(signed.add_cosignature(&line, witness.verifier()), Ok(1_767_225_600));
    let again = SignedCheckpoint::open(signed.to_text().as_bytes(), log_key().verifier()).unwrap();
    assert_eq!(again.cosigned_by(witness.verifier()), Ok(1_767_225_600));

    let mut other = checkpoint(8).sign(&log_key());
    let wrong = SignatureError::Wrong { key: "witness.example".to_owned() };
    assert_eq!(other.add_cosignature(&line, witness.verifier()), Err(wrong));
    assert_eq!(other, checkpoint(8).sign(&log_key()), "what does not verify is not taken over");
}

#[test]
fn a_witness_cosigns_what_continues_and_nothing_else() {
    let (log, witness) = (log_key(), witness_key());
    let ask = |older: u64, newer: u64, proof| AddCheckpoint {
        older,
        proof,
        checkpoint: checkpoint(newer).sign(&log).to_text(),
    };
    let cosign = |request: &AddCheckpoint, last| {
        AddCheckpoint::parse(request.to_text().as_bytes())?.cosign(
            log.verifier(),
            last,
            &witness,
            1_767_225_600,
        )
    };
    let (first, _) = cosign(&ask(0, 300, vec![]), None).unwrap();
    assert_eq!(first, Witnessed { size: 300, root: checkpoint(300).root });
    let proof = Plan::consistency(300, 700).unwrap().prove(&tiles(700)).unwrap();
    let (second, line) = cosign(&ask(300, 700, proof.clone()), Some(first)).unwrap();
    assert_eq!(second.size, 700);
    let mut signed = checkpoint(700).sign(&log);
    assert_eq!(signed.add_cosignature(&line.to_string(), witness.verifier()), Ok(1_767_225_600));

    let same = cosign(&ask(700, 700, vec![]), Some(second)).unwrap();
    assert_eq!(same.0, second, "the same checkpoint may be cosigned again");
    let refusal = |request: &AddCheckpoint, last| cosign(request, last).unwrap_err();
    let stale = refusal(&ask(300, 700, proof.clone()), Some(second));
    assert!(matches!(stale, WitnessRefusal::Conflict { size: 700 }));
    let older = refusal(&ask(700, 300, vec![]), Some(second));
    assert!(matches!(older, WitnessRefusal::Older { older: 700, newer: 300 }));
    let forked = Witnessed { root: leaf_hash(b"another history"), ..first };
    assert!(matches!(refusal(&ask(300, 700, proof), Some(forked)), WitnessRefusal::Inconsistent(_)));
    let beside = refusal(&ask(300, 300, vec![]), Some(forked));
    assert!(matches!(beside, WitnessRefusal::Forked { size: 300 }));
    let stranger = SigningKey::from_seed("other.example", Signs::Notes, &[1; 32]).unwrap();
    let unknown = ask(0, 7, vec![]).cosign(stranger.verifier(), None, &witness, 0).unwrap_err();
    assert!(matches!(unknown, WitnessRefusal::Checkpoint(CheckpointError::OtherLog { .. })));
    for body in ["", "old 1", "old x\n\n", "old +1\n\n", "old 01\n\n", "new 1\n\n", "old 1\nAAAA\n\n"] {
        assert!(matches!(AddCheckpoint::parse(body.as_bytes()), Err(WitnessRefusal::Malformed(_))), "{body}");
    }
}

//! Three other implementations of the same standards judge ours, and ours judges theirs: `ct-merkle`, `tlog_tiles`, `signed_note`.
#![cfg(test)]
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use holdfast_translog::{
    Checkpoint, Frontier, Hash, Note, Plan, SignedCheckpoint, SigningKey, Signs, Tiles, VerifierKey,
    leaf_hash, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2_for_ct_merkle::Sha256;
use signed_note::{StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{HashReader, check_record, check_tree, prove_record, prove_tree, stored_hashes, tree_hash};

const SIZE_MAX: u64 = 1500;

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

fn ours(size: u64) -> (Tiles, Hash) {
    let growth = Frontier::default().grow((0..size).map(entry)).unwrap();
    (growth.files.into_iter().map(|file| (file.tile, file.bytes)).collect(), growth.root)
}

fn theirs(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|number| tree.push(entry(number)));
    tree
}

fn root_of(tree: &MemoryBackedTree<Sha256, Vec<u8>>) -> Hash {
    (*tree.root().as_bytes()).into()
}

fn digests(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks().0.to_vec()
}

/// The hashes of `tlog_tiles`, in the order in which it stores them.
struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn stored(size: u64) -> Stored {
    let mut all = Stored(Vec::new());
    for number in 0..size {
        let hashes = stored_hashes(number, &entry(number), &all).unwrap();
        all.0.extend(hashes);
    }
    all
}

fn plain(hashes: Vec<tlog_tiles::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ct_merkle_makes_the_same_proofs_and_accepts_ours(size in 1..SIZE_MAX, place in any::<prop::sample::Index>()) {
        let ((tiles, root), tree) = (ours(size), theirs(size));
        prop_assert_eq!(root, root_of(&tree));
        let index = place.index(usize::try_from(size).unwrap());
        let number = index as u64;
        let proof = Plan::inclusion(number, size).unwrap().prove(&tiles).unwrap();
        prop_assert_eq!(&proof, &digests(tree.prove_inclusion(index).as_bytes()));
        let theirs_of_ours = InclusionProof::<Sha256>::try_from_bytes(proof.concat()).unwrap();
        prop_assert!(tree.root().verify_inclusion(&entry(number), number, &theirs_of_ours).is_ok());
        verify_inclusion(&leaf_hash(&entry(number)), number, size, &root, &proof).unwrap();

        let older = number + 1;
        let (older_root, additions) = (ours(older).1, usize::try_from(size - older).unwrap());
        let proof = Plan::consistency(older, size).unwrap().prove(&tiles).unwrap();
        prop_assert_eq!(&proof, &digests(tree.prove_consistency(additions).as_bytes()));
        let before = RootHash::<Sha256>::new(older_root.into(), older);
        let theirs_of_ours = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).unwrap();
        prop_assert!(tree.root().verify_consistency(&before, &theirs_of_ours).is_ok());
        verify_consistency(older, size, &older_root, &root, &proof).unwrap();
    }

    #[test]
    fn tlog_tiles_makes_the_same_proofs_and_accepts_ours(size in 1..SIZE_MAX, place in any::<prop::sample::Index>()) {
        let ((tiles, root), all) = (ours(size), stored(size));
        let whole = tlog_tiles::Hash(root);
        prop_assert_eq!(tree_hash(size, &all).unwrap().0, root);
        let index = place.index(usize::try_from(size).unwrap()) as u64;
        let proof = Plan::inclusion(index, size).unwrap().prove(&tiles).unwrap();
        prop_assert_eq!(&proof, &plain(prove_record(size, index, &all).unwrap()));
        let given = proof.iter().copied().map(tlog_tiles::Hash).collect();
        prop_assert!(check_record(&given, size, whole, index, tlog_tiles::Hash(leaf_hash(&entry(index)))).is_ok());

        let older = index + 1;
        let before = tlog_tiles::Hash(ours(older).1);
        let proof = Plan::consistency(older, size).unwrap().prove(&tiles).unwrap();
        prop_assert_eq!(&proof, &plain(prove_tree(size, older, &all).unwrap()));
        let given = proof.iter().copied().map(tlog_tiles::Hash).collect();
        prop_assert!(check_tree(&given, size, whole, older, before).is_ok());
    }

    #[test]
    fn which_tiles_a_growth_writes_is_what_tlog_tiles_says(older in 0..SIZE_MAX, more in 1..SIZE_MAX) {
        let mut frontier = Frontier::default();
        frontier.grow((0..older).map(entry)).unwrap();
        let growth = frontier.grow((older..older + more).map(entry)).unwrap();
        let hashes = growth.files.iter().filter(|file| !file.tile.path().contains("entries"));
        let mut ours: Vec<String> = hashes.map(|file| file.tile.path()).collect();
        // Their paths name the height, which C2SP leaves out.
        let theirs = tlog_tiles::Tile::new_tiles(8, older, older + more);
        let mut theirs: Vec<String> = theirs.iter().map(|tile| tile.path().replace("tile/8/", "tile/")).collect();
        ours.sort();
        theirs.sort();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn signed_note_verifies_our_checkpoints_and_we_theirs(seed in any::<[u8; 32]>(), size in 0..1_u64 << 48, root in any::<Hash>()) {
        let key = SigningKey::from_seed("log.example/holdfast", Signs::Notes, &seed).unwrap();
        let checkpoint = Checkpoint { origin: "log.example/holdfast".to_owned(), size, root };
        let (signed, public) = (checkpoint.sign(&key), key.verifier().to_string());

        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&public).unwrap())]);
        let read = signed_note::Note::from_bytes(signed.to_text().as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&known).unwrap().0.len(), 1);
        let parsed = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
        prop_assert_eq!((parsed.origin(), parsed.size(), parsed.hash().0), ("log.example/holdfast", size, root));

        let private = BASE64_STANDARD.encode([&[Signs::Notes as u8], seed.as_slice()].concat());
        let id = hex::encode(key.verifier().id());
        let signer = StandardSigner::new(&format!("PRIVATE+KEY+log.example/holdfast+{id}+{private}")).unwrap();
        let mut note = signed_note::Note::new(signed.note().text().as_bytes(), &[]).unwrap();
        note.add_sigs(&[&signer]).unwrap();
        prop_assert_eq!(String::from_utf8(note.to_bytes()).unwrap(), signed.to_text());
        let verifier: VerifierKey = public.parse().unwrap();
        prop_assert!(SignedCheckpoint::open(&note.to_bytes(), &verifier).is_ok());
    }

    #[test]
    fn what_signed_note_takes_for_a_note_is_one_to_us(bytes in "[ -~\u{2014}\n]{0,80}(\n\n\u{2014} [a-z+ ]{1,4} [A-Za-z0-9+/=]{4,12}\n){0,2}") {
        let (ours, theirs) = (Note::parse(bytes.as_bytes()), signed_note::Note::from_bytes(bytes.as_bytes()));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.to_string().into_bytes(), theirs.to_bytes());
        }
    }
}

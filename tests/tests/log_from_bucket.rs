//! The transparency log out of a bucket, as the gateway hands it to anybody: no session, no certificate, and it verifies.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited_with};
use holdfast_audit::{config::LogSettings, sequencer::Shelf};
use holdfast_gateway::config::{PageSettings, Settings};
use holdfast_proto::records::v1::ListItemsRequest;
use holdfast_testkit::{Bucket, service::patiently};
use holdfast_translog::{
    CHECKPOINT_PATH, Checkpoint, Plan, SignedCheckpoint, SigningKey, Signs, Tile, TileSource as _,
    TileStore as _, Tiles, VERIFIER_KEY_PATH, VerifierKey, verify_consistency,
};
use holdfast_types::{SystemClock, SystemIds};
use reqwest::{Response, StatusCode, header};
use std::{process::Command, sync::Arc};
use tokio::net::TcpListener;
use tonic::Status;
use url::Url;

/// Where the pages are.
async fn gateway(installation: &Audited) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    let network = &installation.world.network;
    let settings = Settings { common: network.gateway(), pages: PageSettings::default() };
    let (clock, ids, stop) = (Arc::new(SystemClock), Arc::new(SystemIds), network.stop());
    tokio::spawn(async move { holdfast_gateway::serve(settings, listener, clock, ids, stop).await.unwrap() });
    site
}

async fn get(site: &str, path: &str) -> Response {
    reqwest::get(format!("{site}/log/{path}")).await.unwrap()
}

/// The outsider's program, which is built beside the tests of the workspace.
async fn verify(key: &VerifierKey, address: &str, older: &str) -> (Option<i32>, String) {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("holdfast-verify");
    let mut command = Command::new(&program);
    command.args(["--key", &key.to_string(), "--address", address, "--older", older]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// What the program says at each address while a file is another; once more where the log went on meanwhile.
async fn with(
    shelf: &Shelf,
    path: impl Fn(u64) -> String,
    changed: impl Fn(&[u8]) -> Vec<u8>,
    asked: impl AsyncFn() -> Vec<(Option<i32>, String)>,
    key: &VerifierKey,
) -> Vec<(Option<i32>, String)> {
    loop {
        let note = shelf.get(CHECKPOINT_PATH).await.unwrap().unwrap();
        let path = path(SignedCheckpoint::open(&note, key).unwrap().checkpoint().size);
        let Some(honest) = shelf.get(&path).await.unwrap() else { continue };
        let other = changed(&honest);
        shelf.put(&path, other.clone()).await.unwrap();
        let said = asked().await;
        let stood = shelf.get(&path).await.unwrap().as_ref() == Some(&other);
        if stood {
            shelf.put(&path, honest).await.unwrap();
        }
        if stood && shelf.get(CHECKPOINT_PATH).await.unwrap().as_ref() == Some(&note) {
            return said;
        }
    }
}

/// The newest one of more entries than that.
async fn checkpoint(site: &str, key: &VerifierKey, size: u64) -> SignedCheckpoint {
    let published = || async {
        let answer = get(site, CHECKPOINT_PATH).await;
        if answer.status() == StatusCode::OK {
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
            let signed = SignedCheckpoint::open(&answer.bytes().await.unwrap(), key).unwrap();
            if signed.checkpoint().size > size {
                return Ok(signed);
            }
        }
        Err(Status::unavailable("not yet"))
    };
    patiently(published).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_bucket_is_handed_to_anybody_by_the_gateway_and_verifies() {
    let Some(bucket) = Bucket::start("log") else { return };
    let dir = tempfile::tempdir().unwrap();
    let key_file = dir.path().join("log.key");
    std::fs::write(&key_file, "09".repeat(32)).unwrap();
    let log = LogSettings {
        tiles: Some(Url::parse("s3://log/of/holdfast").unwrap()),
        key_file: Some(key_file),
        aws: bucket.variables().into_iter().map(|(name, value)| (name, value.into())).collect(),
        ..LogSettings::default()
    };
    let installation = audited_with(log).await;
    let site = gateway(&installation).await;
    let key = || async {
        let answer = get(&site, VERIFIER_KEY_PATH).await;
        let is_there = answer.status() == StatusCode::OK;
        if is_there { Ok(answer.text().await.unwrap()) } else { Err(Status::unavailable("not yet")) }
    };
    let key: VerifierKey = patiently(key).await.unwrap().trim().parse().unwrap();
    let older = checkpoint(&site, &key, 0).await.checkpoint().clone();
    let patient_id = installation.world.patient.clone();
    for _ in 0..5 {
        let list = ListItemsRequest { patient_id: patient_id.clone(), ..Default::default() };
        installation.world.records(&installation.world.mother).list_items(list).await.unwrap();
    }
    let newer = checkpoint(&site, &key, older.size).await.checkpoint().clone();

    let plan = Plan::consistency(older.size, newer.size).unwrap();
    let mut tiles = Tiles::default();
    for tile in plan.tiles() {
        let answer = get(&site, &tile.path()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", tile.path());
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
        tiles.insert(tile, answer.bytes().await.unwrap().to_vec());
    }
    let proof = plan.prove(&tiles).unwrap();
    verify_consistency(older.size, newer.size, &older.root, &newer.root, &proof).unwrap();
    // Who did when what under which pseudonym is for auditors, wherever it lies.
    let entries = Tile::entries(0, newer.size).unwrap();
    assert_eq!(get(&site, &entries.path()).await.status(), StatusCode::NOT_FOUND);
    assert!(bucket.objects() > 3, "{}", bucket.objects());
    assert_eq!(get(&site, &Tile::hashes(0, 9, 2560).unwrap().path()).await.status(), StatusCode::NOT_FOUND);

    let note = checkpoint(&site, &key, older.size).await.to_text();
    let seen = dir.path().join("seen");
    std::fs::write(&seen, note).unwrap();
    let aws = bucket.variables().into_iter().map(|(name, value)| (name, value.into())).collect();
    let shelf = Shelf::open(&Url::parse("s3://log/of/holdfast").unwrap(), &aws).unwrap();
    verified_by_program(&shelf, &key, &site, &bucket, seen.to_str().unwrap()).await;
}

/// At the gateway, where the entries are kept back, and at the bucket, where they lie: honest, and while something is not as it was.
async fn verified_by_program(shelf: &Shelf, key: &VerifierKey, site: &str, bucket: &Bucket, older: &str) {
    // As a site opens it to its auditors.
    bucket.publish();
    let [(_, endpoint), ..] = bucket.variables();
    let (everybody, auditors) = (format!("{site}/log"), format!("{endpoint}/log/of/holdfast"));
    let asked = async || vec![verify(key, &everybody, older).await, verify(key, &auditors, older).await];
    let [public, whole] = asked().await.try_into().unwrap();
    assert_eq!((public.0, whole.0), (Some(0), Some(0)), "{public:?} {whole:?}");
    assert!(
        public.1.starts_with("verified: the hashes of ") && public.1.contains("; not verified: "),
        "{public:?}"
    );
    assert!(whole.1.contains(" entries, ") && !whole.1.contains("not verified"), "{whole:?}");

    let own = SigningKey::from_seed(key.name(), Signs::Notes, &[9; 32]).unwrap();
    let other = SigningKey::from_seed("other.example/log", Signs::Notes, &[9; 32]).unwrap();
    let signed = |key: &SigningKey, note: &[u8], more: u64| {
        let Checkpoint { size, root, .. } =
            SignedCheckpoint::open(note, own.verifier()).unwrap().checkpoint().clone();
        let origin = key.verifier().name().to_owned();
        Checkpoint { origin, size: size + more, root }.sign(key).to_text().into_bytes()
    };
    let leaves = |size: u64| Tile::hashes(0, 0, size).unwrap().path();
    let newest = |_| CHECKPOINT_PATH.to_owned();
    let edited = |bytes: &[u8]| [&[bytes[0] ^ 1], &bytes[1..]].concat();
    for (what, said) in [
        ("edited", with(shelf, leaves, edited, &asked, key).await),
        ("cut", with(shelf, leaves, |bytes| bytes[..bytes.len() - 1].to_vec(), &asked, key).await),
        ("other log", with(shelf, newest, |note| signed(&other, note, 0), &asked, key).await),
        ("beyond the tree", with(shelf, newest, |note| signed(&own, note, 1), &asked, key).await),
    ] {
        let expected = match what {
            "edited" => ["is not the one that a checkpoint signs", "holds something else than"],
            "cut" => ["bytes long instead of "; 2],
            "other log" => ["the checkpoint is of the log `other.example/log`"; 2],
            _ => [" is missing"; 2],
        };
        for ((code, said), expected) in said.iter().zip(expected) {
            assert_eq!(*code, Some(1), "{what}: {said}");
            assert!(said.starts_with("not verified: ") && said.contains(expected), "{what}: {said}");
        }
    }
    assert!(asked().await.iter().all(|(code, _)| *code == Some(0)), "as it was");
}

//! The transparency log out of a bucket, as the gateway hands it to anybody: no session, no certificate, and it verifies.
#![cfg(test)]
mod audited;
mod record;

use audited::{Audited, audited_with};
use holdfast_audit::config::LogSettings;
use holdfast_gateway::config::{PageSettings, Settings};
use holdfast_proto::records::v1::ListItemsRequest;
use holdfast_testkit::{Bucket, service::patiently};
use holdfast_translog::{
    CHECKPOINT_PATH, Plan, SignedCheckpoint, Tile, Tiles, VERIFIER_KEY_PATH, VerifierKey, verify_consistency,
};
use holdfast_types::{SystemClock, SystemIds};
use reqwest::{Response, StatusCode, header};
use std::sync::Arc;
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
}

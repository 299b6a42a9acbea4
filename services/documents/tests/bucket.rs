//! The same on a server that speaks S3: `moto_server` on the path, which `make test` brings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]
mod common;
use common::*;
use holdfast_documents::config::ObjectStoreSettings;
use holdfast_types::Category;
use std::{collections::BTreeMap, io::Write as _, net::TcpListener, process::Stdio};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};
use tonic::Status;
use url::Url;

const MIB: usize = 1024 * 1024;

struct Bucket {
    port: u16,
    _server: Child,
}

/// None, said aloud, where there is no such server.
async fn bucket() -> Option<Bucket> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Command::new("moto_server")
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(server) = server else {
        assert!(std::env::var_os("HOLDFAST_TEST_S3").is_none(), "there is no `moto_server` on the path");
        // Not by `eprintln!`: the test harness shows that of failing tests alone.
        let said = b"\nskipped: there is no `moto_server` on the path, so nothing is shown on S3\n";
        std::io::stderr().write_all(said).unwrap();
        return None;
    };
    let bucket = Bucket { port, _server: server };
    patiently(|| bucket.ask("PUT", "/papers")).await.unwrap();
    Some(bucket)
}

impl Bucket {
    async fn ask(&self, method: &str, path: &str) -> Result<String, Status> {
        let away = |error: std::io::Error| Status::unavailable(error.to_string());
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.map_err(away)?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).await.map_err(away)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map_err(away)?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(answer)
    }

    async fn objects(&self) -> usize {
        self.ask("GET", "/papers?list-type=2").await.unwrap().matches("<Key>").count()
    }

    fn settings(&self) -> ObjectStoreSettings {
        let aws = [
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ];
        let aws: BTreeMap<_, _> =
            aws.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        ObjectStoreSettings { url: Some(Url::parse("s3://papers/of/holdfast").unwrap()), aws }
    }
}

#[tokio::test]
async fn a_bucket_keeps_papers_as_a_folder_does() {
    let Some(bucket) = bucket().await else { return };
    let world = world_with(tempfile::tempdir().unwrap(), bucket.settings()).await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let (mut client, content) = (world.as_(&parent), text(2 * MIB + 77));
    let document = upload(&mut client, patient, Category::Documents, "text/plain", &content).await;
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
    let begun = client.start_upload(start(patient, "text/plain", &content)).await.unwrap().into_inner();
    append(&mut client, &begun.upload_id, 0, &content[..MIB + 5]).await.unwrap();
    append(&mut client, &begun.upload_id, MIB + 5, &content[MIB + 5..MIB + 9]).await.unwrap();
    assert_eq!(bucket.objects().await, 5);
    world.clock.advance(chrono::TimeDelta::hours(24));
    world.sweep().await;
    assert_eq!(bucket.objects().await, 3);
    let mut client = world.as_(&parent);
    assert_eq!(download(&mut client, &document).await.unwrap().1, content);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be_away() {
    let Some(bucket) = bucket().await else { return };
    let world = world_with(tempfile::tempdir().unwrap(), bucket.settings()).await;
    let parent = person(1);
    let patient = world.record_of(&parent).await;
    let mut client = world.as_(&parent);
    let document = upload(&mut client, patient, Category::Documents, "text/plain", b"letter").await;
    drop(bucket);
    let (_, came, ended) = download(&mut client, &document).await.unwrap();
    assert_eq!((came.len(), reason(&ended.unwrap_err())), (0, "STORE_UNAVAILABLE"));
}

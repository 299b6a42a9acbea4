//! A log's files at an address: plain GET, with a limit to each file and to the time it takes.
use holdfast_translog::{StoreError, TileSource};
use reqwest::{Client, Response, StatusCode, header::RETRY_AFTER};
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// A full bundle of the longest entries there can be.
pub const FILE_BYTES_MAX: usize = 256 * (2 + 65_535);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FILE_TIMEOUT: Duration = Duration::from_secs(60);
/// Of a server that has too much to do just now.
const TRIES_MAX: u32 = 5;
const RETRY_AFTER_SECONDS_MAX: u64 = 10;

pub struct Address {
    client: Client,
    base: Url,
}

#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("an address begins with http:// or https://")]
    Scheme,
    #[error("no client for it could be made")]
    Client(#[source] reqwest::Error),
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the address makes no path with it")]
    Path(#[source] url::ParseError),
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    #[error("it answered with status {0}")]
    Status(StatusCode),
    #[error("the file is longer than {FILE_BYTES_MAX} bytes")]
    TooLong,
}

impl Address {
    pub fn at(mut base: Url) -> Result<Self, AddressError> {
        if !["http", "https"].contains(&base.scheme()) {
            return Err(AddressError::Scheme);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(FILE_TIMEOUT).build();
        Ok(Self { client: client.map_err(AddressError::Client)?, base })
    }

    async fn ask(&self, url: &Url) -> Result<Response, FetchError> {
        self.client.get(url.clone()).send().await.map_err(FetchError::Request)
    }

    async fn fetch(&self, path: &str) -> Result<Option<Vec<u8>>, FetchError> {
        let url = self.base.join(path).map_err(FetchError::Path)?;
        let mut response = self.ask(&url).await?;
        for _ in 1..TRIES_MAX {
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            sleep(retry_after(&response)).await;
            response = self.ask(&url).await?;
        }
        match response.status() {
            StatusCode::OK => body(response).await.map(Some),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            other => Err(FetchError::Status(other)),
        }
    }
}

/// As long as the server says, within reason; a second where it says nothing.
fn retry_after(response: &Response) -> Duration {
    let said = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(said.unwrap_or(1).min(RETRY_AFTER_SECONDS_MAX))
}

async fn body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(FetchError::Request)? {
        if bytes.len() + chunk.len() > FILE_BYTES_MAX {
            return Err(FetchError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[async_trait::async_trait]
impl TileSource for Address {
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = |cause: FetchError| StoreError { path: path.to_owned(), cause: Box::new(cause) };
        self.fetch(path).await.map_err(failed)
    }
}

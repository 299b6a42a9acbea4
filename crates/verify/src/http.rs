//! A log's files at an address: plain GET, with a limit to each file and to the time it takes.
use holdfast_translog::{StoreError, TileSource};
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;
use url::Url;

/// A full bundle of the longest entries there can be.
pub const FILE_BYTES_MAX: usize = 256 * (2 + 65_535);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FILE_TIMEOUT: Duration = Duration::from_secs(60);

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

    async fn fetch(&self, path: &str) -> Result<Option<Vec<u8>>, FetchError> {
        let url = self.base.join(path).map_err(FetchError::Path)?;
        let response = self.client.get(url).send().await.map_err(FetchError::Request)?;
        match response.status() {
            StatusCode::OK => body(response).await.map(Some),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            other => Err(FetchError::Status(other)),
        }
    }
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

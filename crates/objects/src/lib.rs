//! Opens the object store that a setting names: a folder, or a bucket of S3 or what speaks like it.
use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// A call fails after this, however often it was tried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES_MAX: usize = 4;

/// Options of S3 by their variables' names, e.g. `AWS_REGION`.
pub type AwsVariables = BTreeMap<String, SecretString>;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the folder `{path}` cannot be made")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the object store's URL names no folder and no bucket")]
    Url,
    #[error("the endpoint of S3 is not https, and not on this machine")]
    Endpoint,
    #[error("the object store cannot be opened")]
    Open(#[source] object_store::Error),
}

/// The store, and the place in it under which everything goes.
pub fn open(url: &Url, aws: &AwsVariables) -> Result<(Arc<dyn ObjectStore>, Path), OpenError> {
    match url.scheme() {
        "file" => folder(url),
        "s3" => bucket(url, aws),
        _ => Err(OpenError::Url),
    }
}

/// What a setting may say: file:///path, or s3://bucket or s3://bucket/path.
pub fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let sound = match url.scheme() {
        "file" => url.to_file_path().is_ok(),
        "s3" => url.host_str().is_some_and(|bucket| !bucket.is_empty()),
        _ => false,
    };
    if sound { Ok(url) } else { Err("expected file:///path or s3://bucket".to_owned()) }
}

/// Those of this process.
pub fn aws_variables() -> AwsVariables {
    std::env::vars()
        .filter(|(name, _)| name.starts_with("AWS_"))
        .map(|(name, value)| (name, value.into()))
        .collect()
}

fn folder(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path), OpenError> {
    let path = url.to_file_path().map_err(|()| OpenError::Url)?;
    std::fs::create_dir_all(&path).map_err(|source| OpenError::Folder { path: path.clone(), source })?;
    // What is counted as received survives a power cut.
    let store = LocalFileSystem::new_with_prefix(&path).map_err(OpenError::Open)?.with_fsync(true);
    Ok((Arc::new(store.with_automatic_cleanup(true)), Path::default()))
}

fn bucket(url: &Url, aws: &AwsVariables) -> Result<(Arc<dyn ObjectStore>, Path), OpenError> {
    let bucket = url.host_str().ok_or(OpenError::Url)?;
    let root = Path::parse(url.path().trim_matches('/')).map_err(|_| OpenError::Url)?;
    let client = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT);
    let retry =
        RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new().with_client_options(client).with_retry(retry);
    for (name, value) in aws {
        // Variables that mean something to other programs only are not ours to refuse.
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value.expose_secret());
        }
    }
    let local = match builder.get_config_value(&AmazonS3ConfigKey::Endpoint) {
        Some(endpoint) => plain_http(&endpoint)?,
        None => false,
    };
    let store = builder.with_bucket_name(bucket).with_allow_http(local).build().map_err(OpenError::Open)?;
    Ok((Arc::new(store), root))
}

/// Whether the endpoint is without TLS, which it may be on this machine only.
fn plain_http(endpoint: &str) -> Result<bool, OpenError> {
    let url = Url::parse(endpoint).map_err(|_| OpenError::Endpoint)?;
    match (url.scheme(), url.host_str()) {
        ("https", _) => Ok(false),
        ("http", Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(true),
        _ => Err(OpenError::Endpoint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(endpoint: &str) -> Result<(), OpenError> {
        let aws = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned().into()),
            ("AWS_REGION".to_owned(), "eu-central-1".to_owned().into()),
            ("AWS_ACCESS_KEY_ID".to_owned(), "key".to_owned().into()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "secret".to_owned().into()),
            ("AWS_PAGER".to_owned(), "less".to_owned().into()),
            // Ours to decide.
            ("AWS_ALLOW_HTTP".to_owned(), "true".to_owned().into()),
        ]);
        open(&parse_url("s3://papers/of/holdfast").unwrap(), &aws).map(|_| ())
    }

    #[test]
    fn a_bucket_is_reached_without_tls_on_this_machine_only() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        for endpoint in
            ["https://s3.example.org", "http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"]
        {
            at(endpoint).unwrap();
        }
        for endpoint in ["http://s3.example.org", "http://localhost.example.org", "ftp://localhost", "s3"] {
            assert!(matches!(at(endpoint), Err(OpenError::Endpoint)), "{endpoint}");
        }
    }
}

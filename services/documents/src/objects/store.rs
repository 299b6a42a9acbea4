//! Opens the store that a setting names: a folder, or a bucket of S3 or what speaks like it.
use crate::config::ObjectStoreSettings;
use holdfast_host::settings::SettingError;
use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use secrecy::ExposeSecret;
use std::{path::PathBuf, sync::Arc, time::Duration};
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// A call fails after this, however often it was tried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES_MAX: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the folder `{path}` cannot be made")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("HOLDFAST_OBJECT_STORE names no folder and no bucket")]
    Url,
    #[error("the endpoint of S3 is not https, and not on this machine")]
    Endpoint,
    #[error("the object store cannot be opened")]
    Open(#[source] object_store::Error),
}

pub(super) fn open(settings: &ObjectStoreSettings) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    let url = settings.url.as_ref().ok_or(SettingError::Missing { name: "HOLDFAST_OBJECT_STORE" })?;
    match url.scheme() {
        "file" => folder(url),
        "s3" => bucket(url, settings),
        _ => Err(StoreError::Url),
    }
}

fn folder(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    let path = url.to_file_path().map_err(|()| StoreError::Url)?;
    std::fs::create_dir_all(&path).map_err(|source| StoreError::Folder { path: path.clone(), source })?;
    // What is counted as received survives a power cut.
    let store = LocalFileSystem::new_with_prefix(&path).map_err(StoreError::Open)?.with_fsync(true);
    Ok((Arc::new(store.with_automatic_cleanup(true)), Path::default()))
}

fn bucket(url: &Url, settings: &ObjectStoreSettings) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    let bucket = url.host_str().ok_or(StoreError::Url)?;
    let root = Path::parse(url.path().trim_matches('/')).map_err(|_| StoreError::Url)?;
    let client = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT);
    let retry =
        RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new().with_client_options(client).with_retry(retry);
    for (name, value) in &settings.aws {
        // Variables that mean something to other programs only are not ours to refuse.
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value.expose_secret());
        }
    }
    let local = match builder.get_config_value(&AmazonS3ConfigKey::Endpoint) {
        Some(endpoint) => plain_http(&endpoint)?,
        None => false,
    };
    let store = builder.with_bucket_name(bucket).with_allow_http(local).build().map_err(StoreError::Open)?;
    Ok((Arc::new(store), root))
}

/// Whether the endpoint is without TLS, which it may be on this machine only.
fn plain_http(endpoint: &str) -> Result<bool, StoreError> {
    let url = Url::parse(endpoint).map_err(|_| StoreError::Endpoint)?;
    match (url.scheme(), url.host_str()) {
        ("https", _) => Ok(false),
        ("http", Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(true),
        _ => Err(StoreError::Endpoint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn at(endpoint: &str) -> Result<(), StoreError> {
        let aws = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned().into()),
            ("AWS_REGION".to_owned(), "eu-central-1".to_owned().into()),
            ("AWS_ACCESS_KEY_ID".to_owned(), "key".to_owned().into()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "secret".to_owned().into()),
            ("AWS_PAGER".to_owned(), "less".to_owned().into()),
            // Ours to decide.
            ("AWS_ALLOW_HTTP".to_owned(), "true".to_owned().into()),
        ]);
        let url = Some(Url::parse("s3://papers/of/holdfast").unwrap());
        open(&ObjectStoreSettings { url, aws }).map(|_| ())
    }

    #[test]
    fn a_bucket_is_reached_without_tls_on_this_machine_only() {
        holdfast_host::tls::install_crypto();
        for endpoint in
            ["https://s3.example.org", "http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"]
        {
            at(endpoint).unwrap();
        }
        for endpoint in ["http://s3.example.org", "http://localhost.example.org", "ftp://localhost", "s3"] {
            assert!(matches!(at(endpoint), Err(StoreError::Endpoint)), "{endpoint}");
        }
    }

    #[test]
    fn a_store_must_be_named() {
        let unset = open(&ObjectStoreSettings::default()).unwrap_err();
        assert_eq!(unset.to_string(), "HOLDFAST_OBJECT_STORE is needed here and is not set");
    }
}

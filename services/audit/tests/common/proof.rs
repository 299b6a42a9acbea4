//! The transparency log of a world: where it is published, and who reads it.
use super::{Sources, World};
use holdfast_audit::config::LogSettings;
use holdfast_proto::audit::v1::log_service_client::LogServiceClient;
use std::path::Path;
use tonic::transport::Channel;
use url::Url;

/// In the world's folder: `log` holds the files, `log.key` the seed.
fn log_settings(dir: &Path) -> LogSettings {
    let key_file = dir.join("log.key");
    std::fs::write(&key_file, hex::encode([9; 32])).unwrap();
    let tiles = Some(Url::from_directory_path(dir.join("log")).unwrap());
    LogSettings { tiles, key_file: Some(key_file), ..LogSettings::default() }
}

impl Sources {
    /// In a folder of the world's own, if no other store is named.
    pub(super) fn log_settings(&self) -> LogSettings {
        let own = LogSettings { witnesses: self.witnesses.clone(), ..log_settings(self.dir.path()) };
        match self.store.clone() {
            Some((url, aws)) => LogSettings { tiles: Some(url), aws, ..own },
            None => own,
        }
    }
}

impl World {
    /// Of nobody.
    pub fn log_client(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.channel())
    }
}

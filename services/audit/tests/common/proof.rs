//! The transparency log of a world: where it is published, and who reads it; and who asks about decisions.
use super::{Sources, World, officer, tenant};
use holdfast_audit::config::LogSettings;
use holdfast_host::client::Outgoing;
use holdfast_proto::audit::v1::{
    log_service_client::LogServiceClient, replay_service_client::ReplayServiceClient,
};
use holdfast_types::Role;
use std::path::Path;
use tonic::{service::interceptor::InterceptedService, transport::Channel};
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

    pub fn replay_as_officer(&self) -> ReplayServiceClient<InterceptedService<Channel, Outgoing>> {
        let token = self.token(officer(), &[(Role::ComplianceOfficer, tenant())]);
        ReplayServiceClient::with_interceptor(self.channel(), Outgoing::new().bearer(token.into()))
    }
}

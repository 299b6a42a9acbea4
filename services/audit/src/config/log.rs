//! The settings of the transparency log: where it is published, and who signs it.
use super::{WITNESSES_MAX, WitnessAddress};
use crate::sequencer::Shelf;
use clap::Args;
use holdfast_host::settings::SettingError;
use holdfast_objects::{AwsVariables, OpenError, aws_variables, parse_url};
use holdfast_translog::{KeyFileError, SigningKey, Signs};
use std::path::PathBuf;
use url::Url;

const ORIGIN_DEFAULT: &str = "holdfast/log";
const TILES: &str = "HOLDFAST_AUDIT_TILES";
const KEY_FILE: &str = "HOLDFAST_AUDIT_LOG_KEY_FILE";
const WITNESSES: &str = "HOLDFAST_AUDIT_LOG_WITNESSES";

#[derive(Debug, Clone, Args)]
pub struct LogSettings {
    /// Where the transparency log is published as static files: file:///path, or s3://bucket or s3://bucket/path, with the same
    /// AWS_* variables as the object store. Without it no such log is kept.
    #[arg(id = TILES, long = "audit-tiles", env = TILES, value_parser = parse_url, value_name = "URL")]
    pub tiles: Option<Url>,
    /// File with the private key that signs the log's checkpoints, an Ed25519 seed: 64 hexadecimal digits.
    #[arg(id = KEY_FILE, long = "audit-log-key-file", env = KEY_FILE, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// Name of the log and of its key, e.g. `holdfast.example/log`. Who changes it begins another log.
    #[arg(id = "HOLDFAST_AUDIT_LOG_ORIGIN", long = "audit-log-origin", env = "HOLDFAST_AUDIT_LOG_ORIGIN",
        default_value = ORIGIN_DEFAULT, value_name = "NAME")]
    pub origin: String,
    /// Witnesses that are asked to cosign each checkpoint, separated by commas: of each its verifier key, a space, and its address.
    #[arg(id = WITNESSES, long = "audit-log-witnesses", env = WITNESSES, value_delimiter = ',',
        value_name = "KEY URL")]
    pub witnesses: Vec<WitnessAddress>,
    /// Options of S3 by their variables' names, e.g. `AWS_REGION`.
    #[arg(skip = aws_variables())]
    pub aws: AwsVariables,
}

#[derive(Debug, thiserror::Error)]
pub enum LogSettingsError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the store that HOLDFAST_AUDIT_TILES names cannot be opened")]
    Open(#[source] OpenError),
    #[error("HOLDFAST_AUDIT_LOG_KEY_FILE and HOLDFAST_AUDIT_LOG_ORIGIN make no key")]
    Key(#[source] KeyFileError),
    #[error("HOLDFAST_AUDIT_LOG_WITNESSES names more than {WITNESSES_MAX} witnesses, or one twice")]
    Witnesses,
    #[error("no client for the witnesses could be made")]
    Client(#[source] reqwest::Error),
}

impl Default for LogSettings {
    fn default() -> Self {
        let (tiles, key_file, aws) = (None, None, AwsVariables::new());
        Self { tiles, key_file, origin: ORIGIN_DEFAULT.to_owned(), witnesses: Vec::new(), aws }
    }
}

impl LogSettings {
    /// None where no log is kept.
    pub fn open(&self) -> Result<Option<(Shelf, SigningKey)>, LogSettingsError> {
        let Some(url) = &self.tiles else { return Ok(None) };
        let twice = |(index, witness): (usize, &WitnessAddress)| {
            self.witnesses.iter().take(index).any(|other| other.key.name() == witness.key.name())
        };
        if self.witnesses.len() > WITNESSES_MAX || self.witnesses.iter().enumerate().any(twice) {
            return Err(LogSettingsError::Witnesses);
        }
        let shelf = Shelf::open(url, &self.aws).map_err(LogSettingsError::Open)?;
        Ok(Some((shelf, self.key()?)))
    }

    fn key(&self) -> Result<SigningKey, LogSettingsError> {
        let path = self.key_file.clone().ok_or(SettingError::Missing { name: KEY_FILE })?;
        SigningKey::read(&self.origin, Signs::Notes, &path).map_err(LogSettingsError::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_published_needs_a_name_and_a_key_and_one_that_is_not_needs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (good, bad) = (dir.path().join("good.key"), dir.path().join("bad.key"));
        std::fs::write(&good, format!("{}\n", hex::encode([7; 32]))).unwrap();
        std::fs::write(&bad, hex::encode([7; 31])).unwrap();
        let open = |key: Option<&PathBuf>, origin: &str| {
            let tiles = Some(Url::from_directory_path(dir.path().join("log")).unwrap());
            let settings = LogSettings {
                tiles,
                key_file: key.cloned(),
                origin: origin.to_owned(),
                ..LogSettings::default()
            };
            settings.open().map(|opened| opened.unwrap().1.verifier().name().to_owned())
        };
        assert_eq!(open(Some(&good), "holdfast.example/log").unwrap(), "holdfast.example/log");
        let refused = |key: &PathBuf, origin| match open(Some(key), origin) {
            Err(LogSettingsError::Key(error)) => error,
            other => panic!("{other:?}"),
        };
        assert!(matches!(refused(&good, "a name"), KeyFileError::Key(_)));
        assert!(matches!(refused(&bad, ORIGIN_DEFAULT), KeyFileError::Malformed { .. }));
        let absent = dir.path().join("no.key");
        assert!(matches!(refused(&absent, ORIGIN_DEFAULT), KeyFileError::Unreadable { .. }));
        let unset = open(None, ORIGIN_DEFAULT).unwrap_err();
        assert_eq!(unset.to_string(), "HOLDFAST_AUDIT_LOG_KEY_FILE is needed here and is not set");
        assert!(LogSettings::default().open().unwrap().is_none());
    }
}

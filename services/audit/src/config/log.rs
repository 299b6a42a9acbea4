//! The settings of the transparency log: where it is published, and who signs it.
use super::{WITNESSES_MAX, WitnessAddress, WitnessAddressError};
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
const WITNESSES_FILE: &str = "HOLDFAST_AUDIT_LOG_WITNESSES_FILE";

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
    /// File that names more such witnesses, one on each line.
    #[arg(id = WITNESSES_FILE, long = "audit-log-witnesses-file", env = WITNESSES_FILE, value_name = "PATH")]
    pub witnesses_file: Option<PathBuf>,
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
    #[error("the file `{path}` of HOLDFAST_AUDIT_LOG_WITNESSES_FILE cannot be read")]
    WitnessesFile { path: PathBuf, source: std::io::Error },
    #[error("a line of the file of HOLDFAST_AUDIT_LOG_WITNESSES_FILE names no witness")]
    Witness(#[source] WitnessAddressError),
    #[error("no client for the witnesses could be made")]
    Client(#[source] reqwest::Error),
}

impl Default for LogSettings {
    fn default() -> Self {
        let origin = ORIGIN_DEFAULT.to_owned();
        let (witnesses, aws) = (Vec::new(), AwsVariables::new());
        Self { tiles: None, key_file: None, origin, witnesses, witnesses_file: None, aws }
    }
}

impl LogSettings {
    /// None where no log is kept.
    pub fn open(&self) -> Result<Option<(Shelf, SigningKey)>, LogSettingsError> {
        let Some(url) = &self.tiles else { return Ok(None) };
        let shelf = Shelf::open(url, &self.aws).map_err(LogSettingsError::Open)?;
        Ok(Some((shelf, self.key()?)))
    }

    /// Those that are named here and those of the file.
    pub fn all_witnesses(&self) -> Result<Vec<WitnessAddress>, LogSettingsError> {
        let mut all = self.witnesses.clone();
        if let Some(path) = &self.witnesses_file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| LogSettingsError::WitnessesFile { path: path.clone(), source })?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                all.push(line.parse().map_err(LogSettingsError::Witness)?);
            }
        }
        let twice = |(index, witness): (usize, &WitnessAddress)| {
            all.iter().take(index).any(|other| other.key.name() == witness.key.name())
        };
        if all.len() > WITNESSES_MAX || all.iter().enumerate().any(twice) {
            return Err(LogSettingsError::Witnesses);
        }
        Ok(all)
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

    #[test]
    fn witnesses_are_named_in_a_setting_and_in_a_file_none_twice() {
        let dir = tempfile::tempdir().unwrap();
        let witness = |number: u8| {
            let name = format!("witness.example/w{number}");
            let key = SigningKey::from_seed(&name, Signs::Cosignatures, &[number; 32]).unwrap();
            format!("{} http://witness-{number}:7200/", key.verifier())
        };
        let file = dir.path().join("witnesses");
        let named = |text: String| {
            std::fs::write(&file, text).unwrap();
            let witnesses = vec![witness(1).parse().unwrap()];
            let settings =
                LogSettings { witnesses, witnesses_file: Some(file.clone()), ..LogSettings::default() };
            settings.all_witnesses().map(|all| all.len())
        };
        assert_eq!(named(format!("{}\n\n{}\n", witness(2), witness(3))).unwrap(), 3);
        assert_eq!(named(String::new()).unwrap(), 1);
        assert!(matches!(named(witness(1)), Err(LogSettingsError::Witnesses)));
        assert!(matches!(named("w2 http://witness:7200/".into()), Err(LogSettingsError::Witness(_))));
        let witnesses_file = Some(dir.path().join("none"));
        let absent = LogSettings { witnesses_file, ..LogSettings::default() }.all_witnesses();
        assert!(matches!(absent, Err(LogSettingsError::WitnessesFile { .. })));
    }
}

//! What a witness is told when it starts: its name and key, its folder, the logs that it looks after.
use crate::{LOGS_MAX, Memory, MemoryError, Witness};
use clap::Args;
use holdfast_translog::{KeyError, KeyFileError, SigningKey, Signs, VerifierKey};
use holdfast_types::Clock;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

const LOGS_FILE: &str = "HOLDFAST_WITNESS_LOGS_FILE";

#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Address and port to answer on; port 0 takes any free one. Whatever is reached from afar puts HTTPS before it.
    #[arg(
        id = "HOLDFAST_WITNESS_LISTEN",
        long = "listen",
        env = "HOLDFAST_WITNESS_LISTEN",
        default_value = "127.0.0.1:7200",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Name of the witness and of its key, e.g. `witness.example/w1`.
    #[arg(id = "HOLDFAST_WITNESS_NAME", long = "name", env = "HOLDFAST_WITNESS_NAME", value_name = "NAME")]
    pub name: String,
    /// File with the private key that cosigns, an Ed25519 seed: 64 hexadecimal digits.
    #[arg(
        id = "HOLDFAST_WITNESS_KEY_FILE",
        long = "key-file",
        env = "HOLDFAST_WITNESS_KEY_FILE",
        value_name = "PATH"
    )]
    pub key_file: PathBuf,
    /// Folder for what was cosigned last, which must not be lost and never be set back. Not on the log's machine, if it is to
    /// mean something.
    #[arg(
        id = "HOLDFAST_WITNESS_STATE_DIR",
        long = "state-dir",
        env = "HOLDFAST_WITNESS_STATE_DIR",
        value_name = "PATH"
    )]
    pub state_dir: PathBuf,
    /// Verifier keys of the logs to look after, separated by commas.
    #[arg(
        id = "HOLDFAST_WITNESS_LOGS",
        long = "witnessed-log",
        env = "HOLDFAST_WITNESS_LOGS",
        value_delimiter = ',',
        required_unless_present = LOGS_FILE,
        value_name = "KEY"
    )]
    pub logs: Vec<VerifierKey>,
    /// File that names more such keys, one on each line.
    #[arg(id = LOGS_FILE, long = "witnessed-logs-file", env = LOGS_FILE, value_name = "PATH")]
    pub logs_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum ArgumentsError {
    #[error("HOLDFAST_WITNESS_KEY_FILE and HOLDFAST_WITNESS_NAME make no key")]
    Key(#[source] KeyFileError),
    #[error("the file `{path}` of HOLDFAST_WITNESS_LOGS_FILE cannot be read", path = path.display())]
    LogsFile { path: PathBuf, source: std::io::Error },
    #[error("a line of the file of HOLDFAST_WITNESS_LOGS_FILE is not a log's verifier key")]
    LogsKey(#[source] KeyError),
    #[error("a witness looks after 1 to {LOGS_MAX} logs")]
    Logs,
    #[error("`{name}` is the name of two logs, or its key is not a log's")]
    Log { name: String },
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl Arguments {
    pub fn witness(&self, clock: Arc<dyn Clock>) -> Result<Witness, ArgumentsError> {
        let logs = self.all_logs()?;
        if logs.is_empty() || logs.len() > LOGS_MAX {
            return Err(ArgumentsError::Logs);
        }
        for (index, log) in logs.iter().enumerate() {
            let twice = logs.iter().take(index).any(|other| other.name() == log.name());
            if twice || log.signs() != Signs::Notes {
                return Err(ArgumentsError::Log { name: log.name().to_owned() });
            }
        }
        let memory = Memory::open(&self.state_dir)?;
        Ok(Witness::new(self.key()?, logs, memory, clock))
    }

    /// Those that are named here and those of the file.
    fn all_logs(&self) -> Result<Vec<VerifierKey>, ArgumentsError> {
        let mut all = self.logs.clone();
        if let Some(path) = &self.logs_file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ArgumentsError::LogsFile { path: path.clone(), source })?;
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                all.push(line.parse().map_err(ArgumentsError::LogsKey)?);
            }
        }
        Ok(all)
    }

    pub fn key(&self) -> Result<SigningKey, ArgumentsError> {
        SigningKey::read(&self.name, Signs::Cosignatures, &self.key_file).map_err(ArgumentsError::Key)
    }
}

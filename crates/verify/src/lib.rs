//! Verifies Holdfast's log as an outsider does: with its public key, and an export, a folder of its files, or its address.
//! It stands on `holdfast-translog` alone; nothing of the server is in it.
mod folder;
mod http;

pub use folder::Folder;
pub use http::{Address, AddressError, FILE_BYTES_MAX};

use chrono::SecondsFormat;
use clap::Args;
use holdfast_translog::{
    ExportError, KeyError, Scope, Trust, Verified, VerifierKey, VerifyError, verify_export, verify_published,
    verify_tiles,
};
use std::{
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
};
use url::Url;

/// What is verified, and with what.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The log's verifier key, `<name>+<id>+<base64>`, or the file that holds it.
    #[arg(long)]
    pub key: String,
    #[command(flatten)]
    pub subject: Subject,
    /// A checkpoint that was seen earlier: the newest must continue it. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub older: Vec<PathBuf>,
    /// The verifier key of a witness, or the file that holds it: it must have cosigned the newest checkpoint. May be repeated.
    #[arg(long, value_name = "KEY")]
    pub witness: Vec<String>,
    /// How many of these witnesses are enough; all of them, unless it is said.
    #[arg(long, requires = "witness", value_name = "NUMBER")]
    pub quorum: Option<usize>,
    /// Fail where an address keeps the entries back, instead of verifying the hashes alone.
    #[arg(long, requires = "address")]
    pub with_entries: bool,
}

impl Arguments {
    /// Witnesses that must have cosigned.
    pub fn witnesses(&self) -> usize {
        self.quorum.unwrap_or(self.witness.len())
    }
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Subject {
    /// An export of the log or of one patient's part of it (`-`: standard input), or a folder with the log's files.
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Where the log's files are served; `checkpoint` and `tile/` are looked for below. Where the entries are kept back, as from the
    /// public, all hashes are verified, and what is not verified is said.
    #[arg(long, value_name = "URL")]
    pub address: Option<Url>,
}

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was read does not hold together.
    #[error("not verified")]
    NotVerified(#[source] VerifyError),
    /// Nothing is said about the log: it could not be read.
    #[error("the log could not be read")]
    Unreadable(#[source] VerifyError),
    #[error("`{argument}` is neither a key nor a file that holds one")]
    Key {
        argument: String,
        #[source]
        cause: KeyError,
    },
    #[error("{path} could not be read", path = path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the address cannot be used")]
    Address(#[source] AddressError),
    #[error("neither an export nor an address was given")]
    NoSubject,
    #[error("a quorum is between one and the number of different witnesses")]
    Quorum,
}

impl Failure {
    /// 1: not verified. 2: the arguments are of no use. 3: it could not be read.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotVerified(_) => 1,
            Self::Key { .. } | Self::Address(_) | Self::NoSubject | Self::Quorum => 2,
            Self::Unreadable(_) | Self::File { .. } => 3,
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Store(_) | VerifyError::Export(ExportError::Read { .. }) => Self::Unreadable(error),
            found => Self::NotVerified(found),
        }
    }
}

pub async fn verify(arguments: &Arguments) -> Result<Verified, Failure> {
    let mut witnesses = Vec::new();
    for text in &arguments.witness {
        let witness = key(text)?;
        // Named twice, it would count twice.
        if !witnesses.contains(&witness) {
            witnesses.push(witness);
        }
    }
    let (known, quorum) = (witnesses.len(), arguments.quorum);
    if quorum.is_some_and(|quorum| !(1..=known).contains(&quorum)) {
        return Err(Failure::Quorum);
    }
    let earlier: Result<Vec<Vec<u8>>, Failure> = arguments.older.iter().map(|path| read(path)).collect();
    let trust = Trust::in_key(key(&arguments.key)?).and_witnesses(witnesses).and_earlier(earlier?);
    let trust = quorum.map_or(trust.clone(), |quorum| trust.and_quorum(quorum));
    match (&arguments.subject.export, &arguments.subject.address) {
        (Some(path), _) if path.is_dir() => Ok(verify_tiles(&Folder::at(path.clone()), &trust).await?),
        (Some(path), _) if path == Path::new("-") => Ok(verify_export(io::stdin().lock(), &trust)?),
        (Some(path), _) => {
            let failed = |cause| Failure::File { path: path.clone(), cause };
            Ok(verify_export(BufReader::new(fs::File::open(path).map_err(failed)?), &trust)?)
        }
        (None, Some(url)) => {
            let address = Address::at(url.clone()).map_err(Failure::Address)?;
            match arguments.with_entries {
                true => Ok(verify_tiles(&address, &trust).await?),
                false => Ok(verify_published(&address, &trust).await?),
            }
        }
        (None, None) => Err(Failure::NoSubject),
    }
}

/// A verifier key as such, or in a file.
fn key(argument: &str) -> Result<VerifierKey, Failure> {
    argument.parse().or_else(|cause| {
        let failed = |cause| Failure::Key { argument: argument.to_owned(), cause };
        let text = fs::read_to_string(argument).map_err(|_| failed(cause))?;
        text.trim().parse().map_err(failed)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|cause| Failure::File { path: path.to_owned(), cause })
}

/// The line that says what holds, and what nobody has looked at.
pub fn summary(verified: &Verified, witnesses: usize) -> String {
    let Verified { scope, checkpoint, time, entries, patients, lanes, older } = verified;
    let what = match scope {
        Scope::Log => format!("{entries} entries, {patients} patients, {lanes} lanes"),
        Scope::Hashes => format!("the hashes of {entries} entries, and all of the tree above them"),
        Scope::Patient(patient) => format!("all {entries} entries of patient {patient}"),
    };
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true));
    let time = time.map(|time| format!(" checkpoint time {time},")).unwrap_or_default();
    let beyond = match scope {
        Scope::Hashes => {
            "; not verified: what the entries say, which are kept back here (an export or a copy of the log's files has them)"
        }
        Scope::Log | Scope::Patient(_) => "",
    };
    format!(
        "verified: {what}; log {origin}, tree size {size},{time} \
         earlier checkpoints continued {older}, witnesses {witnesses}{beyond}"
    )
}

//! What a witness cosigned last of each log, in a folder that one process holds: the log's own signed checkpoint, which is evidence as well.
use holdfast_fault as fault;
use holdfast_translog::{CheckpointError, SignedCheckpoint, VerifierKey};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

#[derive(Debug)]
pub struct Memory {
    dir: PathBuf,
    /// Locked for as long as the process lives, in whatever way it ends.
    _held: File,
}

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("another process holds the witness's folder `{path}`")]
    Held { path: PathBuf },
    #[error("the witness's folder or file `{path}` failed")]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the witness's file `{path}` does not hold a checkpoint of its log")]
    Damaged {
        path: PathBuf,
        #[source]
        cause: CheckpointError,
    },
}

impl Memory {
    pub fn open(dir: &Path) -> Result<Self, MemoryError> {
        let failed = |cause| MemoryError::File { path: dir.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let held = File::options().write(true).create(true).truncate(false).open(dir.join("lock"));
        let held = held.map_err(failed)?;
        match held.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _held: held }),
            Err(TryLockError::WouldBlock) => Err(MemoryError::Held { path: dir.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// None of a log of which nothing was cosigned yet. What is there and cannot be read is never taken for nothing.
    pub fn last(&self, log: &VerifierKey) -> Result<Option<SignedCheckpoint>, MemoryError> {
        let path = self.path(log.name());
        match fs::read(&path) {
            Ok(note) => match SignedCheckpoint::open(&note, log) {
                Ok(signed) => Ok(Some(signed)),
                Err(cause) => Err(MemoryError::Damaged { path, cause }),
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound && self.dir.is_dir() => Ok(None),
            Err(cause) => Err(MemoryError::File { path, cause }),
        }
    }

    /// On disk when it returns: the old one or the new one, whole, whenever the machine stops.
    pub fn remember(&self, signed: &SignedCheckpoint) -> Result<(), MemoryError> {
        let path = self.path(&signed.checkpoint().origin);
        self.replace(&path, signed.to_text().as_bytes()).map_err(|cause| MemoryError::File { path, cause })
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let beside = path.with_extension("new");
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        fault::point("witness.begun");
        file.write_all(bytes)?;
        fault::point("witness.written");
        file.sync_all()?;
        fault::point("witness.synced");
        fs::rename(&beside, path)?;
        fault::point("witness.renamed");
        File::open(&self.dir)?.sync_all()
    }

    /// A log's name may hold what a file's may not.
    fn path(&self, origin: &str) -> PathBuf {
        self.dir.join(format!("{}.checkpoint", hex::encode(Sha256::digest(origin))))
    }
}

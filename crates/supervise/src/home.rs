//! The directory of one server, held by one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, at};

/// A log that has grown past this is put aside at the next start, in place of the one put aside before.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// The lock goes with the process, however it ends.
#[derive(Debug)]
pub(crate) struct Home {
    dir: PathBuf,
    _lock: File,
}

impl Home {
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        // Others may pass through, as PostgreSQL must when it runs under its own account, but not look.
        DirBuilder::new().recursive(true).mode(0o711).create(dir).map_err(at("create", dir))?;
        let dir = fs::canonicalize(dir).map_err(at("resolve", dir))?;
        let path = dir.join("lock");
        let lock = private_file().open(&path).map_err(at("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { dir }),
            Err(TryLockError::Error(source)) => Err(at("lock", &path)(source)),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The log of `program`, open for appending.
    pub(crate) fn log(&self, program: &str) -> Result<(PathBuf, File), Error> {
        let path = self.path(&format!("{program}.log"));
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
            let aside = self.path(&format!("{program}.log.1"));
            fs::rename(&path, &aside).map_err(at("put aside", &path))?;
        }
        let file = private_file().open(&path).map_err(at("open", &path))?;
        Ok((path, file))
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_held_once_until_let_go() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        let held = Home::open(&dir).unwrap();
        assert!(matches!(Home::open(&dir), Err(Error::InUse { .. })));
        drop(held);
        Home::open(&dir).unwrap();
    }
}

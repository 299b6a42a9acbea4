//! Why a private server could not be started, stopped or removed.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}` is in use by another running process", dir.display())]
    InUse { dir: PathBuf },
    #[error("port {port} on 127.0.0.1 is taken by another program")]
    PortInUse { port: u16 },
    #[error("no free port was found on 127.0.0.1 between {first} and {last}")]
    NoPort { first: u16, last: u16 },
    #[error(
        "the cluster in `{}` belongs to PostgreSQL {cluster}, which is not installed: install it, or remove the data",
        dir.display()
    )]
    OtherMajor { dir: PathBuf, cluster: u32 },
    #[error("`{}` is not the directory of a PostgreSQL that was started here", dir.display())]
    NoCluster { dir: PathBuf },
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a `postgres` nor a `nobody` account"
    )]
    NoAccount,
    #[error("`{}` exists, but is not a private directory of the account that needs it", dir.display())]
    NotPrivate { dir: PathBuf },
    #[error("{program} ended before it was ready; its log is `{}`", log.display())]
    Exited { program: &'static str, log: PathBuf },
    #[error("{program} was not ready after {limit_s} s; its log is `{}`", log.display())]
    NotReady { program: &'static str, limit_s: u64, log: PathBuf },
    #[error("could not {doing} `{}`", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

/// Names what was being done to which path when an IO error came.
pub(crate) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { doing, path: path.to_owned(), source }
}

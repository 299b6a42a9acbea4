//! Small files that only their owner may read, replaced whole or not at all.
use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be {act}")]
pub struct PrivateFileError {
    path: PathBuf,
    act: &'static str,
    #[source]
    source: io::Error,
}

/// Makes the folder, for its owner only, unless it is there.
pub(crate) fn create_dir(path: &Path) -> Result<(), PrivateFileError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| failed(path, "made", source))
}

/// None when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, PrivateFileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, "read", source)),
    }
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    let written = || -> io::Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        // What an interrupted start left behind may be owned by another; it is never written into.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(|source| failed(path, "written", source))
}

fn failed(path: &Path, act: &'static str, source: io::Error) -> PrivateFileError {
    PrivateFileError { path: path.to_owned(), act, source }
}

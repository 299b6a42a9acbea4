//! The random secret of a data directory, and the passwords derived from it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, at};

/// 32 random bytes in hexadecimal, in a file that only its owner reads. Never printed.
pub(crate) struct Secret(String);

impl Secret {
    /// Made on first use, the same ever after.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        match fs::read_to_string(path) {
            Ok(text) => return Ok(Self(text.trim().to_owned())),
            Err(absent) if absent.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(at("read", path)(source)),
        }
        let mut random = [0; 32];
        let source = Path::new("/dev/urandom");
        File::open(source).and_then(|mut file| file.read_exact(&mut random)).map_err(at("read", source))?;
        let secret = Self(hex::encode(random));
        write_private(path, &secret.0)?;
        Ok(secret)
    }

    /// One password per name, the same for the life of the directory; it tells nothing about another name's.
    pub(crate) fn password(&self, name: &str) -> String {
        let inner = Sha256::digest(format!("{}\0{name}", self.0));
        hex::encode(Sha256::new().chain_update(&self.0).chain_update(inner).finalize())
    }
}

/// Replaces the file, readable by its owner alone; on disk when it returns, since a server's data is made for its secret.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(source) if source.kind() != ErrorKind::NotFound => return Err(at("remove", &new)(source)),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(at("write", &new))?;
    fs::rename(&new, path).map_err(at("replace", path))?;
    let dir = path.parent().unwrap_or(path);
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at("write", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_the_same_and_passwords_differ_by_name_and_directory() {
        let dir = tempfile::tempdir().unwrap();
        let secret = Secret::of(&dir.path().join("secret")).unwrap();
        let again = Secret::of(&dir.path().join("secret")).unwrap();
        let other = Secret::of(&dir.path().join("other")).unwrap();
        assert_eq!(secret.password("records"), again.password("records"));
        assert_ne!(secret.password("records"), secret.password("consent"));
        assert_ne!(secret.password("records"), other.password("records"));
    }
}

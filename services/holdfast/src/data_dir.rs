//! What `up` keeps: secrets, certificates, who runs, whether the demo is loaded.
use crate::holder::{self, Held};
use anyhow::{Context, Result};
use std::{
    fs::{self, File, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The folder of one installation on one machine. Where it is made here, others may pass through it, as PostgreSQL's own
/// account has to when root runs `up`, but not list it. Secrets, certificates, mails, papers and the log are their
/// owner's alone, whoever made the folder.
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(path)
            .with_context(|| format!("the data directory `{}` cannot be made", path.display()))?;
        Ok(Self(path.canonicalize()?))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A folder that only its owner enters.
    pub(crate) fn private_dir(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o700)))
            .with_context(|| format!("`{}` cannot be made private", path.display()))?;
        Ok(path)
    }

    /// A file that only its owner reads, to be appended to.
    pub(crate) fn private_file(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
            .with_context(|| format!("`{}` cannot be made private", path.display()))?;
        Ok(path)
    }

    /// A secret of this installation, made on first use by `make`: on disk whole, or not at all.
    pub(crate) fn secret(&self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<PathBuf> {
        let dir = self.private_dir("secrets")?;
        let path = dir.join(name);
        if !path.try_exists()? {
            let text = make()?;
            place(&dir, name, &text).with_context(|| format!("`{}` cannot be made", path.display()))?;
        }
        Ok(path)
    }

    pub(crate) fn is_marked(&self, mark: &str) -> bool {
        self.path(mark).exists()
    }

    pub(crate) fn mark(&self, mark: &str) -> Result<()> {
        fs::write(self.path(mark), "").with_context(|| format!("`{mark}` cannot be noted"))
    }

    /// Notes this process as the one that runs; refuses while another does.
    pub(crate) fn take(&self) -> Result<Held> {
        Held::take(&self.path("holdfast.pid"))
    }

    pub(crate) fn running(&self) -> Result<Option<u32>> {
        holder::holder(&self.path("holdfast.pid"))
    }
}

/// Written beside its place and then put there; what somebody else put there first stays.
fn place(dir: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let beside = dir.join(format!("{name}.new"));
    absent_is_fine(fs::remove_file(&beside))?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match fs::hard_link(&beside, dir.join(name)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::remove_file(&beside)?;
    // Without it a crash of the machine may forget the name and keep what was sealed under the key.
    File::open(dir)?.sync_all()
}

fn absent_is_fine(outcome: std::io::Result<()>) -> std::io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_made_once_and_whole() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&root.path().join("data")).unwrap();
        assert!(dir.secret("a.key", || bail!("no randomness")).is_err());
        // What a crash leaves: begun, and not yet in its place.
        fs::write(dir.path("secrets").join("a.key.new"), "").unwrap();
        let path = dir.secret("a.key", || Ok("first".to_owned())).unwrap();
        assert_eq!(dir.secret("a.key", || bail!("it is there")).unwrap(), path);
        place(&dir.path("secrets"), "a.key", "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(dir.path("secrets")).unwrap().count(), 1);
        assert_eq!((mode(&path), mode(&dir.path("secrets"))), (0o600, 0o700));
    }

    #[test]
    fn what_is_private_stays_private_in_a_folder_that_was_open() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&root.path().join("data")).unwrap();
        assert_eq!(mode(&dir.path("")), 0o711);
        fs::create_dir(dir.path("mail")).unwrap();
        fs::set_permissions(dir.path("mail"), Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path("holdfast.log"), "kept\n").unwrap();
        assert_eq!(mode(&dir.private_dir("mail").unwrap()), 0o700);
        let log = dir.private_file("holdfast.log").unwrap();
        assert_eq!((mode(&log), fs::read_to_string(&log).unwrap().as_str()), (0o600, "kept\n"));
    }
}

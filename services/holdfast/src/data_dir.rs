//! What `up` keeps: secrets, certificates, who runs, whether the demo is loaded.
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The folder of one installation on one machine; only its owner can look in.
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(path)
            .with_context(|| format!("the data directory `{}` cannot be made", path.display()))?;
        Ok(Self(path.canonicalize()?))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A secret of this installation, made on first use by `make`.
    pub(crate) fn secret(&self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<PathBuf> {
        let dir = self.path("secrets");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let path = dir.join(name);
        let opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match opened {
            Ok(mut file) => file.write_all(make()?.as_bytes())?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be made", path.display())),
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
    pub(crate) fn take(&self) -> Result<Taken> {
        let path = self.path("holdfast.pid");
        if let Some(pid) = running(&path) {
            bail!(
                "it runs already, as process {pid}: stop it with `holdfast down`, or use another data directory"
            );
        }
        fs::write(&path, std::process::id().to_string())?;
        Ok(Taken(path))
    }

    pub(crate) fn running(&self) -> Option<u32> {
        running(&self.path("holdfast.pid"))
    }
}

/// The process of a pid file, if it still is one of ours.
fn running(pid_file: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline"));
    let ours = match command {
        Ok(command) => command.windows(8).any(|word| word == b"holdfast"),
        // Without /proc, ask whether there is such a process.
        Err(_) => std::process::Command::new("kill").args(["-0", &pid.to_string()]).status().ok()?.success(),
    };
    (ours && pid != std::process::id()).then_some(pid)
}

/// Lets go of the data directory when dropped.
pub(crate) struct Taken(PathBuf);

impl Drop for Taken {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

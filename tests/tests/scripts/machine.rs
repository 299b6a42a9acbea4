//! A machine that has a few commands and no others: what the project's scripts do on it can be seen.
use std::{
    env, fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

/// What every machine has.
const COMMANDS: &[&str] =
    &["bash", "cat", "cmp", "dirname", "find", "id", "ln", "mkdir", "mktemp", "rm", "sed", "sh", "uname"];

/// A machine that has a few commands and no others, with a clone of the project's scripts.
pub(crate) struct Machine(TempDir, #[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

/// One machine at a time: a script that another thread's child still holds open for writing cannot be run.
static ALONE: Mutex<()> = Mutex::new(());

impl Machine {
    pub(crate) fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = Self(tempfile::tempdir().unwrap(), alone);
        fs::create_dir_all(machine.path("bin")).unwrap();
        for command in COMMANDS {
            machine.has(command);
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        copy(&root.join("scripts"), &machine.path("clone/scripts"));
        fs::copy(root.join("Cargo.toml"), machine.path("clone/Cargo.toml")).unwrap();
        machine
    }

    /// One more command, as it is here.
    pub(crate) fn has(&self, command: &str) {
        symlink(found(command), self.path("bin").join(command)).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A script in the place of a command of the machine, or of one of the project's own.
    pub(crate) fn put(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn runs(&self, script: &str) -> Output {
        Command::new(self.path("clone/scripts").join(script))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("SAID", self.path("said"))
            .env("MACHINE", self.path(""))
            // No pip asks anybody else: what it brings lies here.
            .envs([("PIP_CONFIG_FILE", "/dev/null"), ("PIP_NO_INDEX", "1"), ("PIP_NO_CACHE_DIR", "1")])
            .env("PIP_FIND_LINKS", self.path("index"))
            .output()
            .unwrap()
    }

    /// What the commands in place of others noted since the last time.
    pub(crate) fn said(&self) -> Vec<String> {
        let said = fs::read_to_string(self.path("said")).unwrap_or_default();
        let _ = fs::remove_file(self.path("said"));
        said.lines().map(str::to_owned).collect()
    }

    /// What it says when it fails.
    #[track_caller]
    pub(crate) fn fails(&self, script: &str) -> String {
        let ran = self.runs(script);
        assert!(!ran.status.success(), "{script}: {ran:?}");
        String::from_utf8(ran.stderr).unwrap()
    }
}

pub(crate) fn found(command: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    let mut places = env::split_paths(&path).map(|dir| dir.join(command));
    places.find(|place| place.is_file()).unwrap_or_else(|| panic!("this machine has no `{command}`"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

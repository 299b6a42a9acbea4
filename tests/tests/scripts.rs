//! The project's scripts on machines that lack something: what is missing is named with how to get it, and the suite runs without what
//! a user's machine need not have.
#![cfg(test)]
use std::{
    env, fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// What every machine has.
const COMMANDS: &[&str] =
    &["bash", "cat", "cmp", "dirname", "find", "id", "ln", "mkdir", "mktemp", "rm", "sed", "sh", "uname"];

/// A machine that has a few commands and no others, with a clone of the project's scripts.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(machine.path("bin")).unwrap();
        for command in COMMANDS {
            symlink(found(command), machine.path("bin").join(command)).unwrap();
        }
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts"), &machine.path("clone/scripts"));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A script in the place of a command of the machine, or of one of the project's own.
    fn put(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn runs(&self, script: &str) -> Output {
        Command::new(self.path("clone/scripts").join(script))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("SAID", self.path("said"))
            .output()
            .unwrap()
    }

    /// What it says when it fails.
    #[track_caller]
    fn fails(&self, script: &str) -> String {
        let ran = self.runs(script);
        assert!(!ran.status.success(), "{script}: {ran:?}");
        String::from_utf8(ran.stderr).unwrap()
    }
}

fn found(command: &str) -> PathBuf {
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

#[test]
fn what_cannot_be_installed_is_named_with_how_to_get_it() {
    let machine = Machine::new();
    assert!(machine.fails("compiler").contains("Rust 1.95 or later is missing: install it with rustup"));
    machine.put("bin/cargo", "exit 0");
    let said = machine.fails("compiler");
    assert!(said.contains("a C compiler is missing") && said.contains("sudo apt-get install gcc"), "{said}");

    // No path leads to a PostgreSQL, wherever this machine has one.
    machine.put("bin/readlink", "exit 0");
    let said = machine.fails("servers");
    for words in [
        "PostgreSQL 15 or later is missing",
        "sudo apt-get install postgresql",
        "sudo dnf install postgresql-server",
        "brew install postgresql@17",
        "HOLDFAST_POSTGRES_BIN",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(machine.fails("python-tools").contains("install Python 3.10 or later, with venv"));
}

/// `make test`, with what it would start noted instead.
fn suite(nextest: bool) -> (Output, String) {
    let machine = Machine::new();
    for script in ["servers", "node-tools", "python-tools", "browser"] {
        machine.put(&format!("clone/scripts/{script}"), &format!("echo tool {script} >>$SAID"));
    }
    machine.put("clone/target/debug/with-servers", "shift; echo beside servers >>$SAID; exec \"$@\"");
    machine.put("clone/tests/browser/one.test.mjs", "");
    machine.put("bin/node", "echo node \"$@\" >>$SAID");
    let has = if nextest { 0 } else { 101 };
    let asked = format!("[ \"$1 $2\" = 'nextest --version' ] && exit {has}");
    machine.put("bin/cargo", &format!("{asked}; echo cargo \"$@\" s3=$HOLDFAST_TEST_S3 >>$SAID"));
    let ran = machine.runs("test");
    (ran, fs::read_to_string(machine.path("said")).unwrap())
}

#[test]
fn the_suite_runs_without_nextest() {
    for (nextest, runner) in [(true, "cargo nextest run --workspace"), (false, "cargo test --workspace")] {
        let (ran, said) = suite(nextest);
        assert!(ran.status.success(), "{ran:?}");
        let lines: Vec<&str> = said.lines().collect();
        let tests =
            lines.iter().position(|line| line.starts_with(runner)).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(lines[tests - 1], "beside servers", "{said}");
        assert!(lines[tests].ends_with("s3=required"), "an S3 is brought, so nothing is left out: {said}");
        assert!(said.contains("tool python-tools") && said.contains("--doc"), "{said}");
        assert!(said.contains("node --test tests/browser/one.test.mjs"), "{said}");
        assert_eq!(said.contains("nextest run"), nextest);
    }
}

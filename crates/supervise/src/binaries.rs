//! Finds the newest usable PostgreSQL and nats-server on this machine, or says exactly what to install.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs};

pub(crate) const POSTGRES_MAJOR_MIN: u32 = 15;
pub(crate) const NATS_VERSION_MIN: (u32, u32) = (2, 15);

/// Where packages put PostgreSQL's programs; `*` stands for one directory name's varying part.
const POSTGRES_PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/usr/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The programs to run.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// Newest first, never empty.
    pub(crate) postgres: Vec<PostgresPrograms>,
    pub(crate) nats_server: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostgresPrograms {
    pub(crate) major: u32,
    pub(crate) bin_dir: PathBuf,
}

/// What has to be installed before the servers can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Missing {
    pub postgres: bool,
    pub nats_server: bool,
}

impl Binaries {
    /// Looks in `HOLDFAST_POSTGRES_BIN` and `HOLDFAST_NATS_BIN` (a directory or a program; when set, nowhere else),
    /// then in `tools_dir`, on `PATH`, and where packages of Debian, Red Hat, Alpine and Homebrew put them.
    pub fn locate(tools_dir: &Path) -> Result<Self, Missing> {
        let path: Vec<PathBuf> =
            env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        let tools = [tools_dir.join("bin"), tools_dir.to_owned()];
        let postgres = postgres_in(match env::var_os("HOLDFAST_POSTGRES_BIN") {
            Some(chosen) => vec![PathBuf::from(chosen)],
            None => {
                let packaged = POSTGRES_PLACES.iter().flat_map(|place| expand(place));
                tools.iter().cloned().chain(path.iter().cloned()).chain(packaged).collect()
            }
        });
        let nats_server = nats_server_in(match env::var_os("HOLDFAST_NATS_BIN") {
            Some(chosen) => vec![PathBuf::from(chosen)],
            None => {
                let packaged =
                    ["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin"];
                tools.into_iter().chain(path).chain(packaged.map(PathBuf::from)).collect()
            }
        });
        match nats_server {
            Some(nats_server) if !postgres.is_empty() => Ok(Self { postgres, nats_server }),
            nats_server => Err(Missing { postgres: postgres.is_empty(), nats_server: nats_server.is_none() }),
        }
    }
}

impl Binaries {
    /// Where the newest PostgreSQL's programs lie: beside the server what comes with it, such as `psql`.
    pub fn postgres_dir(&self) -> &Path {
        self.postgres.first().map_or(Path::new(""), |newest| &newest.bin_dir)
    }

    pub fn nats_server(&self) -> &Path {
        &self.nats_server
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.postgres {
            write!(
                f,
                "PostgreSQL {POSTGRES_MAJOR_MIN} or later was not found: install it with `apt-get install postgresql` \
                 (Debian, Ubuntu), `dnf install postgresql-server` (Fedora, RHEL) or `brew install postgresql@17`, or \
                 point HOLDFAST_POSTGRES_BIN at the directory that holds `postgres` and `initdb`"
            )?;
        }
        if self.postgres && self.nats_server {
            f.write_str("; ")?;
        }
        if self.nats_server {
            let (major, minor) = NATS_VERSION_MIN;
            write!(
                f,
                "nats-server {major}.{minor} or later was not found: run `scripts/servers`, or point \
                 HOLDFAST_NATS_BIN at it"
            )?;
        }
        Ok(())
    }
}

fn postgres_in(places: Vec<PathBuf>) -> Vec<PostgresPrograms> {
    let mut found: Vec<PostgresPrograms> = Vec::new();
    for place in places {
        // A link such as /usr/local/bin/postgres is followed: initdb and the shared files are found beside the target.
        let Some(program) = program_at(&place, "postgres").and_then(|program| fs::canonicalize(program).ok())
        else {
            continue;
        };
        let Some(bin_dir) = program.parent().filter(|dir| dir.join("initdb").is_file()) else { continue };
        if found.iter().any(|known| known.bin_dir == bin_dir) {
            continue;
        }
        let major = version(&program).map(|(major, _)| major).filter(|major| *major >= POSTGRES_MAJOR_MIN);
        found.extend(major.map(|major| PostgresPrograms { major, bin_dir: bin_dir.to_owned() }));
    }
    // Stable: of equal versions, the place that was named first wins.
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    found
}

fn nats_server_in(places: Vec<PathBuf>) -> Option<PathBuf> {
    places
        .iter()
        .filter_map(|place| program_at(place, "nats-server"))
        .filter_map(|program| fs::canonicalize(program).ok())
        .find(|program| version(program).is_some_and(|version| version >= NATS_VERSION_MIN))
}

/// `place` may be the program itself or the directory that holds it.
fn program_at(place: &Path, name: &str) -> Option<PathBuf> {
    if place.is_file() {
        return Some(place.to_owned());
    }
    Some(place.join(name)).filter(|program| program.is_file())
}

/// The first `number.number` (or bare number) among the words of `--version`.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let mut numbers = word.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
    })
}

/// Expands the one `*` of a pattern against what is in its directory.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (dir, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| PathBuf::from(format!("{}{after}", entry.path().display())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Mutex;

    use super::*;

    /// A script that is still open for writing in a child just forked by another test cannot be run.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn fake(dir: &Path, name: &str, version: &str) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join(name), format!("#!/bin/sh\necho '{version}'\n")).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some((15, 18)));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(parse_version("nats-server: v2.15.1"), Some((2, 15)));
        assert_eq!(parse_version("no version here"), None);
    }

    #[test]
    fn the_newest_postgres_comes_first_and_too_old_ones_are_left_out() {
        let _alone = ONE_AT_A_TIME.lock();
        let root = tempfile::tempdir().unwrap();
        for major in [13, 15, 17, 16] {
            let dir = root.path().join(major.to_string()).join("bin");
            fake(&dir, "postgres", &format!("postgres (PostgreSQL) {major}.1"));
            fake(&dir, "initdb", "");
        }
        let places = expand(&format!("{}/*/bin", root.path().display()));
        let majors: Vec<u32> = postgres_in(places).iter().map(|found| found.major).collect();
        assert_eq!(majors, [17, 16, 15]);
    }

    #[test]
    fn a_link_to_postgres_leads_to_the_directory_that_holds_initdb() {
        let _alone = ONE_AT_A_TIME.lock();
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("real");
        fake(&real, "postgres", "postgres (PostgreSQL) 16.2");
        fake(&real, "initdb", "");
        let links = root.path().join("links");
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
        let found = postgres_in(vec![links, real.clone()]);
        assert_eq!(found, [PostgresPrograms { major: 16, bin_dir: fs::canonicalize(real).unwrap() }]);
    }

    #[test]
    fn a_nats_server_that_is_too_old_is_passed_over() {
        let _alone = ONE_AT_A_TIME.lock();
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        fake(&old, "nats-server", "nats-server: v2.9.10");
        fake(&new, "nats-server", "nats-server: v2.15.1");
        assert_eq!(nats_server_in(vec![old.clone()]), None);
        assert_eq!(
            nats_server_in(vec![old, new.clone()]),
            Some(fs::canonicalize(new.join("nats-server")).unwrap())
        );
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_to_install_it() {
        let text = Missing { postgres: true, nats_server: true }.to_string();
        assert!(text.contains("apt-get install postgresql") && text.contains("scripts/servers"), "{text}");
        assert!(!Missing { postgres: false, nats_server: true }.to_string().contains("apt-get"));
    }
}

//! A private PostgreSQL cluster.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use crate::account::Account;
use crate::binaries::{Binaries, PostgresPrograms};
use crate::error::{Error, at};
use crate::home::Home;
use crate::port;
use crate::process::{Leftover, Process, end_leftover, wait_until};
use crate::secret::{Secret, write_private};

/// Recovery after a crash is part of it.
const READY_LIMIT: Duration = Duration::from_secs(120);
const PORT_TRIES_MAX: u32 = 5;
/// Fast shutdown, then immediate.
const STOP: &[(Signal, Duration)] =
    &[(Signal::SIGINT, Duration::from_secs(30)), (Signal::SIGQUIT, Duration::from_secs(10))];
const SUPERUSER: &str = "postgres";
const PROGRAM: &str = "postgres";

#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// An error when taken; without one a free port is found and kept.
    pub port: Option<u16>,
    /// Whether a commit survives a crash of the machine. Tests may do without.
    pub durable: bool,
    pub connections_max: u32,
    pub shared_buffers_mb: u32,
    /// Further server settings, by PostgreSQL's names; they win over the ones made here.
    pub more: Vec<(String, String)>,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self { port: None, durable: true, connections_max: 200, shared_buffers_mb: 128, more: Vec::new() }
    }
}

/// Stops when dropped.
pub struct Postgres {
    home: Home,
    account: Account,
    programs: PostgresPrograms,
    settings: PostgresSettings,
    cluster: PathBuf,
    secret: Secret,
    port: u16,
    process: Option<Process>,
}

impl Postgres {
    /// Makes the cluster in `dir` on the first call, and returns when the server takes connections.
    pub fn start(binaries: &Binaries, dir: &Path, settings: PostgresSettings) -> Result<Self, Error> {
        let home = Home::open(dir)?;
        let account = Account::for_postgres()?;
        let cluster = place(&home, account)?;
        if end_leftover_server(&cluster)? == Leftover::Ended {
            info!(cluster = %cluster.display(), "stopped a PostgreSQL server that an earlier run had left behind");
        }
        let secret = Secret::of(&home.path("secret"))?;
        let programs = programs_for(binaries, &cluster)?;
        if major_of(&cluster)?.is_none() {
            create(&home, account, &programs, &cluster, &secret, settings.durable)?;
        }
        let port = port::choose(settings.port, &home.path("port"))?;
        let mut postgres = Self { home, account, programs, settings, cluster, secret, port, process: None };
        postgres.start_on_a_port()?;
        Ok(postgres)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    /// Where the cluster is: in the given directory, or under /var/tmp where PostgreSQL's account could not reach it.
    pub fn cluster_dir(&self) -> &Path {
        &self.cluster
    }

    pub fn log_file(&self) -> PathBuf {
        self.home.path("postgres.log")
    }

    /// The password to create `role` with, so that [`Postgres::url`] opens for it.
    pub fn password(&self, role: &str) -> String {
        self.secret.password(role)
    }

    /// Holds a password: not for logs.
    pub fn url(&self, database: &str, role: &str) -> String {
        url(&self.secret, self.port, database, role)
    }

    /// The same for the cluster of `dir` that another process runs.
    pub fn url_in(dir: &Path, database: &str, role: &str) -> Result<String, Error> {
        let path = dir.join("port");
        let port = fs::read_to_string(&path).map_err(at("read", &path))?;
        let port = port.trim().parse().map_err(|_| Error::NoCluster { dir: dir.to_owned() })?;
        Ok(url(&Secret::of(&dir.join("secret"))?, port, database, role))
    }

    pub fn superuser_url(&self) -> String {
        self.url("postgres", SUPERUSER)
    }

    /// Ends running transactions, writes everything out, returns when the server is gone.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(STOP);
        }
    }

    /// What a crash does: nothing is written out.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// After [`Postgres::stop`] or [`Postgres::kill`]: the same cluster on the same port. Nothing when it runs.
    pub fn start_again(&mut self) -> Result<(), Error> {
        if self.is_running() {
            return Ok(());
        }
        self.run()
    }

    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        self.run()
    }

    /// Removes the cluster of `dir`, wherever it was put, and `dir` itself.
    pub fn remove(dir: &Path) -> Result<(), Error> {
        if !dir.exists() {
            return Ok(());
        }
        let home = Home::open(dir)?;
        let cluster = place(&home, Account::for_postgres()?)?;
        end_leftover_server(&cluster)?;
        let elsewhere = cluster.parent().filter(|parent| *parent != home.dir());
        for dir in elsewhere.into_iter().chain([home.dir()]) {
            match fs::remove_dir_all(dir) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(at("remove", dir)(source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Another program may take the port between the look and the start; then another one is found, unless it was asked
    /// for by number.
    fn start_on_a_port(&mut self) -> Result<(), Error> {
        for _ in 1..PORT_TRIES_MAX {
            match self.run() {
                Err(Error::Exited { .. }) if self.settings.port.is_none() && !port::is_free(self.port) => {
                    self.port = port::choose(None, &self.home.path("port"))?;
                }
                result => return result,
            }
        }
        self.run()
    }

    fn run(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        let (path, log) = self.home.log(PROGRAM)?;
        let mut seen = log.metadata().map_err(at("look at", &path))?.len();
        loop {
            let errors = log.try_clone().map_err(at("open", &path))?;
            let mut command = Command::new(self.programs.bin_dir.join(PROGRAM));
            self.account.run(&mut command).arg("-D").arg(&self.cluster).args(self.arguments()).stdout(errors);
            command.stderr(log.try_clone().map_err(at("open", &path))?);
            let mut process =
                Process::start(command, Signal::SIGINT).map_err(at("run", &self.programs.bin_dir))?;
            let mut ended = false;
            let left = READY_LIMIT.saturating_sub(start.elapsed());
            wait_until(left, || {
                ended = !process.is_running();
                ended || is_ready(&self.cluster, process.id())
            });
            if !ended && is_ready(&self.cluster, process.id()) {
                self.process = Some(process);
                return Ok(());
            }
            process.end(STOP);
            if start.elapsed() > READY_LIMIT {
                return Err(Error::NotReady { program: PROGRAM, limit_s: READY_LIMIT.as_secs(), log: path });
            }
            // The backends of a killed server take a moment to notice; until then a new one may not start.
            let said = read_from(&path, &mut seen)?;
            if !said.contains("shared memory block") {
                return Err(Error::Exited { program: PROGRAM, log: path });
            }
        }
    }

    fn arguments(&self) -> Vec<String> {
        let durable = if self.settings.durable { "on" } else { "off" };
        let ours = [
            ("listen_addresses", "127.0.0.1"),
            ("port", &self.port.to_string()),
            // Only by password over loopback: a socket would need a directory of a short name that others cannot enter.
            ("unix_socket_directories", ""),
            ("shared_buffers", &format!("{}MB", self.settings.shared_buffers_mb)),
            ("max_connections", &self.settings.connections_max.to_string()),
            ("fsync", durable),
            ("synchronous_commit", durable),
            ("full_page_writes", durable),
            ("max_wal_size", "1GB"),
            ("jit", "off"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("log_checkpoints", "off"),
            // Before it recovers from a crash: one call, where a call for each of some thousand files takes its time.
            ("recovery_init_sync_method", if cfg!(target_os = "linux") { "syncfs" } else { "fsync" }),
            // Neither statements nor the values in them reach the log: they may speak of a patient.
            ("log_error_verbosity", "terse"),
            ("log_min_error_statement", "panic"),
            ("log_parameter_max_length", "0"),
            ("log_parameter_max_length_on_error", "0"),
        ]
        .map(|(name, value)| format!("{name}={value}"));
        let more = self.settings.more.iter().map(|(name, value)| format!("{name}={value}"));
        ours.into_iter().chain(more).flat_map(|setting| ["-c".to_owned(), setting]).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn url(secret: &Secret, port: u16, database: &str, role: &str) -> String {
    let (database, encoded, password) = (encode(database), encode(role), secret.password(role));
    format!("postgres://{encoded}:{password}@127.0.0.1:{port}/{database}")
}

/// In the server's directory where PostgreSQL's account can reach it.
fn place(home: &Home, account: Account) -> Result<PathBuf, Error> {
    let beside = home.path("cluster");
    if account.reaches(home.dir()) {
        return Ok(beside);
    }
    let hash = hex::encode(Sha256::digest(home.dir().as_os_str().as_encoded_bytes()));
    let elsewhere = Path::new("/var/tmp").join(format!("holdfast-{}", hash.get(..16).unwrap_or(&hash)));
    account.private_dir(&elsewhere)?;
    let note = home.path("cluster-dir");
    if !note.exists() {
        fs::write(&note, elsewhere.as_os_str().as_encoded_bytes()).map_err(at("write", &note))?;
        warn!(
            cluster = %elsewhere.display(),
            "PostgreSQL does not run as root, and its account cannot enter the data directory: the cluster is elsewhere"
        );
    }
    Ok(elsewhere.join("cluster"))
}

/// Those of the cluster's own version; the newest where there is no cluster yet.
fn programs_for(binaries: &Binaries, cluster: &Path) -> Result<PostgresPrograms, Error> {
    let major = major_of(cluster)?;
    let fits = |programs: &&PostgresPrograms| major.is_none_or(|major| programs.major == major);
    binaries
        .postgres
        .iter()
        .find(fits)
        .cloned()
        .ok_or_else(|| Error::OtherMajor { dir: cluster.to_owned(), cluster: major.unwrap_or_default() })
}

fn major_of(cluster: &Path) -> Result<Option<u32>, Error> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(absent) if absent.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(at("read", &path)(source)),
    }
}

/// Made beside its place and then moved: a cluster is there whole or not at all.
fn create(
    home: &Home,
    account: Account,
    programs: &PostgresPrograms,
    cluster: &Path,
    secret: &Secret,
    durable: bool,
) -> Result<(), Error> {
    let new = cluster.with_extension("new");
    if new.exists() {
        fs::remove_dir_all(&new).map_err(at("remove", &new))?;
    }
    account.private_dir(&new)?;
    // In a directory of its own: initdb wants its cluster's empty.
    let handover = cluster.with_extension("handover");
    if handover.exists() {
        fs::remove_dir_all(&handover).map_err(at("remove", &handover))?;
    }
    account.private_dir(&handover)?;
    let password = handover.join("password");
    write_private(&password, &secret.password(SUPERUSER))?;
    account.give(&password)?;

    let (path, log) = home.log("initdb")?;
    // macOS knows no C.UTF-8.
    let locale = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
    let mut command = Command::new(programs.bin_dir.join("initdb"));
    account
        .run(&mut command)
        .arg("-D")
        .arg(&new)
        .arg("--pwfile")
        .arg(&password)
        .args(["--username", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"])
        .arg(format!("--locale={locale}"))
        .args((!durable).then_some("--no-sync"))
        .stdout(log.try_clone().map_err(at("open", &path))?)
        .stderr(log);
    let made = Process::start(command, Signal::SIGKILL).map_err(at("run", &programs.bin_dir))?.succeeds();
    fs::remove_dir_all(&handover).map_err(at("remove", &handover))?;
    if !made {
        return Err(Error::Exited { program: "initdb", log: path });
    }
    fs::rename(&new, cluster).map_err(at("move", &new))
}

/// The lock on the directory is ours, so that whoever still runs on its cluster has lost its parent.
fn end_leftover_server(cluster: &Path) -> Result<Leftover, Error> {
    let path = cluster.join("postmaster.pid");
    let Some(id) = fs::read_to_string(&path).ok().and_then(|text| text.lines().next()?.trim().parse().ok())
    else {
        return Ok(Leftover::None);
    };
    let ended = end_leftover(id, &cluster.display().to_string(), STOP);
    if ended == Leftover::None {
        // The number may belong to another program by now, which PostgreSQL would take for a running server.
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(at("remove", &path)(source));
            }
            _ => {}
        }
    }
    Ok(ended)
}

/// The server writes its state into the eighth line of its pid file.
fn is_ready(cluster: &Path, id: u32) -> bool {
    let Ok(text) = fs::read_to_string(cluster.join("postmaster.pid")) else { return false };
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(id.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn read_from(path: &Path, seen: &mut u64) -> Result<String, Error> {
    let mut said = Vec::new();
    fs::File::open(path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(*seen))?;
            file.take(1 << 20).read_to_end(&mut said)
        })
        .map_err(at("read", path))?;
    *seen += said.len() as u64;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// Percent-encodes what is no plain identifier.
fn encode(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

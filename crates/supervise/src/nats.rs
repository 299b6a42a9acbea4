//! A private nats-server with JetStream.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tracing::info;

use crate::binaries::Binaries;
use crate::error::{Error, at};
use crate::home::Home;
use crate::port;
use crate::process::{Leftover, Process, end_leftover, wait_until};
use crate::secret::{Secret, write_private};

/// Recovery of the stored streams is part of it.
const READY_LIMIT: Duration = Duration::from_secs(60);
const PORT_TRIES_MAX: u32 = 5;
const STOP: &[(Signal, Duration)] = &[(Signal::SIGTERM, Duration::from_secs(15))];
const USER: &str = "holdfast";
const PROGRAM: &str = "nats-server";
const CONNECTIONS_MAX: u32 = 1024;

#[derive(Debug, Clone)]
pub struct NatsSettings {
    /// An error when taken; without one a free port is found and kept.
    pub port: Option<u16>,
    pub payload_bytes_max: u32,
    pub memory_store_mb_max: u32,
    pub file_store_mb_max: u32,
    /// How long an acknowledged message may stand in the page cache alone; `None` syncs before each acknowledgement.
    /// The event log is the truth and publishes again what the bus lost, so that two minutes cost nothing.
    pub sync_interval: Option<Duration>,
}

impl Default for NatsSettings {
    fn default() -> Self {
        Self {
            port: None,
            payload_bytes_max: 1 << 20,
            memory_store_mb_max: 256,
            file_store_mb_max: 8 << 10,
            sync_interval: Some(Duration::from_secs(120)),
        }
    }
}

/// Stops when dropped.
pub struct Nats {
    home: Home,
    program: PathBuf,
    settings: NatsSettings,
    secret: Secret,
    port: u16,
    process: Option<Process>,
}

impl Nats {
    /// Returns when the server takes connections and its stored streams are back.
    pub fn start(binaries: &Binaries, dir: &Path, settings: NatsSettings) -> Result<Self, Error> {
        let home = Home::open(dir)?;
        if end_leftover_server(&home) == Leftover::Ended {
            info!(dir = %home.dir().display(), "stopped a nats-server that an earlier run had left behind");
        }
        let secret = Secret::of(&home.path("secret"))?;
        let port = port::choose(settings.port, &home.path("port"))?;
        let program = binaries.nats_server.clone();
        let mut nats = Self { home, program, settings, secret, port, process: None };
        nats.start_on_a_port()?;
        Ok(nats)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    pub fn log_file(&self) -> PathBuf {
        self.home.path("nats-server.log")
    }

    /// `nats://127.0.0.1:<port>`, without the credentials.
    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn user(&self) -> &'static str {
        USER
    }

    pub fn password(&self) -> String {
        self.secret.password(USER)
    }

    /// Address, user and password in one; not for logs. `async_nats::connect` does not read the last two from a URL:
    /// take them out and give them to its `ConnectOptions`.
    pub fn url(&self) -> String {
        format!("nats://{USER}:{}@127.0.0.1:{}", self.password(), self.port)
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end(STOP);
        }
    }

    /// What a crash does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// After [`Nats::stop`] or [`Nats::kill`]: the same port, and what is left of the store. Nothing when it runs.
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

    /// Kills the server and deletes every stream, consumer and message: the loss that the event log has to survive.
    pub fn lose_store(&mut self) -> Result<(), Error> {
        self.kill();
        let store = self.home.path("store");
        match fs::remove_dir_all(&store) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(at("remove", &store)(source)),
            _ => Ok(()),
        }
    }

    /// Removes everything of the server in `dir`.
    pub fn remove(dir: &Path) -> Result<(), Error> {
        if !dir.exists() {
            return Ok(());
        }
        let home = Home::open(dir)?;
        end_leftover_server(&home);
        fs::remove_dir_all(home.dir()).map_err(at("remove", home.dir()))
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
        let (path, log) = self.home.log(PROGRAM)?;
        let config = config_file(&self.home);
        write_private(&config, &self.config())?;
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(&config).stdout(log.try_clone().map_err(at("open", &path))?).stderr(log);
        let mut process = Process::start(command, Signal::SIGTERM).map_err(at("run", &self.program))?;
        let password = self.password();
        let mut ended = false;
        let answered = wait_until(READY_LIMIT, || {
            ended = !process.is_running();
            ended || answers(self.port, &password)
        });
        // Ours has to be the one that answered, and to be still there.
        if answered && !ended && process.is_running() {
            self.process = Some(process);
            return Ok(());
        }
        process.end(STOP);
        Err(match ended || answered {
            true => Error::Exited { program: PROGRAM, log: path },
            false => Error::NotReady { program: PROGRAM, limit_s: READY_LIMIT.as_secs(), log: path },
        })
    }

    fn config(&self) -> String {
        let NatsSettings { payload_bytes_max, memory_store_mb_max, file_store_mb_max, sync_interval, .. } =
            self.settings;
        let sync_interval =
            sync_interval.map_or("always".to_owned(), |every| format!("{}s", every.as_secs().max(1)));
        format!(
            "listen: \"127.0.0.1:{port}\"\n\
             server_name: holdfast\n\
             pid_file: {pid_file}\n\
             max_payload: {payload_bytes_max}\n\
             max_connections: {CONNECTIONS_MAX}\n\
             authorization {{ user: {USER}, password: \"{password}\" }}\n\
             jetstream {{\n  \
               store_dir: {store}\n  \
               max_memory_store: {memory_store_mb_max}MB\n  \
               max_file_store: {file_store_mb_max}MB\n  \
               sync_interval: \"{sync_interval}\"\n\
             }}\n",
            port = self.port,
            pid_file = quote(&self.home.path("pid")),
            store = quote(&self.home.path("store")),
            password = self.password(),
        )
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.stop();
    }
}

fn config_file(home: &Home) -> PathBuf {
    home.path("nats.conf")
}

/// The lock on the directory is ours, so that whoever still runs on it has lost its parent.
fn end_leftover_server(home: &Home) -> Leftover {
    match fs::read_to_string(home.path("pid")).ok().and_then(|text| text.trim().parse().ok()) {
        Some(id) => end_leftover(id, &config_file(home).display().to_string(), STOP),
        None => Leftover::None,
    }
}

/// Signs in and pings, so that the answer comes from the server that knows our password.
fn answers(port: u16, password: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let greeting = lines.next().transpose()?.unwrap_or_default();
        let sign_in = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"user\":\"{USER}\",\"pass\":\"{password}\"}}\r\nPING\r\n"
        );
        (&stream).write_all(sign_in.as_bytes())?;
        Ok(greeting.contains("\"jetstream\":true") && lines.next().transpose()?.as_deref() == Some("PONG"))
    };
    ask().unwrap_or(false)
}

/// The configuration's strings know backslash escapes.
fn quote(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

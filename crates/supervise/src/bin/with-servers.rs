//! Runs a command, such as a test runner, beside a private PostgreSQL and nats-server that end with it:
//! `with-servers <directory> <command…>`.
//!
//! The command finds them in `HOLDFAST_TEST_POSTGRES_URL` (of the superuser) and `HOLDFAST_TEST_NATS_URL` (with user and
//! password). Each run begins with empty ones, and leaves its logs to look at.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fmt};

use holdfast_supervise::{Binaries, Error, Nats, NatsSettings, Postgres, PostgresSettings};

/// So many runs may go on at once, each in a directory of its own.
const RUNS_MAX: u32 = 16;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(dir), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: with-servers <directory> <command>");
        return ExitCode::from(2);
    };
    let (postgres, nats) = match start(Path::new(&dir)) {
        Ok(servers) => servers,
        Err(cause) => {
            eprintln!("with-servers: {}", Chain(&*cause));
            return ExitCode::FAILURE;
        }
    };
    let status = Command::new(&program)
        .args(arguments)
        .env("HOLDFAST_TEST_POSTGRES_URL", postgres.superuser_url())
        .env("HOLDFAST_TEST_NATS_URL", nats.url())
        .status();
    match status {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(cause) => {
            eprintln!("with-servers: could not run {}: {cause}", program.display());
            ExitCode::from(127)
        }
    }
}

fn start(dir: &Path) -> Result<(Postgres, Nats), Box<dyn StdError>> {
    let tools = env::var_os("HOLDFAST_TOOLS_DIR").map_or_else(|| PathBuf::from(".tools"), PathBuf::from);
    let binaries = Binaries::locate(&tools)?;
    let settings =
        || PostgresSettings { durable: false, connections_max: 400, ..PostgresSettings::default() };
    for run in 0..RUNS_MAX {
        let dir = dir.join(run.to_string());
        let (postgres, nats) = (dir.join("postgres"), dir.join("nats"));
        let emptied = Postgres::remove(&postgres).and_then(|()| Nats::remove(&nats));
        match emptied.and_then(|()| Postgres::start(&binaries, &postgres, settings())) {
            Err(Error::InUse { .. }) => {}
            postgres => return Ok((postgres?, Nats::start(&binaries, &nats, NatsSettings::default())?)),
        }
    }
    Err(format!("all {RUNS_MAX} directories under `{}` are in use", dir.display()).into())
}

/// An error with its causes.
struct Chain<'a>(&'a dyn StdError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |cause| write!(f, ": {}", Chain(cause)))
    }
}

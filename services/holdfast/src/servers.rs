//! The private PostgreSQL and nats-server of `up`, and its witness: started first, started again when one dies, stopped last.
use crate::{data_dir::DataDir, witness::Beside};
use anyhow::{Context, Result};
use holdfast_supervise::{Binaries, Error, Nats, NatsSettings, Postgres, PostgresSettings};
use std::{io::Write, path::PathBuf, time::Duration};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

/// How often a server is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// The longest rest after a start, for a server that does not stay up.
const REST_MAX: Duration = Duration::from_secs(30);

/// Both, private to the data directory.
pub(crate) async fn start(dir: &DataDir, tools_dir: PathBuf) -> Result<(Postgres, Nats)> {
    let (postgres_dir, nats_dir) = (dir.path("postgres"), dir.path("nats"));
    spawn_blocking(move || {
        let binaries = Binaries::locate(&tools_dir)?;
        let postgres = Postgres::start(&binaries, &postgres_dir, PostgresSettings::default())?;
        let nats = Nats::start(&binaries, &nats_dir, NatsSettings::default())?;
        anyhow::Ok((postgres, nats))
    })
    .await?
}

/// All, each looked after by a task of its own.
pub(crate) struct Watched {
    postgres: Watch,
    nats: Watch,
    witness: Watch,
}

impl Watched {
    pub(crate) fn new(postgres: Postgres, nats: Nats, witness: Beside) -> Self {
        Self { postgres: Watch::new(postgres), nats: Watch::new(nats), witness: Watch::new(witness) }
    }

    /// The one that others lean on is the last.
    pub(crate) async fn stop(self) -> Result<()> {
        let witness = self.witness.stop().await;
        let nats = self.nats.stop().await;
        self.postgres.stop().await.and(nats).and(witness)
    }
}

struct Watch {
    stop: CancellationToken,
    task: JoinHandle<Result<()>>,
}

impl Watch {
    fn new(server: impl Server) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(watch(server, stop.clone())), stop }
    }

    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.task.await?
    }
}

/// A start under way is waited for: a server that is half up stops badly.
async fn watch<S: Server>(mut server: S, stop: CancellationToken) -> Result<()> {
    let mut rest = EVERY;
    while stop.run_until_cancelled(tokio::time::sleep(rest)).await.is_some() {
        let looked = spawn_blocking(move || (look(&mut server, rest), server)).await;
        (rest, server) = looked.with_context(|| format!("nobody looks after {} any more", S::NAME))?;
    }
    Ok(spawn_blocking(move || server.stop()).await?)
}

/// Starts the server again when it is gone; how long to rest before the next look.
fn look<S: Server>(server: &mut S, rest: Duration) -> Duration {
    if server.is_running() {
        return (rest / 2).max(EVERY);
    }
    tracing::warn!(server = S::NAME, "it ended by itself: starting it again");
    match server.start_again() {
        Ok(()) => {
            tracing::info!(server = S::NAME, "it runs again");
            // A terminal that is gone must not keep the server from being looked after.
            let _ = writeln!(std::io::stdout(), "{} had ended by itself and was started again", S::NAME);
        }
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(server = S::NAME, error, "it could not be started again");
        }
    }
    (rest * 2).min(REST_MAX)
}

trait Server: Send + 'static {
    const NAME: &'static str;
    fn is_running(&mut self) -> bool;
    fn start_again(&mut self) -> Result<(), Error>;
    fn stop(&mut self);
}

impl Server for Postgres {
    const NAME: &'static str = "PostgreSQL";
    fn is_running(&mut self) -> bool {
        self.is_running()
    }
    fn start_again(&mut self) -> Result<(), Error> {
        self.start_again()
    }
    fn stop(&mut self) {
        self.stop();
    }
}

impl Server for Nats {
    const NAME: &'static str = "nats-server";
    fn is_running(&mut self) -> bool {
        self.is_running()
    }
    fn start_again(&mut self) -> Result<(), Error> {
        self.start_again()
    }
    fn stop(&mut self) {
        self.stop();
    }
}

impl Server for Beside {
    const NAME: &'static str = "the witness";
    fn is_running(&mut self) -> bool {
        self.is_running()
    }
    fn start_again(&mut self) -> Result<(), Error> {
        let failed = |source| Error::Io { doing: "start", path: "holdfast witness".into(), source };
        self.start_again().map_err(failed)
    }
    fn stop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each look finds the next of these; each start succeeds or not as the same entry says.
    struct Fickle {
        runs: Vec<bool>,
        starts: u32,
    }

    impl Server for Fickle {
        const NAME: &'static str = "a fickle server";
        fn is_running(&mut self) -> bool {
            self.runs.pop().unwrap()
        }
        fn start_again(&mut self) -> Result<(), Error> {
            self.starts += 1;
            Err(Error::PortInUse { port: 1 })
        }
        fn stop(&mut self) {}
    }

    #[test]
    fn a_server_that_does_not_stay_up_is_started_ever_less_often() {
        let mut server =
            Fickle { runs: vec![true, true, false, false, false, false, false, false], starts: 0 };
        let rests: Vec<u64> = (0..8)
            .scan(EVERY, |rest, _| {
                *rest = look(&mut server, *rest);
                Some(rest.as_secs())
            })
            .collect();
        assert_eq!(rests, [2, 4, 8, 16, 30, 30, 15, 7]);
        assert_eq!(server.starts, 6);
    }
}

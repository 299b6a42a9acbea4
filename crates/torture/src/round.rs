//! One round: fresh servers, a crew at work, one fault after the other, then quiet, then the count.
use crate::{
    Acked, CheckError, Counts, Order, Place, Program, Role, Worker, Writing, count, log,
    place::PlaceError,
    views::{self, TablesError},
};
use holdfast_eventlog::{ReadError, SchemaError, schema};
use holdfast_supervise::{Binaries, Error as ServerError, Nats, NatsSettings, Postgres, PostgresSettings};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task::block_in_place, time::Instant};

pub(crate) const PROCESSES: u16 = 4;
pub(crate) const LISTENERS: u16 = 2;
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Where a listener parks what it takes for malformed, and where it takes in what was parked.
const PARKED: &str = "inbox.parked";
const RETRIED: &str = "inbox.retried";
/// As many as [`Fault::ListenerDiesAt`] counts at most.
pub(crate) const PARKED_MIN: u64 = 20;
/// Without progress for so long, something is wrong that no count shows.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers of processes are taken modulo how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    KillWriters(u16),
    KillListener(u16),
    /// Dies at a named place of the event log, the so-manieth time it comes there.
    WritersDieAt(u16, &'static str, u32),
    ListenerDiesAt(u16, &'static str, u32),
    KillNats,
    /// Killed, and its data directory deleted.
    LoseNatsStore,
    RestartPostgres,
    KillPostgres,
}

pub struct Plan {
    pub writers: u16,
    pub patients: u64,
    pub faults: Vec<Fault>,
    /// Commands acknowledged between one fault and the next.
    pub commands_between: u64,
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum TortureError {
    #[error("a server cannot be run")]
    Server(#[from] ServerError),
    #[error("a worker cannot be run")]
    Worker(#[from] io::Error),
    #[error("the databases cannot be made")]
    Place(#[source] PlaceError),
    #[error("a database's address is none")]
    Schema(#[source] SchemaError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error("the count failed")]
    Check(#[source] CheckError),
    #[error("nothing was written for {}s after `{after:?}`", PATIENCE.as_secs())]
    NoProgress { after: Option<Fault> },
}

/// Runs a round in `dir`, which it empties. `say` hears of every fault.
pub async fn round(
    plan: &Plan,
    binaries: &Binaries,
    dir: &Path,
    program: &Program,
    say: &(dyn Fn(String) + Sync),
) -> Result<Counts, TortureError> {
    let mut servers = block_in_place(|| Servers::start(binaries, dir))?;
    let password = servers.postgres.password("torture");
    let place =
        Place::prepare(&servers.postgres.superuser_url(), &password).await.map_err(TortureError::Place)?;
    let order = Order {
        place: place.clone(),
        nats_url: servers.nats.url(),
        bus_prefix: "torture".to_owned(),
        seed: plan.seed,
        role: Role::Listen { chaos: true, refuses: false },
    };
    let mut crew = Crew {
        program,
        order,
        plan,
        acked: Acked::default(),
        writers: Vec::new(),
        listeners: Vec::new(),
        refusing: None,
        resting: false,
    };
    crew.muster().await?;
    let mut after = None;
    for fault in &plan.faults {
        crew.work(after).await?;
        say(format!("{} commands acknowledged; {fault:?}", crew.acked.total()));
        crew.suffer(*fault, &mut servers).await?;
        after = Some(*fault);
    }
    crew.work(after).await?;
    crew.quieten(&place).await?;
    let counts = count(&place, &crew.acked).await.map_err(TortureError::Check)?;
    say(format!("{} commands, {} events: {counts}", crew.acked.total(), counts.events));
    Ok(counts)
}

struct Servers {
    postgres: Postgres,
    nats: Nats,
    dir: PathBuf,
}

impl Servers {
    /// Durable, so that an acknowledged commit survives the server's death.
    fn start(binaries: &Binaries, dir: &Path) -> Result<Self, ServerError> {
        let (postgres_dir, nats_dir) = (dir.join("postgres"), dir.join("nats"));
        Postgres::remove(&postgres_dir)?;
        Nats::remove(&nats_dir)?;
        let postgres = Postgres::start(binaries, &postgres_dir, PostgresSettings::default())?;
        let nats = Nats::start(binaries, &nats_dir, NatsSettings::default())?;
        Ok(Self { postgres, nats, dir: dir.to_owned() })
    }
}

impl Drop for Servers {
    /// What a round wrote is of no use after its count. A directory that stays is emptied by the next round.
    fn drop(&mut self) {
        self.postgres.stop();
        self.nats.stop();
        let _ = std::fs::remove_dir_all(self.dir.join("nats"));
    }
}

struct Crew<'a> {
    program: &'a Program,
    order: Order,
    plan: &'a Plan,
    acked: Acked,
    writers: Vec<Worker>,
    listeners: Vec<Worker>,
    /// The listener that takes some events for malformed, until the next fault.
    refusing: Option<u16>,
    resting: bool,
}

impl Crew<'_> {
    async fn muster(&mut self) -> Result<(), TortureError> {
        for process in 0..PROCESSES {
            let worker = self.start_writers(process, None).await?;
            self.writers.push(worker);
        }
        for process in 0..LISTENERS {
            let worker = self.start_listener(process, false, None).await?;
            self.listeners.push(worker);
        }
        Ok(())
    }

    /// Each writer goes on after its last acknowledged number.
    async fn start_writers(&self, process: u16, fault: Option<&str>) -> Result<Worker, TortureError> {
        let ours = (0..self.plan.writers).filter(|writer| !self.resting && writer % PROCESSES == process);
        let writing = |writer| Writing { writer, next: self.acked.of(writer) + 1, last: None };
        let role = Role::Write { writers: ours.map(writing).collect(), patients: self.plan.patients };
        Ok(self.program.start(&Order { role, ..self.order.clone() }, fault, &self.acked).await?)
    }

    async fn start_listener(
        &self,
        process: u16,
        refuses: bool,
        fault: Option<&str>,
    ) -> Result<Worker, TortureError> {
        let seed = self.plan.seed.wrapping_add(self.acked.total()).wrapping_add(u64::from(process));
        let order = Order { seed, role: Role::Listen { chaos: true, refuses }, ..self.order.clone() };
        Ok(self.program.start(&order, fault, &self.acked).await?)
    }

    /// Until enough was acknowledged; whoever died meanwhile is replaced.
    async fn work(&mut self, after: Option<Fault>) -> Result<(), TortureError> {
        let wanted = self.acked.total() + self.plan.commands_between;
        let mut last = (self.acked.total(), Instant::now());
        while self.acked.total() < wanted {
            self.replace_the_dead().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
            if self.acked.total() > last.0 {
                last = (self.acked.total(), Instant::now());
            } else if last.1.elapsed() > PATIENCE {
                return Err(TortureError::NoProgress { after });
            }
        }
        Ok(())
    }

    async fn replace_the_dead(&mut self) -> Result<(), TortureError> {
        for process in 0..PROCESSES {
            if self.writers.get_mut(usize::from(process)).is_some_and(|worker| !worker.is_running()) {
                self.replace_writers(process, None).await?;
            }
        }
        for process in 0..LISTENERS {
            if self.listeners.get_mut(usize::from(process)).is_some_and(|worker| !worker.is_running()) {
                self.replace_listener(process, false, None).await?;
            }
        }
        Ok(())
    }

    /// The old ones are dead, and all that they said is heard, before the new ones begin.
    async fn replace_writers(&mut self, process: u16, fault: Option<&str>) -> Result<(), TortureError> {
        let process = process % PROCESSES;
        let old = self.writers.remove(usize::from(process));
        old.kill().await?;
        let new = self.start_writers(process, fault).await?;
        self.writers.insert(usize::from(process), new);
        Ok(())
    }

    async fn replace_listener(
        &mut self,
        process: u16,
        refuses: bool,
        fault: Option<&str>,
    ) -> Result<(), TortureError> {
        let process = process % LISTENERS;
        let old = self.listeners.remove(usize::from(process));
        old.kill().await?;
        let new = self.start_listener(process, refuses, fault).await?;
        self.listeners.insert(usize::from(process), new);
        Ok(())
    }

    async fn suffer(&mut self, fault: Fault, servers: &mut Servers) -> Result<(), TortureError> {
        let at = |point: &str, time: u32| format!("{point}:{time}");
        self.mend().await?;
        match fault {
            Fault::KillWriters(process) => self.replace_writers(process, None).await?,
            Fault::KillListener(process) => self.replace_listener(process, false, None).await?,
            Fault::WritersDieAt(process, point, time) => {
                self.replace_writers(process, Some(&at(point, time))).await?
            }
            Fault::ListenerDiesAt(process, point, time) => {
                if point == RETRIED {
                    self.park_some(process + 1).await?;
                }
                self.replace_listener(process, point == PARKED, Some(&at(point, time))).await?;
            }
            Fault::KillNats => block_in_place(|| {
                servers.nats.kill();
                servers.nats.start_again()
            })?,
            Fault::LoseNatsStore => block_in_place(|| {
                servers.nats.lose_store()?;
                servers.nats.start_again()
            })?,
            Fault::RestartPostgres => block_in_place(|| servers.postgres.restart())?,
            Fault::KillPostgres => block_in_place(|| {
                servers.postgres.kill();
                servers.postgres.start_again()
            })?,
        }
        Ok(())
    }

    /// Has a listener refuse until some of its events wait.
    async fn park_some(&mut self, process: u16) -> Result<(), TortureError> {
        self.replace_listener(process, true, None).await?;
        self.refusing = Some(process);
        let listener = schema::connect(&self.order.place.listener_url, 1).map_err(TortureError::Schema)?;
        let began = Instant::now();
        while views::parked(&listener).await? < PARKED_MIN && began.elapsed() < PATIENCE {
            self.replace_the_dead().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Nobody refuses any more.
    async fn mend(&mut self) -> Result<(), TortureError> {
        match self.refusing.take() {
            Some(process) => self.replace_listener(process, false, None).await,
            None => Ok(()),
        }
    }

    /// No more writing; then until everything is published, heard and taken in, or patience ends: what is missing then is counted as missing.
    async fn quieten(&mut self, place: &Place) -> Result<(), TortureError> {
        self.resting = true;
        self.mend().await?;
        for worker in self.writers.iter_mut().chain(&mut self.listeners) {
            worker.rest().await;
        }
        let log = log(place).map_err(TortureError::Schema)?;
        let listener = schema::connect(&place.listener_url, 1).map_err(TortureError::Schema)?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            // Asked first: what they wrote last stands in the heads then.
            let rested = self.writers.iter_mut().all(|worker| worker.has_rested());
            let heads = log.heads().await.map_err(TortureError::Read)?;
            let reached = views::checkpoints(&listener).await?;
            let unpublished = views::unpublished(log.pool()).await?;
            let heard = heads.iter().all(|(lane, head)| reached.get(lane) == Some(head));
            let parked = views::parked(&listener).await?;
            if heard && parked == 0 && unpublished == 0 && rested {
                break;
            }
            self.replace_the_dead().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        for worker in self.writers.drain(..).chain(self.listeners.drain(..)) {
            worker.stop().await?;
        }
        Ok(())
    }
}

//! The worker processes: started, killed, and what they said.
use crate::Order;
use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    task::JoinHandle,
};

/// Said by writers when they will write no more.
pub(crate) const RESTED: &str = "rested";

/// What runs as a worker: a program that calls [`crate::work`].
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

/// Per writer the last number that was acknowledged; each counts from 1 without gaps.
#[derive(Debug, Clone, Default)]
pub struct Acked(Arc<Mutex<BTreeMap<u16, u64>>>);

impl Acked {
    pub fn of(&self, writer: u16) -> u64 {
        self.all().get(&writer).copied().unwrap_or_default()
    }

    pub fn total(&self) -> u64 {
        self.all().values().sum()
    }

    pub fn all(&self) -> BTreeMap<u16, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn heard(&self, line: &str) {
        if let Some((writer, number)) = line.split_once(' ')
            && let (Ok(writer), Ok(number)) = (writer.parse(), number.parse())
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(writer, number);
        }
    }
}

/// Killed when dropped.
pub struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    rested: watch::Receiver<bool>,
    hearing: JoinHandle<()>,
}

impl Program {
    /// `fault` names a place of the event log at which the worker dies, in a build with the feature `faults`.
    pub async fn start(&self, order: &Order, fault: Option<&str>, acked: &Acked) -> io::Result<Worker> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.env_remove("HOLDFAST_FAULT").envs(fault.map(|fault| ("HOLDFAST_FAULT", fault)));
        let mut child = command.spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the worker has no pipes"));
        };
        input.write_all(format!("{}\n", serde_json::to_string(order)?).as_bytes()).await?;
        let (say_rested, rested) = watch::channel(false);
        let hearing = tokio::spawn(hear(output, acked.clone(), say_rested));
        Ok(Worker { child, input: Some(input), rested, hearing })
    }
}

async fn hear(output: ChildStdout, acked: Acked, rested: watch::Sender<bool>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == RESTED {
            rested.send_replace(true);
        }
        acked.heard(&line);
    }
}

impl Worker {
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it is alive and its writers are done.
    pub fn has_rested(&mut self) -> bool {
        *self.rested.borrow() && self.is_running()
    }

    /// Waits until its writers are done; false when it dies first.
    pub async fn rested(&mut self) -> bool {
        self.rested.wait_for(|rested| *rested).await.is_ok()
    }

    /// Tells it to write no more. A dead worker hears nothing.
    pub async fn rest(&mut self) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(b"rest\n").await;
        }
    }

    /// What `kill -9` does.
    pub async fn kill(mut self) -> io::Result<ExitStatus> {
        // It may be dead already.
        let _ = self.child.start_kill();
        self.end().await
    }

    /// Tells it to stop.
    pub async fn stop(mut self) -> io::Result<ExitStatus> {
        drop(self.input.take());
        self.end().await
    }

    /// Waits until it is dead and all that it said is heard.
    pub async fn end(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        let _ = (&mut self.hearing).await;
        status
    }
}

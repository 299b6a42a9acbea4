//! A witness (C2SP tlog-witness): a process with a key of its own that cosigns a log's checkpoint if it continues the one that it
//! cosigned last, and never another. It stands on `holdfast-translog` and `holdfast-types`; nothing of the server is in it.
//!
//! What it cosigned last is on disk before the cosignature leaves, so that a crash at any moment leaves it at most more careful
//! than it had to be.
mod arguments;
mod http;
mod memory;

pub use arguments::{Arguments, ArgumentsError};
pub use http::{BODY_BYTES_MAX, serve};
pub use memory::{Memory, MemoryError};

use holdfast_fault as fault;
use holdfast_translog::{
    AddCheckpoint, NoteSignature, SignedCheckpoint, SigningKey, VerifierKey, WitnessRefusal, Witnessed,
};
use holdfast_types::Clock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Logs that one witness looks after.
pub const LOGS_MAX: usize = 100;

pub struct Witness {
    key: SigningKey,
    /// By their origin.
    logs: BTreeMap<String, VerifierKey>,
    /// Held from the look at what was cosigned last until what is cosigned now has taken its place.
    memory: Mutex<Memory>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the log is not one that is witnessed here")]
    UnknownLog,
    #[error(transparent)]
    Protocol(#[from] WitnessRefusal),
    /// Nothing was cosigned.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

impl Witness {
    pub fn new(key: SigningKey, logs: Vec<VerifierKey>, memory: Memory, clock: Arc<dyn Clock>) -> Self {
        let logs = logs.into_iter().map(|log| (log.name().to_owned(), log)).collect();
        Self { key, logs, memory: Mutex::new(memory), clock }
    }

    pub const fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The body of a request becomes the line to answer with. Waits for the disk.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<NoteSignature, Refusal> {
        let request = AddCheckpoint::parse(body)?;
        let origin = request.checkpoint.split('\n').next().unwrap_or_default();
        let log = self.logs.get(origin).ok_or(Refusal::UnknownLog)?;
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let last = memory.last(log)?.map(|last| Witnessed::of(last.checkpoint()));
        let time = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        let (next, line) = request.cosign(log, last, &self.key, time)?;
        fault::point("witness.signed");
        if last != Some(next) {
            let signed = SignedCheckpoint::open(request.checkpoint.as_bytes(), log);
            memory.remember(&signed.map_err(WitnessRefusal::Checkpoint)?)?;
            fault::point("witness.kept");
            tracing::debug!(log = log.name(), size = next.size, "cosigned");
        }
        Ok(line)
    }
}

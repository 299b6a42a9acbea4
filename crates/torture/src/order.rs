//! What a worker process is told, as one line of JSON on its input.
//!
//! A second line means: write no more, but go on relaying and listening. The end of the input means: stop; so does the
//! parent's death.
use crate::Place;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    pub place: Place,
    pub nats_url: String,
    /// Several runs may share a nats-server.
    pub bus_prefix: String,
    pub seed: u64,
    pub role: Role,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Role {
    /// Writers, with a relay beside them as in a service.
    Write { writers: Vec<Writing>, patients: u64 },
    /// An inbox, which is also fed shuffled and doubled events when there is to be `chaos`. One that `refuses` takes every third
    /// revision for malformed, so that it and what follows of its patient is parked.
    Listen { chaos: bool, refuses: bool },
}

/// One writer's numbers, from the first that was not acknowledged.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Writing {
    pub writer: u16,
    pub next: u64,
    /// Without it the writer goes on until told otherwise.
    pub last: Option<u64>,
}

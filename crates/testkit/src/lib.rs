//! For tests: a clock that is told the time, ids in order, real PostgreSQL and NATS, a database of its own for each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test kit fails loudly")]
mod bucket;
mod clock;
mod database;
#[cfg(feature = "service")]
pub mod network;
#[cfg(feature = "service")]
pub mod raw;
#[cfg(feature = "service")]
pub mod refusal;
mod servers;
#[cfg(feature = "service")]
pub mod service;

pub use bucket::Bucket;
pub use clock::{FakeClock, SeededIds};
pub use database::{TestDatabase, database, database_on};
pub use servers::{OwnServers, Servers, binaries, own_servers, servers, shared_data};

//! For tests: a clock that is told the time, ids in order, real PostgreSQL and NATS, a database of its own for each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test kit fails loudly")]
mod clock;
mod database;
mod servers;
#[cfg(feature = "service")]
pub mod service;

pub use clock::{FakeClock, SeededIds};
pub use database::{TestDatabase, database};
pub use servers::{Servers, binaries, servers, shared_data};

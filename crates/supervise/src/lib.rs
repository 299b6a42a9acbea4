//! Private PostgreSQL and nats-server: found on this machine, run as child processes under a data directory.
//!
//! Every call blocks; from async code use `spawn_blocking`. A server listens on 127.0.0.1 only, under a random secret
//! kept in its directory, and dies with the process that started it. One process holds a directory at a time: a second
//! start is refused with [`Error::InUse`], and what an earlier, crashed holder left running is stopped first.
//!
//! ```no_run
//! use holdfast_supervise::{Binaries, Nats, NatsSettings, Postgres, PostgresSettings};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let binaries = Binaries::locate(".tools".as_ref())?;
//! let postgres = Postgres::start(&binaries, ".holdfast/postgres".as_ref(), PostgresSettings::default())?;
//! let nats = Nats::start(&binaries, ".holdfast/nats".as_ref(), NatsSettings::default())?;
//! println!("{} {}", postgres.superuser_url(), nats.url());
//! # Ok(()) }
//! ```

mod account;
mod binaries;
mod error;
mod home;
mod nats;
mod port;
mod postgres;
mod process;
mod secret;

pub use binaries::{Binaries, Missing};
pub use error::Error;
pub use nats::{Nats, NatsSettings};
pub use postgres::{Postgres, PostgresSettings};

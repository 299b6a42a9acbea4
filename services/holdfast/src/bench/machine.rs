//! What the figures were measured on.
use super::scratch::Scratch;
use anyhow::Result;
use serde::Serialize;
use sqlx::{Connection, PgConnection};
use std::{fmt, fs, thread};

#[derive(Debug, Serialize)]
pub(crate) struct MachineFacts {
    cores: usize,
    memory_mb: u64,
    postgres: String,
    /// Of the last minute, when the run began: others on the machine make every figure worse.
    load: f64,
    profile: &'static str,
}

impl MachineFacts {
    pub(crate) async fn gather(scratch: &Scratch) -> Result<Self> {
        let mut conn = PgConnection::connect(&scratch.postgres.superuser_url()).await?;
        let postgres = sqlx::query_scalar("SHOW server_version").fetch_one(&mut conn).await?;
        conn.close().await?;
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Ok(Self {
            cores: thread::available_parallelism()?.get(),
            memory_mb: kilobytes("/proc/meminfo", "MemTotal:").unwrap_or_default() / 1024,
            postgres,
            load: load.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default(),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        })
    }
}

impl fmt::Display for MachineFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, memory_mb, postgres, load, profile } = self;
        write!(
            f,
            "{cores} cores, {memory_mb} MB, PostgreSQL {postgres}, load {load} at the beginning, {profile} build"
        )
    }
}

/// A line such as `VmRSS:   1234 kB` of a file under /proc.
pub(crate) fn kilobytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

//! `holdfast torture`: faults for as long as asked, then what was lost, reordered or doubled, on the last line.
use crate::data_dir::DataDir;
use anyhow::{Context, Result, ensure};
use clap::Args;
use holdfast_supervise::Binaries;
use holdfast_torture::{Program, Torture, torture};
use std::{path::PathBuf, time::Duration};

/// The hidden subcommand by which torture starts its workers.
pub(crate) const WORKER: &str = "torture-worker";

#[derive(Args)]
pub(crate) struct TortureArgs {
    /// Rounds follow each other until so much time has passed; the last one is finished.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    writers: u16,
    /// Decides about patients and faults. Without it each run has another.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the servers' data lies while it runs.
    #[arg(long, default_value = "target/torture")]
    dir: PathBuf,
    /// Where the tools lie that `make` brought.
    #[arg(long, env = "HOLDFAST_TOOLS_DIR", default_value = ".tools")]
    tools_dir: PathBuf,
}

pub(crate) async fn run(args: TortureArgs) -> Result<()> {
    let binaries = Binaries::locate(&args.tools_dir)?;
    let program = Program {
        path: std::env::current_exe().context("this program cannot be found again")?,
        arguments: vec![WORKER.to_owned()],
    };
    let wanted = Torture {
        time: Duration::from_secs(args.minutes.saturating_mul(60)),
        writers: args.writers,
        seed: args.seed.unwrap_or_else(rand::random),
    };
    let dir = DataDir::open(&args.dir)?;
    let say = |line: String| println!("{line}");
    let counts = torture(&wanted, &binaries, &dir.path("servers"), &program, &say).await?;
    println!("{counts}");
    ensure!(counts.is_clean(), "the event log did not hold");
    Ok(())
}

pub(crate) async fn work() -> Result<()> {
    Ok(holdfast_torture::work().await?)
}

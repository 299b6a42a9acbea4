//! Stops what `up` runs: a signal, then patience.
use crate::data_dir::DataDir;
use anyhow::{Context, Result, bail};
use clap::Args;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{path::PathBuf, thread, time::Duration};

const PATIENCE: Duration = Duration::from_secs(40);
const STEP: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(crate) struct DownArgs {
    /// The data directory of the `up` to stop.
    #[arg(long, default_value = ".holdfast")]
    data_dir: PathBuf,
}

pub(crate) fn run(args: &DownArgs) -> Result<()> {
    if !args.data_dir.exists() {
        println!("nothing runs here");
        return Ok(());
    }
    let dir = DataDir::open(&args.data_dir)?;
    let Some(pid) = dir.running()? else {
        println!("nothing runs here");
        return Ok(());
    };
    kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)
        .with_context(|| format!("process {pid} cannot be told to stop"))?;
    let mut waited = Duration::ZERO;
    while dir.running()?.is_some() {
        if waited > PATIENCE {
            bail!("process {pid} was told to stop and still runs");
        }
        thread::sleep(STEP);
        waited += STEP;
    }
    println!("stopped");
    Ok(())
}

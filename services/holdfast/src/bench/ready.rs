//! How long `holdfast up` takes until it is ready: from nothing, with the demo network to load, and with the data kept.
use super::{
    idle,
    pairs::{Figure, Target, median},
};
use anyhow::{Context, Result, bail};
use std::{
    io::ErrorKind,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

pub(crate) const KEYS: &[&str] = &["ready_first_s", "ready_s"];
const TARGET: Target = Target::AtMost(10.0);
const STARTS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) async fn figures(dir: &Path, tools_dir: &Path) -> Result<Vec<Figure>> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    let first = start(dir, tools_dir).await.context("from nothing")?;
    let mut again = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        again.push(start(dir, tools_dir).await.context("with the data kept")?);
    }
    Ok(vec![
        Figure::absolute("ready_first_s", first, "s", TARGET, 1),
        Figure::absolute("ready_s", median(again), "s", TARGET, STARTS),
    ])
}

/// Seconds from the command until it says that it is ready; then it is stopped.
async fn start(dir: &Path, tools_dir: &Path) -> Result<f64> {
    let began = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(dir)
        .arg("--tools-dir")
        .arg(tools_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = timeout(PATIENCE, ready(&mut child)).await.context("it is not ready in time");
    let took = began.elapsed().as_secs_f64();
    idle::stop(child, dir).await?;
    outcome??;
    Ok(took)
}

async fn ready(child: &mut Child) -> Result<()> {
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("Holdfast is ready") {
            // Read on, or it would wait for us.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(());
        }
    }
    bail!("it ended before it was ready")
}

//! How long `holdfast up` takes until it is ready, from nothing with the demo network to load and with the data kept, and what it
//! takes in memory at rest: itself and its witness, without its PostgreSQL and nats-server.
use super::{
    family::resident_kb,
    pairs::{Figure, Target, median},
};
use anyhow::{Context, Result, bail};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

pub(crate) const KEYS: &[&str] = &["idle_rss_mb", "ready_first_s", "ready_s"];
const MEMORY: Target = Target::AtMost(150.0);
const READY: Target = Target::AtMost(10.0);
const STARTS: usize = 3;
const READY_PATIENCE: Duration = Duration::from_secs(300);
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const AT_REST: Duration = Duration::from_secs(10);
/// By which name the servers run.
const SERVERS: &[&str] = &["postgres", "nats-server"];

/// In a directory of its own under `dir`, which nothing was deleted from just before: for minutes ext4 passes over every file number that
/// was, one by one, and a first start, which makes some thousand files, would be timed with it.
pub(crate) async fn figures(dir: &Path, tools_dir: &Path) -> Result<Vec<Figure>> {
    let dir = &dir.join(std::process::id().to_string());
    let mut again = Vec::with_capacity(STARTS);
    let (child, first) = start(dir, tools_dir).await.context("from nothing")?;
    sleep(AT_REST).await;
    let memory = memory_mb(&child);
    stop(child, dir).await?;
    for _ in 0..STARTS {
        let (child, took) = start(dir, tools_dir).await.context("with the data kept")?;
        again.push(took);
        stop(child, dir).await?;
    }
    std::fs::remove_dir_all(dir)?;
    Ok(vec![
        Figure::absolute("idle_rss_mb", memory?, "MB", MEMORY, 1),
        Figure::absolute("ready_first_s", first, "s", READY, 1),
        Figure::absolute("ready_s", median(again), "s", READY, STARTS),
    ])
}

/// It runs and has said that it is ready, and the seconds from the command until then.
async fn start(dir: &Path, tools_dir: &Path) -> Result<(Child, f64)> {
    let began = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(dir)
        .arg("--tools-dir")
        .arg(tools_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = timeout(READY_PATIENCE, ready(&mut child)).await.context("it is not ready in time");
    let took = began.elapsed().as_secs_f64();
    match outcome.flatten() {
        Ok(()) => Ok((child, took)),
        Err(error) => {
            stop(child, dir).await?;
            Err(error)
        }
    }
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

fn memory_mb(child: &Child) -> Result<f64> {
    let resident =
        resident_kb(child.id().context("it ended")?, SERVERS).context("its memory cannot be read")?;
    Ok(f64::from(u32::try_from(resident)?) / 1024.0)
}

async fn stop(mut child: Child, dir: &Path) -> Result<()> {
    Command::new(std::env::current_exe()?)
        .arg("down")
        .arg("--data-dir")
        .arg(dir)
        .stdout(Stdio::null())
        .status()
        .await?;
    if timeout(STOP_PATIENCE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(())
}

//! The memory of an installation at rest, its demo network loaded: `holdfast up` and its witness, without its PostgreSQL and nats-server.
use super::{
    family::resident_kb,
    pairs::{Figure, Target},
};
use anyhow::{Context, Result, bail};
use std::{io::ErrorKind, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

pub(crate) const KEYS: &[&str] = &["idle_rss_mb"];
const READY_PATIENCE: Duration = Duration::from_secs(300);
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const AT_REST: Duration = Duration::from_secs(10);
/// By which name they run.
const SERVERS: &[&str] = &["postgres", "nats-server"];

pub(crate) async fn figures(dir: &Path, tools_dir: &Path) -> Result<Vec<Figure>> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(dir)
        .arg("--tools-dir")
        .arg(tools_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let measured = measure(&mut child).await;
    stop(child, dir).await?;
    Ok(vec![Figure::absolute("idle_rss_mb", measured?, "MB", Target::AtMost(150.0), 1)])
}

async fn measure(child: &mut Child) -> Result<f64> {
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("Holdfast is ready") {
                return Ok(());
            }
        }
        bail!("it ended before it was ready")
    };
    timeout(READY_PATIENCE, ready).await.context("it is not ready in time")??;
    // Read on, or it would wait for us.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    sleep(AT_REST).await;
    let pid = child.id().context("it ended")?;
    let resident = resident_kb(pid, SERVERS).context("its memory cannot be read")?;
    Ok(f64::from(u32::try_from(resident)?) / 1024.0)
}

pub(super) async fn stop(mut child: Child, dir: &Path) -> Result<()> {
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

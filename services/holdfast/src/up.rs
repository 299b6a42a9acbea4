//! `holdfast up`: everything on this machine, in order, and stopped in the opposite order.
use crate::{data_dir::DataDir, databases, demo, roles::Machine, serve};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use holdfast_host::{LogStyle, Telemetry, client, settings::TelemetrySettings, shutdown};
use holdfast_identity::{Announce, config::IdentitySettings};
use holdfast_supervise::{Binaries, Nats, NatsSettings, Postgres, PostgresSettings};
use holdfast_types::Service;
use std::{
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

const READY_PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(50);

#[derive(Args)]
pub(crate) struct UpArgs {
    /// Where everything is kept.
    #[arg(long, default_value = ".holdfast")]
    data_dir: PathBuf,
    /// Where the pages answer; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:8080")]
    http: SocketAddr,
    /// Without the demo network on the first run.
    #[arg(long)]
    no_demo: bool,
    /// Where the tools lie that `make` brought.
    #[arg(long, env = "HOLDFAST_TOOLS_DIR", default_value = ".tools")]
    tools_dir: PathBuf,
    #[command(flatten)]
    telemetry: TelemetrySettings,
    #[command(flatten)]
    identity: IdentitySettings,
}

pub(crate) async fn run(args: UpArgs) -> Result<()> {
    let began = Instant::now();
    let stop = shutdown::on_signal()?;
    let dir = DataDir::open(&args.data_dir)?;
    let _taken = dir.take()?;
    let log = LogStyle::File(dir.path("holdfast.log"));
    let telemetry =
        Telemetry::start("holdfast", log, &args.telemetry.log, args.telemetry.otlp_endpoint.as_ref())?;

    let (mut postgres, mut nats) = servers(&dir, args.tools_dir.clone()).await?;
    let machine = Machine {
        dir: &dir,
        postgres: databases::Urls::of(&postgres),
        nats_url: nats.url(),
        http: args.http,
        telemetry: args.telemetry.clone(),
        identity: args.identity.clone(),
    };
    let roles = step("migrating and starting", machine.roles()).await?;
    drop(machine);
    let (gateway_stop, services_stop) = (CancellationToken::new(), CancellationToken::new());
    let mut running = JoinSet::new();
    for (role, bound) in roles.bound {
        let gateway = matches!(bound, serve::Bound::Http(_));
        let stop = if gateway { gateway_stop.clone() } else { services_stop.clone() };
        let name = role.name();
        running.spawn(async move {
            role.answer(bound, Some(announce()), stop)
                .await
                .with_context(|| format!("the role {name} failed"))
        });
    }
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        failed = first_failure(&mut running) => Err(failed),
        outcome = async {
            let installation = demo::Installation::of(&dir, &roles.peers, &roles.certificates)?;
            step("waiting until every service is ready", ready(&installation)).await?;
            if !args.no_demo && !dir.is_marked("demo-loaded") {
                demo::load(&installation, &dir).await?;
                dir.mark("demo-loaded")?;
            }
            welcome(&roles.public_url, &dir, began.elapsed())?;
            stop.cancelled().await;
            Ok(())
        } => outcome,
    };
    say("stopping")?;
    gateway_stop.cancel();
    services_stop.cancel();
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended.map_err(anyhow::Error::from).and_then(|outcome| outcome) {
            tracing::warn!(error = format!("{error:#}"), "a role ended badly");
        }
    }
    spawn_blocking(move || {
        nats.stop();
        postgres.stop();
    })
    .await?;
    telemetry.shutdown().await;
    say("stopped; the data is kept\n")?;
    outcome
}

/// On one's own machine the terminal is the mailbox.
fn announce() -> Announce {
    Arc::new(|mail, link| println!("mail {}\n  sign in: {link}", mail.display()))
}

/// PostgreSQL and nats-server, private to the data directory.
async fn servers(dir: &DataDir, tools_dir: PathBuf) -> Result<(Postgres, Nats)> {
    let (postgres_dir, nats_dir) = (dir.path("postgres"), dir.path("nats"));
    step("starting PostgreSQL and nats-server", async {
        spawn_blocking(move || {
            let binaries = Binaries::locate(&tools_dir)?;
            let postgres = Postgres::start(&binaries, &postgres_dir, PostgresSettings::default())?;
            let nats = Nats::start(&binaries, &nats_dir, NatsSettings::default())?;
            anyhow::Ok((postgres, nats))
        })
        .await?
    })
    .await
}

async fn first_failure(running: &mut JoinSet<Result<()>>) -> anyhow::Error {
    match running.join_next().await {
        Some(Ok(Err(error))) => error,
        Some(Err(error)) => error.into(),
        Some(Ok(Ok(()))) | None => anyhow!("a role ended by itself"),
    }
}

/// Until every service says that it is ready.
pub(crate) async fn ready(installation: &demo::Installation) -> Result<()> {
    let all = async {
        for service in Service::WITH_LOG {
            let address = installation.peers.of(*service)?;
            let mut health = HealthClient::new(client::channel(*service, address, &installation.tls)?);
            loop {
                let answer = health.check(HealthCheckRequest { service: String::new() }).await;
                if answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving) {
                    break;
                }
                tokio::time::sleep(STEP).await;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(READY_PATIENCE, all)
        .await
        .context("a service is not ready after a minute: see holdfast.log")?
}

async fn step<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let began = Instant::now();
    say(&format!("{what} … "))?;
    let outcome = work.await?;
    println!("{:.1} s", began.elapsed().as_secs_f32());
    Ok(outcome)
}

fn say(text: &str) -> Result<()> {
    print!("{text}");
    Ok(std::io::stdout().flush()?)
}

fn welcome(public_url: &url::Url, dir: &DataDir, took: Duration) -> Result<()> {
    println!("\nHoldfast is ready after {:.1} s.", took.as_secs_f32());
    println!("  pages      {public_url}");
    println!("  mails      {} (each sign-in link is printed here too)", dir.path("mail").display());
    println!("  log        {}", dir.path("holdfast.log").display());
    if let Ok(people) = std::fs::read_to_string(dir.path("demo-people.txt")) {
        println!("\nSign in with any e-mail address, or as one of the demo network (synthetic):\n{people}");
    }
    println!("Ctrl-C stops everything; the data stays.\n");
    Ok(std::io::stdout().flush()?)
}

//! `holdfast up`: everything on this machine, in order, and stopped in the opposite order.
use crate::{
    data_dir::DataDir,
    databases, demo,
    roles::{self, Machine},
    serve, servers,
    witness::Beside,
};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use holdfast_audit::config::DOWNLOAD_ENTRIES_MAX_DEFAULT;
use holdfast_host::{
    LogStyle, Telemetry, client,
    settings::{StepUp, TelemetrySettings},
    shutdown,
};
use holdfast_identity::{Announce, SecondFactor, config::IdentitySettings};
use holdfast_types::Service;
use std::{
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
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
    /// Entries of the history that an officer may take along in one file, 1 to 1000000.
    #[arg(long = "audit-download-entries-max", env = "HOLDFAST_AUDIT_DOWNLOAD_ENTRIES_MAX",
        default_value_t = DOWNLOAD_ENTRIES_MAX_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    download_entries_max: u32,
    /// Name of the transparency log. Another than the last time begins another log, in a folder of its own: what is needed where the
    /// databases were set back to a backup and the published log goes on further.
    #[arg(long = "audit-log-origin", env = "HOLDFAST_AUDIT_LOG_ORIGIN", value_name = "NAME")]
    log_origin: Option<String>,
    /// Whether who has a second factor shows it again before they open a record to somebody else or save the history: `asked` where
    /// nothing is said, `waived` with the demo network.
    #[arg(long = "step-up", env = "HOLDFAST_STEP_UP", value_enum, value_name = "POLICY")]
    step_up: Option<StepUp>,
}

pub(crate) async fn run(args: UpArgs) -> Result<()> {
    let began = Instant::now();
    let stop = shutdown::on_signal()?;
    let dir = DataDir::open(&args.data_dir)?;
    let _held = dir.take()?;
    let log = LogStyle::File(dir.private_file("holdfast.log")?);
    let telemetry =
        Telemetry::start("holdfast", log, &args.telemetry.log, args.telemetry.otlp_endpoint.as_ref())?;

    let starting = servers::start(&dir, args.tools_dir.clone());
    let (postgres, nats) = step("starting PostgreSQL and nats-server", starting).await?;
    let log = roles::log_settings(&dir, args.log_origin.as_deref())?;
    let (_, log_key) = log.open()?.context("a log is kept")?;
    // A name that makes no key was refused.
    if args.log_origin.is_some() {
        std::fs::write(dir.path(roles::LOG_NAME), &log.origin)?;
    }
    let (witness, address) = Beside::start(&dir, log_key.verifier())?;
    let machine = Machine {
        dir: &dir,
        postgres: databases::Urls::of(&postgres),
        nats_url: nats.url(),
        http: args.http,
        telemetry: args.telemetry.clone(),
        identity: IdentitySettings {
            operator_second_factor: args
                .identity
                .operator_second_factor
                .or((!args.no_demo).then_some(SecondFactor::Invited)),
            ..args.identity.clone()
        },
        log,
        witnesses: vec![address],
        download_entries_max: args.download_entries_max,
        step_up: args.step_up.unwrap_or(if args.no_demo { StepUp::Asked } else { StepUp::Waived }),
    };
    let roles = step("migrating and starting", machine.roles()).await?;
    drop(machine);
    let servers = servers::Watched::new(postgres, nats, witness);
    let (mut gateway, mut services) = (Running::default(), Running::default());
    for (role, bound) in roles.bound {
        match bound {
            serve::Bound::Http(_) => gateway.start(role, bound),
            serve::Bound::Grpc(_) => services.start(role, bound),
        }
    }
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        failed = gateway.first_failure() => Err(failed),
        failed = services.first_failure() => Err(failed),
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
    // From here on everything is stopped, even if nobody reads the terminal any more.
    let _ = say("stopping … ");
    gateway.stop().await;
    services.stop().await;
    if let Err(error) = servers.stop().await {
        tracing::warn!(error = format!("{error:#}"), "a server ended badly");
    }
    telemetry.shutdown().await;
    let _ = say("stopped; the data is kept\n");
    outcome
}

/// Roles that stop together.
#[derive(Default)]
struct Running {
    roles: JoinSet<Result<()>>,
    stop: CancellationToken,
}

impl Running {
    fn start(&mut self, role: serve::Role, bound: serve::Bound) {
        let (name, stop) = (role.name(), self.stop.clone());
        self.roles.spawn(async move {
            let answering = role.answer(bound, Some(announce()), stop);
            answering.await.with_context(|| format!("the role {name} failed"))
        });
    }

    async fn first_failure(&mut self) -> anyhow::Error {
        match self.roles.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => error.into(),
            Some(Ok(Ok(()))) | None => anyhow!("a role ended by itself"),
        }
    }

    /// Returns when every one has ended.
    async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.roles.join_next().await {
            if let Err(error) = ended.map_err(anyhow::Error::from).and_then(|outcome| outcome) {
                tracing::warn!(error = format!("{error:#}"), "a role ended badly");
            }
        }
    }
}

/// On one's own machine the terminal is the mailbox.
fn announce() -> Announce {
    Arc::new(|mail, link| {
        let _ = writeln!(std::io::stdout(), "mail {}\n  sign in: {link}", mail.display());
    })
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

//! `holdfast witness`: a witness of a log, as a process of its own; and the one that `up` starts beside everything else.
use crate::{data_dir::DataDir, roles::random_hex};
use anyhow::{Context, Result};
use clap::Args;
use holdfast_audit::config::WitnessAddress;
use holdfast_host::{LogStyle, Telemetry, settings::TelemetrySettings, shutdown};
use holdfast_translog::VerifierKey;
use holdfast_types::SystemClock;
use holdfast_witness::Arguments;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};
use url::Url;

const NAME: &str = "holdfast/witness";

#[derive(Args)]
pub(crate) struct WitnessArgs {
    #[command(flatten)]
    pub(crate) witness: Arguments,
    #[command(flatten)]
    telemetry: TelemetrySettings,
    /// End when standard input ends: with whoever started it.
    #[arg(long, hide = true)]
    with_input: bool,
}

pub(crate) async fn run(args: WitnessArgs) -> Result<()> {
    let endpoint = args.telemetry.otlp_endpoint.as_ref();
    let telemetry = Telemetry::start("witness", LogStyle::Json, &args.telemetry.log, endpoint)?;
    let stop = shutdown::on_signal()?;
    let witness = args.witness.witness(Arc::new(SystemClock))?;
    let listener = tokio::net::TcpListener::bind(args.witness.listen).await?;
    tracing::info!(key = %witness.verifier(), address = %listener.local_addr()?, "a witness answers");
    if args.with_input {
        let stop = stop.clone();
        // A thread, for which the end does not wait.
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            stop.cancel();
        });
    }
    let outcome = holdfast_witness::serve(listener, witness, stop).await;
    telemetry.shutdown().await;
    Ok(outcome?)
}

/// The process beside `up`, which ends with it in whatever way it ends.
pub(crate) struct Beside {
    command: Command,
    child: Child,
}

impl Beside {
    /// With a key and a folder of its own in the data directory.
    pub(crate) fn start(dir: &DataDir, log: &VerifierKey) -> Result<(Self, WitnessAddress)> {
        let arguments = Arguments {
            listen: free(dir)?,
            name: NAME.to_owned(),
            key_file: dir.secret("witness.key", random_hex)?,
            state_dir: dir.private_dir("witness")?,
            logs: vec![log.clone()],
            logs_file: None,
        };
        let key = arguments.key()?.verifier().clone();
        fs::write(arguments.state_dir.join("verifier.key"), format!("{key}\n"))?;
        let said = File::options().append(true).open(dir.private_file("witness.log")?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["witness", "--with-input", "--name", NAME, "--listen", &arguments.listen.to_string()]);
        command.arg("--key-file").arg(&arguments.key_file).arg("--state-dir").arg(&arguments.state_dir);
        command.args(["--witnessed-log", &log.to_string()]);
        // A Ctrl-C at the terminal reaches `up` alone, which stops the witness in its turn.
        command.process_group(0).stdin(Stdio::piped()).stdout(said.try_clone()?).stderr(said);
        let child = command.spawn().context("the witness cannot be started")?;
        let url = Url::parse(&format!("http://{}/", arguments.listen))?;
        Ok((Self { command, child }, WitnessAddress { url, key }))
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn start_again(&mut self) -> io::Result<()> {
        self.child = self.command.spawn()?;
        Ok(())
    }

    pub(crate) fn stop(&mut self) {
        let told = i32::try_from(self.child.id()).map(|id| kill(Pid::from_raw(id), Signal::SIGTERM));
        if !matches!(told, Ok(Ok(()))) {
            // It has ended already, or it ends now.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The port of the last time, or any that is free.
fn free(dir: &DataDir) -> Result<SocketAddr> {
    let path = dir.path("witness.port");
    let kept = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let address = bind(kept).or_else(|_| bind(0))?.local_addr()?;
    fs::write(path, address.port().to_string())?;
    Ok(address)
}

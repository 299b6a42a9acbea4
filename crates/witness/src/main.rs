//! `holdfast-witness`: a witness as a process of its own, for who runs one without running the product.
use clap::Parser;
use holdfast_types::SystemClock;
use holdfast_witness::{Arguments, serve};
use std::{error::Error, io::Write as _, process::ExitCode, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Cosigns a log's checkpoints (C2SP tlog-witness): each continues the one before, or it is refused.
#[derive(Debug, Parser)]
#[command(name = "holdfast-witness", version)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Command::parse().arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut said = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                said = format!("{said}: {error}");
                cause = error.source();
            }
            let _ = writeln!(std::io::stderr(), "holdfast-witness: {said}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let witness = arguments.witness(Arc::new(SystemClock))?;
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = terminated.recv() => {} }
        stopping.cancel();
    });
    writeln!(std::io::stdout(), "{} answers at http://{}", witness.verifier(), listener.local_addr()?)?;
    Ok(serve(listener, witness, stop).await?)
}

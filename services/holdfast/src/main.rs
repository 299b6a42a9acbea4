//! `holdfast`: every role of the system, and what an operator does with it.
mod audit;
mod bench;
mod catalogues;
mod data_dir;
mod databases;
mod demo;
mod down;
mod erasures;
mod holder;
mod import_directory;
mod line;
mod parked;
mod rebuild;
mod roles;
mod serve;
mod servers;
mod service_key;
mod torture;
mod up;
mod witness;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A large import is a million small pieces, made on one core and let go on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "holdfast",
    version,
    about = "A personal health record: the patient holds the record, the event log holds fast."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one is made, once")]
enum Command {
    /// Everything on this machine: a private PostgreSQL and nats-server, every role, and on the first run a demo network.
    Up(up::UpArgs),
    /// Stop what `up` runs.
    Down(down::DownArgs),
    /// One role, configured by flags or environment.
    #[command(subcommand)]
    Serve(serve::Role),
    /// Bring one service's databases to today's shape.
    Migrate(databases::MigrateArgs),
    /// Make the read models of one service anew from its log, beside the live ones, and swap them in; or, with `--feed`, what it keeps of
    /// another's log. It may go on serving.
    Rebuild(rebuild::RebuildArgs),
    /// List the others' events that wait in one service for a fix; it tries them again by itself every ten seconds.
    Parked(parked::ParkedArgs),
    /// Make a key pair for a program: the private half into a file, the public half, which an operator gives to a service account, to
    /// standard output.
    ServiceKey(service_key::ServiceKeyArgs),
    /// Cosign a log's checkpoints, each of which must continue the one before: for somebody else than who keeps the log.
    Witness(witness::WitnessArgs),
    /// Bring the network's organizations, places and practitioners in from files, so that what records say of them by number has a name.
    ImportDirectory(import_directory::Args),
    /// Ask the history: write it out, decide again what was decided.
    #[command(subcommand)]
    Audit(audit::Command),
    /// What was erased, and erasing it again in what a backup brought back.
    #[command(subcommand)]
    Erasures(erasures::Erasures),
    /// Measure against references in the same run, and write `target/bench/summary.json`.
    Bench(bench::BenchArgs),
    /// Writers in many processes, every part killed again and again; the last line counts what is missing, reordered or doubled.
    Torture(torture::TortureArgs),
    #[command(name = torture::WORKER, hide = true)]
    TortureWorker,
    /// Write the generated pages of `docs/` again.
    Gen,
}

fn main() -> ExitCode {
    holdfast_host::tls::install_crypto();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Up(args) => up::run(args).await,
            Command::Down(args) => down::run(&args),
            Command::Serve(role) => serve::run(role).await,
            Command::Migrate(args) => databases::migrate_one(args).await,
            Command::Rebuild(args) => rebuild::run(args).await,
            Command::Parked(args) => parked::run(args).await,
            Command::ServiceKey(args) => service_key::run(&args),
            Command::Witness(args) => witness::run(args).await,
            Command::ImportDirectory(args) => import_directory::run(args).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Erasures(command) => erasures::run(command).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Torture(args) => torture::run(args).await,
            Command::TortureWorker => torture::work().await,
            Command::Gen => catalogues::write(),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// The error and its causes, each once, on one line.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("holdfast: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// Clap says what is wrong with a command only to whoever runs it.
    #[test]
    fn every_command_can_be_asked() {
        Cli::command().debug_assert();
    }
}

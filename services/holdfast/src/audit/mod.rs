//! `holdfast audit …`: what an officer or operator asks of the history from a terminal. Whatever is asked of audit is a look, recorded
//! like any other; to verify the log, nothing is asked of it but its public files.
mod decisions;
mod export;
mod history;
mod hypothesis;
mod line;
mod progress;
#[cfg(test)]
mod sample;
mod sink;
mod steps;
mod table;

use anyhow::Result;
use clap::Subcommand;
use std::io::Write as _;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Decide logged looks and refusals again, by the grants as they stood, and say which differ; or, with `--who`, what nobody asked.
    ReplayDecisions(decisions::Args),
    /// Write the history of a record, an actor, a tenant or a period: one JSON object on each line, or a Parquet table.
    Replay(history::Args),
    /// Step through the versions of one thing in a record: who, when, and what changed between.
    Steps(steps::Args),
    /// Write the whole transparency log, entries and all, as one file of lines that `holdfast-verify` takes. Asks nobody: it reads a
    /// folder with the log's files.
    ExportLog(export::Args),
    /// Verify the transparency log with its public key alone, as `holdfast-verify` does, in which there is nothing of the server.
    Verify(holdfast_verify::Arguments),
}

pub(crate) async fn run(command: Command) -> Result<()> {
    match command {
        Command::ReplayDecisions(args) => decisions::run(args).await,
        Command::Replay(args) => history::run(args).await,
        Command::Steps(args) => steps::run(args).await,
        Command::ExportLog(args) => export::run(args).await,
        Command::Verify(args) => {
            let verified = holdfast_verify::verify(&args).await?;
            Ok(writeln!(std::io::stdout(), "{}", holdfast_verify::summary(&verified, args.witnesses()))?)
        }
    }
}

//! `holdfast audit …`: what an officer or operator asks of the history from a terminal. Whatever is asked of audit is a look, recorded
//! like any other; to verify the log, nothing is asked of it but its public files.
mod decisions;
mod export;
mod history;
mod hypothesis;
mod progress;
#[cfg(test)]
mod sample;
mod sink;
mod steps;
mod table;

use crate::line::{self, Line};
use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use holdfast_types::Service;
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

/// How a terminal reaches audit, and records for what is in one.
#[derive(Args)]
struct AuditReach {
    /// Address of the audit service elsewhere, e.g. https://audit:7100; then `--tls-ca-file` is needed, too.
    #[arg(long, env = "HOLDFAST_AUDIT_ADDR", value_name = "URL", requires = "tls_ca_file")]
    audit_addr: Option<String>,
    #[command(flatten)]
    reach: line::Reach,
}

impl AuditReach {
    fn line(&self) -> Result<Line> {
        self.reach.line_to(Service::Audit, self.audit_addr.as_deref())
    }

    fn line_to_records(&self) -> Result<Line> {
        let known = self.audit_addr.is_none() || self.reach.records_addr.is_some();
        ensure!(known, "where records answers is not said");
        self.reach.line_to_records()
    }
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

//! `holdfast-verify`: one line that says what was verified, or why it was not.
use clap::Parser;
use holdfast_verify::{Arguments, summary, verify};
use std::{error::Error, io::Write as _, process::ExitCode};

/// Verifies a Holdfast log with its public key alone. Exits with 0 when it holds, 1 when it does not, 2 when the arguments are
/// of no use, 3 when it could not be read.
#[derive(Debug, Parser)]
#[command(name = "holdfast-verify", version)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command { arguments } = Command::parse();
    match verify(&arguments).await {
        Ok(verified) => {
            // A reader that went away does not change what holds.
            let _ = writeln!(std::io::stdout(), "{}", summary(&verified, arguments.witnesses()));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let mut said = failure.to_string();
            let mut cause = failure.source();
            while let Some(error) = cause {
                said = format!("{said}: {error}");
                cause = error.source();
            }
            let _ = writeln!(std::io::stderr(), "{said}");
            ExitCode::from(failure.exit_code())
        }
    }
}

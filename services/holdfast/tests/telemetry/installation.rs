//! `holdfast up` as its own process, with its terminal.
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Installation {
    process: Child,
    terminal: Lines<BufReader<ChildStdout>>,
    pub(crate) site: Url,
}

impl Installation {
    /// Returns when it is ready. `environment` is all that it hears of telemetry.
    pub(crate) async fn up(data: &Path, environment: &[(&str, &str)]) -> Self {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
        let mut process = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["up", "--no-demo", "--http", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .arg("--tools-dir")
            .arg(tools)
            .env_remove("HOLDFAST_OTLP_ENDPOINT")
            .env_remove("HOLDFAST_LOG")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut terminal = BufReader::new(process.stdout.take().unwrap()).lines();
        let site = said(&mut terminal, "pages").await.parse().unwrap();
        Self { process, terminal, site }
    }

    /// The next link in the mail, as the terminal shows it.
    pub(crate) async fn link(&mut self) -> Url {
        said(&mut self.terminal, "sign in:").await.parse().unwrap()
    }

    /// As Ctrl-C does. What it said is read to the end, so that it never waits for its terminal.
    pub(crate) async fn down(mut self) {
        let id = i32::try_from(self.process.id().unwrap()).unwrap();
        kill(Pid::from_raw(id), Signal::SIGINT).unwrap();
        while self.terminal.next_line().await.unwrap().is_some() {}
        assert!(self.process.wait().await.unwrap().success());
    }
}

async fn said(terminal: &mut Lines<BufReader<ChildStdout>>, what: &str) -> String {
    let found = async {
        loop {
            let line = terminal.next_line().await.unwrap().expect("it ended by itself");
            if let Some(rest) = line.trim_start().strip_prefix(what) {
                break rest.trim().to_owned();
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("it did not say `{what}`"))
}

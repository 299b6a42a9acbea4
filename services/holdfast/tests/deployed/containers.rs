//! The compose file's containers as processes of this machine: started when what they need is there, told to end in the opposite order.
use crate::{
    compose::{Compose, Condition, Container},
    place::Place,
};
use holdfast_supervise::{Binaries, Postgres, PostgresSettings};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
    task::block_in_place,
    time::{interval, timeout},
};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(90);
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// In the Containerfile.
const ENTRYPOINT: &str = r#"ENTRYPOINT ["/usr/local/bin/holdfast"]"#;

pub(crate) struct Containers<'a> {
    compose: &'a Compose,
    place: &'a Place<'a>,
    binaries: Binaries,
    processes: BTreeMap<String, Child>,
    postgres: Option<Postgres>,
}

impl<'a> Containers<'a> {
    /// Returns when each has been started.
    pub(crate) async fn up(compose: &'a Compose, place: &'a Place<'a>) -> Self {
        let containerfile = include_str!("../../../../deploy/Containerfile");
        assert!(containerfile.lines().any(|line| line == ENTRYPOINT), "the image starts something else");
        let binaries = holdfast_testkit::binaries();
        let mut up = Self { compose, place, binaries, processes: BTreeMap::new(), postgres: None };
        for name in compose.rows().into_iter().flatten() {
            for (need, condition) in compose.services[name].needs() {
                up.wait(need, condition).await;
            }
            place.mount(name);
            up.start(name, &compose.services[name]);
        }
        up
    }

    fn start(&mut self, name: &str, container: &Container) {
        let image = container.image.rsplit('/').next().unwrap();
        let program = match image.split(':').next().unwrap() {
            "holdfast" => PathBuf::from(env!("CARGO_BIN_EXE_holdfast")),
            "nats" => self.binaries.nats_server().to_owned(),
            "postgres" => return block_in_place(|| self.start_postgres(name, container)),
            other => panic!("nobody knows how to run the image {other}"),
        };
        let log = fs::File::create(log(self.place, name)).unwrap();
        let process = Command::new(program)
            .args(container.command.iter().map(|word| self.place.here(name, word)))
            .env_clear()
            .envs(container.environment().map(|(setting, value)| (setting, self.place.here(name, &value))))
            .current_dir(self.place.root(name))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.processes.insert(name.to_owned(), process.unwrap());
    }

    /// As the image does at its first start: a cluster with a password, then what lies in its folder of beginnings.
    fn start_postgres(&mut self, name: &str, container: &Container) {
        let settings =
            PostgresSettings { durable: false, more: asked(&container.command), ..Default::default() };
        let postgres = Postgres::start(&self.binaries, &self.place.volume("cluster"), settings).unwrap();
        self.place.answers(name, 5432, postgres.port());
        for (setting, value) in container.environment() {
            assert_eq!(setting, "POSTGRES_PASSWORD_FILE");
            assert!(!fs::read_to_string(self.place.here(name, &value)).unwrap().is_empty());
        }
        for file in fs::read_dir(self.place.path(name, "/docker-entrypoint-initdb.d")).unwrap() {
            let ran = std::process::Command::new(self.binaries.postgres_dir().join("psql"))
                .args(["-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "--quiet", "-f"])
                .arg(file.unwrap().path())
                .arg(postgres.superuser_url())
                .output()
                .unwrap();
            assert!(ran.status.success(), "{ran:?}");
        }
        self.postgres = Some(postgres);
    }

    async fn wait(&mut self, name: &str, condition: Condition) {
        match condition {
            Condition::Started => {}
            Condition::Healthy => {
                until(&format!("{name} is healthy"), async || self.is_healthy(name).await).await;
            }
            Condition::Completed => {
                // Others wait for it, too.
                let Some(mut process) = self.processes.remove(name) else { return };
                let status = timeout(PATIENCE, process.wait()).await.unwrap().unwrap();
                assert!(status.success(), "{name}: {status}\n{}", said(self.place, name));
            }
        }
    }

    /// By the probe that the compose file names.
    async fn is_healthy(&self, name: &str) -> bool {
        let probe: Vec<String> =
            self.compose.services[name].probe().iter().map(|word| self.place.here(name, word)).collect();
        match probe.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            // Not every machine has it.
            ["wget", "-qO-", url] => ask(url).await == Some(200),
            ["pg_isready", ref arguments @ ..] => {
                let mut ready = Command::new(self.binaries.postgres_dir().join("pg_isready"));
                ready.args(arguments).env("PGPORT", self.place.port(name, 5432).to_string());
                ready.stdout(Stdio::null()).status().await.unwrap().success()
            }
            _ => panic!("nobody knows the probe {probe:?}"),
        }
    }

    /// Until this is answered well; whoever ends badly meanwhile is named at once.
    pub(crate) async fn ready(&mut self, url: &str) {
        let asked = timeout(PATIENCE, async {
            let mut again = interval(ASK_AGAIN);
            while ask(url).await != Some(200) {
                for (name, process) in &mut self.processes {
                    let bad = process.try_wait().unwrap().filter(|status| !status.success());
                    assert_eq!(bad, None, "{name}:\n{}", said(self.place, name));
                }
                again.tick().await;
            }
        });
        if asked.await.is_err() {
            let logs = self.processes.keys().map(|name| format!("{name}:\n{}", said(self.place, name)));
            panic!("not ready\n{}", logs.collect::<String>());
        }
    }

    /// As the pages know it.
    pub(crate) fn public_url(&self) -> String {
        let mut settings = self.compose.services["gateway"].environment();
        let (_, url) = settings.find(|(name, _)| *name == "HOLDFAST_PUBLIC_URL").unwrap();
        self.place.here("gateway", &url)
    }

    /// None has ended by itself. Each is told once, ends well, and has spoken in JSON alone.
    pub(crate) async fn down(mut self) {
        for row in self.compose.rows().iter().rev() {
            let mut ending: Vec<(&str, Child)> =
                row.iter().filter_map(|name| Some((*name, self.processes.remove(*name)?))).collect();
            for (name, process) in &mut ending {
                assert_eq!(
                    process.try_wait().unwrap(),
                    None,
                    "{name} ended by itself:\n{}",
                    said(self.place, name)
                );
                let id = i32::try_from(process.id().unwrap()).unwrap();
                kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
            }
            for (name, mut process) in ending {
                let status =
                    timeout(PATIENCE, process.wait()).await.unwrap_or_else(|_| panic!("{name} does not end"));
                let said = said(self.place, name);
                assert_eq!(status.unwrap().code(), Some(0), "{name}:\n{said}");
                if self.compose.services[name].image.starts_with("holdfast") {
                    let spoken: Vec<Value> = said
                        .lines()
                        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
                        .collect();
                    assert!(
                        !spoken.is_empty() && spoken.iter().all(|line| line["level"] != "ERROR"),
                        "{said}"
                    );
                }
            }
        }
    }
}

fn log(place: &Place<'_>, name: &str) -> PathBuf {
    place.root(name).with_extension("log")
}

fn said(place: &Place<'_>, name: &str) -> String {
    fs::read_to_string(log(place, name)).unwrap_or_default()
}

/// PostgreSQL's settings as `-c name=value`.
fn asked(command: &[String]) -> Vec<(String, String)> {
    let settings = command.chunks(2).map(|pair| {
        assert_eq!(pair[0], "-c");
        let (name, value) = pair[1].split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    settings.collect()
}

pub(crate) async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let asked = timeout(PATIENCE, async {
        let mut again = interval(ASK_AGAIN);
        while !ask().await {
            again.tick().await;
        }
    });
    asked.await.unwrap_or_else(|_| panic!("not yet: {what}"));
}

/// The status of what a GET is answered with.
pub(crate) async fn ask(url: &str) -> Option<u16> {
    let url: Url = url.parse().unwrap();
    let mut stream = TcpStream::connect((url.host_str()?, url.port()?)).await.ok()?;
    let get = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", url.path(), url.authority());
    stream.write_all(get.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

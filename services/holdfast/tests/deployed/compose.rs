//! deploy/compose.yaml as it is written: what each container is started with, and after what.
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Deserialize)]
pub(crate) struct Compose {
    pub(crate) services: BTreeMap<String, Container>,
}

/// What is not listed here nobody has thought of yet, and is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) image: String,
    pub(crate) command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, Value>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    depends_on: Needs,
    #[serde(default)]
    networks: BTreeMap<String, Network>,
    #[serde(default)]
    ports: Vec<String>,
    healthcheck: Option<Healthcheck>,
    #[serde(flatten)]
    _of_the_engine: Engine,
}

/// What a container has and a plain process has not.
#[derive(Deserialize)]
#[expect(dead_code, reason = "named, so that nothing else is passed over")]
struct Engine {
    restart: Option<String>,
    read_only: Option<bool>,
    cap_drop: Option<Vec<String>>,
    security_opt: Option<Vec<String>>,
    stop_grace_period: Option<String>,
    mem_limit: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Needs {
    Started(Vec<String>),
    With(BTreeMap<String, Need>),
}

impl Default for Needs {
    fn default() -> Self {
        Self::Started(Vec::new())
    }
}

#[derive(Deserialize)]
struct Need {
    condition: Condition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Condition {
    #[serde(rename = "service_started")]
    Started,
    #[serde(rename = "service_healthy")]
    Healthy,
    #[serde(rename = "service_completed_successfully")]
    Completed,
}

#[derive(Deserialize)]
struct Network {
    aliases: Vec<String>,
}

#[derive(Deserialize)]
struct Healthcheck {
    test: Vec<String>,
}

/// A line such as `./secrets/audit/tls:/run/holdfast/tls:ro`, or with the name of a volume before it.
pub(crate) struct Mount {
    pub(crate) source: String,
    pub(crate) target: String,
}

impl Compose {
    /// Read by PyYAML, which the tests' Python packages bring along: anchors and merges are resolved there.
    pub(crate) fn read(path: &Path) -> Self {
        const READ: &str = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/python/bin/python");
        let read = [tools, PathBuf::from("python3")].into_iter().find_map(|python| {
            let read = Command::new(python).args(["-c", READ]).arg(path).output();
            read.ok().filter(|read| read.status.success())
        });
        let read = read.expect("a Python that has PyYAML: run `make test` once");
        serde_json::from_slice(&read.stdout).unwrap()
    }

    /// Each after all that it needs: those that can be started beside each other stand in one row.
    pub(crate) fn rows(&self) -> Vec<Vec<&str>> {
        let (mut rows, mut before) = (Vec::new(), BTreeSet::new());
        while before.len() < self.services.len() {
            let ready = |(_, container): &(&String, &Container)| {
                container.needs().iter().all(|(need, _)| before.contains(*need))
            };
            let left = self.services.iter().filter(|(name, _)| !before.contains(name.as_str()));
            let row: Vec<&str> = left.filter(ready).map(|(name, _)| name.as_str()).collect();
            assert!(!row.is_empty(), "they wait for each other");
            before.extend(row.iter().copied());
            rows.push(row);
        }
        rows
    }

    /// The containers that this name leads to.
    pub(crate) fn of_name(&self, host: &str) -> Vec<&str> {
        let named = |(name, container): &(&String, &Container)| {
            name.as_str() == host
                || container
                    .networks
                    .values()
                    .any(|network| network.aliases.iter().any(|alias| alias == host))
        };
        self.services.iter().filter(named).map(|(name, _)| name.as_str()).collect()
    }

    /// What this machine reaches at `127.0.0.1:<port>`: a container and its port.
    pub(crate) fn published(&self, port: u16) -> Option<(&str, u16)> {
        self.services.iter().find_map(|(name, container)| {
            let within = |line: &String| line.strip_prefix(&format!("127.0.0.1:{port}:"))?.parse().ok();
            Some((name.as_str(), container.ports.iter().find_map(within)?))
        })
    }
}

impl Container {
    pub(crate) fn needs(&self) -> Vec<(&str, Condition)> {
        match &self.depends_on {
            Needs::Started(names) => names.iter().map(|name| (name.as_str(), Condition::Started)).collect(),
            Needs::With(needs) => needs.iter().map(|(name, need)| (name.as_str(), need.condition)).collect(),
        }
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, String)> {
        self.environment.iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.as_str(), unset(&text))
        })
    }

    pub(crate) fn mounts(&self) -> Vec<Mount> {
        let mount = |line: &String| {
            let mut parts = line.split(':').map(str::to_owned);
            Mount { source: parts.next().unwrap(), target: parts.next().unwrap() }
        };
        self.volumes.iter().map(mount).collect()
    }

    /// The command of its probe.
    pub(crate) fn probe(&self) -> &[String] {
        let probe = &self.healthcheck.as_ref().expect("somebody waits until it is healthy").test;
        let (kind, command) = probe.split_first().unwrap();
        assert_eq!(kind, "CMD");
        command
    }
}

/// `${NAME:-default}` where nobody has set NAME.
fn unset(text: &str) -> String {
    let Some((before, rest)) = text.split_once("${") else { return text.to_owned() };
    let (variable, after) = rest.split_once('}').unwrap();
    let (_, default) = variable.split_once(":-").expect("a variable has a default");
    format!("{before}{default}{}", unset(after))
}

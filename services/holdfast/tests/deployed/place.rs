//! The containers' names, ports and paths on this machine, where each container is a folder and a few ports of 127.0.0.1.
//! Certificates name the role and not the host, so that a service is trusted at whatever address it is found.
use crate::compose::Compose;
use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// Below what is given to outgoing connections: no such port is lost to one of them.
const PORTS: std::ops::Range<u16> = 12_000..20_000;

pub(crate) struct Place<'a> {
    compose: &'a Compose,
    /// What the compose file's relative paths begin at.
    deploy: PathBuf,
    dir: PathBuf,
    ports: Mutex<BTreeMap<(String, u16), u16>>,
}

impl<'a> Place<'a> {
    pub(crate) fn new(compose: &'a Compose, deploy: PathBuf, dir: PathBuf) -> Self {
        Self { compose, deploy, dir, ports: Mutex::default() }
    }

    /// A container's root, with what is mounted in it and nothing else.
    pub(crate) fn root(&self, container: &str) -> PathBuf {
        self.dir.join("containers").join(container)
    }

    /// A file or folder of the container.
    pub(crate) fn path(&self, container: &str, inside: &str) -> PathBuf {
        self.root(container).join(inside.trim_start_matches('/'))
    }

    /// Where a volume lies that outlives its containers.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        self.dir.join("volumes").join(name)
    }

    /// Whoever does not run as a container answers for `host` at this port.
    pub(crate) fn answers(&self, host: &str, port: u16, at: u16) {
        self.ports.lock().unwrap().insert((host.to_owned(), port), at);
    }

    /// The port of this machine that stands for the container's.
    pub(crate) fn port(&self, container: &str, port: u16) -> u16 {
        let mut ports = self.ports.lock().unwrap();
        if let Some(known) = ports.get(&(container.to_owned(), port)) {
            return *known;
        }
        let span = u32::from(PORTS.end - PORTS.start);
        // Two that look at the same time seldom begin at the same place.
        let start = std::process::id().wrapping_mul(7919) % span;
        let mut all = (0..span).map(|step| PORTS.start + u16::try_from((start + step) % span).unwrap());
        let free = all.find(|port| {
            !ports.values().any(|taken| taken == port)
                && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()
        });
        *ports.entry((container.to_owned(), port)).or_insert(free.unwrap())
    }

    /// Makes the container's root. A volume is linked; a file, and what is in a folder, is copied with the addresses of here.
    pub(crate) fn mount(&self, container: &str) {
        for mount in self.compose.services[container].mounts() {
            let target = self.path(container, &mount.target);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            let source = self.deploy.join(&mount.source);
            if !mount.source.starts_with("./") {
                fs::create_dir_all(self.volume(&mount.source)).unwrap();
                symlink(self.volume(&mount.source), target).unwrap();
            } else if source.is_dir() {
                fs::create_dir(&target).unwrap();
                for file in fs::read_dir(&source).unwrap().map(Result::unwrap) {
                    self.copy(container, &file.path(), &target.join(file.file_name()));
                }
            } else {
                self.copy(container, &source, &target);
            }
        }
    }

    fn copy(&self, container: &str, from: &Path, to: &Path) {
        fs::write(to, self.here(container, &fs::read_to_string(from).unwrap())).unwrap();
    }

    /// A text of the container, with its addresses and paths as they are here.
    pub(crate) fn here(&self, container: &str, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            let inside = out.ends_with(|last: char| last.is_ascii_alphanumeric() || "-_.".contains(last));
            let found = if inside { None } else { self.word(container, &out, rest) };
            let (word, by) = found.unwrap_or_else(|| (next.len_utf8(), next.to_string()));
            out.push_str(&by);
            (_, rest) = rest.split_at(word);
        }
        out
    }

    /// What stands at the beginning of `rest`, how long it is, and what it is here.
    fn word(&self, container: &str, before: &str, rest: &str) -> Option<(usize, String)> {
        let mounts = self.compose.services[container].mounts();
        let mount = mounts.iter().find(|mount| rest.starts_with(&mount.target));
        // Of `file:///folder` the last stroke belongs to the folder.
        if let Some(mount) = mount.filter(|_| before.ends_with("//") || !before.ends_with('/')) {
            let path = self.path(container, &mount.target);
            return Some((mount.target.len(), path.display().to_string()));
        }
        let (host, after) = rest.split_once(':')?;
        let number = after.trim_start_matches(' ');
        let space = after.len() - number.len();
        let digits = number.find(|next: char| !next.is_ascii_digit()).unwrap_or(number.len());
        let port: u16 = number.split_at(digits).0.parse().ok()?;
        let by = match (host, space) {
            // The setting of nats.conf by which it answers to everybody.
            ("port", 1) => format!("listen: 127.0.0.1:{}", self.port(container, port)),
            ("0.0.0.0" | "127.0.0.1", 0) => format!("127.0.0.1:{}", self.port(container, port)),
            ("localhost", 0) => {
                let (name, within) = self.compose.published(port)?;
                format!("localhost:{}", self.port(name, within))
            }
            (_, 0) if before.ends_with("//") || before.ends_with('@') => {
                format!("127.0.0.1:{}", self.port(&self.of_name(container, host, port)?, port))
            }
            _ => return None,
        };
        Some((host.len() + 1 + space + digits, by))
    }

    /// Where a name leads to several, each container asks another of them.
    fn of_name(&self, container: &str, host: &str, port: u16) -> Option<String> {
        let named = self.compose.of_name(host);
        let asks = self.compose.services.keys().position(|name| name == container)?;
        let known = self.ports.lock().unwrap().contains_key(&(host.to_owned(), port));
        named.get(asks % named.len().max(1)).copied().or(known.then_some(host)).map(str::to_owned)
    }
}

//! The PostgreSQL and nats-server of this test run: those that the runner started, or else some of this process.
use holdfast_supervise::{Binaries, Nats, NatsSettings, Postgres, PostgresSettings};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub struct Servers {
    pub postgres_superuser_url: String,
    pub nats_url: String,
    _own: Option<OwnServers>,
}

/// Servers of one test, for it to stop; they end when dropped.
pub struct OwnServers {
    pub postgres: Postgres,
    pub nats: Nats,
    dir: tempfile::TempDir,
}

impl OwnServers {
    /// Where both keep what they store.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

static SERVERS: OnceLock<Servers> = OnceLock::new();

/// Named by `HOLDFAST_TEST_POSTGRES_URL` and `HOLDFAST_TEST_NATS_URL` when a runner keeps them for many processes.
pub fn servers() -> &'static Servers {
    SERVERS.get_or_init(|| {
        let named = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        if let (Some(postgres_superuser_url), Some(nats_url)) =
            (named("HOLDFAST_TEST_POSTGRES_URL"), named("HOLDFAST_TEST_NATS_URL"))
        {
            return Servers { postgres_superuser_url, nats_url, _own: None };
        }
        let own = own_servers(false);
        Servers {
            postgres_superuser_url: own.postgres.superuser_url(),
            nats_url: own.nats.url(),
            _own: Some(own),
        }
    })
}

/// `durable`: what PostgreSQL has committed is there again after it was killed.
pub fn own_servers(durable: bool) -> OwnServers {
    let binaries = binaries();
    let dir = tempfile::Builder::new().prefix("holdfast-test-").tempdir().expect("a temporary directory");
    let settings = PostgresSettings { durable, connections_max: 300, ..PostgresSettings::default() };
    let postgres = Postgres::start(&binaries, &dir.path().join("postgres"), settings).expect("PostgreSQL");
    let nats =
        Nats::start(&binaries, &dir.path().join("nats"), NatsSettings::default()).expect("nats-server");
    OwnServers { postgres, nats, dir }
}

/// For a test that starts and kills servers of its own.
pub fn binaries() -> Binaries {
    let tools = std::env::var_os("HOLDFAST_TOOLS_DIR").map_or_else(|| root().join(".tools"), PathBuf::from);
    Binaries::locate(&tools).expect("PostgreSQL and nats-server: run `make test` once")
}

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A path in the real-world test data that lies beside a checkout; `None`, said aloud, where it is absent.
pub fn shared_data(path: &str) -> Option<PathBuf> {
    let found = root().join("../shared/data").join(path);
    if !found.exists() {
        // Not by `eprintln!`: the test harness shows that of failing tests alone.
        let said = format!("\nskipped: the shared test data `{path}` is not beside this checkout\n");
        std::io::stderr().write_all(said.as_bytes()).expect("somewhere to say it");
        return None;
    }
    Some(found)
}

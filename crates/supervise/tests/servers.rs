//! Both servers really run: they are started, asked, stopped, killed and started again.

#![cfg(test)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use async_nats::jetstream;
use futures::StreamExt as _;
use holdfast_supervise::{Binaries, Error, Nats, NatsSettings, Postgres, PostgresSettings};
use tempfile::TempDir;

fn binaries() -> Binaries {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    Binaries::locate(&tools).expect("`scripts/servers` brings what is missing")
}

/// One that the account which runs PostgreSQL for root can pass through.
fn open_dir() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
    dir
}

fn undurable() -> PostgresSettings {
    PostgresSettings { durable: false, shared_buffers_mb: 16, ..PostgresSettings::default() }
}

/// PostgreSQL's own client, from where the server came from or from `PATH`.
fn psql(url: &str, statement: &str) -> Result<String, String> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let places = packaged.map(|version| version.path().join("bin"));
    let places = places.chain(env::var_os("PATH").iter().flat_map(env::split_paths).collect::<Vec<_>>());
    let program = places
        .map(|dir| dir.join("psql"))
        .find(|program| program.exists())
        .expect("psql comes with PostgreSQL");
    let output = Command::new(program).args(["-XAtq", "-c", statement, url]).output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn ask(postgres: &Postgres, statement: &str) -> String {
    psql(&postgres.superuser_url(), statement).unwrap()
}

#[test]
fn a_cluster_keeps_its_data_over_stop_kill_and_restart() {
    let root = open_dir();
    let dir = root.path().join("postgres");
    let mut postgres = Postgres::start(&binaries(), &dir, PostgresSettings::default()).unwrap();
    let port = postgres.port();
    assert_eq!(ask(&postgres, "show server_encoding"), "UTF8");
    assert_eq!(ask(&postgres, "show data_checksums"), "on");
    if cfg!(target_os = "linux") {
        assert_eq!(
            ask(&postgres, "select datcollate from pg_database where datname = 'postgres'"),
            "C.UTF-8"
        );
    }
    assert_eq!(ask(&postgres, "show fsync"), "on");
    ask(&postgres, "create table kept (n int); insert into kept values (1)");

    postgres.restart().unwrap();
    ask(&postgres, "insert into kept values (2)");

    postgres.kill();
    assert!(!postgres.is_running());
    postgres.start_again().unwrap();
    assert_eq!(postgres.port(), port);
    assert_eq!(ask(&postgres, "select array_agg(n order by n) from kept"), "{1,2}");

    postgres.stop();
    assert!(psql(&postgres.superuser_url(), "select 1").is_err());
    drop(postgres);

    let again = Postgres::start(&binaries(), &dir, PostgresSettings::default()).unwrap();
    assert_eq!(ask(&again, "select count(*) from kept"), "2");
    drop(again);
    Postgres::remove(&dir).unwrap();
    assert!(!dir.exists());
}

#[test]
fn a_kill_with_open_connections_is_recovered_from() {
    let root = open_dir();
    let mut postgres = Postgres::start(&binaries(), root.path(), undurable()).unwrap();
    let url = postgres.superuser_url();
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| psql(&url, "select pg_sleep(600)"));
        while ask(&postgres, "select count(*) from pg_stat_activity where query like '%sleep(600)'") == "0" {}
        postgres.kill();
        assert!(sleeper.join().unwrap().is_err());
    });
    postgres.start_again().unwrap();
    assert_eq!(ask(&postgres, "select 1"), "1");
}

#[test]
fn only_a_role_with_its_password_gets_in() {
    let root = open_dir();
    let postgres = Postgres::start(&binaries(), root.path(), undurable()).unwrap();
    let open = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres.port());
    assert!(psql(&open, "select 1").unwrap_err().contains("password"));

    ask(&postgres, &format!("create role records login password '{}'", postgres.password("records")));
    let url = postgres.url("postgres", "records");
    assert_eq!(psql(&url, "select current_user").unwrap(), "records");
    let other = url.replace(&postgres.password("records"), &postgres.password("consent"));
    assert!(psql(&other, "select 1").unwrap_err().contains("authentication failed"));

    for private in ["secret", "postgres.log"] {
        let mode = fs::metadata(root.path().join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{private}");
    }
}

#[test]
fn what_a_failing_statement_holds_does_not_reach_the_log() {
    let root = open_dir();
    let postgres = Postgres::start(&binaries(), root.path(), undurable()).unwrap();
    ask(&postgres, "create table kept (t text primary key); insert into kept values ('stutters')");
    assert!(psql(&postgres.superuser_url(), "insert into kept values ('stutters')").is_err());
    let log = fs::read_to_string(postgres.log_file()).unwrap();
    assert!(log.contains("duplicate key") && !log.contains("stutters"), "{log}");
}

#[test]
fn a_directory_in_use_and_a_port_in_use_are_refused() {
    let root = open_dir();
    let first = Postgres::start(&binaries(), &root.path().join("first"), undurable()).unwrap();
    let same_dir = Postgres::start(&binaries(), &root.path().join("first"), undurable());
    assert!(matches!(same_dir, Err(Error::InUse { .. })));
    let settings = PostgresSettings { port: Some(first.port()), ..undurable() };
    let same_port = Postgres::start(&binaries(), &root.path().join("second"), settings);
    assert!(matches!(same_port, Err(Error::PortInUse { port }) if port == first.port()));
    assert_eq!(ask(&first, "select 1"), "1");
}

#[test]
fn a_cluster_that_its_account_could_not_reach_is_put_elsewhere_and_removed_from_there() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let dir = root.path().join("postgres");
    let postgres = Postgres::start(&binaries(), &dir, undurable()).unwrap();
    assert_eq!(ask(&postgres, "select 1"), "1");
    let cluster = postgres.cluster_dir().to_owned();
    let as_root = !cluster.starts_with(fs::canonicalize(root.path()).unwrap());
    drop(postgres);
    if as_root {
        let note = fs::read_to_string(dir.join("cluster-dir")).unwrap();
        assert!(cluster.starts_with("/var/tmp") && cluster.starts_with(&note), "{}", cluster.display());
        assert_eq!(fs::metadata(note).unwrap().permissions().mode() & 0o077, 0);
    }
    Postgres::remove(&dir).unwrap();
    assert!(!cluster.exists() && !dir.exists());
    assert!(!as_root || !cluster.parent().unwrap().exists());
}

/// Run by the tests below in a process of its own, which they then kill.
#[test]
#[ignore = "is the crashing parent of another test"]
fn parent_that_crashes() {
    let dir = PathBuf::from(env::var_os("HOLDFAST_TEST_DIR").unwrap());
    let postgres = Postgres::start(&binaries(), &dir.join("postgres"), undurable()).unwrap();
    let nats = Nats::start(&binaries(), &dir.join("nats"), NatsSettings::default()).unwrap();
    ask(&postgres, "create table kept (n int); insert into kept values (7)");
    fs::write(dir.join("ready.new"), format!("{} {}", postgres.port(), nats.port())).unwrap();
    fs::rename(dir.join("ready.new"), dir.join("ready")).unwrap();
    loop {
        std::thread::park();
    }
}

fn ports_of_a_crashed_parent(dir: &Path) -> String {
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "parent_that_crashes"])
        .env("HOLDFAST_TEST_DIR", dir)
        .spawn()
        .unwrap();
    while !dir.join("ready").exists() {
        assert!(parent.try_wait().unwrap().is_none(), "the parent ended early");
        std::thread::yield_now();
    }
    parent.kill().unwrap();
    parent.wait().unwrap();
    fs::read_to_string(dir.join("ready")).unwrap()
}

#[test]
fn servers_of_a_parent_that_crashed_are_not_doubled() {
    let root = open_dir();
    let ports = ports_of_a_crashed_parent(root.path());
    let postgres = Postgres::start(&binaries(), &root.path().join("postgres"), undurable()).unwrap();
    let nats = Nats::start(&binaries(), &root.path().join("nats"), NatsSettings::default()).unwrap();
    assert_eq!(ask(&postgres, "select n from kept"), "7");
    assert_eq!(ports, format!("{} {}", postgres.port(), nats.port()), "the old servers are gone");
}

#[cfg(target_os = "linux")]
#[test]
fn servers_die_with_their_parent() {
    let root = open_dir();
    let ports = ports_of_a_crashed_parent(root.path());
    for port in ports.split(' ').map(|port| port.parse::<u16>().unwrap()) {
        // The runner's time limit ends this when a server stays.
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            std::thread::yield_now();
        }
    }
}

async fn connect(nats: &Nats) -> Result<async_nats::Client, async_nats::ConnectError> {
    let options = async_nats::ConnectOptions::with_user_and_password(nats.user().into(), nats.password());
    options.connect(nats.address()).await
}

/// Publishes one message and tells how many there are.
async fn published(nats: &Nats) -> u64 {
    let jetstream = jetstream::new(connect(nats).await.unwrap());
    let config = jetstream::stream::Config { name: "kept".into(), ..Default::default() };
    let stream = jetstream.get_or_create_stream(config).await.unwrap();
    jetstream.publish("kept", "one".into()).await.unwrap().await.unwrap();
    stream.get_info().await.unwrap().state.messages
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_kept_over_stop_and_kill_and_gone_when_the_store_is_lost() {
    let root = open_dir();
    let settings = NatsSettings { sync_interval: None, ..NatsSettings::default() };
    let mut nats = Nats::start(&binaries(), root.path(), settings).unwrap();
    assert_eq!(published(&nats).await, 1);
    nats.restart().unwrap();
    assert_eq!(published(&nats).await, 2);
    nats.kill();
    assert!(!nats.is_running());
    nats.start_again().unwrap();
    assert_eq!(published(&nats).await, 3);
    nats.lose_store().unwrap();
    nats.start_again().unwrap();
    assert_eq!(published(&nats).await, 1);
    nats.stop();
    assert!(connect(&nats).await.is_err());
}

#[tokio::test]
async fn a_client_without_the_password_or_with_too_large_a_message_is_refused() {
    let root = open_dir();
    let settings = NatsSettings { payload_bytes_max: 64 << 10, ..NatsSettings::default() };
    let nats = Nats::start(&binaries(), root.path(), settings).unwrap();
    assert!(async_nats::connect(nats.address()).await.is_err());

    let client = connect(&nats).await.unwrap();
    assert_eq!(client.server_info().max_payload, 64 << 10);
    let mut heard = client.subscribe("small").await.unwrap();
    client.publish("small", "ping".into()).await.unwrap();
    assert_eq!(heard.next().await.unwrap().payload, "ping");
    assert!(client.publish("small", vec![0; (64 << 10) + 1].into()).await.is_err());
    let mode = fs::metadata(root.path().join("nats.conf")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

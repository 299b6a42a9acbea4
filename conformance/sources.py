"""Finds a mapped test in the sources, so that its place can be linked, and a test that is not there is an error."""

import dataclasses
import pathlib
import re
import shlex

from catalogue import ROOT, tomllib

ATTRIBUTE = re.compile(r"^\s*(#\[|///|//)")
CALL = re.compile(r"""\btest\((?:"([^"\n]+)"|`([^`\n]+)`)""")
TEST_ATTRIBUTE = re.compile(r"^\s*#\[(tokio::)?test\b")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a test begins."""

    path: str
    line: int


@dataclasses.dataclass(frozen=True)
class Test:
    """`kind` is `rust`, `browser`, `python` or `check`; `home` its binary or file; `name` as the runner reports it."""

    kind: str
    home: str
    name: str


def parse(id):
    """A test id of the map: its home, a space, its name."""
    home, _, name = id.partition(" ")
    if home.startswith("browser/"):
        return Test("browser", home.removeprefix("browser/"), name)
    return Test(home if home in ("python", "check") else "rust", home, name)


class Sources:
    """The tests under a project's root."""

    def __init__(self, root=ROOT):
        self.root = root
        manifests = [*root.glob("crates/*/Cargo.toml"), *root.glob("services/*/Cargo.toml"), *root.glob("tests/Cargo.toml")]
        self.packages = {tomllib.loads(path.read_text(encoding="utf-8"))["package"]["name"]: path.parent for path in manifests}

    def find(self, id):
        """The place of a test, or None."""
        test = parse(id)
        place = {"rust": self.rust, "browser": self.browser, "python": self.python, "check": self.check}[test.kind](test)
        return place and Place(place[0].relative_to(self.root).as_posix(), place[1])

    def rust(self, test):
        package, _, target = test.home.partition("::")
        folder = self.packages.get(package)
        if folder is None:
            return None
        base = folder / ("src" if not target or target.startswith("bin/") else f"tests/{target}")
        if base.name == target and not base.is_dir():
            files = [folder / f"tests/{target}.rs"]
        else:
            files = sorted(base.rglob("*.rs"))
        *modules, function = test.name.split("::")
        for path in files:
            if path.exists() and (line := rust_line(path, base, modules, function)):
                return path, line
        return None

    def browser(self, test):
        folder, place = self.root / "tests/browser", None
        files = [folder / f"{test.home}.test.mjs", *sorted(folder.glob("*/*.mjs"))]
        texts = {path: path.read_text(encoding="utf-8") for path in files if path.exists()}
        if files[0] not in texts:
            return None
        # A file may keep the steps of its tests in a folder beside it.
        for name in test.name.split(" > "):
            calls = ((path, call) for path, text in texts.items() for call in CALL.finditer(text) if is_called(call, name))
            path, call = next(calls, (None, None))
            if call is None:
                return None
            place = path, texts[path].count("\n", 0, call.start()) + 1
        return place

    def python(self, test):
        module, _, rest = test.name.partition(".")
        named, _, function = rest.partition(".")
        path = self.root / f"tests/python/{module}.py"
        if not path.exists() or not function:
            return None
        lines = path.read_text(encoding="utf-8").splitlines()
        if not any(re.match(rf"class {re.escape(named)}\b", line) for line in lines):
            return None
        return next(((path, at) for at, line in enumerate(lines, 1) if line.strip() == f"def {function}(self):"), None)


    def check(self, test):
        """A section of `make check`, whose command `command_of` gives."""
        path = self.root / "scripts/check"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return next(((path, at) for at, line in enumerate(lines, 1) if line.startswith(f'section "{test.name}" ')), None)

    def command_of(self, id):
        place = self.find(id)
        return shlex.split((self.root / place.path).read_text(encoding="utf-8").splitlines()[place.line - 1])[2:]


def is_called(call, name):
    """Whether the call makes a test of that name; `${…}` in a template stands for anything."""
    if call[1]:
        return call[1] == name
    fixed = re.split(r"\$\{[^}]*\}", call[2])
    return re.fullmatch(".+".join(map(re.escape, fixed)), name) is not None


def rust_line(path, base, modules, function):
    """The line of a test function in a file whose own modules, with those written in it, are `modules`."""
    inside = list(path.with_suffix("").relative_to(base).parts) if base in path.parents else []
    if inside and inside[-1] in ("main", "lib", "mod"):
        inside.pop()
    if modules[: len(inside)] != inside:
        return None
    text = path.read_text(encoding="utf-8")
    if not all(re.search(rf"^\s*mod {re.escape(module)} \{{", text, re.M) for module in modules[len(inside) :]):
        return None
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if re.match(rf"\s*(async )?fn {re.escape(function)}\(", line):
            above = at
            while above and ATTRIBUTE.match(lines[above - 1]):
                above -= 1
            attributes = lines[above:at]
            if any(map(TEST_ATTRIBUTE.match, attributes)) and not any("#[ignore" in one for one in attributes):
                return at + 1
    return None


def missing(the_map, sources):
    """One line for each mapped test that is not in the sources."""
    tests = {test: id for id, tests in the_map.shown.items() for test in tests}
    return [f"{id}: there is no test `{test}`" for test, id in tests.items() if sources.find(test) is None]

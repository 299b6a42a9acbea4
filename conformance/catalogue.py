"""What is promised (rows, firsts, criteria), what the map says about it, and where the two disagree."""

import dataclasses
import pathlib
import re

try:
    import tomllib
except ImportError:
    # Python 3.10 has it under another name.
    from pip._vendor import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAP = ROOT / "conformance/map.toml"
SHARED = ROOT.parent / "shared"
ROW = re.compile(r"^\| ([A-KX][0-9]+) \| (.+?) \|")
HEADING = re.compile(r"^## (.+)$")
COUNTS = ("features", "firsts", "SHALL", "SHOULD", "MAY")


@dataclasses.dataclass(frozen=True)
class Promise:
    """One row or criterion: `count` is the figure it belongs to; without the catalogue, `text` is empty."""

    id: str
    count: str
    chapter: str
    text: str


@dataclasses.dataclass(frozen=True)
class Map:
    """`shown`: id to the tests that show it; `not_applicable`: id to the reason."""

    shown: dict
    not_applicable: dict


class Wrong(Exception):
    """What stops the computation, one line each."""


def read_map(path=MAP):
    """The map, its shape checked."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as cause:
        raise Wrong(f"{path.name}: {cause}") from cause
    wrong = [f"[{name}] is no table of the map" for name in tables.keys() - {"shown", "not_applicable"}]
    shown, not_applicable = tables.get("shown", {}), tables.get("not_applicable", {})
    for id, tests in shown.items():
        if not isinstance(tests, list) or not tests or not all(isinstance(test, str) for test in tests):
            wrong.append(f"{id}: needs a list of tests")
        elif len(set(tests)) < len(tests):
            wrong.append(f"{id}: names a test twice")
    for id, reason in not_applicable.items():
        if not isinstance(reason, str) or not reason.strip() or "\n" in reason.strip():
            wrong.append(f"{id}: needs a reason of one line")
        if id in shown:
            wrong.append(f"{id}: is shown, and cannot apply")
    if wrong:
        raise Wrong("\n".join(wrong))
    return Map(shown, not_applicable)


def chapter_of(criterion):
    """`RI.1` of `RI.1.1.5#03`."""
    return ".".join(criterion.split("#")[0].split(".")[:2])


def natural(text):
    """Sorts `TI.10` after `TI.9`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def read_catalogue(shared=SHARED):
    """All promises in order, or None where they are not beside the project."""
    features, criteria = shared / "design/features.md", shared / "phrsfm/criteria.tsv"
    if not (features.exists() and criteria.exists()):
        return None
    promises, chapter = [], ""
    for line in features.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            chapter = heading[1]
        if row := ROW.match(line):
            first = row[1].startswith("X")
            promises.append(Promise(row[1], "firsts" if first else "features", chapter, row[2]))
    listed = []
    for line in criteria.read_text(encoding="utf-8").splitlines()[1:]:
        id, level, _conditional, text = line.split("\t")
        listed.append(Promise(id, level, chapter_of(id), text))
    return promises + sorted(listed, key=lambda promise: natural(promise.id))


def of_the_map_alone(the_map):
    """The ids that the map names, for where the catalogue is not; levels are unknown there."""
    ids = sorted({*the_map.shown, *the_map.not_applicable}, key=natural)

    def promise(id):
        if "#" in id:
            return Promise(id, "criteria", chapter_of(id), "")
        return Promise(id, "firsts" if id.startswith("X") else "features", id[0], "")

    return [promise(id) for id in ids]


def unknown_ids(the_map, promises):
    """One line for each id of the map that is not promised."""
    known = {promise.id for promise in promises}
    return [f"{id}: no row or criterion has this id" for id in (*the_map.shown, *the_map.not_applicable) if id not in known]

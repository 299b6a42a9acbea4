"""What came out, as a summary for programs, tables with the catalogue's words, and the page of the documentation."""

import json
import re

from catalogue import COUNTS, ROOT
from runners import PASSED, REPORTS

PAGE = ROOT / "docs/conformance.md"
STATES = ("working", "failing", "unmapped", "not_applicable")
HEAD = """# What conforms

Written by `make conformance`, which ran every test named here: each line is a row of the product's feature list or a criterion of
HL7's functional model for personal health records (ISO/HL7 16527), and the tests that show it from outside, on real servers. A line
works when all of its tests ran and passed. The map is `conformance/map.toml`.
"""


def state(promise, the_map, outcomes):
    if promise.id in the_map.not_applicable:
        return "not_applicable"
    tests = the_map.shown.get(promise.id)
    if tests is None:
        return "unmapped"
    return "working" if all(outcomes.get(test) == PASSED for test in tests) else "failing"


def summary(promises, states):
    """Count to state to number."""
    counts = [count for count in (*COUNTS, "criteria") if any(promise.count == count for promise in promises)]
    table = {count: dict.fromkeys((*STATES, "total"), 0) for count in counts}
    for promise in promises:
        table[promise.count][states[promise.id]] += 1
        table[promise.count]["total"] += 1
    return table


def last_line(table):
    return ", ".join(f"{count} {numbers['working']}/{numbers['total']}" for count, numbers in table.items())


def chapters(promises):
    """Chapter to its promises, in order."""
    found = {}
    for promise in promises:
        found.setdefault(promise.chapter, []).append(promise)
    return found


def short(chapter):
    """`A` of `A. Identity`, `Firsts` of `Firsts: …`: the page repeats none of the catalogue's words."""
    return re.split(r"[.:] ", chapter)[0]


def links(tests, places, up):
    return "<br>".join(f"[`{test}`]({up}{places[test].path}#L{places[test].line})" for test in tests)


def counted(promises, states):
    working = sum(states[promise.id] == "working" for promise in promises)
    return f"{working} of {len(promises)}"


def page(promises, the_map, states, places):
    """Ids alone; `rows` reads it again."""
    lines = [HEAD, last_line(summary(promises, states)), ""]
    for chapter, inside in chapters(promises).items():
        lines += [f"## {short(chapter)}: {counted(inside, states)}", ""]
        told = [promise for promise in inside if states[promise.id] != "unmapped"]
        if told:
            lines += ["| id | level | state | shown by |", "|---|---|---|---|"]
        for promise in told:
            shown = the_map.not_applicable.get(promise.id) or links(the_map.shown[promise.id], places, "../")
            level = promise.count if promise.count.isupper() else ""
            lines.append(f"| {promise.id} | {level} | {states[promise.id].replace('_', ' ')} | {shown} |")
        rest = [promise.id for promise in inside if states[promise.id] == "unmapped"]
        if rest:
            lines += ["", f"Nothing shows yet ({len(rest)}): {', '.join(rest)}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def rows(text):
    """Id to what the page says shows it, state and lines of sources aside."""
    found = {}
    for id, shown in re.findall(r"^\| ([A-Z][\w.#]+) \| \w* \| [\w ]+ \| (.+) \|$", text, re.M):
        found[id] = re.findall(r"\[`(.+?)`\]\(", shown) or shown
    return found


def stale(the_map, text):
    """One line for each id that the page and the map tell differently."""
    told, mapped = rows(text), {**the_map.shown, **the_map.not_applicable}
    ids = sorted(id for id in told.keys() | mapped.keys() if told.get(id) != mapped.get(id))
    return [f"{id}: docs/conformance.md does not say what the map says; run `make conformance`" for id in ids]


def tables(promises, the_map, states, places):
    """With the catalogue's words: for whoever works on what is missing."""
    lines = ["# What conforms", "", last_line(summary(promises, states)), ""]
    for chapter, inside in chapters(promises).items():
        lines += [f"## {chapter}: {counted(inside, states)}", "", "| id | level | state | shown by | text |", "|---|---|---|---|---|"]
        for promise in inside:
            shown = the_map.not_applicable.get(promise.id) or links(the_map.shown.get(promise.id, []), places, "../../")
            text = promise.text.replace("|", "\\|")
            lines.append(f"| {promise.id} | {promise.count} | {states[promise.id]} | {shown} | {text} |")
        lines.append("")
    return "\n".join(lines)


def write(promises, the_map, outcomes, places, whole):
    """All three, and the counts; the page only when the catalogue is there, or it would lose what is missing."""
    states = {promise.id: state(promise, the_map, outcomes) for promise in promises}
    table = summary(promises, states)
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "summary.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    (REPORTS / "tables.md").write_text(tables(promises, the_map, states, places), encoding="utf-8")
    if whole:
        PAGE.write_text(page(promises, the_map, states, places), encoding="utf-8")
    return last_line(table)

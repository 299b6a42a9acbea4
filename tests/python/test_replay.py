"""What an officer and an operator ask of the history from a terminal: to be written out, and to be decided again."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import grpc
import pyarrow.parquet
from family import DATA_DIR, Record, of_the_demo, service, tenant_id

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = os.environ.get("HOLDFAST_BIN", ROOT / "target/debug/holdfast")
COUNTS = re.compile(r"decisions (\d+), identical (\d+), different (\d+), not re-decidable (\d+)(?: \((.*)\))?")
GOAL = {
    "resourceType": "Goal", "id": "swing", "lifecycleStatus": "active",
    "description": {"text": "Ten minutes on the swing"}, "subject": {"reference": "Patient/self"},
}


# Files end at 64 blocks of 512 bytes. By a shell: what is forked here would be a half of the calls that are open.
SMALL_FILES = ["sh", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]


def terminal(*arguments, token="", under=()):
    """What `holdfast audit …` answers; `token` is whom it asks as, `under` what starts it."""
    command = [*under, PROGRAM, "audit", *arguments, "--data-dir", DATA_DIR, *(["--token-file", "-"] if token else [])]
    return subprocess.run(command, input=token, capture_output=True, text=True, timeout=300, check=False)


def said(cell):
    """A cell of a table as a line says it: nothing where it says nothing, moments in words."""
    match cell:
        case dict():
            return {name: said(value) for name, value in cell.items() if value is not None}
        case list():
            return [said(value) for value in cell]
        case datetime.datetime():
            return cell.astimezone(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case _:
            return cell


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = Record()
        cls.parent, cls.therapist = cls.record.parent, of_the_demo("speech therapist")
        cls.seen = cls.record.create(GOAL)
        asked = {"patient_id": cls.record.id, "categories": ["CATEGORY_GOALS"]}
        cls.refused = lambda: cls.therapist.after(cls.parent).refusal("records", "ListItems", **asked)
        assert cls.refused() is grpc.StatusCode.PERMISSION_DENIED
        cls.grant = cls.record.share(cls.therapist, "GOALS")
        assert len(cls.record.list("GOALS", by=cls.therapist.after(cls.parent))) == 1
        cls.record.stop(cls.grant)
        assert cls.refused() is grpc.StatusCode.PERMISSION_DENIED

    def test_every_decision_is_decided_again_from_the_log_as_it_was(self):
        replayed = terminal("replay-decisions", "--strict")
        self.assertEqual(replayed.returncode, 0, replayed.stdout[-2000:] + replayed.stderr[-2000:])
        decisions, identical, different, undecided = map(int, COUNTS.fullmatch(replayed.stdout.splitlines()[-1]).groups()[:4])
        self.assertGreater(decisions, 100)
        self.assertEqual((different, undecided, identical), (0, 0, decisions), replayed.stdout[-2000:])
        self.assertIn("decisions", replayed.stderr)

    def test_what_nobody_asked_is_decided_by_the_moment(self):
        asked = ["replay-decisions", "--patient", self.record.id, "--who", self.therapist.account_id, "--category", "goals"]
        given = next(entry for entry in self.record.history() if entry.type == "grant.given")
        during = given.recorded_time.ToJsonString()
        then = terminal(*asked, "--at", during, token=self.parent.token)
        self.assertEqual(then.returncode, 0, then.stderr)
        first, *rest = then.stdout.splitlines()
        self.assertEqual(first, f"permitted by granted-to-account, grant {self.grant.grant_id} revision 1")
        self.assertIn("open: goals", rest)
        now = terminal(*asked, token=self.parent.token)
        self.assertEqual(now.stdout.splitlines()[:2], ["refused by no rule", "reason: NOT_PERMITTED"])
        self.assertNotEqual(terminal(*asked, token=self.therapist.token).returncode, 0)

    def test_whether_somebody_could_see_a_thing_then_by_what_and_whether_they_did(self):
        seen, unseen = self.seen, self.record.create({**GOAL, "id": "later"})
        given = next(entry for entry in self.record.history() if entry.type == "grant.given")
        self.assertEqual((seen.category, given.stream), (unseen.category, f"grant/{self.grant.grant_id}"))
        stopped = next(entry for entry in self.record.history() if entry.type == "grant.revoked")
        asked = ["replay-decisions", "--patient", self.record.id, "--who", self.therapist.account_id]
        room = service("records").pool.FindEnumTypeByName("holdfast.type.v1.Category").values_by_number[seen.category].name
        could = {}
        for when in (given, stopped):
            moment = when.recorded_time.ToJsonString()
            words = room.removeprefix("CATEGORY_").lower().replace("_", "-")
            could[when.type] = terminal(*asked, "--category", words, "--at", moment, token=self.parent.token).stdout.splitlines()[0]
        permitted = f"permitted by granted-to-account, grant {self.grant.grant_id} revision 1"
        self.assertEqual(could, {"grant.given": permitted, "grant.revoked": "refused by no rule"})
        moment = given.recorded_time.ToJsonString()
        by_number = terminal(*asked, "--thing", seen.item_id, "--at", moment, token=self.parent.token)
        self.assertEqual(by_number.stdout.splitlines()[:3], [permitted, f"open: {words}", f"it was among: {words}; open"])
        not_there = terminal(*asked, "--thing", unseen.item_id, "--at", moment, token=self.parent.token)
        self.assertNotEqual(not_there.returncode, 0)
        self.assertIn("THING_UNKNOWN", not_there.stderr)
        self.record.looked_at(seen.item_id, by=self.therapist)
        replayed = terminal("replay", "--patient", self.record.id, token=self.parent.token)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        lines = [json.loads(line) for line in replayed.stdout.splitlines()]
        did = [line for line in lines if line["actor"] == self.therapist.actor and line["type"] == "access.permitted"]
        looks = lambda item: [line for line in did if item.item_id in [one["id"] for one in line["access"]["returned"]]]
        [look] = looks(seen)
        self.assertEqual(look["access"]["rule_ids"], ["granted-to-account"])
        self.assertEqual(look["access"]["grants"], [{"id": self.grant.grant_id, "revision": 1}])
        self.assertEqual(looks(unseen), [])
        for line in lines:
            self.assertRegex(line["recorded_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", "of the day in UTC")

    def test_the_history_is_written_out_line_by_line_for_the_officer(self):
        officer = of_the_demo("compliance officer")
        asked = ["replay", "--tenant", tenant_id(), "--patient", self.record.id]
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder, "history.ndjson")
            written = terminal(*asked, "--out", out, token=officer.token)
            self.assertEqual(written.returncode, 0, written.stderr)
            lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
            self.assertNotEqual(terminal(*asked, "--out", out, token=officer.token).returncode, 0, "it was there already")
        self.assertIn(f"{len(lines)} entries, 100 %", written.stderr)
        known = {entry.event_id: entry for entry in self.record.history()}
        self.assertLessEqual({line["event_id"] for line in lines}, set(known))
        self.assertEqual([line["recorded_time"] for line in lines], sorted((line["recorded_time"] for line in lines), reverse=True))
        kinds = {(line["type"], line.get("access", {}).get("operation")) for line in lines}
        wanted = {
            ("record.opened", None), ("item.recorded", None), ("grant.given", None), ("grant.revoked", None),
            ("access.permitted", "records.ListItems"), ("access.refused", "records.ListItems"),
        }
        self.assertLessEqual(wanted, kinds)
        look = next(line for line in lines if line["type"] == "access.permitted" and line["actor"] == self.therapist.actor)
        self.assertEqual(look["access"]["grants"], [{"id": self.grant.grant_id, "revision": 1}])
        self.assertEqual(look["leaf_hash"], known[look["event_id"]].leaf_hash.hex())
        # The replay was a look, and the family sees it.
        operations = lambda entries: [entry.access.operation for entry in entries if entry.actor == officer.actor]
        self.record.history_when(lambda entries: "audit.SearchEntries" in operations(entries))
        self.assertNotEqual(terminal(*asked, token=self.therapist.token).returncode, 0)
        self.assertNotEqual(terminal(*asked).returncode, 0, "the operator sees no history")

    def test_the_history_of_a_record_an_actor_a_tenant_and_a_period_is_written_out(self):
        officer, tenant = of_the_demo("compliance officer"), ["--tenant", tenant_id()]
        def replayed(*selection):
            written = terminal("replay", *selection, token=officer.token)
            self.assertEqual(written.returncode, 0, written.stderr)
            self.assertRegex(written.stderr, r"\d+ entries")
            return [json.loads(line) for line in written.stdout.splitlines()]
        record = replayed(*tenant, "--patient", self.record.id)
        self.assertEqual({line["patient_id"] for line in record}, {self.record.id})
        actor = replayed(*tenant, "--actor", self.therapist.account_id)
        self.assertEqual({line["actor"] for line in actor}, {self.therapist.actor})
        times = sorted({line["recorded_time"] for line in record})
        begin, end = times[1], times[-1]
        period = replayed(*tenant, "--from", begin, "--until", end)
        self.assertTrue(all(begin <= line["recorded_time"] < end for line in period))
        whole = replayed(*tenant)
        ids = lambda lines: {line["event_id"] for line in lines}
        for part in (record, actor, period):
            self.assertLess(0, len(part))
            self.assertLessEqual(ids(part), ids(whole))
        within = [line for line in whole if begin <= line["recorded_time"] < end]
        self.assertEqual(ids(period), ids(within))
        narrowed = replayed(*tenant, "--patient", self.record.id, "--kind", "refused", "--from", begin)
        self.assertEqual({line["kind"] for line in narrowed}, {"refused"})

    def test_the_history_is_written_out_as_a_table_that_says_what_the_lines_say(self):
        officer = of_the_demo("compliance officer")
        asked = ["replay", "--tenant", tenant_id(), "--until", self.record.history()[-1].recorded_time.ToJsonString()]
        with tempfile.TemporaryDirectory() as folder:
            names = lambda: sorted(path.name for path in pathlib.Path(folder).iterdir())
            lines, table = pathlib.Path(folder, "history.ndjson"), pathlib.Path(folder, "history.parquet")
            for out in (lines, table):
                written = terminal(*asked, "--out", out, token=officer.token)
                self.assertEqual(written.returncode, 0, written.stderr)
                self.assertRegex(written.stderr, r"\d+ entries")
            self.assertEqual(names(), ["history.ndjson", "history.parquet"], "nothing is left of the way there")
            told = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
            read = pyarrow.parquet.ParquetFile(table)
            self.assertEqual(read.metadata.num_rows, len(told))
            rows = [said(row) for row in read.read().to_pylist()]
        self.assertGreater(len(told), 100)
        for row, line in zip(rows, told, strict=True):
            self.assertEqual(row, line)

    def test_what_breaks_off_leaves_no_file_that_looks_whole(self):
        officer = of_the_demo("compliance officer")
        asked = ["replay", "--tenant", tenant_id()]
        with tempfile.TemporaryDirectory() as folder:
            names = lambda: sorted(path.name for path in pathlib.Path(folder).iterdir())
            full = terminal(*asked, "--out", pathlib.Path(folder, "full.ndjson"), token=officer.token, under=SMALL_FILES)
            self.assertNotEqual(full.returncode, 0)
            self.assertIn("full.ndjson.part", full.stderr)
            self.assertEqual(names(), ["full.ndjson.part"])
            for line in pathlib.Path(folder, "full.ndjson.part").read_text(encoding="utf-8").splitlines():
                json.loads(line)
            full = terminal(*asked, "--out", pathlib.Path(folder, "full.parquet"), token=officer.token, under=SMALL_FILES)
            self.assertNotEqual(full.returncode, 0)
            self.assertEqual(names(), ["full.ndjson.part"], "of half a table nothing is left")
            again = terminal(*asked, "--out", pathlib.Path(folder, "full.ndjson"), token=officer.token)
            self.assertNotEqual(again.returncode, 0, "what was begun is not written over")
        command = [PROGRAM, "audit", *asked, "--data-dir", DATA_DIR, "--token-file", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
            reading.stdin.write(officer.token.encode())
            reading.stdin.close()
            reading.stdout.read(1)
            reading.stdout.close()
            self.assertIn(b"roken pipe", reading.stderr.read())
            self.assertNotEqual(reading.wait(timeout=300), 0)

    def test_an_entry_is_stepped_through_version_by_version(self):
        made = self.record.create(GOAL | {"id": "steps"})
        changed = self.record.update(made, GOAL | {"id": "steps", "description": {"text": "Fifteen minutes"}})
        self.record.retract(changed, "of another child")
        asked = ["steps", "--patient", self.record.id, "--item", made.item_id]
        stepped = terminal(*asked, token=self.parent.token)
        self.assertEqual(stepped.returncode, 0, stepped.stderr)
        versions = re.split(r"^(?=\d+\. )", stepped.stdout, flags=re.MULTILINE)[1:]
        self.assertEqual(len(versions), 3)
        for version in versions:
            self.assertIn(f"by {self.parent.actor}", version.splitlines()[0])
        self.assertIn('+ description.text: "Ten minutes on the swing"', versions[0])
        self.assertIn('description.text: "Ten minutes on the swing" -> "Fifteen minutes"', versions[1])
        self.assertIn("entered in error: of another child", versions[2])
        self.assertNotEqual(terminal(*asked, token=self.therapist.token).returncode, 0, "it was never shared")
        looks = lambda entries: {entry.type for entry in entries if entry.access.operation == "records.ListItemVersions"}
        self.record.history_when(lambda entries: looks(entries) == {"access.permitted", "access.refused"})


if __name__ == "__main__":
    unittest.main()

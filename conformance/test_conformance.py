"""That what is wrong is found: planted maps, sources and reports."""

import pathlib
import tempfile
import unittest

import catalogue
import pages
import runners
import sources

FEATURES = "## A. Way in\n| id | capability |\n|---|---|\n| A1 | A person has an account |\n## Firsts: new\n| X1 | A log |\n"
CRITERIA = "id\tlevel\tconditional\trequirement\nTI.10#01\tMAY\t\tThe system MAY.\nTI.2#01\tSHALL\t\tThe system SHALL.\n"
RUST = "#[tokio::test]\nasync fn a_look_is_recorded() {}\n\n#[test]\n#[ignore]\nfn left_out() {}\n\nfn no_test() {}\n"
BROWSER = 'test("the job", async (walk) => {\n  await walk.test(`${name} is killed`, stop);\n});\n'
PYTHON = "class Calls(unittest.TestCase):\n    def test_it(self):\n        pass\n"
JUNIT = """<testsuites><testsuite name="a::b">
<testcase name="good" classname="a::b"><system-out>fine</system-out></testcase>
<testcase name="bad" classname="a::b"><failure/></testcase>
<testcase name="poor" classname="a::b"><system-err>
skipped: the data is not here
</system-err></testcase></testsuite></testsuites>"""
EMPTY = """<testsuites><testsuite name="nothing"></testsuite></testsuites>"""
NODE = """<testsuites><testsuite name="the job"><testcase name="one"/><testcase name="two"><failure>\x1b[2mno</failure></testcase>
<testcase name="three"><skipped/></testcase></testsuite><testcase name="alone"/></testsuites>"""


class Planted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sources(self):
        self.plant("services/a/Cargo.toml", '[package]\nname = "a"\n')
        self.plant("services/a/tests/looks.rs", RUST)
        self.plant("services/a/tests/box/main.rs", "mod inner;\n")
        self.plant("services/a/tests/box/inner.rs", RUST)
        self.plant("tests/browser/job.test.mjs", BROWSER)
        self.plant("tests/python/test_calls.py", PYTHON)
        self.plant("scripts/check", '#!/usr/bin/env bash\nsection "style" scripts/buf lint\n')
        return sources.Sources(self.root)

    def promises(self):
        self.plant("design/features.md", FEATURES)
        self.plant("phrsfm/criteria.tsv", CRITERIA)
        return catalogue.read_catalogue(self.root)


class Maps(Planted):
    def refused(self, text):
        with self.assertRaises(catalogue.Wrong) as raised:
            catalogue.read_map(self.plant("map.toml", text))
        return str(raised.exception)

    def test_a_map_without_shape_is_refused(self):
        self.assertIn("map.toml", self.refused("[shown"))
        self.assertIn("[seen]", self.refused("[seen]\nA1 = []\n"))
        self.assertIn("A1: needs a list", self.refused("[shown]\nA1 = []\n"))
        self.assertIn("A1: names a test twice", self.refused('[shown]\nA1 = ["a b", "a b"]\n'))
        self.assertIn("A1: needs a reason", self.refused('[not_applicable]\nA1 = ""\n'))
        self.assertIn("A1: is shown", self.refused('[shown]\nA1 = ["a b"]\n[not_applicable]\nA1 = "why"\n'))
        self.assertIn("overwrite", self.refused('[shown]\nA1 = ["a b"]\nA1 = ["a c"]\n'))

    def test_an_id_that_nobody_promised_is_named(self):
        the_map = catalogue.Map({"A1": ["t"], "TI.2#02": ["t"]}, {"A9": "why"})
        said = catalogue.unknown_ids(the_map, self.promises())
        self.assertEqual([line.split(":")[0] for line in said], ["TI.2#02", "A9"])

    def test_promises_are_in_order_and_without_them_the_map_stands_alone(self):
        self.assertIsNone(catalogue.read_catalogue(self.root / "nowhere"))
        self.assertEqual([promise.id for promise in self.promises()], ["A1", "X1", "TI.2#01", "TI.10#01"])
        alone = catalogue.of_the_map_alone(catalogue.Map({"TI.2#01": ["t"], "A1": ["t"]}, {}))
        self.assertEqual([(one.id, one.count) for one in alone], [("A1", "features"), ("TI.2#01", "criteria")])


class Places(Planted):
    def test_a_test_is_found_where_it_stands(self):
        found = self.sources()
        for test, place in {
            "a::looks a_look_is_recorded": ("services/a/tests/looks.rs", 2),
            "a::box inner::a_look_is_recorded": ("services/a/tests/box/inner.rs", 2),
            "browser/job the job > PostgreSQL is killed": ("tests/browser/job.test.mjs", 2),
            "python test_calls.Calls.test_it": ("tests/python/test_calls.py", 2),
            "check style": ("scripts/check", 2),
        }.items():
            self.assertEqual(found.find(test), sources.Place(*place), test)
        self.assertEqual(found.command_of("check style"), ["scripts/buf", "lint"])

    def test_what_is_not_there_or_ignored_or_no_test_is_missing(self):
        tests = [
            "a::looks gone", "a::looks left_out", "a::looks no_test", "a::looks inner::a_look_is_recorded", "b::looks a_look_is_recorded",
            "a::box a_look_is_recorded", "browser/job another job", "browser/other the job", "python test_calls.Calls.test_other",
            "python test_calls.Others.test_it", "a_look_is_recorded", "check words",
        ]
        said = sources.missing(catalogue.Map({"A1": ["a::looks a_look_is_recorded", *tests]}, {}), self.sources())
        self.assertEqual(said, [f"A1: there is no test `{test}`" for test in tests])


class Reports(Planted):
    def test_what_failed_or_lacked_its_data_is_not_passed(self):
        self.assertEqual(
            runners.read_nextest(self.plant("junit.xml", JUNIT)),
            {"a::b good": runners.PASSED, "a::b bad": runners.FAILED, "a::b poor": runners.SKIPPED},
        )
        self.assertEqual(
            runners.read_node(self.plant("node.xml", NODE)),
            {
                "the job": runners.FAILED, "the job > one": runners.PASSED, "the job > two": runners.FAILED,
                "the job > three": runners.SKIPPED, "alone": runners.PASSED,
            },
        )
        self.assertEqual(runners.read_node(self.plant("empty.xml", EMPTY)), {"nothing": runners.SKIPPED})
        self.assertEqual(
            runners.read_libtest("test a::good ... ok\ntest bad ... FAILED\ntest out ... ignored\n"),
            {"a::good": runners.PASSED, "bad": runners.FAILED, "out": runners.SKIPPED},
        )
        self.assertEqual(runners.read_libtest("skipped: no data\ntest good ... ok\n"), {"good": runners.SKIPPED})
        said = "test_a (m.C.test_a) ... ok\ntest_b (m.C) ... FAIL\ntest_c (m.C.test_c) ... skipped 'x'\ntest_d (m.C.test_d) ... \n"
        said += "test_e (m.C.test_e) ... a.py:1: ResourceWarning: unclosed\n  self._sock = None\nok\n"
        self.assertEqual(
            runners.read_unittest(said),
            {"m.C.test_a": runners.PASSED, "m.C.test_b": runners.FAILED, "m.C.test_c": runners.SKIPPED, "m.C.test_d": runners.FAILED,
             "m.C.test_e": runners.PASSED},
        )

    def test_no_report_is_no_success(self):
        with self.assertRaises(catalogue.Wrong):
            runners.read_nextest(self.root / "none.xml")


class Pages(Planted):
    def setUp(self):
        super().setUp()
        self.map = catalogue.Map({"A1": ["a t", "a u"], "TI.2#01": ["a t"]}, {"TI.10#01": "it has no such thing"})
        self.places = {test: sources.Place("tests/a.rs", 3) for test in ("a t", "a u")}

    def states(self, outcomes):
        return {promise.id: pages.state(promise, self.map, outcomes) for promise in self.promises()}

    def test_a_row_works_only_when_each_of_its_tests_ran_and_passed(self):
        passed = {"a t": runners.PASSED, "a u": runners.PASSED}
        self.assertEqual(
            self.states(passed), {"A1": "working", "X1": "unmapped", "TI.2#01": "working", "TI.10#01": "not_applicable"}
        )
        for outcome in ({"a t": runners.PASSED}, passed | {"a u": runners.SKIPPED}, passed | {"a u": runners.FAILED}):
            self.assertEqual(self.states(outcome)["A1"], "failing")
            self.assertEqual(
                pages.last_line(pages.summary(self.promises(), self.states(outcome))),
                "features 0/1, firsts 0/1, SHALL 1/1, MAY 0/1",
            )

    def test_the_page_says_what_the_map_says_or_is_stale(self):
        text = pages.page(self.promises(), self.map, self.states({}), self.places)
        self.assertEqual(pages.stale(self.map, text), [])
        self.assertNotIn("The system", text)
        self.assertNotIn("A person has an account", text)
        self.assertIn("Nothing shows yet (1): X1", text)
        for changed in (
            catalogue.Map(self.map.shown | {"X1": ["a t"]}, self.map.not_applicable),
            catalogue.Map(self.map.shown | {"A1": ["a t"]}, self.map.not_applicable),
            catalogue.Map(self.map.shown, {"TI.10#01": "another reason"}),
            catalogue.Map(self.map.shown, {}),
        ):
            self.assertEqual(len(pages.stale(changed, text)), 1)


if __name__ == "__main__":
    unittest.main()

"""The demo network as it stands in a running installation: three practices, forty families, and everything that each room holds."""

import collections
import datetime
import json
import unittest
import urllib.parse

from family import DATA_DIR, names, of_the_demo, service, tenant_id
from test_replay import terminal

ROOMS = [
    "GOALS", "CARE_PLANS", "NOTES", "APPOINTMENTS", "VISITS", "COVERAGE", "CLAIMS", "DOCUMENTS", "MESSAGES",
]
# HL7's mark of test data.
TEST_DATA = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")
ROLES = ["behaviour analyst", "speech therapist", "occupational therapist", "physical therapist", "front desk", "compliance officer"]


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parent = of_the_demo("parent of")
        # What other tests added came after everything was loaded.
        loaded = (DATA_DIR / "demo-people.txt").stat().st_mtime
        loaded = datetime.datetime.fromtimestamp(loaded, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        whole = terminal("replay", "--tenant", tenant_id(), "--until", loaded, token=of_the_demo("compliance officer").token)
        assert whole.returncode == 0, whole.stderr
        cls.patients = collections.defaultdict(collections.Counter)
        for line in map(json.loads, whole.stdout.splitlines()):
            if line.get("patient_id"):
                cls.patients[line["patient_id"]][line["type"]] += 1

    def test_there_are_three_practices_with_people_of_every_role(self):
        practices = service("identity").call("ListPractices", token=self.parent.token, tenant_id=tenant_id()).practices
        practices = [one for one in practices if names(one, "kind") == "ORGANIZATION_KIND_PRACTICE"]
        self.assertEqual(len(practices), 3)
        # Made up, and said so wherever the name stands.
        self.assertTrue(all("(demo)" in practice.display_name for practice in practices))
        staffed = collections.defaultdict(set)
        asked = {"page_size": 200}
        while True:
            page = service("identity").call("SearchDirectory", token=self.parent.token, **asked)
            for profile in page.profiles:
                for role in profile.roles:
                    staffed[role.practice_id].add(profile.discipline or names(role, "role"))
            if not page.next_page_token:
                break
            asked["page_token"] = page.next_page_token
        of = {practice.display_name: staffed[practice.practice_id] for practice in practices}
        disciplines = [{one for one in people if not one.startswith("ROLE_")} for people in of.values()]
        self.assertIn({"speech"}, disciplines, of)
        self.assertIn({"aba"}, disciplines, of)
        self.assertTrue(any(len(several) >= 3 for several in disciplines), of)
        self.assertTrue(all("ROLE_FRONT_DESK" in people for people in of.values()), of)
        for role in ROLES:
            self.assertTrue(of_the_demo(role).account_id, role)

    def test_forty_records_are_held_shared_filled_and_written_about(self):
        opened = [known for known in self.patients.values() if known["record.opened"]]
        self.assertEqual(len(opened), 40)
        for known in opened:
            for fact in ("record.holder-added", "patient.registered", "grant.given", "item.recorded"):
                self.assertGreater(known[fact], 0, known)
        for fact in ("document.added", "thread.started", "thread.message-posted"):
            self.assertGreater(sum(known[fact] > 0 for known in opened), 20, fact)

    def test_a_familys_record_has_something_in_every_room_of_therapy(self):
        records = self.parent.ask("consent", "ListRecords", page_size=50).records
        kept = collections.Counter()
        for record in records:
            summary = self.parent.ask("records", "SummarizeRecord", patient_id=record.patient_id)
            for room in summary.categories:
                kept[names(room, "category").removeprefix("CATEGORY_")] += room.count
            kept["DOCUMENTS"] += self.parent.ask("documents", "ListDocuments", patient_id=record.patient_id).total_size
            kept["MESSAGES"] += len(self.parent.ask("messaging", "ListThreads", patient_id=record.patient_id).threads)
        self.assertEqual([room for room in ROOMS if not kept[room]], [], kept)

    def test_every_record_says_in_its_data_and_on_its_papers_that_it_is_made_up(self):
        """Asked by therapists of all three practices: with each of them, records are shared."""
        seen, papers = set(), 0
        for words in ROLES[:4]:
            therapist = of_the_demo(words)
            for record in therapist.ask("consent", "ListRecords", page_size=200).records:
                patient = record.patient_id
                if patient in seen or patient not in self.patients:
                    continue
                seen.add(patient)
                known = therapist.ask("records", "GetPatient", patient_id=patient)
                self.assertTrue(known.demographics.identifiers)
                for identifier in known.demographics.identifiers:
                    # A name that nobody can have: RFC 2606.
                    self.assertTrue(urllib.parse.urlparse(identifier.split("|")[0]).hostname.endswith(".example"), identifier)
                items = therapist.ask("records", "ListItems", patient_id=patient, page_size=200, include_fhir_json=True).items
                self.assertTrue(items)
                for item in items:
                    self.assertIn(TEST_DATA, [(tag["system"], tag["code"]) for tag in json.loads(item.fhir_json)["meta"]["tag"]])
                for paper in therapist.ask("documents", "ListDocuments", patient_id=patient).documents:
                    asked = {"token": therapist.token, "patient_id": patient, "document_id": paper.document_id}
                    _, *chunks = list(service("documents").call("DownloadDocument", **asked))
                    self.assertIn(b"Synthetic demonstration record", b"".join(part.chunk for part in chunks))
                    papers += 1
        self.assertEqual(len(seen), 40)
        self.assertGreater(papers, 40)


if __name__ == "__main__":
    unittest.main()

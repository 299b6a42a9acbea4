"""What happens to an entry of a record, from its first writing to its retraction, and what the history says of each step."""

import json
import pathlib
import unittest

import grpc
from family import DATA_DIR, Record, names, of_the_demo, tenant_id

BUNDLE = pathlib.Path(__file__).parents[2] / "crates/fhir/tests/fixtures/small_transaction.json"
SUBJECT = {"reference": "Patient/self"}


def measurement(text, **more):
    """What a therapist measured, with a device, before writing it down."""
    return {
        "resourceType": "Observation", "id": "words", "status": "final", "subject": SUBJECT,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}],
        "code": {"text": text},
        "effectivePeriod": {"start": "2026-01-05T15:00:00Z", "end": "2026-01-05T15:45:00Z"},
        "performer": [{"display": "Robin Sedgebrook"}],
        "device": {"display": "Talker 3, serial 0007"},
        "valueString": "12 words", **more,
    }


def seconds(time):
    return time.seconds, time.nanos


class Lifecycle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = Record()
        cls.record.register(given_name="June", family_name="Fernhollow")
        cls.parent, cls.therapist = cls.record.parent, of_the_demo("speech therapist")

    def entry(self, kind, stream):
        """The one entry of that type about that stream."""
        [found] = [entry for entry in self.record.history() if (entry.type, entry.stream) == (kind, stream)]
        return found

    def tells(self, entry, who, service_name, item=None):
        """Whose record, in which organisation, by whom, through which application, when, under which number."""
        self.assertEqual((entry.patient_id, entry.tenant_id), (self.record.id, tenant_id()))
        self.assertEqual((entry.actor, entry.service), (who.actor, service_name))
        self.assertGreater(entry.lane_seq, 0)
        self.assertEqual(len(entry.leaf_hash), 32)
        if item is not None:
            self.assertEqual((item.recorded_by, item.patient_id), (entry.actor, entry.patient_id))
            self.assertEqual(seconds(item.recorded_time), seconds(entry.recorded_time))
            self.assertEqual(item.category, entry.category)

    def look(self, who, operation):
        """The newest entry of that look."""
        looks = [entry for entry in self.record.history() if entry.actor == who.actor and entry.access.operation == operation]
        self.assertTrue(looks, operation)
        return looks[0]

    def test_an_entry_is_originated_with_its_author_its_doers_its_device_and_its_two_times(self):
        self.record.share(self.therapist, "OBSERVATIONS", actions=("READ", "CONTRIBUTE"))
        made = self.record.create(measurement("Words spoken"), by=self.therapist.after(self.parent))
        self.parent.after(self.therapist)
        other = self.record.create(measurement("Words spoken"))
        self.assertNotEqual(made.item_id, other.item_id)
        kept = self.record.get(made)
        rows = {row.label: row.value for row in kept.details}
        self.assertEqual((kept.title, rows["By"], rows["Device"]), ("Words spoken", "Robin Sedgebrook", "Talker 3, serial 0007"))
        self.assertIn("Robin Sedgebrook", kept.performers)
        self.assertEqual((kept.source.kind, other.source.kind), ("practice", "patient"))
        period = json.loads(kept.fhir_json)["effectivePeriod"]
        self.assertEqual(period, {"start": "2026-01-05T15:00:00Z", "end": "2026-01-05T15:45:00Z"})
        told = self.entry("item.recorded", f"item/{made.item_id}")
        self.tells(told, self.therapist, "records", kept)
        self.assertEqual(seconds(told.occurred_time), seconds(kept.occurred_time))
        self.assertLess(told.occurred_time.seconds, told.recorded_time.seconds)
        self.assertEqual(told.purpose, "TREAT")
        self.tells(self.entry("item.recorded", f"item/{other.item_id}"), self.parent, "records", other)

    def test_an_amendment_is_a_new_version_beside_the_old_ones(self):
        first = self.record.create(measurement("Words signed", id="signed"))
        second = self.record.update(first, measurement("Words signed", id="signed", valueString="14 words"))
        third = self.record.update(second, measurement("Words signed", id="signed", valueString="15 words"))
        versions = self.record.versions(first)
        self.assertEqual([version.revision for version in versions], [3, 2, 1])
        self.assertEqual([version.etag for version in versions], [third.etag, second.etag, first.etag])
        self.assertEqual(len({version.etag for version in versions}), 3)
        values = [json.loads(version.fhir_json)["valueString"] for version in versions]
        self.assertEqual(values, ["15 words", "14 words", "12 words"])
        self.assertEqual(versions[2], first)
        changes = [entry for entry in self.record.history() if entry.stream == f"item/{first.item_id}" and not entry.access.operation]
        self.assertEqual([entry.type for entry in changes], ["item.changed", "item.changed", "item.recorded"])
        for entry, version in zip(changes, versions, strict=True):
            self.tells(entry, self.parent, "records", version)
        numbers = [entry.lane_seq for entry in changes]
        self.assertEqual(numbers, sorted(numbers, reverse=True))

    def test_a_retraction_says_that_the_entry_is_invalid_and_why(self):
        made = self.record.create(measurement("Words of a sibling", id="sibling"))
        gone = self.record.retract(made, "Belongs to a sibling")
        shown = self.record.get(made)
        self.assertEqual((shown.status, shown.retraction_reason), ("entered-in-error", "Belongs to a sibling"))
        listed = {item.item_id: item.status for item in self.record.list("OBSERVATIONS")}
        self.assertEqual(listed[made.item_id], "entered-in-error")
        told = self.entry("item.retracted", f"item/{made.item_id}")
        self.tells(told, self.parent, "records", gone)
        self.assertEqual(self.record.versions(made)[1], made)

    def test_a_look_is_told_with_who_when_what_for_what_was_shown_and_what_permitted_it(self):
        made = self.record.create({"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "subject": SUBJECT,
                                   "description": {"text": "Says hello"}, "startDate": "2026-01-05"})
        grant = self.record.share(self.therapist, "GOALS")
        shown = self.record.get(made, by=self.therapist.after(self.parent))
        self.assertEqual((shown.title, shown.revision), ("Says hello", 1))
        self.parent.after(self.therapist)
        seen = lambda: self.look(self.therapist, "records.GetItem")
        told = self.until(seen, lambda entry: [one.id for one in entry.access.returned] == [made.item_id])
        self.tells(told, self.therapist, "records")
        self.assertEqual((names(told, "kind"), told.type), ("ENTRY_KIND_READ", "access.permitted"))
        self.assertEqual([(one.id, one.revision) for one in told.access.returned], [(made.item_id, 1)])
        self.assertEqual(told.purpose, "TREAT")
        self.assertEqual([(one.grant_id, one.revision) for one in told.access.grants], [(grant.grant_id, 1)])
        self.assertTrue(told.access.rule_ids)
        self.assertEqual(len(told.access.policy_digest), 64)
        self.assertGreaterEqual(seconds(told.recorded_time), seconds(made.recorded_time))

    def test_a_refusal_is_told_with_who_when_and_what_was_tried(self):
        desk = of_the_demo("front desk").after(self.parent)
        refused = desk.refusal("records", "ListItems", patient_id=self.record.id, categories=["CATEGORY_CONDITIONS"])
        self.assertEqual(refused, grpc.StatusCode.PERMISSION_DENIED)
        told = self.until(lambda: self.look(desk, "records.ListItems"), lambda entry: True)
        self.tells(told, desk, "records")
        self.assertEqual((names(told, "kind"), told.type), ("ENTRY_KIND_REFUSED", "access.refused"))
        self.assertEqual((told.access.refusal_reason, names(told.access, "categories")), ("NOT_PERMITTED", ["CATEGORY_CONDITIONS"]))
        self.assertGreater(told.recorded_time.seconds, 0)

    def test_a_file_that_came_in_is_told_and_each_entry_says_where_it_came_from(self):
        record = Record()
        answer = record.bring_in(BUNDLE.read_bytes(), "Hospital portal")
        items = record.list(include_fhir_json=True)
        self.assertEqual(sum(one.count for one in answer.added), len(items))
        for item in items:
            self.assertEqual((item.source.kind, item.source.name), ("import", "Hospital portal"))
            self.assertTrue(item.source.key and item.fhir_json, item.resource_type)
            self.assertEqual((item.patient_id, item.recorded_by), (record.id, record.parent.actor))
        [lab] = [item for item in items if item.source.key == "Observation/lab-1"]
        self.assertIn(("Author", "Dr. Robin Sedgebrook"), [(row.label, row.value) for row in record.get(lab).details])
        self.assertEqual(json.loads(lab.fhir_json)["valueQuantity"], {
            "value": 9.5, "unit": "ng/mL", "system": "http://unitsofmeasure.org", "code": "ng/mL"})
        code = {"system": "http://loinc.org", "code": "2276-4", "display": "Ferritin"}
        self.assertEqual(json.loads(lab.fhir_json)["code"]["coding"], [code])
        history = record.history()
        [received] = [entry for entry in history if entry.type == "import.completed"]
        self.assertEqual((received.patient_id, received.tenant_id), (record.id, tenant_id()))
        self.assertEqual((received.actor, received.service), (record.parent.actor, "records"))
        self.assertGreater(received.recorded_time.seconds, 0)
        of_items = {entry.stream for entry in history if entry.type == "item.recorded"}
        self.assertEqual(of_items, {f"item/{item.item_id}" for item in items})
        self.assertTrue(all(entry.correlation_id == received.correlation_id for entry in history if entry.type == "item.recorded"))

    def test_what_is_shared_and_stopped_is_told_with_whom_it_reaches_and_what_it_opens(self):
        given = self.record.share(self.therapist, "MEDICATIONS", "ALLERGIES")
        stopped = self.record.stop(given)
        first, second = (self.entry(kind, f"grant/{given.grant_id}") for kind in ("grant.given", "grant.revoked"))
        for entry in (first, second):
            self.tells(entry, self.parent, "consent")
            self.assertEqual(names(entry, "kind"), "ENTRY_KIND_SHARING")
        self.assertLess(first.lane_seq, second.lane_seq)
        grants = self.parent.ask("consent", "ListGrants", patient_id=self.record.id, include_ended=True).grants
        [kept] = [grant for grant in grants if grant.grant_id == given.grant_id]
        self.assertEqual(kept, stopped)
        self.assertEqual(kept.grantee.account_id, self.therapist.account_id)
        self.assertEqual(names(kept, "categories"), ["CATEGORY_MEDICATIONS", "CATEGORY_ALLERGIES"])
        self.assertEqual((names(kept, "actions"), kept.given_by_account_id), (["ACTION_READ"], self.parent.account_id))
        self.assertTrue(kept.HasField("revoked_time"))

    def test_the_history_itself_is_read_by_those_it_is_for_and_that_is_told(self):
        self.record.history()
        told = self.until(lambda: self.look(self.parent, "audit.ListPatientEntries"), lambda entry: True)
        self.tells(told, self.parent, "audit")
        refused = self.therapist.refusal("audit", "ListPatientEntries", patient_id=self.record.id)
        self.assertEqual(refused, grpc.StatusCode.PERMISSION_DENIED)
        officer = of_the_demo("compliance officer").after(self.parent)
        found = officer.ask("audit", "SearchEntries", tenant_id=tenant_id(), patient_id=self.record.id, page_size=200).entries
        self.assertTrue({entry.event_id for entry in self.record.history()} & {entry.event_id for entry in found})

    def test_nothing_is_said_without_encryption(self):
        port = (DATA_DIR / "records.port").read_text().strip()
        with grpc.insecure_channel(f"localhost:{port}") as plain:
            ask = plain.unary_unary("/holdfast.records.v1.RecordsService/GetPatient")
            with self.assertRaises(grpc.RpcError) as raised:
                ask(b"", metadata=[("authorization", f"Bearer {self.parent.token}")], timeout=10)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def until(self, ask, good):
        """Looks arrive within a moment of the act."""
        for _ in range(200):
            try:
                found = ask()
            except AssertionError:
                continue
            if good(found):
                return found
        return self.fail("the history does not say it")


if __name__ == "__main__":
    unittest.main()

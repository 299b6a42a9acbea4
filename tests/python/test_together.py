"""What goes on between a family and those who treat: corrections asked for, referrals, and entries that point to each other."""

import json
import unittest

import grpc
from family import TERMS, Keeping, Record, bundle, coded, of_the_demo, request_id, service

SUBJECT = {"reference": "Patient/self"}
HISTORY = {
    "CONDITIONS": {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": {"text": "Epilepsy"}},
    "MEDICATIONS": {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", "subject": SUBJECT,
                    "medicationCodeableConcept": {"text": "Valproate"}},
    "PROCEDURES": {"resourceType": "Procedure", "id": "p", "status": "completed", "subject": SUBJECT, "code": {"text": "Ear tubes"}},
    "OBSERVATIONS": {"resourceType": "FamilyMemberHistory", "id": "f", "status": "completed", "patient": SUBJECT,
                     "relationship": {"text": "Aunt"}, "condition": [{"code": {"text": "Asthma"}}]},
    "CLAIMS": {"resourceType": "Claim", "id": "b", "status": "active", "use": "claim", "patient": SUBJECT, "created": "2026-01-06",
               "type": {"text": "Professional"}, "priority": {"text": "normal"}, "provider": {"display": "Little Example"},
               "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Example Health"}}],
               "item": [{"sequence": 1, "productOrService": {"text": "Speech therapy"}}]},
}
SMOKE = {"resourceType": "Observation", "id": "s", "status": "final", "subject": SUBJECT, "code": {"text": "Smoke at home"}, "valueString": "Yes",
         "category": [coded(f"{TERMS}/observation-category", "social-history", "Social history")]}


class Together(Keeping, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.therapist, cls.colleague = of_the_demo("speech therapist"), of_the_demo("physical therapist")

    def practice(self, person):
        roles = service("identity").call("GetAccount", token=person.token).roles
        return next(role.practice_id for role in roles if role.practice_id)

    def test_a_correction_is_asked_for_where_the_entry_came_from(self):
        record = Record()
        record.bring_in(bundle(*HISTORY.values(), SMOKE), "Little Quail")
        record.share(self.therapist, "MESSAGES", *HISTORY, actions=("READ", "CONTRIBUTE"))
        entries = [item for item in record.list() if item.source.name == "Little Quail"]
        self.assertEqual(len(entries), len(HISTORY) + 1)
        asked = {}
        for item in entries:
            words = f"This is another child's: {item.title}. Please take it back."
            begun = record.parent.ask(
                "messaging", "StartThread", request_id=request_id(), patient_id=record.id, practice_id=self.practice(self.therapist),
                subject="Please correct", body=words, attachments=[{"item_id": item.item_id}]).thread
            asked[begun.thread_id] = (words, item)
        self.therapist.after(record.parent)
        threads = self.therapist.ask("messaging", "ListThreads", patient_id=record.id, page_size=50).threads
        waiting = {thread.thread_id: thread for thread in threads if thread.waiting_for_care_team}
        self.assertEqual(set(waiting), set(asked))
        for thread_id, (words, item) in asked.items():
            self.assertEqual(waiting[thread_id].unread_count, 1)
            [message] = self.therapist.ask("messaging", "ListMessages", patient_id=record.id, thread_id=thread_id).messages
            self.assertEqual((message.body, message.author, message.from_family), (words, record.parent.actor, True))
            [attached] = message.attachments
            self.assertEqual(record.get(item, by=self.therapist).item_id, attached.item_id)
            [kept] = record.parent.ask("messaging", "ListMessages", patient_id=record.id, thread_id=thread_id).messages
            self.assertEqual(kept, message)

    def test_a_referral_opens_what_the_next_one_needs_and_nothing_else(self):
        record = Record()
        record.register(given_name="June", family_name="Fernhollow", phone="555-0100")
        rooms = ("PROCEDURES", "RESULTS", "COVERAGE", "CONDITIONS", "DEMOGRAPHICS")
        record.share(self.therapist, *rooms, actions=("READ", "CONTRIBUTE"))
        cover = {"resourceType": "Coverage", "id": "cover", "status": "active", "beneficiary": SUBJECT, "type": {"text": "Medical"},
                 "payor": [{"display": "Example Health"}], "subscriberId": "M-7"}
        report = {"resourceType": "DiagnosticReport", "id": "walk", "status": "final", "subject": SUBJECT, "code": {"text": "Gait analysis"},
                  "conclusion": "On her toes"}
        record.bring_in(bundle(cover, report, HISTORY["PROCEDURES"], HISTORY["CONDITIONS"], HISTORY["CLAIMS"]), "Little Quail")
        referral = {"resourceType": "ServiceRequest", "id": "to-pt", "status": "active", "intent": "order", "subject": SUBJECT,
                    "code": {"text": "Physical therapy"}, "requester": {"display": "Erin Beispiel"}, "performer": [{"display": "Noreen Fixtura"}],
                    "reasonCode": [{"text": "Walks on her toes"}]}
        made = record.create(referral, by=self.therapist.after(record.parent))
        record.parent.after(self.therapist)
        read = lambda room: record.list(room, by=self.colleague.after(record.parent))
        for room in rooms[:-1]:
            with self.assertRaises(grpc.RpcError):
                read(room)
        record.share(self.colleague, *rooms)
        found = {room: {item.title for item in read(room)} for room in rooms[:-1]}
        self.assertEqual(found, {"PROCEDURES": {"Physical therapy", "Ear tubes"}, "RESULTS": {"Gait analysis"}, "COVERAGE": {"Example Health"},
                                 "CONDITIONS": {"Epilepsy"}})
        rows = {row.label: row.value for row in record.get(made, by=self.colleague).details}
        self.assertEqual((rows["Ordered by"], rows["To be done by"], rows["Reason"]), ("Erin Beispiel", "Noreen Fixtura", "Walks on her toes"))
        named = self.colleague.ask("records", "GetPatient", patient_id=record.id).demographics
        self.assertEqual((named.given_name, named.phone), ("June", "555-0100"))
        with self.assertRaises(grpc.RpcError):
            read("CLAIMS")

    def test_entries_point_to_each_other_until_the_link_is_taken_away(self):
        record = Record()
        self.record, self.parent = record, record.parent
        reason = {"reasonReference": [{"reference": "Condition/c"}]}
        problem = HISTORY["CONDITIONS"]
        linked = {
            "MedicationRequest": {**HISTORY["MEDICATIONS"], **reason}, "Procedure": {**HISTORY["PROCEDURES"], **reason},
            "ServiceRequest": {"resourceType": "ServiceRequest", "id": "o", "status": "active", "intent": "order", "subject": SUBJECT,
                               "code": {"text": "Sleep study"}, **reason},
            "Encounter": {"resourceType": "Encounter", "id": "e", "status": "finished", "subject": SUBJECT, "type": [{"text": "Visit"}],
                          "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"}, **reason},
            "CarePlan": {"resourceType": "CarePlan", "id": "w", "status": "active", "intent": "plan", "subject": SUBJECT, "title": "Sleep at nine",
                         "addresses": [{"reference": "Condition/c"}]},
        }
        record.bring_in(bundle(problem, *linked.values()), "Little Quail")
        rooms = ("CONDITIONS", "MEDICATIONS", "PROCEDURES", "VISITS", "CARE_PLANS")
        record.share(self.therapist, *rooms, actions=("READ", "CONTRIBUTE"))
        self.therapist.after(record.parent)
        items = {item.resource_type: item for item in record.list()}
        labels = {"CarePlan": "For"}
        points = lambda kind: [row.value for row in record.get(items[kind]).details if row.label == labels.get(kind, "Reason")]
        for kind in linked:
            self.assertEqual(points(kind), ["Epilepsy"], kind)
        for kind, resource in linked.items():
            alone = {name: value for name, value in resource.items() if name not in ("reasonReference", "addresses")}
            with self.assertRaises(grpc.RpcError) as locked:
                record.update(items[kind], alone)
            self.assertEqual(locked.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
            record.update(items[kind], alone, by=self.therapist)
            record.parent.after(self.therapist)
            self.assertEqual(points(kind), [], kind)
            [now, before] = record.versions(items[kind])
            self.assertEqual((now.recorded_by, before.source.name), (self.therapist.actor, "Little Quail"))
            self.assertIn("Epilepsy", json.dumps(json.loads(before.fhir_json)))


if __name__ == "__main__":
    unittest.main()

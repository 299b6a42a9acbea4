"""What a family keeps by itself: measurements and their devices, meals and movement, medicines given and missed, insurance, wishes."""

import json
import struct
import unittest
import zlib

import grpc
from family import TERMS, Keeping, Record, bundle, coded, of_the_demo

SUBJECT = {"reference": "Patient/self"}
LIVING_WILL = coded("http://loinc.org", "75320-2", "Living will")


def observed(id, text, value, on="2026-01-05", category="vital-signs", **more):
    """`value`: an amount and its unit, or words."""
    said = {"valueString": value} if isinstance(value, str) else {"valueQuantity": {"value": value[0], "unit": value[1]}}
    return {"resourceType": "Observation", "id": id, "status": "final", "subject": SUBJECT, "effectiveDateTime": on,
            "category": [coded(f"{TERMS}/observation-category", category, category)], "code": {"text": text}, **said, **more}


def taken(id, status, name, **more):
    return {"resourceType": "MedicationStatement", "id": id, "status": status, "subject": SUBJECT,
            "medicationCodeableConcept": {"text": name}, **more}


def given(id, status, **more):
    return {"resourceType": "MedicationAdministration", "id": id, "status": status, "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "Iron drops"}, "effectiveDateTime": "2026-01-05T07:30:00Z", **more}


def coverage(id, status, kind, insurer, **more):
    return {"resourceType": "Coverage", "id": id, "status": status, "beneficiary": SUBJECT, "type": {"text": kind},
            "payor": [{"display": insurer}], "subscriberId": f"{id}-0007", "period": {"start": "2026-01-01"}, **more}


def picture(shade):
    """A photo of one point."""
    part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head, point = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), zlib.compress(bytes([0, shade]))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", point) + part(b"IEND", b"")


class Home(Keeping, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = Record()
        cls.record.register(given_name="June", family_name="Fernhollow", birth_date="2019-04-02")
        cls.parent, cls.therapist = cls.record.parent, of_the_demo("physical therapist")

    def refused(self, category, by=None):
        asked = {"patient_id": self.record.id, "categories": [f"CATEGORY_{category}"]}
        person = (by or self.therapist).after(self.parent)
        return person.refusal("records", "ListItems", **asked) is grpc.StatusCode.PERMISSION_DENIED

    def test_vital_signs_of_home_and_clinic_stand_in_one_list_by_date(self):
        record = Record()
        measured = [
            ("Temperature", (37.2, "°C")), ("Heart rate", (92, "/min")), ("Breaths", (20, "/min")), ("Pain, 0 to 10", (4, "points")),
            ("Oxygen", (98, "%")), ("Peak flow", (210, "L/min")),
        ]
        for at, (text, value) in enumerate(measured):
            made = record.create(observed(f"v{at}", text, value))
            self.assertEqual((made.title, made.source.kind), (text, "patient"))
            self.assertEqual(made.summary.split()[0], str(value[0]))
        pressure = {**observed("bp", "Blood pressure", "see its parts"), "component": [
            {"code": {"text": name}, "valueQuantity": {"value": value, "unit": "mm[Hg]"}} for name, value in (("Upper", 98), ("Lower", 61))]}
        del pressure["valueString"]
        rows = {row.label: row.value for row in record.get(record.create(pressure)).details}
        self.assertEqual((rows["Upper"].split()[0], rows["Lower"].split()[0]), ("98", "61"))
        clinic = [observed(f"w{year}", "Weight", (weight, "kg"), f"{year}-03-04") for year, weight in ((2023, 14.1), (2024, 16.2), (2025, 18.4))]
        record.bring_in(bundle(*clinic), "Clinic")
        listed = record.list("VITAL_SIGNS")
        times = [item.occurred_time.seconds for item in listed]
        self.assertEqual(times, sorted(times, reverse=True))
        weights = [(item.summary, item.source.kind, item.source.name) for item in listed if item.title == "Weight"]
        self.assertEqual(weights, [(f"{weight} kg", "import", "Clinic") for weight in ("18.4", "16.2", "14.1")])
        health = observed("well", "How she is", "Sleeps through again", "2026-01-06", "survey")
        self.assertEqual(record.create(health).summary, "Sleeps through again")
        worse = {**health, "id": "ill", "effectiveDateTime": "2026-01-02", "valueString": "Wakes three times"}
        record.create(worse)
        self.assertEqual([item.summary for item in record.list("OBSERVATIONS")], ["Sleeps through again", "Wakes three times"])

    def test_a_device_at_home_has_its_marks_and_what_it_measured_says_which(self):
        device = lambda serial: {
            "resourceType": "Device", "id": "scale", "status": "active", "patient": SUBJECT, "type": {"text": "Scale"},
            "manufacturer": "Example Makers", "serialNumber": serial, "modelNumber": "S-1",
            "deviceName": [{"name": "Kitchen scale", "type": "user-friendly-name"}], "udiCarrier": [{"deviceIdentifier": "00000000000017"}]}
        made = self.record.create(device("0007"))
        rows, kept = self.rows(made), json.loads(self.record.get(made).fhir_json)
        self.assertEqual((rows["Serial number"], rows["Model"], rows["Maker"]), ("0007", "S-1", "Example Makers"))
        self.assertEqual((kept["udiCarrier"], kept["deviceName"]), (device("")["udiCarrier"], device("")["deviceName"]))
        changed = self.kept_up("DEVICES", made, device("0008"))
        self.assertEqual(self.rows(made)["Serial number"], "0008")
        sent = lambda value: observed("scaled", "Weight", (value, "kg"), device={"display": "Kitchen scale, serial 0008"})
        weight = self.record.create(sent(18.4))
        self.assertEqual(self.rows(weight)["Device"], "Kitchen scale, serial 0008")
        again = self.kept_up("VITAL_SIGNS", weight, sent(18.5))
        self.assertEqual(self.listed("VITAL_SIGNS", weight).summary, "18.5 kg")
        self.taken_back("VITAL_SIGNS", again)
        self.taken_back("DEVICES", changed)

    def test_how_a_child_feels_is_written_down_and_reaches_whom_the_family_lets(self):
        mood = {"resourceType": "QuestionnaireResponse", "id": "mood", "status": "completed", "subject": SUBJECT, "authored": "2026-01-05",
                "questionnaire": "http://practice.example/Questionnaire/worries-9",
                "item": [{"linkId": "1", "text": "Afraid of school", "answer": [{"valueCoding": {"code": "3", "display": "Nearly every day"}}]},
                         {"linkId": "sum", "text": "Sum", "answer": [{"valueInteger": 11}]}]}
        made = self.record.create(mood)
        rows = self.rows(made)
        self.assertEqual((rows["Afraid of school"], rows["Sum"]), ("Nearly every day", "11"))
        self.assertEqual(json.loads(self.record.get(made).fhir_json)["questionnaire"], mood["questionnaire"])
        self.assertTrue(self.refused("FORMS"))
        grant = self.record.share(self.therapist, "FORMS")
        self.assertIn(made.item_id, [item.item_id for item in self.record.list("FORMS", by=self.therapist.after(self.parent))])
        self.record.stop(grant)
        self.assertTrue(self.refused("FORMS"))

    def test_meals_supplements_and_movement_are_kept_up(self):
        for id, text, value, change, on in [
            ("eats", "What she eats", "Five foods, all of them beige", "Six foods", "2026-01-05"),
            ("worry", "Worry of grandmother about meals", "Drinks no milk", "Drinks milk on Sundays", "2026-01-05"),
            ("ate", "What she ate as a baby", "Nothing with lumps until two", "Nothing with lumps until three", "2020-04-02"),
            ("moves", "Movement", "Swims for half an hour", "Swims for an hour", "2026-01-04"),
        ]:
            with self.subTest(text):
                entry = lambda words: observed(id, text, words, on, "social-history")
                made = self.record.create(entry(value))
                self.assertEqual((made.title, made.summary, made.occurred_time.ToJsonString()[:10]), (text, value, on))
                changed = self.kept_up("OBSERVATIONS", made, entry(change))
                self.assertEqual(self.listed("OBSERVATIONS", made).summary, change)
                self.taken_back("OBSERVATIONS", changed)
        for id, name in (("vitamins", "Multi-vitamin, one a day"), ("tea", "Fennel tea")):
            made = self.record.create(taken(id, "active", name))
            self.assertEqual((made.title, self.listed("MEDICATIONS", made).status), (name, "active"))
            self.kept_up("MEDICATIONS", made, taken(id, "stopped", name))
            self.assertEqual(self.listed("MEDICATIONS", made).status, "stopped")
        order = {"resourceType": "NutritionOrder", "id": "diet", "status": "active", "intent": "order", "patient": SUBJECT,
                 "dateTime": "2026-01-05", "oralDiet": {"type": [{"text": "Soft foods"}], "instruction": "Offer one new food each week"}}
        self.record.bring_in(bundle(order), "Feeding clinic")
        [came] = [item for item in self.record.list("CARE_PLANS") if item.resource_type == "NutritionOrder"]
        self.assertEqual((came.source.kind, came.source.name), ("import", "Feeding clinic"))
        self.assertEqual(json.loads(self.record.get(came).fhir_json)["oralDiet"], order["oralDiet"])

    def test_what_was_given_missed_and_stopped_is_one_list_with_when_and_why(self):
        record = Record()
        steps = [
            given("1", "completed", note=[{"text": "Hid it in the yoghurt"}],
                  dosage={"dose": {"value": 5, "unit": "drops"}, "route": {"text": "By mouth"}}),
            given("2", "not-done", effectiveDateTime="2026-01-06T07:30:00Z", statusReason=[{"text": "Spat it out"}],
                  note=[{"text": "Spat it out, then a rash on the chin"}]),
            taken("3", "active", "Iron drops", effectivePeriod={"start": "2025-12-01"},
                  dosage=[{"text": "5 drops each morning", "route": {"text": "By mouth"}}]),
        ]
        first, second, course = map(record.create, steps)
        rows = lambda item: {row.label: row.value for row in record.get(item).details}
        self.assertEqual((first.occurred_time.ToJsonString(), rows(first)["Dose"]), ("2026-01-05T07:30:00Z", "5 drops"))
        self.assertIn("Hid it in the yoghurt", rows(first).values())
        self.assertIn("Spat it out, then a rash on the chin", rows(second).values())
        self.assertEqual(json.loads(record.get(second).fhir_json)["statusReason"], [{"text": "Spat it out"}])
        self.assertEqual((rows(course)["How it is taken"], rows(course)["How"]), ("5 drops each morning", "By mouth"))
        listed = lambda: {item.item_id: item.status for item in record.list("MEDICATIONS")}
        self.assertEqual(listed(), {first.item_id: "completed", second.item_id: "not-done", course.item_id: "active"})
        end = {"effectivePeriod": {"start": "2025-12-01", "end": "2026-01-07"}, "statusReason": [{"text": "The rash"}]}
        record.update(course, {**steps[2], "status": "stopped", **end})
        self.assertEqual(listed()[course.item_id], "stopped")
        kept = json.loads(record.get(course).fhir_json)
        self.assertEqual({key: kept[key] for key in end}, end)
        self.assertEqual([version.status for version in record.versions(course)], ["stopped", "active"])

    def test_insurance_is_kept_with_its_cards_and_its_papers(self):
        medical = self.record.create(coverage(
            "medical", "active", "Medical", "Example Health", network="Northern", relationship={"text": "Child"},
            costToBeneficiary=[{"type": {"text": "Each visit"}, "valueMoney": {"value": 20, "currency": "USD"}}]))
        self.assertEqual(json.loads(self.record.get(medical).fhir_json)["costToBeneficiary"][0]["valueMoney"]["value"], 20)
        dental = self.record.create(coverage("dental", "active", "Dental", "Example Teeth"))
        for made, kind, insurer in ((medical, "Medical", "Example Health"), (dental, "Dental", "Example Teeth")):
            rows = {made.title, *self.rows(made).values()}
            self.assertLessEqual({kind, insurer, f"{kind.lower()}-0007"}, rows)
        self.kept_up("COVERAGE", dental, coverage("dental", "cancelled", "Dental", "Example Teeth"))
        self.assertEqual(self.listed("COVERAGE", dental).status, "cancelled")
        cards = {"Card, front": picture(10), "Card, back": picture(200), "Letter about benefits": b"Sixty visits a year.\n"}
        kept = {}
        for title, content in cards.items():
            kind = "text/plain" if title.startswith("Letter") else "image/png"
            kept[title] = self.record.keep_paper(title, content, kind, "COVERAGE")
            self.assertEqual((kept[title].title, kept[title].media_type), (title, kind))
        listed = {paper.title: paper for paper in self.record.papers()}
        for title, content in cards.items():
            self.assertEqual(listed[title], kept[title])
            self.assertEqual(self.record.saved(kept[title]), content)
        desk = of_the_demo("front desk")
        self.assertTrue(self.refused("COVERAGE", by=self.therapist))
        self.record.share(self.therapist, "COVERAGE")
        self.assertLessEqual(set(cards), {paper.title for paper in self.record.papers(by=self.therapist.after(self.parent))})
        self.assertTrue(self.refused("COVERAGE", by=desk), "it was shared with another")

    def test_wishes_and_consents_are_kept_with_who_signed_and_their_papers(self):
        consent = lambda status, scope, kind, **more: {
            "resourceType": "Consent", "id": kind["text"].replace(" ", "-").lower(), "status": status, "patient": SUBJECT,
            "dateTime": "2026-01-05", "scope": coded(f"{TERMS}/consentscope", scope, scope), "category": [kind],
            "performer": [{"display": "Ana Fernhollow, mother"}], "policyRule": {"text": "As the state's form says"}, **more}
        donor = coded("http://loinc.org", "71388-3", "Organ donation")
        treatment = {"text": "Consent to feeding therapy"}
        at_the_lawyer = {"sourceReference": {"display": "Signed copy at the lawyer's, folder 7"}}
        for kind, scope, more in ((LIVING_WILL, "adr", {}), (donor, "adr", {}), (treatment, "treatment", at_the_lawyer)):
            with self.subTest(kind["text"]):
                made = self.record.create(consent("active", scope, kind, **more))
                rows = self.rows(made)
                self.assertIn(kind["text"], {made.title, *rows.values()})
                self.assertEqual((rows["By"], made.status, made.occurred_time.ToJsonString()[:10]), (
                    "Ana Fernhollow, mother", "active", "2026-01-05"))
                kept = json.loads(self.record.get(made).fhir_json)
                self.assertEqual({key: kept[key] for key in more}, more)
                self.kept_up("DOCUMENTS", made, consent("inactive", scope, kind, **more))
                self.assertEqual(self.listed("DOCUMENTS", made).status, "inactive")
        paper = b"I want no machine.\n"
        kept = self.record.keep_paper("Living will, signed", paper, "text/plain")
        self.assertEqual((kept.created_by, kept.create_time.seconds > 0), (self.parent.actor, True))
        self.assertEqual(self.record.saved(kept), paper)
        self.assertTrue(self.refused("DOCUMENTS"))
        self.record.share(self.therapist, "DOCUMENTS", actions=("READ", "DOWNLOAD"))
        self.therapist.after(self.parent)
        titles = {item.title for item in self.record.list("DOCUMENTS", by=self.therapist)}
        self.assertTrue(any("Organ donation" in title or "Living will" in title for title in titles), titles)
        self.assertEqual(self.record.saved(kept, by=self.therapist), paper)

    def test_genes_and_what_runs_in_the_family_are_kept(self):
        gene = observed("gene", "CFTR gene, one changed copy", "Carrier", "2024-02-03", "laboratory")
        illness = {"resourceType": "Condition", "id": "fragile", "subject": SUBJECT, "code": {"text": "Fragile X syndrome"},
                   "clinicalStatus": coded(f"{TERMS}/condition-clinical", "active", "active")}
        uncle = {"resourceType": "FamilyMemberHistory", "id": "uncle", "status": "completed", "patient": SUBJECT,
                 "relationship": {"text": "Uncle"}, "condition": [{"code": {"text": "Fragile X syndrome"}}]}
        record = Record()
        record.bring_in(bundle(gene, illness, uncle), "Genetics clinic")
        found = {item.resource_type: item for item in record.list()}
        self.assertEqual((found["Observation"].title, found["Observation"].summary), ("CFTR gene, one changed copy", "Carrier"))
        self.assertEqual(found["Condition"].title, "Fragile X syndrome")
        rows = {row.label: row.value for row in record.get(found["FamilyMemberHistory"]).details}
        self.assertIn("Fragile X syndrome", {found["FamilyMemberHistory"].summary, *rows.values()})
        record.bring_in(bundle({**gene, "valueString": "Carrier, tested twice"}, illness, uncle), "Genetics clinic")
        self.assertEqual([version.summary for version in record.versions(found["Observation"])], ["Carrier, tested twice", "Carrier"])
        taken_back = record.retract(record.get(found["Observation"]), "Another child's sample")
        self.assertEqual(taken_back.status, "entered-in-error")


if __name__ == "__main__":
    unittest.main()

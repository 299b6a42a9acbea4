"""Each kind of health information: captured, kept up, read again element by element, by the family and by whom it lets."""

import json
import pathlib
import unittest

import grpc
from family import TERMS, Keeping, Record, coded, of_the_demo, request_id, tenant_id

BUNDLE = pathlib.Path(__file__).parents[2] / "crates/fhir/tests/fixtures/small_transaction.json"
SUBJECT = {"reference": "Patient/self"}


def condition(clinical, **more):
    return {"resourceType": "Condition", "id": "sleep", "subject": SUBJECT, "code": {"text": "Trouble falling asleep"},
            "clinicalStatus": {"coding": [{"system": f"{TERMS}/condition-clinical", "code": clinical}]},
            "severity": {"text": "Moderate"}, "recordedDate": "2026-01-05", **more}


def allergy(clinical, **more):
    return {"resourceType": "AllergyIntolerance", "id": "nuts", "patient": SUBJECT, "code": {"text": "Cashew nuts"}, "type": "allergy",
            "category": ["food"], "clinicalStatus": {"coding": [{"system": f"{TERMS}/allergyintolerance-clinical", "code": clinical}]},
            "lastOccurrence": "2025-05", "recordedDate": "2026-01-05",
            "reaction": [{"manifestation": [{"text": "Hives"}], "severity": "moderate"}], **more}


def statement(status, **more):
    return {"resourceType": "MedicationStatement", "id": "iron", "status": status, "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "Iron drops, from the chemist"},
            "effectivePeriod": {"start": "2026-01-05"}, **more}


class Health(Keeping, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = Record()
        cls.demographics = {
            "given_name": "June", "family_name": "Fernhollow", "birth_date": "2019-04-02", "phone": "555-0100", "languages": ["es", "en"],
            "identifiers": ["https://practice.example/patients|P-1", "https://payer.example/members|M-7"],
        }
        cls.registered = cls.record.register(**cls.demographics)
        cls.parent, cls.therapist = cls.record.parent, of_the_demo("physical therapist")

    def test_demographics_are_kept_field_by_field_and_shown_to_whom_the_family_lets(self):
        patient = lambda who: who.ask("records", "GetPatient", patient_id=self.record.id)
        shown = patient(self.parent)
        for field, value in self.demographics.items():
            kept = getattr(shown.demographics, field)
            self.assertEqual(kept if isinstance(kept, str) else list(kept), value)
        self.assertEqual((shown.patient_id, shown.tenant_id), (self.record.id, tenant_id()))
        asked = {"patient_id": self.record.id}
        self.therapist.after(self.parent)
        self.assertEqual(self.therapist.refusal("records", "GetPatient", **asked), grpc.StatusCode.PERMISSION_DENIED)
        grant = self.record.share(self.therapist, "DEMOGRAPHICS")
        self.assertEqual(patient(self.therapist.after(self.parent)).demographics, shown.demographics)
        self.record.stop(grant)
        self.assertEqual(self.therapist.after(self.parent).refusal("records", "GetPatient", **asked), grpc.StatusCode.PERMISSION_DENIED)
        change = {"phone": "555-0199", "languages": ["en", "es"]}
        update = {"demographics": change, "update_mask": {"paths": list(change)}, "etag": shown.etag}
        self.parent.ask("records", "UpdatePatient", request_id=request_id(), patient_id=self.record.id, **update)
        after = patient(self.parent).demographics
        self.assertEqual((after.phone, list(after.languages), after.given_name), ("555-0199", ["en", "es"], "June"))

    def test_demographics_come_in_with_a_file(self):
        record = Record()
        record.bring_in(BUNDLE.read_bytes(), "Hospital portal")
        came = record.parent.ask("records", "GetPatient", patient_id=record.id).demographics
        self.assertEqual((came.given_name, came.family_name, came.birth_date), ("Juniper Wren", "Fernhollow", "2019-04-02"))
        self.assertEqual((came.phone, came.gender, list(came.identifiers)), (
            "555-0100", "female", ["https://practice.example/patients|P-1"]))

    def test_problems_begin_end_and_come_back_and_those_that_ended_are_shown(self):
        made = self.record.create(condition("active"))
        rows = self.rows(made)
        self.assertEqual((made.title, rows["How severe"], rows["Recorded"]), ("Trouble falling asleep", "Moderate", "2026-01-05"))
        ended = self.kept_up("CONDITIONS", made, condition("resolved"))
        self.assertEqual(self.listed("CONDITIONS", made).status, "resolved")
        again = self.kept_up("CONDITIONS", ended, condition("recurrence"))
        self.assertEqual([version.status for version in self.record.versions(made)], ["recurrence", "resolved", "active"])
        refuted = coded(f"{TERMS}/condition-ver-status", "refuted", "Refuted")
        absent = condition("inactive", id="fits", code={"text": "Epilepsy"}, verificationStatus=refuted)
        del absent["clinicalStatus"]
        never = self.record.create(absent)
        self.assertEqual(self.listed("CONDITIONS", never).status, "refuted")
        known = self.kept_up("CONDITIONS", never, {**absent, "onsetDateTime": "2021-05", "note": [{"text": "One test, nothing found"}]})
        self.assertEqual(known.occurred_time.ToJsonString()[:7], "2021-05")
        self.assertIn("One test, nothing found", self.rows(never).values())
        short = self.parent.ask("records", "ListItems", patient_id=self.record.id, categories=["CATEGORY_CONDITIONS"], page_size=1)
        self.assertEqual((len(short.items), short.total_size > 1), (1, True))
        self.record.share(self.therapist, "CONDITIONS")
        seen = self.record.get(made, by=self.therapist.after(self.parent))
        self.assertEqual((seen.title, seen.status), ("Trouble falling asleep", "recurrence"))
        self.taken_back("CONDITIONS", again)

    def test_allergies_have_kind_reaction_severity_and_dates_and_may_be_none(self):
        made = self.record.create(allergy("active"))
        rows = self.rows(made)
        self.assertEqual((made.title, rows["Kind"], rows["To what"]), ("Cashew nuts", "Allergy", "Food"))
        self.assertEqual((rows["Reaction"], rows["How severe"]), ("Hives", "Moderate"))
        self.assertEqual((rows["Last time"], rows["Recorded"]), ("2025-05", "2026-01-05"))
        self.assertEqual((made.source.kind, made.recorded_by), ("patient", self.parent.actor))
        ended = self.kept_up("ALLERGIES", made, allergy("inactive", reaction=[{"manifestation": [{"text": "Itching"}], "severity": "mild"}]))
        self.assertEqual(self.listed("ALLERGIES", made).status, "inactive")
        self.assertEqual((self.rows(made)["Reaction"], self.rows(made)["How severe"]), ("Itching", "Mild"))
        self.taken_back("ALLERGIES", ended)
        none = {"resourceType": "AllergyIntolerance", "id": "none", "patient": SUBJECT,
                "clinicalStatus": {"coding": [{"system": f"{TERMS}/allergyintolerance-clinical", "code": "active"}]},
                "code": coded("http://snomed.info/sct", "716186003", "No known allergies")}
        none_known = self.record.create(none)
        self.assertEqual(self.listed("ALLERGIES", none_known).title, "No known allergies")
        dust = {**none, "code": coded("http://snomed.info/sct", "428607008", "No known environmental allergies")}
        changed = self.kept_up("ALLERGIES", none_known, dust)
        self.assertEqual(self.listed("ALLERGIES", changed).title, "No known environmental allergies")
        self.record.create(allergy("active", id="dust", code={"text": "House dust"}, category=["environment"]))
        drug = lambda clinical, **more: allergy(
            clinical, id="drug", code={"text": "Penicillin"}, category=["medication"], type="intolerance", **more)
        made = self.record.create(drug("active", note=[{"text": "A rash after the third dose"}]))
        rows = self.rows(made)
        self.assertEqual((rows["Kind"], rows["To what"], rows["Recorded"], rows["Last time"]), ("Intolerance", "Medication", "2026-01-05", "2025-05"))
        self.assertIn("A rash after the third dose", rows.values())
        self.assertEqual((made.source.kind, made.recorded_by), ("patient", self.parent.actor))
        over = self.kept_up("ALLERGIES", made, drug("inactive", note=[{"text": "Outgrown: tested in March"}]))
        self.assertEqual(self.listed("ALLERGIES", made).status, "inactive")
        self.assertIn("Outgrown: tested in March", self.rows(made).values())
        self.taken_back("ALLERGIES", over)
        unknown = {**none, "id": "unknown", "code": {"text": "Unable to assess allergies"}, "note": [{"text": "Adopted: no papers"}]}
        nobody_knows = self.record.create(unknown)
        self.assertEqual(self.listed("ALLERGIES", nobody_knows).title, "Unable to assess allergies")
        self.assertIn("Adopted: no papers", self.rows(nobody_knows).values())

    def test_medicines_come_from_a_file_and_from_the_family_and_say_how_they_are_taken(self):
        record = Record()
        record.bring_in(BUNDLE.read_bytes(), "Hospital portal")
        [ordered] = [item for item in record.list("MEDICATIONS") if item.resource_type == "MedicationRequest"]
        self.assertEqual((ordered.title, ordered.summary), ("Melatonin 1 MG Oral Tablet", "1 tablet, once every day"))
        self.assertEqual((ordered.source.kind, ordered.source.name), ("import", "Hospital portal"))
        dose = [{"text": "5 drops each morning", "route": {"text": "By mouth"}}]
        made = self.record.create(statement("active", dosage=dose))
        self.assertEqual((made.title, made.status), ("Iron drops, from the chemist", "active"))
        self.assertEqual(self.rows(made)["How"], "By mouth")
        self.assertIn("5 drops each morning", self.rows(made)["How it is taken"])
        self.assertIn((made.item_id, "5 drops each morning"), {(item.item_id, item.summary) for item in self.record.list("MEDICATIONS")})
        stopped = self.kept_up("MEDICATIONS", made, statement("completed", dosage=dose))
        self.assertEqual(self.listed("MEDICATIONS", made).status, "completed")
        self.taken_back("MEDICATIONS", stopped)

    def test_results_come_with_the_range_that_their_source_expects(self):
        record = Record()
        record.bring_in(BUNDLE.read_bytes(), "Hospital portal")
        [lab] = record.list("RESULTS")
        rows = {row.label: row.value for row in record.get(lab).details}
        self.assertEqual((lab.title, lab.summary), ("Ferritin", "9.50 ng/mL"))
        self.assertEqual((rows["Expected range"], rows["Compared with the expected range"]), ("12 to 100 ng/mL", "Low"))
        news = BUNDLE.read_text(encoding="utf-8").replace("9.50", "14.0")
        record.bring_in(news.encode(), "Hospital portal")
        self.assertEqual([version.summary for version in record.versions(lab)], ["14.0 ng/mL", "9.50 ng/mL"])

    def test_shots_have_each_detail_of_their_giving(self):
        shot = {"resourceType": "Immunization", "id": "shot", "status": "completed", "patient": SUBJECT,
                "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "03", "Measles, mumps, rubella"),
                "occurrenceDateTime": "2020-04-02", "lotNumber": "L-7", "manufacturer": {"display": "Example Makers"},
                "route": {"text": "Under the skin"}, "performer": [{"actor": {"display": "Robin Sedgebrook"}}]}
        made = self.record.create(shot)
        kept, rows = json.loads(self.record.get(made).fhir_json), self.rows(made)
        self.assertEqual((made.title, made.occurred_time.ToJsonString()[:10]), ("Measles, mumps, rubella", "2020-04-02"))
        self.assertEqual((rows["Batch"], rows["Maker"], rows["How"], rows["Given by"]), (
            "L-7", "Example Makers", "Under the skin", "Robin Sedgebrook"))
        self.assertEqual(kept["vaccineCode"]["coding"], shot["vaccineCode"]["coding"])
        anew = {**shot, "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "94", "Measles, mumps, rubella, varicella")}
        changed = self.kept_up("IMMUNIZATIONS", made, anew)
        self.assertEqual(json.loads(self.record.get(made).fhir_json)["vaccineCode"], anew["vaccineCode"])
        self.taken_back("IMMUNIZATIONS", changed)
        booster = {"resourceType": "ImmunizationRecommendation", "id": "booster", "patient": SUBJECT, "date": "2026-01-05",
                   "recommendation": [{"vaccineCode": [{"text": "Measles, mumps, rubella"}], "forecastStatus": {"text": "Second dose due"},
                                       "dateCriterion": [{"code": {"text": "Due"}, "value": "2027-04-02"}]}]}
        made = self.record.create(booster)
        rows = self.rows(made)
        self.assertEqual((rows["For"], rows["State"], rows["When"]), ("Measles, mumps, rubella", "Second dose due", "2027-04-02"))
        self.assertEqual(json.loads(self.record.get(made).fhir_json)["recommendation"], booster["recommendation"])

    def test_operations_family_and_social_history_are_kept_up(self):
        for category, resource, change, title in [
            ("PROCEDURES", {"resourceType": "Procedure", "id": "tubes", "status": "completed", "subject": SUBJECT,
                            "code": {"text": "Ear tubes"}, "performedDateTime": "2021-03"},
             {"status": "not-done"}, "Ear tubes"),
            ("OBSERVATIONS", {"resourceType": "FamilyMemberHistory", "id": "aunt", "status": "partial", "patient": SUBJECT,
                              "relationship": {"text": "Aunt"}, "condition": [{"code": {"text": "Asthma"}}]},
             {"status": "completed", "condition": [{"code": {"text": "Asthma"}}, {"code": {"text": "Hay fever"}}]}, None),
            ("OBSERVATIONS", {"resourceType": "Observation", "id": "smoke", "status": "final", "subject": SUBJECT,
                              "category": [coded(f"{TERMS}/observation-category", "social-history", "Social history")],
                              "code": {"text": "Smoke at home"}, "effectiveDateTime": "2026-01-05", "valueString": "Nobody smokes"},
             {"valueString": "An uncle smokes on the balcony"}, "Smoke at home"),
        ]:
            with self.subTest(resource["resourceType"]):
                made = self.record.create(resource)
                self.assertTrue(made.title == title if title else made.title)
                changed = self.kept_up(category, made, {**resource, **change})
                kept = json.loads(self.record.get(made).fhir_json)
                self.assertEqual({key: kept[key] for key in change}, change)
                self.taken_back(category, changed)

    def test_what_a_family_measures_at_home_is_kept_and_read_by_whom_it_lets(self):
        vital = lambda id, code, text, value, unit: {
            "resourceType": "Observation", "id": id, "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-01-05",
            "category": [coded(f"{TERMS}/observation-category", "vital-signs", "Vital signs")],
            "code": coded("http://loinc.org", code, text), "valueQuantity": {"value": value, "unit": unit}}
        for one in [("t", "8310-5", "Temperature", 37.2, "°C"), ("h", "8867-4", "Heart rate", 92, "/min"), ("b", "9279-1", "Breaths", 20, "/min")]:
            made = self.record.create(vital(*one))
            self.assertEqual((made.title, made.source.kind), (one[2], "patient"))
            self.assertEqual(made.summary.split()[0], str(one[3]))
        self.record.share(self.therapist, "VITAL_SIGNS")
        seen = self.record.list("VITAL_SIGNS", by=self.therapist.after(self.parent))
        self.assertEqual({item.title for item in seen}, {"Temperature", "Heart rate", "Breaths"})

    def test_plans_of_the_family_and_of_the_care_team_stand_beside_each_other_with_every_version(self):
        plan = lambda id, title, *activities: {
            "resourceType": "CarePlan", "id": id, "status": "active", "intent": "plan", "subject": SUBJECT, "title": title,
            "created": "2026-01-05", "activity": [{"detail": {"status": "in-progress", "description": text}} for text in activities]}
        own = self.record.create(plan("home", "What we do at home", "Two questions at dinner"))
        self.kept_up("CARE_PLANS", own, plan("home", "What we do at home", "Two questions at dinner", "A book each night"))
        self.record.share(self.therapist, "CARE_PLANS", actions=("READ", "CONTRIBUTE"))
        self.therapist.after(self.parent)
        theirs = self.record.create(plan("motor", "Motor therapy", "Stairs"), by=self.therapist)
        later = self.record.update(theirs, plan("motor", "Motor therapy", "Stairs", "A ball"), by=self.therapist)
        self.parent.after(self.therapist)
        versions = self.record.versions(theirs)
        self.assertEqual([version.etag for version in versions], [later.etag, theirs.etag])
        for version, activities in zip(versions, (["Stairs", "A ball"], ["Stairs"]), strict=True):
            self.assertEqual((version.recorded_by, version.source.kind), (self.therapist.actor, "practice"))
            self.assertGreater(version.recorded_time.seconds, 0)
            kept = json.loads(version.fhir_json)
            self.assertEqual((kept["created"], [one["detail"]["description"] for one in kept["activity"]]), ("2026-01-05", activities))
        self.assertEqual({item.title for item in self.record.list("CARE_PLANS")}, {"What we do at home", "Motor therapy"})

    def test_a_family_says_how_its_child_does_and_what_was_given(self):
        said = {"resourceType": "QuestionnaireResponse", "id": "week", "status": "completed", "subject": SUBJECT, "authored": "2026-01-05",
                "item": [{"linkId": "1", "text": "Headache this week", "answer": [{"valueString": "On Tuesday"}]},
                         {"linkId": "2", "text": "Dressed without help", "answer": [{"valueInteger": 5}]}]}
        rows = self.rows(self.record.create(said))
        self.assertEqual((rows["Headache this week"], rows["Dressed without help"]), ("On Tuesday", "5"))
        given = {"resourceType": "MedicationAdministration", "id": "given", "status": "completed", "subject": SUBJECT,
                 "medicationCodeableConcept": {"text": "Iron drops"}, "effectiveDateTime": "2026-01-05T07:30:00Z",
                 "performer": [{"actor": {"display": "Grandmother"}}],
                 "dosage": {"dose": {"value": 5, "unit": "drops"}, "route": {"text": "By mouth"}}}
        made = self.record.create(given)
        rows = self.rows(made)
        self.assertEqual((made.title, rows["Dose"], rows["How"], rows["Given by"]), ("Iron drops", "5 drops", "By mouth", "Grandmother"))
        self.assertEqual(made.occurred_time.ToJsonString(), "2026-01-05T07:30:00Z")

    def test_words_of_the_family_stand_beside_what_it_wrote_and_can_be_changed(self):
        note = lambda text: {"note": [{"text": text}]}
        for category, resource in [
            ("CONDITIONS", condition("active", id="noted")),
            ("MEDICATIONS", statement("active", id="noted")),
            ("PROCEDURES", {"resourceType": "Procedure", "id": "noted", "status": "completed", "subject": SUBJECT, "code": {"text": "Ear tubes"}}),
            ("OBSERVATIONS", {"resourceType": "FamilyMemberHistory", "id": "noted", "status": "partial", "patient": SUBJECT,
                              "relationship": {"text": "Aunt"}, "condition": [{"code": {"text": "Asthma"}}]}),
            ("OBSERVATIONS", {"resourceType": "Observation", "id": "noted-social", "status": "final", "subject": SUBJECT,
                              "category": [coded(f"{TERMS}/observation-category", "social-history", "Social history")],
                              "code": {"text": "Smoke at home"}, "valueString": "Nobody smokes"}),
        ]:
            with self.subTest(resource["resourceType"]):
                made = self.record.create({**resource, **note("Ask grandmother")})
                self.assertIn("Ask grandmother", self.rows(made).values())
                self.kept_up(category, made, {**resource, **note("Grandmother does not know")})
                self.assertIn("Grandmother does not know", self.rows(made).values())

    def test_an_advance_directive_is_kept_with_its_kind_its_dates_and_every_change(self):
        directive = lambda status: {
            "resourceType": "Consent", "id": "directive", "status": status, "patient": SUBJECT, "dateTime": "2026-01-05",
            "scope": coded(f"{TERMS}/consentscope", "adr", "Advance directive"),
            "category": [coded("http://loinc.org", "75320-2", "Living will")], "sourceAttachment": {"title": "Signed copy"},
            "policyRule": {"text": "As the state's form says"}}
        made = self.record.create(directive("active"))
        self.assertEqual((self.rows(made).get("Kind", made.title), made.status), ("Living will", "active"))
        self.assertEqual(json.loads(self.record.get(made).fhir_json)["dateTime"], "2026-01-05")
        self.kept_up("DOCUMENTS", made, directive("inactive"))
        self.assertEqual([version.status for version in self.record.versions(made)], ["inactive", "active"])

    def test_bills_and_notes_come_in_with_a_file_and_are_shown(self):
        record = Record()
        record.bring_in(BUNDLE.read_bytes(), "Hospital portal")
        [claim] = record.list("CLAIMS")
        rows = {row.label: row.value for row in record.get(claim).details}
        self.assertEqual((claim.title, rows["Total"], rows["Insurance"]), ("Speech therapy", "$129.50", "Example Health"))
        [note] = record.list("NOTES")
        rows = {row.label: row.value for row in record.get(note).details}
        self.assertEqual((note.title, rows["Text"], rows["Written by"]), (
            "Speech therapy note", "S: tired today. O: 8 of 10.", "Dr. Robin Sedgebrook"))


if __name__ == "__main__":
    unittest.main()

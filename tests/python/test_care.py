"""What those who treat add to a record, and what comes in from elsewhere: visits, notes, orders, plans, reports and bills."""

import base64
import json
import unittest

from family import TERMS, Keeping, Program, Record, bundle, coded, goal, names, of_the_demo, request_id, service

SUBJECT = {"reference": "Patient/self"}
DISCIPLINES = ["behaviour analyst", "speech therapist", "occupational therapist", "physical therapist"]
FILM = b"\0\0\0\x18ftypisom" + bytes(12) + b"how the child says mama" * 400


def written(id, kind, text, code, **more):
    """A note as a source sends it."""
    body = base64.b64encode(text.encode()).decode()
    return {"resourceType": "DocumentReference", "id": id, "status": "current", "subject": SUBJECT, "date": "2026-01-05T16:00:00Z",
            "type": coded("http://loinc.org", code, kind), "author": [{"display": "Dr. Robin Sedgebrook"}],
            "content": [{"attachment": {"contentType": "text/plain", "data": body}}], **more}


def visit(id, reason="Does not answer to her name", **more):
    return {"resourceType": "Encounter", "id": id, "status": "finished", "subject": SUBJECT, "type": [{"text": "Hearing test"}],
            "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"}, "reasonCode": [{"text": reason}],
            "period": {"start": "2026-01-05T15:00:00Z", "end": "2026-01-05T15:50:00Z"},
            "participant": [{"individual": {"display": "Dr. Robin Sedgebrook"}}],
            "location": [{"location": {"display": "Room 3"}}], "serviceProvider": {"display": "Exampleton Hearing"}, **more}


class Care(Keeping, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = Record()
        cls.parent, cls.therapist = cls.record.parent, of_the_demo("speech therapist")
        rooms = (
            "CONDITIONS", "MEDICATIONS", "OBSERVATIONS", "RESULTS", "PROCEDURES", "CARE_PLANS", "GOALS", "APPOINTMENTS", "CARE_TEAM", "DOCUMENTS",
        )
        cls.record.share(cls.therapist, *rooms, actions=("READ", "CONTRIBUTE", "DOWNLOAD"))
        cls.therapist.after(cls.parent)

    def from_the_therapist(self, resource):
        made = self.record.create(resource, by=self.therapist)
        self.parent.after(self.therapist)
        self.assertEqual((made.recorded_by, made.source.kind), (self.therapist.actor, "practice"))
        return made

    def has(self, item, **rows):
        found = {(row.label, row.value) for row in self.record.get(item).details}
        for label, value in rows.items():
            self.assertIn((label.replace("_", " "), value), found)

    def test_visits_and_discharges_come_in_and_are_read(self):
        record = Record()
        discharge = written("left", "Discharge summary", "Home after two nights. Come back if she wheezes.", "18842-5")
        record.bring_in(bundle(visit("v"), discharge), "Children's hospital")
        [came] = record.list("VISITS")
        rows = {row.label: row.value for row in record.get(came).details}
        self.assertEqual((came.title, came.status, came.occurred_time.ToJsonString()), ("Hearing test", "finished", "2026-01-05T15:00:00Z"))
        self.assertEqual((rows["Reason"], rows["With"], rows["Place"], rows["At"]), (
            "Does not answer to her name", "Dr. Robin Sedgebrook", "Room 3", "Exampleton Hearing"))
        [note] = record.list("NOTES")
        rows = {row.label: row.value for row in record.get(note).details}
        self.assertEqual((note.title, rows["Text"], rows["Written by"]), (
            "Discharge summary", "Home after two nights. Come back if she wheezes.", "Dr. Robin Sedgebrook"))
        for item in (came, note):
            self.assertEqual((item.source.kind, item.source.name), ("import", "Children's hospital"))
        record.looked_at(came.item_id, note.item_id)

    def test_a_document_is_kept_with_its_correction_and_its_addendum(self):
        record = Record()
        first = written("report", "Hearing report", "Left ear: mild loss.", "11488-4")
        told = [record.bring_in(bundle(first), "Hearing clinic")]
        corrected = written("report", "Hearing report", "Right ear: mild loss.", "11488-4")
        added = written("more", "Addendum", "Glue ear was seen as well.", "11488-4",
                        relatesTo=[{"code": "appends", "target": {"reference": "DocumentReference/report"}}])
        told.append(record.bring_in(bundle(corrected, added), "Hearing clinic"))
        counts = [[sum(one.count for one in kind) for kind in (answer.added, answer.changed, answer.unchanged)] for answer in told]
        self.assertEqual(counts, [[1, 0, 0], [1, 1, 0]])
        notes = {item.title: item for item in record.list("NOTES", include_fhir_json=True)}
        self.assertEqual(set(notes), {"Hearing report", "Addendum"})
        texts = [json.loads(version.fhir_json)["content"] for version in record.versions(notes["Hearing report"])]
        self.assertEqual(texts, [corrected["content"], first["content"]])
        [appended] = json.loads(notes["Addendum"].fhir_json)["relatesTo"]
        self.assertEqual((appended["code"], appended["target"]["reference"]), ("appends", "DocumentReference/report"))
        # The history says which of them was new and which a correction, and with which file it came.
        entries = record.history()
        files = [entry.correlation_id for entry in reversed(entries) if entry.type == "import.completed"]
        self.assertEqual(len(files), 2)
        came = {(entry.type, entry.correlation_id, entry.stream) for entry in entries if entry.type in ("item.recorded", "item.changed")}
        report, addendum = (f"item/{notes[title].item_id}" for title in ("Hearing report", "Addendum"))
        self.assertEqual(came, {
            ("item.recorded", files[0], report), ("item.changed", files[1], report), ("item.recorded", files[1], addendum)})

    def test_the_family_writes_its_own_words_to_what_came_from_elsewhere(self):
        record = Record()
        lab = {"resourceType": "Observation", "id": "lead", "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-01-05",
               "category": [coded(f"{TERMS}/observation-category", "laboratory", "Laboratory")], "code": {"text": "Lead in blood"},
               "valueQuantity": {"value": 3.1, "unit": "µg/dL"}}
        score = {**lab, "id": "score", "code": {"text": "Language scale"}, "category": [coded(f"{TERMS}/observation-category", "survey", "Survey")],
                 "valueQuantity": {"value": 78, "unit": "points"}}
        record.bring_in(bundle(lab, score), "Laboratory")
        for category, source in (("RESULTS", lab), ("OBSERVATIONS", score)):
            [came] = record.list(category)
            noted = record.update(came, {**source, "note": [{"text": "She had a cold that day"}]})
            self.assertIn("She had a cold that day", {row.value for row in record.get(came).details})
            self.assertEqual((noted.recorded_by, noted.source.kind), (record.parent.actor, "patient"))
            [own, theirs] = record.versions(came)
            self.assertEqual((own, theirs.source.kind, theirs.source.name), (noted, "import", "Laboratory"))
            self.assertEqual(own.summary, theirs.summary)

    def test_bills_come_in_and_the_family_may_say_that_one_is_wrong(self):
        record = Record()
        claim = {"resourceType": "Claim", "id": "bill", "status": "active", "use": "claim", "patient": SUBJECT, "created": "2026-01-06",
                 "type": {"text": "Professional"}, "priority": {"text": "normal"}, "provider": {"display": "Little Example"},
                 "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Example Health"}}],
                 "item": [{"sequence": 1, "productOrService": {"text": "Speech therapy"}, "quantity": {"value": 2}}],
                 "total": {"value": 129.5, "currency": "USD"}}
        record.bring_in(bundle(claim), "Example Health")
        [came] = record.list("CLAIMS")
        rows = {row.label: row.value for row in record.get(came).details}
        self.assertEqual((came.title, rows["Total"], rows["From"], rows["Insurance"]), (
            "Speech therapy", "$129.50", "Little Example", "Example Health"))
        wrong = record.retract(came, "She was not there that day")
        self.assertEqual((wrong.status, wrong.retraction_reason), ("entered-in-error", "She was not there that day"))
        [kept] = record.list("CLAIMS")
        self.assertEqual((kept.status, [version.revision for version in record.versions(came)]), ("entered-in-error", [2, 1]))

    def test_orders_and_recommendations_say_by_whom_for_when_and_why(self):
        order = {"resourceType": "ServiceRequest", "id": "hearing", "status": "active", "intent": "order", "subject": SUBJECT,
                 "code": {"text": "Hearing test"}, "authoredOn": "2026-01-05", "occurrenceDateTime": "2026-07-06",
                 "requester": {"display": "Erin Beispiel"}, "reasonCode": [{"text": "Few words"}], "encounter": {"display": "Visit of 5 January"},
                 "patientInstruction": "Come rested"}
        made = self.from_the_therapist(order)
        self.assertEqual((made.title, made.occurred_time.ToJsonString()[:10]), ("Hearing test", "2026-07-06"))
        self.has(made, Ordered="2026-01-05", Ordered_by="Erin Beispiel", Reason="Few words", Instructions="Come rested", Visit="Visit of 5 January")
        report = {"resourceType": "DiagnosticReport", "id": "study", "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-01-05",
                  "category": [coded(f"{TERMS}/v2-0074", "AU", "Audiology")], "code": {"text": "Audiogram"},
                  "performer": [{"display": "Exampleton Hearing"}], "conclusion": "Repeat in six months"}
        self.has(self.from_the_therapist(report), Conclusion="Repeat in six months", By="Exampleton Hearing")
        follow_up = {"resourceType": "Appointment", "id": "back", "status": "booked", "description": "Second hearing test",
                     "start": "2026-07-06T15:00:00Z", "end": "2026-07-06T15:30:00Z", "patientInstruction": "Bring the hearing aid",
                     "participant": [{"actor": {"reference": "Patient/self"}, "status": "accepted"},
                                     {"actor": {"display": "Exampleton Hearing"}, "status": "accepted"}]}
        made = self.from_the_therapist(follow_up)
        self.assertEqual((made.title, made.occurred_time.ToJsonString()), ("Second hearing test", "2026-07-06T15:00:00Z"))
        self.has(made, Instructions="Bring the hearing aid", With="Exampleton Hearing")

    def test_instructions_and_plans_of_the_care_team_are_kept_in_their_own_form(self):
        paper = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
        kept = self.record.keep_paper("Discharge instructions", paper, "application/pdf", by=self.therapist)
        self.parent.after(self.therapist)
        self.assertEqual((kept.created_by, kept.media_type), (self.therapist.actor, "application/pdf"))
        self.assertEqual(self.record.saved(kept), paper)
        plan = lambda *steps: {
            "resourceType": "CarePlan", "id": "talk", "status": "active", "intent": "plan", "subject": SUBJECT, "title": "Talking at home",
            "created": "2026-01-05", "author": {"display": "Erin Beispiel"}, "note": [{"text": "June likes songs better than sweets as a reward"}],
            "activity": [{"detail": {"status": "scheduled", "description": step}} for step in steps]}
        made = self.from_the_therapist(plan("Two questions at dinner"))
        rows = {(row.label, row.value) for row in self.record.get(made).details}
        self.assertLessEqual({("Activity", "Two questions at dinner"), ("Written by", "Erin Beispiel")}, rows)
        self.assertIn("June likes songs better than sweets as a reward", {value for _, value in rows})
        self.assertEqual(json.loads(self.record.get(made).fhir_json)["activity"], plan("Two questions at dinner")["activity"])
        own = self.record.create({**plan("A book each night"), "id": "own", "title": "What we do ourselves", "author": {"display": "Ana"}})
        listed = {item.item_id: item.source.kind for item in self.record.list("CARE_PLANS")}
        self.assertEqual((listed[made.item_id], listed[own.item_id]), ("practice", "patient"))
        theirs = {item.item_id for item in self.record.list("CARE_PLANS", by=self.therapist.after(self.parent))}
        self.assertLessEqual({made.item_id, own.item_id}, theirs)

    def test_an_assessment_is_taken_kept_up_and_answered(self):
        score = lambda points, **more: {
            "resourceType": "Observation", "id": "scale", "status": "final", "subject": SUBJECT, "effectiveDateTime": "2026-01-05",
            "category": [coded(f"{TERMS}/observation-category", "survey", "Survey")], "performer": [{"display": "Erin Beispiel"}],
            "code": coded("http://loinc.org", "71969-0", "Standardized language scale"),
            "component": [{"code": {"text": "Understanding"}, "valueQuantity": {"value": points, "unit": "points"}},
                          {"code": {"text": "Percentile for her age"}, "valueQuantity": {"value": 9, "unit": "%"}}], **more}
        made = self.from_the_therapist(score(78))
        later = self.record.update(made, score(81), by=self.therapist)
        self.parent.after(self.therapist)
        self.has(made, Understanding="81 points", By="Erin Beispiel")
        self.assertEqual([version.etag for version in self.record.versions(made)], [later.etag, made.etag])
        self.record.update(self.record.get(made), score(81, note=[{"text": "She was tired"}]))
        self.assertIn("She was tired", {row.value for row in self.record.get(made).details})
        authors = [version.recorded_by for version in self.record.versions(made)]
        self.assertEqual(authors, [self.parent.actor, self.therapist.actor, self.therapist.actor])
        [profile] = self.parent.ask("identity", "BatchGetProfiles", account_ids=[self.therapist.account_id]).profiles
        self.assertEqual((profile.display_name, profile.discipline), ("Erin Beispiel, MS, CCC-SLP", "speech"))
        self.assertIn("ROLE_THERAPIST", [names(one, "role") for one in profile.roles])

    def test_an_early_result_says_so_until_it_is_final(self):
        record = Record()
        early = {"resourceType": "DiagnosticReport", "id": "genes", "status": "preliminary", "subject": SUBJECT, "effectiveDateTime": "2026-01-05",
                 "code": {"text": "Gene panel"}, "conclusion": "Two of forty read"}
        record.bring_in(bundle(early), "Laboratory")
        [listed] = record.list("RESULTS")
        self.assertEqual((listed.title, listed.status), ("Gene panel", "preliminary"))
        record.bring_in(bundle({**early, "status": "final", "conclusion": "Nothing found"}), "Laboratory")
        [listed] = record.list("RESULTS")
        self.assertEqual(listed.status, "final")
        self.assertEqual([version.status for version in record.versions(listed)], ["final", "preliminary"])

    def test_whoever_is_given_everything_sees_all_sources_in_one_list(self):
        record = Record()
        record.register(given_name="June", family_name="Fernhollow")
        parent, colleague = record.parent, of_the_demo("physical therapist")
        record.create(goal("own", "Says hello"))
        order = {"resourceType": "MedicationRequest", "id": "rx", "status": "active", "intent": "order", "subject": SUBJECT,
                 "medicationCodeableConcept": {"text": "Melatonin 1 mg"}}
        cover = {"resourceType": "Coverage", "id": "cover", "status": "active", "beneficiary": SUBJECT, "payor": [{"display": "Example Health"}]}
        record.bring_in(bundle(visit("v"), order, cover), "Children's hospital")
        record.share(self.therapist, "APPOINTMENTS", actions=("READ", "CONTRIBUTE"))
        coming = {"resourceType": "Appointment", "id": "next", "status": "booked", "description": "Speech therapy", "start": "2030-01-07T15:00:00Z",
                  "participant": [{"actor": SUBJECT, "status": "accepted"}]}
        record.create(coming, by=self.therapist.after(parent))
        parent.after(self.therapist)
        paper = record.keep_paper("Letter from school", b"She sits in front now.\n", "text/plain")
        rooms = [value.name.removeprefix("CATEGORY_") for value in
                 service("records").pool.FindEnumTypeByName("holdfast.type.v1.Category").values if value.number]
        protected = ("PSYCHOTHERAPY_NOTES", "SUBSTANCE_USE", "CONFIDENTIAL_SERVICES")
        record.share(colleague, *(room for room in rooms if room not in protected))
        seen = colleague.after(parent).ask("records", "ListItems", patient_id=record.id, page_size=200)
        self.assertEqual({(item.title, item.source.kind, item.source.name) for item in seen.items if item.resource_type != "Patient"}, {
            ("Says hello", "patient", ""), ("Hearing test", "import", "Children's hospital"), ("Melatonin 1 mg", "import", "Children's hospital"),
            ("Example Health", "import", "Children's hospital"), ("Speech therapy", "practice", "")})
        self.assertEqual(names(seen, "withheld_categories"), [f"CATEGORY_{room}" for room in protected])
        self.assertEqual([one.title for one in record.papers(by=colleague)], ["Letter from school"])
        self.assertEqual(colleague.ask("documents", "GetDocument", patient_id=record.id, document_id=paper.document_id), paper)
        counted = parent.ask("records", "SummarizeRecord", patient_id=record.id).categories
        counts = {names(one, "category"): one.count for one in counted}
        for room in ("APPOINTMENTS", "MEDICATIONS", "COVERAGE"):
            self.assertEqual(counts[f"CATEGORY_{room}"], 1, room)

    def test_a_prescription_says_how_it_is_taken_and_how_far_it_was_filled(self):
        record = Record()
        order = lambda how: {
            "resourceType": "MedicationRequest", "id": "rx", "status": "active", "intent": "order", "subject": SUBJECT,
            "authoredOn": "2026-01-05", "medicationCodeableConcept": {"text": "Melatonin 1 mg"}, "requester": {"display": "Dr. Robin Sedgebrook"},
            "dispenseRequest": {"numberOfRepeatsAllowed": 2}, "dosageInstruction": [{"text": how}]}
        filled = lambda status, **more: {
            "resourceType": "MedicationDispense", "id": "fill", "status": status, "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "Melatonin 1 mg"}, "whenPrepared": "2026-01-06T09:00:00Z",
            "authorizingPrescription": [{"reference": "MedicationRequest/rx"}], **more}
        old = {"resourceType": "MedicationRequest", "id": "old", "status": "completed", "intent": "order", "subject": SUBJECT,
               "authoredOn": "2024-05-05", "medicationCodeableConcept": {"text": "Iron drops"}}
        how = ["1 tablet by mouth, an hour before bed", "Half a tablet by mouth, an hour before bed; do not stop in one day"]
        record.bring_in(bundle(order(how[0]), old, filled("in-progress")), "Corner pharmacy")
        record.bring_in(bundle(order(how[1]), old, filled("completed", whenHandedOver="2026-01-07T10:00:00Z")), "Corner pharmacy")
        listed = {(item.resource_type, item.title): item for item in record.list("MEDICATIONS")}
        found = {key: item.status for key, item in listed.items()}
        self.assertEqual(found, {("MedicationRequest", "Melatonin 1 mg"): "active", ("MedicationRequest", "Iron drops"): "completed",
                                 ("MedicationDispense", "Melatonin 1 mg"): "completed"})
        ordered, fill = listed["MedicationRequest", "Melatonin 1 mg"], listed["MedicationDispense", "Melatonin 1 mg"]
        rows = {(row.label, row.value) for row in record.get(ordered).details}
        self.assertLessEqual({("How to take it", how[1]), ("Ordered by", "Dr. Robin Sedgebrook"), ("Refills", "2"), ("Ordered", "2026-01-05")}, rows)
        taking = [json.loads(version.fhir_json)["dosageInstruction"][0]["text"] for version in record.versions(ordered)]
        self.assertEqual(taking, how[::-1])
        self.assertEqual([version.status for version in record.versions(fill)], ["completed", "in-progress"])
        kept = json.loads(record.get(fill).fhir_json)
        self.assertEqual((kept["whenPrepared"][:10], kept["whenHandedOver"][:10]), ("2026-01-06", "2026-01-07"))

    def test_four_disciplines_of_several_practices_write_their_notes_into_one_record(self):
        record = Record()
        practices, written_by = set(), {}
        for discipline in DISCIPLINES:
            therapist = of_the_demo(discipline)
            account = service("identity").call("GetAccount", token=therapist.token)
            practices |= {role.practice_id for role in account.roles if role.practice_id}
            record.share(therapist, "NOTES", actions=("READ", "CONTRIBUTE"))
            note = written("session", f"Session with the {discipline}", f"S: awake. O: 8 of 10, says the {discipline}.", "34117-2")
            made = record.create(note, by=therapist.after(record.parent))
            record.parent.after(therapist)
            written_by[made.item_id] = (f"Session with the {discipline}", therapist.actor, "practice")
        self.assertGreaterEqual(len(practices), 3, "therapists of one practice")
        self.assertEqual({item.item_id: (item.title, item.recorded_by, item.source.kind) for item in record.list("NOTES")}, written_by)
        for item in record.list("NOTES"):
            text = {row.label: row.value for row in record.get(item).details}["Text"]
            self.assertEqual(text, f"S: awake. O: 8 of 10, says the {item.title.removeprefix('Session with the ')}.")
        last = of_the_demo(DISCIPLINES[0]).after(record.parent)
        self.assertEqual({item.item_id for item in record.list("NOTES", by=last)}, set(written_by), "each reads what the others wrote")

    def test_a_film_travels_with_a_message_and_is_played_on_the_other_side(self):
        record = Record()
        roles = service("identity").call("GetAccount", token=self.therapist.token).roles
        practice = next(role.practice_id for role in roles if role.practice_id)
        film = record.keep_paper("She says mama", FILM, "video/mp4")
        record.share(self.therapist, "MESSAGES", "DOCUMENTS", actions=("READ", "CONTRIBUTE", "DOWNLOAD"))
        begun = record.parent.ask("messaging", "StartThread", request_id=request_id(), patient_id=record.id, practice_id=practice,
                                  subject="Her first word", body="Listen!", attachments=[{"document_id": film.document_id}]).thread
        self.therapist.after(record.parent)
        [message] = self.therapist.ask("messaging", "ListMessages", patient_id=record.id, thread_id=begun.thread_id).messages
        [attached] = message.attachments
        shown = self.therapist.ask("documents", "GetDocument", patient_id=record.id, document_id=attached.document_id)
        self.assertEqual((message.body, shown.title, shown.media_type), ("Listen!", "She says mama", "video/mp4"))
        self.assertEqual(record.saved(shown, by=self.therapist), FILM)
        record.looked_at(message.message_id, film.document_id, by=self.therapist)

    def test_who_treats_is_kept_as_a_team_whose_members_come_and_go(self):
        team = lambda *members: {
            "resourceType": "CareTeam", "id": "team", "status": "active", "subject": SUBJECT, "name": "Who helps June",
            "participant": [{"member": {"display": name}, "role": [{"text": role}], **({"period": {"end": end}} if end else {})}
                            for name, role, end in members]}
        first = [("Erin Beispiel", "Speech therapist", ""), ("Dr. Robin Sedgebrook", "Children's doctor", "")]
        made = self.record.create(team(*first))
        members = lambda: {row.value for row in self.record.get(made).details if row.label == "Member"}
        self.assertEqual((made.title, members()), ("Who helps June", {"Erin Beispiel", "Dr. Robin Sedgebrook"}))
        later = [first[0], (*first[1][:2], "2026-01-31"), ("Noreen Fixtura", "Physical therapist", "")]
        self.kept_up("CARE_TEAM", made, team(*later))
        self.assertIn("Noreen Fixtura", members())
        kept = json.loads(self.record.get(made).fhir_json)["participant"]
        self.assertEqual([one.get("period", {}).get("end") for one in kept], [None, "2026-01-31", None])
        theirs = self.from_the_therapist({**team(first[0]), "id": "theirs", "name": "Little Quail's team"})
        self.assertEqual({item.title for item in self.record.list("CARE_TEAM")}, {"Who helps June", theirs.title})

    def test_what_a_program_fetches_is_told_with_what_it_was(self):
        record = Record()
        made = record.create(goal("own", "Says hello"))
        program = Program()
        record.share(program, "GOALS", "DOCUMENTS", actions=("READ", "CONTRIBUTE", "DOWNLOAD"))
        fetched = record.get(made, by=program.after(record.parent))
        self.assertEqual(json.loads(fetched.fhir_json)["description"], {"text": "Says hello"})
        sent = record.create(goal("theirs", "Waves"), by=program)
        self.assertEqual(sent.source.kind, "app")
        paper = record.keep_paper("From the app", b"Week 3\n", "text/plain", by=program)
        self.assertEqual(record.saved(paper, by=program), b"Week 3\n")
        self.assertEqual(record.looked_at(made.item_id, by=program), {"records.GetItem"})
        record.looked_at(paper.document_id, by=program)


if __name__ == "__main__":
    unittest.main()

"""An outside client with nothing of ours but the CA: every service is found, and called, by reflection alone."""

import hashlib
import json
import os
import pathlib
import time
import unittest
import uuid

import grpc
from refusal import Refusal
from service import PATIENCE_S, Service, after, assertion, program, program_token, sign_in  # noqa: F401, the tests beside this one take them from here

SERVICES = ["identity", "consent", "records", "documents", "messaging", "audit"]
PARENT, OPERATOR = "python.outsider@families.example", "operator@holdfast-network.example"
SHARED = ["CATEGORY_DEMOGRAPHICS", "CATEGORY_GOALS", "CATEGORY_DOCUMENTS", "CATEGORY_MESSAGES"]
# What each service needs or watches; the reading of the whole is the empty name.
HEALTH = {name: ["", "live", "postgres", "nats", "key-set"] for name in SERVICES}
for listener in ("records", "documents", "messaging", "audit"):
    HEALTH[listener].append("feed/consent")


def new_id():
    return str(uuid.uuid4())


def goal(patient_id, words):
    resource = {
        "resourceType": "Goal", "id": "of-the-app", "lifecycleStatus": "active", "description": {"text": words},
        "subject": {"reference": f"Patient/{patient_id}"},
    }
    return json.dumps(resource).encode()


class ServicesByReflection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data_dir = pathlib.Path(os.environ["HOLDFAST_DATA_DIR"])
        cls.services = {name: Service(data_dir, name) for name in SERVICES}
        cls.data_dir, cls.account = data_dir, program(data_dir)
        identity = cls.services["identity"]
        cls.practice = identity.call("ListPractices", token=cls.app_token(), page_size=1).practices[0]
        cls.join_practice(sign_in(identity, data_dir, OPERATOR))
        cls.token = cls.app_token()
        cls.parent = sign_in(identity, data_dir, PARENT)
        cls.patient_id, cls.heard = cls.share_a_record()

    @classmethod
    def app_token(cls):
        return program_token(cls.services["identity"], cls.data_dir).token

    @classmethod
    def join_practice(cls, operator):
        """The same command at every run: it acts once."""
        cls.services["identity"].call(
            "AssignRole", token=operator, request_id=str(uuid.uuid5(uuid.NAMESPACE_URL, "python joins")),
            account_id=cls.account["account_id"],
            assignment={
                "role": "ROLE_SERVICE_ACCOUNT", "tenant_id": cls.practice.tenant_id, "practice_id": cls.practice.practice_id,
            },
        )

    @classmethod
    def share_a_record(cls):
        """A parent opens a record and lets the app read, write and take copies of some of it."""
        consent, parent = cls.services["consent"], {"token": cls.parent}
        opened = consent.call("OpenRecord", **parent, request_id=new_id(), relationship="RELATIONSHIP_PARENT")
        given = consent.call(
            "GiveGrant", **parent, request_id=new_id(), patient_id=opened.patient_id,
            grantee={"account_id": cls.account["account_id"]}, categories=SHARED,
            actions=["ACTION_READ", "ACTION_CONTRIBUTE", "ACTION_DOWNLOAD"],
        )
        heard = [after(given.position)]
        cls.services["records"].call(
            "RegisterPatient", **parent, metadata=heard, request_id=new_id(), patient_id=opened.patient_id,
            demographics={"family_name": "Outsider", "given_name": "Pim"},
        )
        return opened.patient_id, heard

    @classmethod
    def tearDownClass(cls):
        for service in cls.services.values():
            service.channel.close()

    def call(self, service, method, **fields):
        return self.services[service].call(method, **{"token": self.token, "metadata": self.heard, **fields})

    def refused(self, service, method, **fields):
        with self.assertRaises(grpc.RpcError) as raised:
            self.call(service, method, **fields)
        refusal = Refusal(raised.exception)
        self.assertEqual(refusal.domain, "holdfast")
        return refusal

    def write_goal(self, words, request_id=None):
        item = {"fhir_json": goal(self.patient_id, words), "source_key": words}
        return self.call("records", "CreateItem", request_id=request_id or new_id(), patient_id=self.patient_id, item=item)

    def test_each_service_tells_its_contract(self):
        for name, service in self.services.items():
            self.assertIn(service.full_name, service.known.get_services())
            self.assertGreater(len(service.methods), 3, name)

    def test_identity_knows_the_program(self):
        self.assertEqual(self.call("identity", "GetAccount").account_id, self.account["account_id"])

    def test_the_program_sees_what_was_shared_with_it_and_no_more(self):
        page = self.call("consent", "ListRecords", page_size=2)
        records = list(page.records)
        while page.next_page_token:
            page = self.call("consent", "ListRecords", page_size=2, page_token=page.next_page_token)
            records += page.records
        shared = next(record for record in records if record.patient_id == self.patient_id)
        self.assertEqual(len(shared.grants), 1)
        self.assertEqual(len({record.patient_id for record in records}), len(records))
        patient = self.call("records", "GetPatient", patient_id=self.patient_id)
        self.assertEqual(patient.demographics.family_name, "Outsider")
        asked = {"patient_id": self.patient_id, "categories": ["CATEGORY_CONDITIONS"]}
        refusal = self.refused("records", "ListItems", **asked)
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED"))

    def test_a_command_that_is_repeated_acts_once_and_is_answered_the_same(self):
        request_id = new_id()
        first, again = (self.write_goal("asks for help by a sign", request_id) for _ in range(2))
        self.assertEqual(again, first)
        self.assertEqual(first.item.source.kind, "app")
        versions = self.call("records", "ListItemVersions", patient_id=self.patient_id, item_id=first.item.item_id)
        self.assertEqual([version.revision for version in versions.versions], [1])
        with self.assertRaises(grpc.RpcError) as raised:
            self.write_goal("says another thing by the same id", request_id)
        self.assertEqual(Refusal(raised.exception).reason, "REQUEST_ID_REUSED")

    def test_a_change_that_was_decided_on_an_old_version_is_refused(self):
        item = self.write_goal("puts on a shoe").item
        change = {"patient_id": self.patient_id, "item_id": item.item_id, "etag": item.etag}
        words = goal(self.patient_id, "puts on both shoes")
        changed = self.call("records", "UpdateItem", request_id=new_id(), fhir_json=words, **change).item
        self.assertEqual(changed.revision, item.revision + 1)
        stale = self.refused("records", "UpdateItem", request_id=new_id(), fhir_json=goal(self.patient_id, "ties them"), **change)
        self.assertEqual((stale.code, stale.reason), (grpc.StatusCode.ABORTED, "ETAG_MISMATCH"))
        self.assertEqual((stale.metadata, stale.places), ({}, ["etag"]))
        unchanged = self.call("records", "GetItem", patient_id=self.patient_id, item_id=item.item_id)
        self.assertEqual(unchanged.etag, changed.etag)

    def test_pages_hold_everything_once_and_a_token_is_good_for_its_query(self):
        written = {self.write_goal(f"counts to {number}").item.item_id for number in range(5)}
        asked = {"patient_id": self.patient_id, "categories": ["CATEGORY_GOALS"], "page_size": 2}
        page = self.call("records", "ListItems", **asked)
        token, seen = page.next_page_token, [item.item_id for item in page.items]
        wrong = self.refused("records", "ListItems", **{**asked, "include_fhir_json": True}, page_token=token)
        self.assertEqual((wrong.reason, wrong.places), ("PAGE_TOKEN_OF_ANOTHER_QUERY", ["page_token"]))
        while page.next_page_token:
            page = self.call("records", "ListItems", **asked, page_token=page.next_page_token)
            self.assertLessEqual(len(page.items), 2)
            seen += [item.item_id for item in page.items]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(len(seen), page.total_size)
        self.assertLessEqual(written, set(seen))
        large = self.refused("records", "ListItems", **{**asked, "page_size": 201})
        self.assertEqual((large.reason, large.metadata), ("PAGE_SIZE_OUT_OF_RANGE", {"page_size_max": "200"}))

    def test_an_unknown_field_of_a_mask_is_refused_by_its_place(self):
        refusal = self.refused(
            "records", "UpdatePatient", request_id=new_id(), patient_id=self.patient_id,
            demographics={"phone": "555-0100"}, update_mask={"paths": ["phone", "shoe_size"]},
        )
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_MASK_UNKNOWN"))
        self.assertEqual((refusal.metadata, refusal.places), ({"path": "shoe_size"}, ["update_mask"]))

    def test_a_document_goes_in_and_comes_out_in_a_stream(self):
        # Larger than a part of an upload and a chunk of a download.
        content = "".join(f"{line}: a line of a home programme\n" for line in range(60_000)).encode()
        digest = hashlib.sha256(content).digest()
        upload = self.call(
            "documents", "StartUpload", request_id=new_id(), patient_id=self.patient_id, title="Home programme",
            media_type="text/plain", size_bytes=len(content), sha256=digest,
        )
        half = 1_000_000
        for begin, end in ((0, half), (half, len(content))):
            chunks = [{"chunk": content[at:min(at + 300_000, end)]} for at in range(begin, end, 300_000)]
            chunks[0] |= {"upload_id": upload.upload_id, "offset_bytes": begin}
            upload = self.call("documents", "AppendUpload", parts=chunks)
            self.assertEqual(upload.received_bytes, end)
        wrong = self.refused("documents", "AppendUpload", parts=[{"upload_id": upload.upload_id, "offset_bytes": 7, "chunk": b"x"}])
        self.assertEqual((wrong.reason, wrong.metadata), ("UPLOAD_OFFSET_WRONG", {"received_bytes": str(len(content))}))
        document = self.call("documents", "CompleteUpload", request_id=new_id(), upload_id=upload.upload_id).document
        self.assertEqual((document.sha256, document.media_type), (digest, "text/plain"))
        named = {"patient_id": self.patient_id, "document_id": document.document_id}
        first, *chunks = list(self.call("documents", "DownloadDocument", **named))
        self.assertEqual(first.document, document)
        self.assertGreater(len(chunks), 1)
        self.assertEqual(b"".join(part.chunk for part in chunks), content)
        listed = self.call("documents", "ListDocuments", patient_id=self.patient_id).documents
        self.assertIn(document.document_id, [one.document_id for one in listed])

    def test_a_thread_is_begun_answered_and_read(self):
        begun = self.call(
            "messaging", "StartThread", request_id=new_id(), patient_id=self.patient_id,
            practice_id=self.practice.practice_id, subject="Next visit", body="Shall we move it?",
        ).thread
        named = {"patient_id": self.patient_id, "thread_id": begun.thread_id}
        answer = {"request_id": new_id(), "body": "Yes, please.", "token": self.parent}
        posted = self.call("messaging", "PostMessage", **named, **answer).message
        self.assertTrue(posted.from_family)
        messages = self.call("messaging", "ListMessages", **named).messages
        self.assertEqual([message.body for message in messages], ["Shall we move it?", "Yes, please."])
        self.call("messaging", "MarkRead", request_id=new_id(), message_id=posted.message_id, **named)
        self.assertEqual(self.call("messaging", "GetThread", **named).unread_count, 0)
        empty = self.refused("messaging", "PostMessage", request_id=new_id(), body=" ", **named)
        self.assertEqual((empty.reason, empty.places), ("BODY_EMPTY", ["body"]))

    def test_history_is_for_the_holder_and_not_for_the_program(self):
        written = self.write_goal("waves goodbye")
        asked = {"patient_id": self.patient_id, "metadata": [*self.heard, after(written.position)]}
        entries = self.call("audit", "ListPatientEntries", **asked, token=self.parent, page_size=200).entries
        by_app = {entry.type for entry in entries if entry.actor == f"account/{self.account['account_id']}"}
        self.assertIn("item.recorded", by_app)
        for method, fields in (("ListPatientEntries", {"patient_id": self.patient_id}), ("GetLogHealth", {})):
            refusal = self.refused("audit", method, **fields)
            self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED"), method)

    def test_health_tells_of_the_whole_and_of_each_dependency(self):
        for name, dependencies in HEALTH.items():
            for dependency in dependencies:
                with self.subTest(f"{name}: {dependency}"):
                    health = self.services[name].call("Check", of="grpc.health.v1.Health", service=dependency)
                    self.assertEqual(health.status, 1, "SERVING")
            with self.assertRaises(grpc.RpcError) as raised:
                self.services[name].call("Check", of="grpc.health.v1.Health", service="the-weather")
            self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_the_log_is_read_by_services_only(self):
        for name in SERVICES:
            for method in ("ReadLane", "ListHeads"):
                refusal = self.refused(name, method, of="holdfast.eventlog.v1.EventLogService")
                self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.UNAUTHENTICATED, "PEER_CERTIFICATE_MISSING"))

    def test_the_program_gets_a_token_for_what_it_signs_once_and_for_nobody_else(self):
        account_id = self.account["account_id"]
        shown = assertion(self.data_dir)
        self.services["identity"].call("IssueServiceToken", account_id=account_id, client_assertion=shown)
        now = int(time.time())
        header, claims, signature = assertion(self.data_dir).split(".")
        for reason, bad in {
            "ASSERTION_REPLAYED": shown,
            "ASSERTION_EXPIRED": assertion(self.data_dir, exp=now - 90),
            "ASSERTION_LIFE": assertion(self.data_dir, exp=now + 3600),
            "ASSERTION_AUDIENCE": assertion(self.data_dir, aud="https://elsewhere.example"),
            "ASSERTION_SUBJECT": assertion(self.data_dir, sub=new_id()),
            "ASSERTION_SIGNATURE": f"{header}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        }.items():
            with self.subTest(reason):
                refusal = self.refused("identity", "IssueServiceToken", token=None, account_id=account_id, client_assertion=bad)
                self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.UNAUTHENTICATED, reason))

    def test_without_a_token_nothing_is_answered(self):
        calls = {
            "identity": "GetAccount", "consent": "ListRecords", "records": "SummarizeRecord", "documents": "ListDocuments",
            "messaging": "CountUnread", "audit": "GetLogHealth",
        }
        for name, method in calls.items():
            with self.subTest(name):
                refusal = self.refused(name, method, token=None)
                self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING"))


if __name__ == "__main__":
    unittest.main()

"""People at the services' gRPC: signed in by the link that was mailed to them, each found and called by reflection alone."""

import functools
import hashlib
import json
import os
import pathlib
import secrets
import time
import uuid

import grpc
from service import PATIENCE_S, Service, begin_session, names, program, program_token  # noqa: F401, the tests beside this one take them from here

DATA_DIR = pathlib.Path(os.environ["HOLDFAST_DATA_DIR"])
PLACES_MAX = 16
TOKEN_S = 200
TERMS = "http://terminology.hl7.org/CodeSystem"


@functools.cache
def service(name):
    return Service(DATA_DIR, name)


class Person:
    """Somebody with an address. What they ask waits for what was written before: `seen` are places in the logs."""

    def __init__(self, email):
        secret = begin_session(service("identity"), DATA_DIR, email)
        self.seen, self.issued, self.issue = {}, None, lambda: service("identity").call("IssueToken", session_secret=secret)
        self.session = secret
        self.account_id = service("identity").call("GetAccount", token=self.token).account_id

    @property
    def token(self):
        """A token lives five minutes."""
        if self.issued is None or time.monotonic() - self.issued[1] > TOKEN_S:
            self.issued = self.issue().token, time.monotonic()
        return self.issued[0]

    @property
    def actor(self):
        return f"account/{self.account_id}"

    def places(self):
        """The newest, as many as a question may name."""
        return [("holdfast-after", f"{at}:{lane}:{seq}") for (at, lane), seq in list(self.seen.items())[-PLACES_MAX:]]

    def patiently(self, act):
        """What was written before is on its way."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return act()
            except grpc.RpcError as refused:
                if refused.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                    raise

    def ask(self, name, method, purpose="", **fields):
        claimed = [("holdfast-purpose", purpose)] if purpose else []
        call = lambda: service(name).call(method, token=self.token, metadata=[*self.places(), *claimed], **fields)
        answer = self.patiently(call)
        if "position" in answer.DESCRIPTOR.fields_by_name and answer.HasField("position"):
            self.saw(answer.position)
        return answer

    def saw(self, position):
        self.heard((position.service, position.lane), position.seq)

    def after(self, other):
        """Asks after what somebody else has written."""
        for place, seq in list(other.seen.items()):
            self.heard(place, seq)
        return self

    def heard(self, place, seq):
        self.seen[place] = max(seq, self.seen.pop(place, 0))

    def refusal(self, name, method, **fields):
        try:
            self.ask(name, method, **fields)
        except grpc.RpcError as refused:
            return refused.code()
        raise AssertionError(f"{name}.{method} was answered")


class Program(Person):
    """The demo network's service account."""

    def __init__(self):
        self.seen, self.issued, self.issue = {}, None, lambda: program_token(service("identity"), DATA_DIR)
        self.account_id = program(DATA_DIR)["account_id"]


def coded(system, code, text):
    return {"coding": [{"system": system, "code": code}], "text": text}


def goal(id, words):
    return {"resourceType": "Goal", "id": id, "lifecycleStatus": "active", "description": {"text": words}, "subject": {"reference": "Patient/self"}}


def bundle(*resources):
    """A file of a source, as it is brought in."""
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}).encode()


def request_id():
    return str(uuid.uuid4())


@functools.cache
def of_the_demo(role):
    """One of the demo network's people, by the words for their role."""
    lines = (DATA_DIR / "demo-people.txt").read_text(encoding="utf-8").splitlines()
    return Person(next(line.split()[-1] for line in lines if role in line))


def tenant_id():
    return program(DATA_DIR)["tenant_id"]


@functools.cache
def family():
    """One for all records: only so many links are sent to one network in ten minutes."""
    return Person(f"family-{secrets.token_hex(4)}@families.example")


class Record:
    """A new record of the demo network, held by the family."""

    def __init__(self):
        self.parent = family()
        opening = {"relationship": "RELATIONSHIP_PARENT", "tenant_id": tenant_id(), "holder_account_id": self.parent.account_id}
        administrator = of_the_demo("administrator of the network")
        opened = administrator.ask("consent", "OpenRecord", request_id=request_id(), **opening)
        self.parent.saw(opened.position)
        self.id = opened.patient_id

    def register(self, **demographics):
        asked = {"request_id": request_id(), "patient_id": self.id, "demographics": demographics}
        return self.parent.ask("records", "RegisterPatient", **asked).patient

    def create(self, resource, by=None):
        item = {"fhir_json": json.dumps(resource).encode()}
        return (by or self.parent).ask("records", "CreateItem", request_id=request_id(), patient_id=self.id, item=item).item

    def update(self, item, resource, by=None):
        asked = {"item_id": item.item_id, "fhir_json": json.dumps(resource).encode(), "etag": item.etag}
        return (by or self.parent).ask("records", "UpdateItem", request_id=request_id(), patient_id=self.id, **asked).item

    def retract(self, item, reason):
        asked = {"item_id": item.item_id, "reason": reason, "etag": item.etag}
        return self.parent.ask("records", "RetractItem", request_id=request_id(), patient_id=self.id, **asked).item

    def bring_in(self, bundle, source_name):
        start = {"request_id": request_id(), "patient_id": self.id, "source_name": source_name}
        return self.parent.ask("records", "ImportBundle", parts=[{"start": start}, {"chunk": bundle}])

    def get(self, item, by=None):
        return (by or self.parent).ask("records", "GetItem", patient_id=self.id, item_id=item.item_id)

    def list(self, category=None, by=None, **fields):
        categories = [f"CATEGORY_{category}"] if category else []
        return (by or self.parent).ask("records", "ListItems", patient_id=self.id, categories=categories, page_size=200, **fields).items

    def versions(self, item, by=None):
        return (by or self.parent).ask("records", "ListItemVersions", patient_id=self.id, item_id=item.item_id).versions

    def share(self, person, *categories, actions=("READ",)):
        asked = {
            "grantee": {"account_id": person.account_id},
            "categories": [f"CATEGORY_{category}" for category in categories],
            "actions": [f"ACTION_{action}" for action in actions],
        }
        return self.parent.ask("consent", "GiveGrant", request_id=request_id(), patient_id=self.id, **asked).grant

    def stop(self, grant):
        return self.parent.ask("consent", "RevokeGrant", request_id=request_id(), grant_id=grant.grant_id, etag=grant.etag).grant

    def history(self):
        """Every entry, newest first."""
        return self.parent.ask("audit", "ListPatientEntries", patient_id=self.id, page_size=200).entries

    def history_when(self, good):
        """As soon as it says so: looks arrive within a moment of the act."""
        deadline = time.monotonic() + PATIENCE_S
        while not good(entries := self.history()):
            assert time.monotonic() < deadline, [(entry.type, entry.actor, entry.access.operation) for entry in entries]
        return entries

    def looked_at(self, *wanted, by=None):
        """By which operations each of these was shown, once the history says it."""
        actor = (by or self.parent).actor
        looks = lambda entries: [entry for entry in entries if entry.type == "access.permitted" and entry.actor == actor]
        shown = lambda entries: {one.id: entry.access.operation for entry in reversed(looks(entries)) for one in entry.access.returned}
        found = shown(self.history_when(lambda entries: set(wanted) <= set(shown(entries))))
        return {found[id] for id in wanted}

    def keep_paper(self, title, content, media_type, category="DOCUMENTS", by=None):
        person = by or self.parent
        start = {"title": title, "media_type": media_type, "size_bytes": len(content), "category": f"CATEGORY_{category}"}
        digest = hashlib.sha256(content).digest()
        upload = person.ask("documents", "StartUpload", request_id=request_id(), patient_id=self.id, sha256=digest, **start)
        person.ask("documents", "AppendUpload", parts=[{"upload_id": upload.upload_id, "chunk": content}])
        return person.ask("documents", "CompleteUpload", request_id=request_id(), upload_id=upload.upload_id).document

    def papers(self, by=None):
        return (by or self.parent).ask("documents", "ListDocuments", patient_id=self.id, page_size=200).documents

    def saved(self, paper, by=None):
        """Its bytes, as they come back."""
        person = by or self.parent
        call = lambda: service("documents").call(
            "DownloadDocument", token=person.token, metadata=person.places(), patient_id=self.id, document_id=paper.document_id)
        return b"".join(part.chunk for part in person.patiently(lambda: list(call())))


class Keeping:
    """What a test does again and again with the things of its `record`."""

    def rows(self, item, by=None):
        return {row.label: row.value for row in self.record.get(item, by).details}

    def listed(self, category, item):
        [found] = [one for one in self.record.list(category) if one.item_id == item.item_id]
        return found

    def kept_up(self, category, item, change):
        """Changes it; the new content is shown, and the old stays, each with who and when."""
        changed = self.record.update(item, change)
        self.assertEqual(json.loads(self.record.get(item).fhir_json)["id"], change["id"])
        versions = self.record.versions(item)
        self.assertEqual((versions[0], versions[1]), (changed, item))
        for version in versions:
            self.assertEqual((version.recorded_by, version.source.kind), (self.parent.actor, "patient"))
            self.assertGreater(version.recorded_time.seconds, 0)
        self.assertEqual(self.listed(category, item).revision, item.revision + 1)
        return changed

    def taken_back(self, category, item):
        gone = self.record.retract(item, "Written for another child")
        self.assertEqual(self.listed(category, item).status, "entered-in-error")
        self.assertEqual(self.record.get(item).retraction_reason, "Written for another child")
        self.assertEqual(self.record.versions(item)[1], item)
        return gone

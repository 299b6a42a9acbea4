"""People at the services' gRPC: signed in by the link that was mailed to them, each found and called by reflection alone."""

import functools
import json
import os
import pathlib
import secrets
import time
import uuid

import grpc
from service import PATIENCE_S, Service, sign_in

DATA_DIR = pathlib.Path(os.environ["HOLDFAST_DATA_DIR"])


@functools.cache
def service(name):
    return Service(DATA_DIR, name)


def names(message, field):
    """The names of the values in an enumeration's field."""
    described = message.DESCRIPTOR.fields_by_name[field]
    numbers = getattr(message, field)
    word = lambda number: described.enum_type.values_by_number[number].name
    return word(numbers) if isinstance(numbers, int) else [word(number) for number in numbers]


class Person:
    """Somebody with an address. What they ask waits for what was written before: `seen` are places in the logs."""

    def __init__(self, email):
        self.seen = {}
        self.token = sign_in(service("identity"), DATA_DIR, email)
        self.account_id = service("identity").call("GetAccount", token=self.token).account_id

    @property
    def actor(self):
        return f"account/{self.account_id}"

    def ask(self, name, method, **fields):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            after = [("holdfast-after", f"{at}:{lane}:{seq}") for (at, lane), seq in self.seen.items()]
            try:
                answer = service(name).call(method, token=self.token, metadata=after, **fields)
            except grpc.RpcError as refused:
                # What was written before is on its way.
                if refused.code() is grpc.StatusCode.UNAVAILABLE and time.monotonic() < deadline:
                    continue
                raise
            if "position" in answer.DESCRIPTOR.fields_by_name and answer.HasField("position"):
                self.saw(answer.position)
            return answer

    def saw(self, position):
        place = position.service, position.lane
        self.seen[place] = max(position.seq, self.seen.get(place, 0))

    def after(self, other):
        """Asks after what somebody else has written."""
        for (name, lane), seq in other.seen.items():
            self.seen[name, lane] = max(seq, self.seen.get((name, lane), 0))
        return self

    def refusal(self, name, method, **fields):
        try:
            self.ask(name, method, **fields)
        except grpc.RpcError as refused:
            return refused.code()
        raise AssertionError(f"{name}.{method} was answered")


def request_id():
    return str(uuid.uuid4())


@functools.cache
def of_the_demo(role):
    """One of the demo network's people, by the words for their role."""
    lines = (DATA_DIR / "demo-people.txt").read_text(encoding="utf-8").splitlines()
    return Person(next(line.split()[-1] for line in lines if role in line))


def tenant_id():
    return json.loads((DATA_DIR / "secrets/demo-service-account.json").read_text(encoding="utf-8"))["tenant_id"]


class Record:
    """A new record of the demo network, held by a new family."""

    def __init__(self):
        self.parent = Person(f"family-{secrets.token_hex(4)}@families.example")
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

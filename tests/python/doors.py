"""Every door there is, as reflection and the handlers' sources name them, and who stands before it."""

import contextlib
import datetime
import functools
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import time
import urllib.parse
import uuid

from family import DATA_DIR, Person, Program, Record, goal, names, of_the_demo, request_id, service, tenant_id
from service import PATIENCE_S

SITE = urllib.parse.urlsplit(os.environ["HOLDFAST_SITE"])
HERE = pathlib.Path(__file__).parent
HANDLERS = HERE.parents[1] / "services/gateway/src"
SERVICES = ["identity", "consent", "records", "documents", "messaging", "audit"]
# Every program has them: what they tell is no record's.
BESIDE = ("grpc.health.", "grpc.reflection.")
# Messages within messages that are filled in alike.
WITHIN = ["tenant", "practice", "provider", "assignment", "grounds", "retention", "start", "change", "evidence"]
# In which the things stand that are asked for.
ROOMS = ["GOALS", "MESSAGES"]
# By a care team.
SEEN = [{"role": "ROLE_THERAPIST", "categories": ["CATEGORY_GOALS"], "actions": ["ACTION_READ"]}]
# Where somebody is led who is not shown what was asked for.
ELSEWHERE = {"/sign-in", "/h", "/work"}
ANSWERS_MAX = 6
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
ROUTE = re.compile(r'\.route\(\s*"([^"]+)",\s*((?:get|post|put|patch|delete)\b[^;]*?)\)\s*(?=\.|$|;|\n\s*[.})])', re.S)


def table(name):
    """`door | who gets in | to whom it tells of the record`, a line each; the last where it answers others, too."""
    rows = {}
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            door, *who = (part.strip() for part in line.split("|"))
            assert door not in rows, f"{door} stands twice"
            rows[door] = [set(words.split()) for words in who]
    return rows


def methods():
    """Every method of every service, with the service that answers it."""
    found = {}
    for name in SERVICES:
        for full_name in service(name).known.get_services():
            if not full_name.startswith(BESIDE):
                for method in service(name).pool.FindServiceByName(full_name).methods:
                    found[f"{name}: {full_name.rsplit('.', 1)[-1]}.{method.name}"] = (name, method)
    return found


def pages():
    """Every address that is asked for by GET, as the handlers name it."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HANDLERS.rglob("*.rs")) if "tests" not in path.name)
    found = {match[1] for match in re.finditer(r'\.route\(\s*"(/[^"]*)",\s*get\b', text)}
    assert len(found) > 40, f"only {len(found)} pages"
    return found


def signed(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def crockford(sealed):
    bits = "".join(f"{byte:08b}" for byte in sealed)
    bits += "0" * (-len(bits) % 5)
    return "".join(CROCKFORD[int(bits[at:at + 5], 2)] for at in range(0, len(bits), 5))


def alias(account_id, patient_id):
    """A record's name in addresses, for one account: no secret is in it, so that anybody can make the right one."""
    key = b"holdfast record alias 1" + uuid.UUID(account_id).bytes
    return crockford(signed(key, uuid.UUID(patient_id).bytes)[:10])


def moment(account_id, patient_id):
    """This moment in addresses, for one account and one record: as little of a secret."""
    key = b"holdfast moment 1" + uuid.UUID(account_id).bytes + uuid.UUID(patient_id).bytes
    plain = b"\0" + int(time.time() * 1_000_000).to_bytes(8, "big")
    tag = signed(key, plain)[:6]
    return crockford(tag + bytes(one ^ other for one, other in zip(plain, signed(key, b"hide", tag))))


class Page:
    """What a browser shows in the end. Who is led to another page of the site than was asked for is not shown that one; who is asked to
    come again does."""

    def __init__(self, path, headers):
        self.said = path
        for _ in range(ANSWERS_MAX):
            with contextlib.closing(http.client.HTTPConnection(SITE.netloc, timeout=PATIENCE_S)) as connection:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
            if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
                time.sleep(float(answer.getheader("retry-after")))
                continue
            path = answer.getheader("location")
            self.said = f"{answer.status} {path or ''}".strip()
            if path is None or path in ELSEWHERE:
                break
        self.shown = answer.status in (200, 204)


class Caller:
    """Somebody before the doors, and what they are there: the words of the tables."""

    def __init__(self, name, person, *standing, purpose=""):
        self.name, self.person, self.purpose = name, person, purpose
        self.standing = {"anyone", *(["signed-in"] if person else []), *standing}


class World:
    """One record with something of everything in it, and a caller in each state."""

    def __init__(self):
        self.record = record = Record()
        record.register(given_name="Pim", family_name="Doorsill")
        self.parent = parent = record.parent
        places = parent.ask("identity", "ListPractices", tenant_id=tenant_id()).practices
        self.practice_id = next(one.practice_id for one in places if names(one, "kind") == "ORGANIZATION_KIND_PRACTICE")
        self.next_year = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=365)
        self.stranger_id = self.person("stranger").account_id
        self.item = record.create(goal("door", "Opens the door"))
        self.paper = record.keep_paper("A letter", b"At the door.\n", "text/plain", category="GOALS")
        self.thread = parent.ask(
            "messaging", "StartThread", request_id=request_id(), patient_id=record.id,
            practice_id=self.practice_id, subject="At the door", body="Is anybody there?").thread
        self.upload = parent.ask(
            "documents", "StartUpload", request_id=request_id(), patient_id=record.id, title="Half a letter",
            media_type="text/plain", size_bytes=3, category="CATEGORY_GOALS")
        self.grant = record.share(self.person("given"), *ROOMS)
        self.mark = parent.ask(
            "consent", "SetMark", request_id=request_id(), patient_id=record.id,
            what={"category": "CATEGORY_OTHER"}).mark
        self.proposal_id = parent.ask(
            "records", "ProposeChange", of="holdfast.records.v1.ProposalService", request_id=request_id(), patient_id=record.id,
            retracted_item_id=self.item.item_id, reason="It is another's door").proposal_id
        self.review_id = self.review()
        self.treatment = parent.ask(
            "consent", "ProposeTreatment", of="holdfast.consent.v1.TreatmentService", request_id=request_id(),
            patient_id=record.id, practice_id=self.practice_id, side="TREATMENT_SIDE_FAMILY", lines=SEEN).treatment
        self.callers = [*self.insiders(), *self.given(), *self.turned_away()]

    def person(self, name):
        return Person(f"{name}-{secrets.token_hex(4)}@doors.example")

    def review(self):
        """The network's newest review of roles; the first, where there is none."""
        home = "holdfast.identity.v1.AccessReviewService"
        ask = functools.partial(of_the_demo("compliance officer").ask, "identity", of=home, tenant_id=tenant_id())
        reviews = ask(method="ListAccessReviews", page_size=1).reviews
        return reviews[0].review_id if reviews else ask(method="OpenAccessReview", request_id=request_id()).review_id

    def insiders(self):
        def staff(words, *standing):
            person = of_the_demo(words)
            return Caller(words, person, *standing, *self.at_the_desk(person))

        yield Caller("parent", self.parent, "holder", "reader", "contributor", "downloader")
        yield staff("compliance officer", "officer", "staff")
        yield staff("administrator of the network", "administrator", "staff")
        yield staff("operator", "operator", "staff")
        yield staff("front desk", "staff")
        yield staff("physical therapist", "therapist", "staff")
        # Treats, and administers one practice.
        yield staff("speech therapist", "therapist", "administrator-of-practice", "staff")
        yield Caller("program without a grant", Program(), "program")

    def share(self, actions, *rooms, **more):
        """A grant to somebody new."""
        person = self.person("given")
        asked = {
            "grantee": {"account_id": person.account_id}, "categories": [f"CATEGORY_{room}" for room in rooms or ROOMS],
            "actions": [f"ACTION_{action}" for action in actions], **more}
        given = self.parent.ask("consent", "GiveGrant", request_id=request_id(), patient_id=self.record.id, **asked).grant
        return person.after(self.parent), given

    def at_the_desk(self, person):
        """Of some practice, of the one that is asked about, and as who runs that one: by the numbers of the roles."""
        front_desk, administrator = 2, 4
        held = [(role.role, role.practice_id) for role in person.ask("identity", "GetAccount").roles if role.practice_id]
        kept = {practice for role, practice in held if role in (front_desk, administrator)}
        return [
            *(["desk"] if kept else []),
            *(["desk-of-the-practice"] if self.practice_id in kept else []),
            *(["runs-the-practice"] if (administrator, self.practice_id) in held else []),
        ]

    def given(self):
        for actions, standing in [(["READ"], ["reader"]), (["READ", "CONTRIBUTE"], ["reader", "contributor"]),
                                  (["READ", "DOWNLOAD"], ["reader", "downloader"])]:
            yield Caller(f"given to {' and '.join(actions).lower()}", self.share(actions)[0], *standing, "grantee")

    def turned_away(self):
        everything = ["READ", "CONTRIBUTE", "DOWNLOAD"]
        yield Caller("nobody", None)
        yield Caller("a stranger", self.person("stranger"))
        yield Caller("given another room", self.share(everything, "ALLERGIES")[0], "grantee", "contributes-elsewhere")
        yield Caller("given for another purpose", self.share(everything, purposes=["PURPOSE_HPAYMT"])[0])
        yield Caller("given from next year on", self.share(everything, from_time=self.next_year)[0])
        person, grant = self.share(everything)
        self.record.stop(grant)
        yield Caller("given until it was stopped", person.after(self.parent))
        kept, _ = self.share(everything)
        for room in ROOMS:
            self.parent.ask(
                "consent", "SetMark", request_id=request_id(), patient_id=self.record.id,
                what={"category": f"CATEGORY_{room}"}, kept_from={"account_id": kept.account_id})
        yield Caller("kept from by a mark", kept.after(self.parent))

    def fields(self, shape):
        """A message as somebody sends it who may: by the names of its fields."""
        own = {
            "request_id": request_id(), "patient_id": self.record.id, "patient_ids": [self.record.id],
            "item_id": self.item.item_id, "document_id": self.paper.document_id, "document_ids": [self.paper.document_id], "thread_id": self.thread.thread_id,
            "upload_id": self.upload.upload_id, "grant_id": self.grant.grant_id, "mark_id": self.mark.mark_id,
            "revoke_grant_id": self.grant.grant_id, "proposal_id": self.proposal_id, "retracted_item_id": self.item.item_id, "tenant_id": tenant_id(), "practice_id": self.practice_id,
            "account_id": self.stranger_id, "message_id": request_id(), "authority_id": request_id(), "freeze_id": request_id(),
            "hold_id": request_id(), "categories": ["CATEGORY_GOALS"], "category": "CATEGORY_GOALS", "action": "ACTION_READ",
            "roles": [{"account_id": self.stranger_id, "assignment": {"role": "ROLE_THERAPIST", "tenant_id": tenant_id()}}], "actions": ["ACTION_READ"], "grantee": {"account_id": self.stranger_id}, "relationship": "RELATIONSHIP_PARENT",
            "role": "ROLE_THERAPIST", "basis": "AUTHORITY_BASIS_BIRTH", "finding": "EMERGENCY_FINDING_JUSTIFIED",
            "item": {"fhir_json": json.dumps(goal(secrets.token_hex(4), "Knocks")).encode()},
            "items": [{"fhir_json": json.dumps(goal(secrets.token_hex(4), "Knocks")).encode()}],
            "fhir_json": json.dumps(goal("door", "Shuts the door")).encode(), "chunk": b"x", "path": "checkpoint",
            "demographics": {"given_name": "Pim"}, "update_mask": {"paths": ["preferred_name"]}, "patient": {"patient_id": self.record.id},
            "reason": "As it is at the door", "authority": "The door", "body": "Knock", "subject": "Knock", "title": "Knock",
            "media_type": "text/plain", "size_bytes": 3, "birth_date": "2019-03-02", "last_service_date": "2025-03-02", "rule": "default", "source_name": "A file", "state": "US-PA",
            "what": {"category": "CATEGORY_FORMS"}, "session_secret": "x" * 43, "display_name": "Somebody at the door",
            "treatment_id": self.treatment.treatment_id, "side": "TREATMENT_SIDE_FAMILY", "lines": SEEN, "invitation_id": request_id(),
            "email": f"{secrets.token_hex(4)}@doors.example", "until_time": self.next_year,
            "jwks_json": json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}]}), "key_id": "a key", "client_assertion": "none",
            "issuer": "https://login.doors.example", "client_id": "holdfast", "role_claim": "groups",
            "email_domains": [f"{secrets.token_hex(4)}.example"],
            "label": "Whoever knocks", "openings_max": 1, "review_id": self.review_id,
            "verdict": "REVIEW_VERDICT_KEEP",
        }
        # A word of another list under the same name is none of this one's.
        is_word = lambda field: field.type != field.TYPE_ENUM or not isinstance(own[field.name], str) or own[field.name] in field.enum_type.values_by_name
        known = {field.name: own[field.name] for field in shape.fields if field.name in own and is_word(field)}
        if "lines" in known and "etag" in {field.name for field in shape.fields}:
            known["etag"] = '"0"'
        # Of several parts of one kind the first.
        within = {field.name: self.fields(field.message_type) for field in shape.fields if field.name in WITHIN}
        sent = {**known, **within}
        if "start" in sent:
            sent.pop("chunk", None)
        return sent

    def page(self, address, caller):
        """What a browser is answered in which somebody is signed in; nobody, where nobody is, or where a program has no browser."""
        person = caller.person
        own = {
            "r": alias(person.account_id, self.record.id) if person else "k" * 16, "category": "goals", "item": self.item.item_id,
            "paper": self.paper.document_id, "thread": self.thread.thread_id, "grant": self.grant.grant_id, "treatment": self.treatment.treatment_id, "mark": self.mark.mark_id,
            "upload": self.upload.upload_id, "proposal": self.proposal_id, "review": self.review_id, "authority": self.stranger_id, "moment": moment(person.account_id, self.record.id) if person else "k" * 24, "secret": "x" * 43,
            "lang": "en", "page": "home", "name": "htmx.min.js", "*path": "checkpoint",
        }
        path = re.sub(r"\{([^}]+)\}", lambda part: own[part[1]], address)
        session = getattr(person, "session", None)
        headers = {"Cookie": f"holdfast_session={session}"} if session else {}
        return Page(path, headers)

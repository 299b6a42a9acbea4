"""Who may do what with a record, for what and how long, and what becomes of it at its end: shares, holds, erasure."""

import datetime
import re
import time
import unittest

import grpc
from family import DATA_DIR, Record, goal, names, of_the_demo, request_id, service, tenant_id
from refusal import Refusal
from test_services import SERVICES

GOAL = goal("swing", "Ten minutes on the swing")
GROUNDS = {"authority": "Court of Exampleton, order 7", "reason": "asked for by the family's lawyer"}
LONG_AGO = {"rule": "default", "birth_date": "1980-05-05", "last_service_date": "2010-05-05"}


def at(**shift):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**shift)


def retention_of_a_child():
    return {"rule": "default", "birth_date": "2019-04-02", "last_service_date": at().date().isoformat()}


class Custody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.therapist, cls.officer = of_the_demo("physical therapist"), of_the_demo("compliance officer")

    def erasures(self, person, method, record, **fields):
        """A command about the end of a record, or the refusal of it."""
        asked = {"patient_id": record.id, **fields}
        if not method.startswith("Get"):
            asked["request_id"] = request_id()
        call = lambda: service("consent").call(
            method, of="holdfast.consent.v1.ErasureService", token=person.token, metadata=person.places(), **asked)
        answer = person.patiently(call)
        if "position" in answer.DESCRIPTOR.fields_by_name:
            person.saw(answer.position)
        return answer

    def refused(self, person, method, record, **fields):
        with self.assertRaises(grpc.RpcError) as raised:
            self.erasures(person, method, record, **fields)
        return raised.exception.details(), raised.exception.code()

    def told(self, record, kind, who):
        """The one entry of that type about the record: in which organisation, by whom, through which application, when."""
        found = [entry for entry in record.history() if entry.type == kind]
        self.assertEqual(len(found), 1, kind)
        [entry] = found
        self.assertEqual((entry.patient_id, entry.tenant_id), (record.id, tenant_id()))
        self.assertEqual((entry.actor, entry.service), (who.actor, "consent"))
        self.assertLess(abs(entry.recorded_time.seconds - time.time()), 3600)
        self.assertTrue(entry.stream)
        return entry

    def test_a_legal_hold_keeps_a_record_until_it_is_lifted_and_each_is_told_with_its_grounds(self):
        record = Record()
        made = record.create(GOAL)
        parent = record.parent
        self.erasures(parent, "RequestErasure", record)
        placed = self.erasures(self.officer.after(parent), "PlaceHold", record, grounds=GROUNDS)
        parent.after(self.officer)
        entry = self.told(record, "erasure.hold-placed", self.officer)
        state = self.erasures(self.officer, "GetErasure", record, tenant_id=tenant_id())
        [hold] = state.holds
        self.assertEqual((hold.hold_id, hold.placed_by_account_id), (placed.hold_id, self.officer.account_id))
        self.assertEqual((hold.grounds.authority, hold.grounds.reason), (GROUNDS["authority"], GROUNDS["reason"]))
        self.assertEqual(hold.placed_time.seconds, entry.recorded_time.seconds)
        # Its time is long over, and it is kept all the same.
        erase = {"grounds": GROUNDS, "retention": LONG_AGO}
        self.assertEqual(self.refused(self.officer, "CarryOutErasure", record, **erase)[1], grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(record.get(made).title, "Ten minutes on the swing")
        # What is changed meanwhile is told, and what was stays; nobody else changes anything.
        changed = record.update(made, {**GOAL, "description": {"text": "Five minutes"}})
        self.assertEqual(record.versions(made), [changed, made])
        changes = [entry.actor for entry in record.history() if entry.type == "item.changed"]
        self.assertEqual(changes, [parent.actor])
        asked = {"patient_id": record.id, "item_id": made.item_id, "reason": "gone", "request_id": request_id()}
        self.assertEqual(self.therapist.refusal("records", "RetractItem", **asked), grpc.StatusCode.PERMISSION_DENIED)
        self.erasures(self.officer.after(parent), "LiftHold", record, hold_id=placed.hold_id, grounds=GROUNDS)
        parent.after(self.officer)
        self.told(record, "erasure.hold-lifted", self.officer)
        self.assertEqual(len(self.erasures(self.officer, "GetErasure", record, tenant_id=tenant_id()).holds), 0)

    def test_a_record_is_kept_for_its_time_and_then_destroyed_on_order_with_who_when_and_why(self):
        record = Record()
        made = record.create(GOAL)
        parent = record.parent
        erase = {"grounds": GROUNDS, "retention": LONG_AGO}
        self.officer.after(parent)
        self.assertEqual(self.refused(self.officer, "CarryOutErasure", record, **erase)[1], grpc.StatusCode.FAILED_PRECONDITION)
        self.erasures(parent, "RequestErasure", record)
        self.told(record, "erasure.requested", parent)
        young = {**erase, "retention": retention_of_a_child()}
        said, code = self.refused(self.officer.after(parent), "CarryOutErasure", record, **young)
        self.assertEqual((code, record.get(made).title), (grpc.StatusCode.FAILED_PRECONDITION, "Ten minutes on the swing"), said)
        for person in (parent, self.therapist):
            self.assertEqual(self.refused(person, "CarryOutErasure", record, **erase)[1], grpc.StatusCode.PERMISSION_DENIED)
        done = self.erasures(self.officer, "CarryOutErasure", record, **erase)
        parent.after(self.officer)
        gone = {"patient_id": record.id, "item_id": made.item_id}
        self.assertEqual(parent.refusal("records", "GetItem", **gone), grpc.StatusCode.FAILED_PRECONDITION)
        entry = self.told(record, "erasure.carried-out", self.officer)
        self.assertEqual(entry.recorded_time.seconds, done.erased_time.seconds)
        shown = self.erasures(parent, "GetErasure", record)
        self.assertEqual(names(shown, "state"), "ERASURE_STATE_ERASED")
        self.assertEqual((shown.carried_out_by_account_id, shown.requested_by_account_id), (self.officer.account_id, parent.account_id))
        self.assertEqual((shown.grounds.authority, shown.grounds.reason), (GROUNDS["authority"], GROUNDS["reason"]))
        self.assertEqual((shown.retention_rule, shown.retain_until_date), ("default", "2020-05-05"))
        self.assertIn("item.recorded", {entry.type for entry in record.history()}, "that it was there stays told")

    def test_the_family_decides_who_sees_what_for_what_and_when(self):
        record = Record()
        made = record.create(GOAL)
        parent, other = record.parent, of_the_demo("speech therapist")
        goals = lambda who, **more: who.after(parent).ask(
            "records", "ListItems", patient_id=record.id, categories=["CATEGORY_GOALS"], **more).items
        refused = lambda who, category="GOALS", **more: who.after(parent).refusal(
            "records", "ListItems", patient_id=record.id, categories=[f"CATEGORY_{category}"], **more) is grpc.StatusCode.PERMISSION_DENIED
        give = lambda **more: parent.ask("consent", "GiveGrant", request_id=request_id(), patient_id=record.id, **{
            "grantee": {"account_id": self.therapist.account_id}, "categories": ["CATEGORY_GOALS"], "actions": ["ACTION_READ"], **more}).grant
        self.assertTrue(refused(self.therapist))
        later = give(from_time=at(days=1), until_time=at(days=2))
        self.assertTrue(refused(self.therapist), "it begins tomorrow")
        record.stop(later)
        now = give(until_time=at(hours=1))
        self.assertEqual([item.item_id for item in goals(self.therapist)], [made.item_id])
        self.assertTrue(refused(self.therapist, "CONDITIONS"), "another room")
        self.assertTrue(refused(self.therapist, purpose="HPAYMT"), "for another purpose")
        self.assertTrue(refused(other), "somebody else")
        asked = {"patient_id": record.id, "item_id": made.item_id, "reason": "gone", "request_id": request_id()}
        self.assertEqual(self.therapist.refusal("records", "RetractItem", **asked), grpc.StatusCode.PERMISSION_DENIED)
        record.stop(now)
        self.assertTrue(refused(self.therapist))
        billing = give(purposes=["PURPOSE_HPAYMT"])
        self.assertTrue(refused(self.therapist), "not for treatment")
        self.assertEqual(len(goals(self.therapist, purpose="HPAYMT")), 1)
        every = parent.ask("consent", "ListGrants", patient_id=record.id, include_ended=True).grants
        self.assertEqual({grant.grant_id for grant in every}, {later.grant_id, now.grant_id, billing.grant_id})

    def test_each_service_speaks_under_encryption_alone(self):
        for name in SERVICES:
            port = (DATA_DIR / f"{name}.port").read_text().strip()
            methods = service(name).methods
            with self.subTest(name), grpc.insecure_channel(f"localhost:{port}") as plain:
                ask = plain.unary_unary(f"/{service(name).full_name}/{next(iter(methods))}")
                with self.assertRaises(grpc.RpcError) as raised:
                    ask(b"", metadata=[("authorization", f"Bearer {self.officer.token}")], timeout=10)
                self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_no_way_into_any_service_is_open_without_a_token(self):
        # Whoever asks for these is about to be known by them, or may be anybody.
        open_to_all = {
            "RequestSignIn", "CompleteSignIn", "BeginPasskeySignIn", "CompletePasskeySignIn", "ShowCode", "BeginPasskeyShowing",
            "ShowPasskey", "IssueToken", "IssueServiceToken", "IssueLinkToken", "BeginProviderSignIn", "CompleteProviderSignIn", "GetKeySet", "GetLogFile",
        }
        # By their certificates.
        of_peers = {"BeginVisit", "OpenLink"}
        asked = 0
        for name in SERVICES:
            one = service(name)
            homes = [home for home in one.known.get_services() if home.startswith(f"holdfast.{name}.")]
            self.assertIn(one.full_name, homes)
            for home in homes:
                for method, shape in one.pool.FindServiceByName(home).methods_by_name.items():
                    if method in open_to_all or method in of_peers:
                        continue
                    for token, reason in ((None, "TOKEN_MISSING"), ("made.up.token", "TOKEN_INVALID")):
                        with self.subTest(f"{home}.{method} {reason}"), self.assertRaises(grpc.RpcError) as raised:
                            answer = one.call(method, of=home, token=token, parts=[{}] if shape.client_streaming else None)
                            next(iter(answer if shape.server_streaming else ()), None)
                        refusal = Refusal(raised.exception)
                        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.UNAUTHENTICATED, reason), method)
                        asked += 1
        self.assertGreater(asked, 100)

    def test_an_entry_has_the_time_of_the_machines_clock(self):
        record = Record()
        before = time.time_ns()
        made = record.create(GOAL)
        after = time.time_ns()
        moment = lambda stamp: stamp.seconds * 10**9 + stamp.nanos
        # The log keeps microseconds.
        self.assertTrue(before - 1000 <= moment(made.recorded_time) <= after, (before, made.recorded_time, after))
        [entry] = [entry for entry in record.history() if entry.type == "item.recorded"]
        self.assertEqual(moment(entry.recorded_time), moment(made.recorded_time))
        self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry.recorded_time.ToJsonString()))


if __name__ == "__main__":
    unittest.main()

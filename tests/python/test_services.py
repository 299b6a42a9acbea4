"""An outside client with nothing of ours but the CA: every service is found, and called, by reflection alone."""

import json
import os
import pathlib
import unittest

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVICES = ["identity", "consent", "records", "documents", "messaging", "audit"]
PATIENCE_S = 30


class AtV1:
    """The channel for the reflection package, which knows v1 under its older name only: the messages are the same."""

    def __init__(self, channel):
        self.channel = channel

    def stream_stream(self, method, *rest, **named):
        return self.channel.stream_stream(method.replace(".v1alpha.", ".v1."), *rest, **named)


class Service:
    """A service as reflection describes it."""

    def __init__(self, data_dir, name):
        port = (data_dir / f"{name}.port").read_text().strip()
        credentials = grpc.ssl_channel_credentials((data_dir / "certificates" / "ca.crt").read_bytes())
        self.channel = grpc.secure_channel(f"localhost:{port}", credentials)
        self.known = ProtoReflectionDescriptorDatabase(AtV1(self.channel))
        self.full_name = f"holdfast.{name}.v1.{name.capitalize()}Service"
        pool = descriptor_pool.DescriptorPool(self.known)
        self.methods = pool.FindServiceByName(self.full_name).methods_by_name

    def call(self, method, token=None, **fields):
        shape = self.methods[method]
        asked = message_factory.GetMessageClass(shape.input_type)
        answer = message_factory.GetMessageClass(shape.output_type)
        invoke = self.channel.unary_unary(
            f"/{self.full_name}/{method}",
            request_serializer=asked.SerializeToString,
            response_deserializer=answer.FromString,
        )
        metadata = [("authorization", f"Bearer {token}")] if token else []
        return invoke(asked(**fields), metadata=metadata, timeout=PATIENCE_S)


class ServicesByReflection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data_dir = pathlib.Path(os.environ["HOLDFAST_DATA_DIR"])
        cls.services = {name: Service(data_dir, name) for name in SERVICES}
        cls.account = json.loads((data_dir / "secrets" / "demo-service-account.json").read_text())
        secret = {key: cls.account[key] for key in ("account_id", "secret")}
        cls.token = cls.services["identity"].call("IssueServiceToken", **secret).token

    @classmethod
    def tearDownClass(cls):
        for service in cls.services.values():
            service.channel.close()

    def call(self, service, method, **fields):
        return self.services[service].call(method, token=self.token, **fields)

    def word(self, service, method, field, number):
        """The name of a value in the enumeration of a request's field."""
        return self.services[service].methods[method].input_type.fields_by_name[field].enum_type.values_by_number[number].name

    def refused(self, service, method, **fields):
        with self.assertRaises(grpc.RpcError) as raised:
            self.call(service, method, **fields)
        return raised.exception.code()

    def test_each_service_tells_its_contract(self):
        for name, service in self.services.items():
            self.assertIn(service.full_name, service.known.get_services())
            self.assertGreater(len(service.methods), 3, name)

    def test_identity_knows_the_program(self):
        self.assertEqual(self.call("identity", "GetAccount").account_id, self.account["account_id"])

    def test_the_program_reads_what_was_shared_with_it(self):
        record = self.call("consent", "ListRecords", page_size=1).records[0]
        shared = {self.word("records", "ListItems", "categories", number) for grant in record.grants for number in grant.categories}
        self.assertEqual(shared, {"CATEGORY_DEMOGRAPHICS", "CATEGORY_APPOINTMENTS"})
        patient = self.call("records", "GetPatient", patient_id=record.patient_id)
        self.assertTrue(patient.demographics.family_name)
        visits = self.call("records", "ListItems", patient_id=record.patient_id, categories=["CATEGORY_APPOINTMENTS"])
        self.assertGreater(len(visits.items), 0)

    def test_the_program_is_refused_what_was_not(self):
        patient_id = self.call("consent", "ListRecords", page_size=1).records[0].patient_id
        goals = {"patient_id": patient_id, "categories": ["CATEGORY_GOALS"]}
        not_shared = [
            ("records", "ListItems", goals),
            ("messaging", "ListThreads", {"patient_id": patient_id}),
            ("audit", "ListPatientEntries", {"patient_id": patient_id}),
            ("audit", "GetLogHealth", {}),
        ]
        for service, method, fields in not_shared:
            with self.subTest(f"{service}.{method}"):
                self.assertEqual(self.refused(service, method, **fields), grpc.StatusCode.PERMISSION_DENIED)
        # Papers stand in many rooms: those that are not shared are left out.
        self.assertEqual(len(self.call("documents", "ListDocuments", patient_id=patient_id).documents), 0)

    def test_without_a_token_nothing_is_answered(self):
        calls = {
            "identity": "GetAccount", "consent": "ListRecords", "records": "SummarizeRecord", "documents": "ListDocuments",
            "messaging": "CountUnread", "audit": "GetLogHealth",
        }
        for name, method in calls.items():
            with self.subTest(name), self.assertRaises(grpc.RpcError) as raised:
                self.services[name].call(method)
            self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAUTHENTICATED, name)


if __name__ == "__main__":
    unittest.main()

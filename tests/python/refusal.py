"""What a refusal says beside its code: `google.rpc.ErrorInfo` and `BadRequest` (AIP-193), read without generated code."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TEXT, BYTES, INT32, MESSAGE = 9, 12, 5, 11
# Field numbers of google/rpc/status.proto and google/rpc/error_details.proto; a detail is an Any.
SHAPES = {
    "Status": [("code", 1, INT32, None), ("message", 2, TEXT, None), ("details", 3, MESSAGE, "Detail")],
    "Detail": [("type_url", 1, TEXT, None), ("value", 2, BYTES, None)],
    "ErrorInfo": [("reason", 1, TEXT, None), ("domain", 2, TEXT, None), ("metadata", 3, MESSAGE, "Entry")],
    "Entry": [("key", 1, TEXT, None), ("value", 2, TEXT, None)],
    "BadRequest": [("violations", 1, MESSAGE, "Violation")],
    "Violation": [("field", 1, TEXT, None), ("description", 2, TEXT, None)],
}
REPEATED = {"details", "metadata", "violations"}


def _classes():
    file = descriptor_pb2.FileDescriptorProto(name="refusal.proto", package="refusal", syntax="proto3")
    for name, fields in SHAPES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, of in fields:
            label = 3 if field in REPEATED else 1
            added = message.field.add(name=field, number=number, type=kind, label=label)
            if of:
                added.type_name = f".refusal.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"refusal.{name}")) for name in SHAPES}


_CLASSES = _classes()


class Refusal:
    """Code, reason, domain, metadata, and the places that are wrong."""

    def __init__(self, error):
        self.code = error.code()
        self.reason, self.domain, self.metadata, self.places = "", "", {}, []
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for detail in _CLASSES["Status"].FromString(value).details:
                    self._read(detail)

    def _read(self, detail):
        kind = detail.type_url.rsplit("/", 1)[-1]
        if kind == "google.rpc.ErrorInfo":
            info = _CLASSES["ErrorInfo"].FromString(detail.value)
            self.reason, self.domain = info.reason, info.domain
            self.metadata = {entry.key: entry.value for entry in info.metadata}
        elif kind == "google.rpc.BadRequest":
            self.places = [wrong.field for wrong in _CLASSES["BadRequest"].FromString(detail.value).violations]

"""One service as reflection describes it: every call is put together from what the server itself tells."""

import base64
import email
import hashlib
import json
import pathlib
import re
import secrets
import time
import uuid

import grpc
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

PATIENCE_S = 30
LINK = re.compile(r"/sign-in/(\S+)")


def after(position):
    """So that an answer has heard of what a command has just done elsewhere."""
    return ("holdfast-after", f"{position.service}:{position.lane}:{position.seq}")


class Service:
    def __init__(self, data_dir, name):
        port = (data_dir / f"{name}.port").read_text().strip()
        credentials = grpc.ssl_channel_credentials((data_dir / "certificates" / "ca.crt").read_bytes())
        self.channel = grpc.secure_channel(f"localhost:{port}", credentials)
        self.known = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.known)
        self.full_name = f"holdfast.{name}.v1.{name.capitalize()}Service"
        self.methods = self.pool.FindServiceByName(self.full_name).methods_by_name

    def call(self, method, token=None, metadata=(), of=None, parts=None, **fields):
        """One message, or `parts` as a stream; answered by one message, or by an iterator of them."""
        shape = self.pool.FindServiceByName(of or self.full_name).methods_by_name[method]
        asked = message_factory.GetMessageClass(shape.input_type)
        kind = "_".join("stream" if streams else "unary" for streams in (shape.client_streaming, shape.server_streaming))
        invoke = getattr(self.channel, kind)(
            f"/{of or self.full_name}/{method}",
            request_serializer=asked.SerializeToString,
            response_deserializer=message_factory.GetMessageClass(shape.output_type).FromString,
        )
        sent = (asked(**part) for part in parts) if parts is not None else asked(**fields)
        bearer = [("authorization", f"Bearer {token}")] if token else []
        return invoke(sent, metadata=[*bearer, *metadata], timeout=PATIENCE_S)


def program(data_dir):
    """What the demo network's service account is known by."""
    return json.loads((pathlib.Path(data_dir) / "secrets" / "demo-service-account.json").read_text(encoding="utf-8"))


def assertion(data_dir, **changed):
    """Signed by that account, who it is (RFC 7523); `changed` claims are for whoever means to be refused."""
    known, now = program(data_dir), int(time.time())
    key = load_pem_private_key((pathlib.Path(data_dir) / "secrets" / known["key_file"]).read_bytes(), password=None)
    claims = {
        "iss": known["account_id"], "sub": known["account_id"], "aud": known["audience"], "iat": now, "exp": now + 60,
        "jti": str(uuid.uuid4()), **changed,
    }
    parts = [{"alg": "EdDSA", "kid": known["key_id"]}, claims]
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return (signed + b"." + base64.urlsafe_b64encode(key.sign(signed)).rstrip(b"=")).decode()


def program_token(identity, data_dir):
    """A token of the service account."""
    known = program(data_dir)
    return identity.call("IssueServiceToken", account_id=known["account_id"], client_assertion=assertion(data_dir))


def names(message, field):
    """The names of the values in an enumeration's field."""
    described = message.DESCRIPTOR.fields_by_name[field]
    numbers = getattr(message, field)
    word = lambda number: described.enum_type.values_by_number[number].name
    return word(numbers) if isinstance(numbers, int) else [word(number) for number in numbers]


def begin_session(identity, data_dir, address):
    """The secret of a person's session, by the link in the mail as `up` writes it."""
    mails, browser = pathlib.Path(data_dir) / "mail", secrets.token_urlsafe(32)
    before = set(mails.iterdir())
    digest = hashlib.sha256(browser.encode()).digest()
    identity.call("RequestSignIn", request_id=str(uuid.uuid4()), email=address, browser_digest=digest)
    letters = [email.message_from_bytes(path.read_bytes()) for path in set(mails.iterdir()) - before]
    texts = [letter.get_payload(decode=True).decode() for letter in letters if address in letter["To"]]
    link = next(found[1] for found in map(LINK.search, texts) if found)
    session = identity.call(
        "CompleteSignIn", request_id=str(uuid.uuid4()), link_secret=link, browser_secret=browser, user_agent="an outside client"
    )
    return session.session_secret


def sign_in(identity, data_dir, address):
    """A person's token."""
    return identity.call("IssueToken", session_secret=begin_session(identity, data_dir, address)).token

"""Enough of the protocol of NATS to ask JetStream what lies in a stream."""

import base64
import json
import pathlib
import re
import secrets
import socket

PATIENCE_S = 30


class Bus:
    """A line to a nats-server; `password` empty: as whoever has none."""

    def __init__(self, port, user="", password=""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.send("CONNECT", json.dumps({"verbose": False, "user": user, "pass": password, "headers": False}))
        self.send("PING")
        self.greeting = self.lines.readline().decode().strip()

    @classmethod
    def of(cls, data_dir, known=True):
        """The bus of an installation on this machine."""
        folder = pathlib.Path(data_dir, "nats")
        said = re.search(r'user: (\w+), password: "([^"]*)"', (folder / "nats.conf").read_text(encoding="utf-8"))
        return cls(int((folder / "port").read_text()), *(said.groups() if known else ()))

    def send(self, *words, body=None):
        data = b"" if body is None else body + b"\r\n"
        self.socket.sendall(" ".join(words).encode() + b"\r\n" + data)

    def ask(self, subject, **asked):
        """JetStream's answer."""
        inbox, body = f"_INBOX.{secrets.token_hex(8)}", json.dumps(asked).encode()
        self.send("SUB", inbox, "1")
        self.send("PUB", f"$JS.API.{subject}", inbox, str(len(body)), body=body)
        while not (line := self.lines.readline()).startswith(b"MSG"):
            assert line, "the bus hung up"
        answer = json.loads(self.lines.read(int(line.split()[-1]) + 2))
        self.send("UNSUB", "1")
        return answer

    def each(self, stream, subject, since=1):
        """Number, headers and bytes of each message of a subject from that number on."""
        while message := self.ask(f"STREAM.MSG.GET.{stream}", seq=since, next_by_subj=subject).get("message"):
            lines = base64.b64decode(message.get("hdrs", "")).decode().splitlines()
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            yield message["seq"], headers, base64.b64decode(message.get("data", ""))
            since = message["seq"] + 1

    def close(self):
        self.socket.close()

"""What is recorded is told on the bus: in the stream of its service, under its own subject and id, and without a word of health."""

import time
import unittest

from bus import PATIENCE_S, Bus
from family import DATA_DIR, Record, goal
from test_services import SERVICES

WORDS = "Ten minutes on the purple swing"


class TheBus(unittest.TestCase):
    def setUp(self):
        self.bus = Bus.of(DATA_DIR)
        self.addCleanup(self.bus.close)

    def streams(self):
        """Stream to its subjects."""
        return {one["config"]["name"]: one["config"]["subjects"] for one in self.bus.ask("STREAM.LIST")["streams"]}

    def test_each_service_has_a_stream_and_its_events_lie_there(self):
        known = self.streams()
        homes = {name: next(stream for stream, subjects in known.items() if subjects == [f"holdfast.{name}.>"]) for name in SERVICES}
        self.assertEqual(len(set(homes.values())), len(SERVICES))
        record = Record()
        made = record.create(goal("swing", WORDS))
        record.get(made)
        record.looked_at(made.item_id)
        told = {entry.type: entry for entry in record.history()}
        for kind in ("record.opened", "item.recorded", "access.permitted"):
            entry = told[kind]
            subject = f"holdfast.{entry.service}.{entry.lane % 32}.{kind}"
            headers, body = self.until_told(homes[entry.service], subject, entry.event_id)
            self.assertEqual(headers["Nats-Msg-Id"], entry.event_id)
            self.assertTrue(body)
            for word in (WORDS, record.parent.token):
                self.assertNotIn(word.encode(), body)
                self.assertNotIn(word, str(headers))

    def until_told(self, stream, subject, event_id):
        deadline, since = time.monotonic() + PATIENCE_S, 1
        while True:
            for number, headers, body in self.bus.each(stream, subject, since):
                if headers.get("Nats-Msg-Id") == event_id:
                    return headers, body
                since = number + 1
            self.assertLess(time.monotonic(), deadline, f"{subject} does not tell of {event_id}")

    def test_nobody_listens_without_the_password(self):
        stranger = Bus.of(DATA_DIR, known=False)
        self.addCleanup(stranger.close)
        self.assertEqual(self.bus.greeting, "PONG")
        self.assertIn("Authorization Violation", stranger.greeting)


if __name__ == "__main__":
    unittest.main()

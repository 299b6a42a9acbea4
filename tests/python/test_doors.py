"""Every method and every page, before everybody: whoever is not of those whom the table lets in is turned away; one without a row fails."""

import unittest

import grpc
from doors import World, methods, pages, table
from family import service
from refusal import Refusal

TURNED_AWAY = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


class Doors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()

    def knock(self, name, method, person, is_welcome):
        """What is answered, and why somebody is refused: one of the two is none."""
        asked, seen = self.world.fields(method.input_type), person.places() if person else []
        sent = {"parts": [asked]} if method.client_streaming else asked
        try:
            answer = service(name).call(
                method.name, of=method.containing_service.full_name, token=person and person.token, metadata=seen, **sent)
            if not method.server_streaming:
                return answer, None
            # What is watched may have nothing to tell for long.
            first = None if is_welcome and answer.initial_metadata() is not None else next(answer)
            answer.cancel()
            return first, None
        except grpc.RpcError as refused:
            return None, Refusal(refused)

    def test_no_method_answers_whom_it_is_not_for(self):
        rows, found = table("methods.txt"), methods()
        self.assertEqual(set(rows), set(found), "each method has its row in methods.txt, and no other has")
        wrong = {}
        for door, (name, method) in found.items():
            let_in, *told = rows[door]
            is_command = "request_id" in method.input_type.fields_by_name or method.client_streaming
            for caller in self.world.callers:
                is_welcome = bool(caller.standing & let_in)
                # What comes of it where somebody may is seen elsewhere.
                if is_welcome and is_command:
                    continue
                answer, refusal = self.knock(name, method, caller.person, is_welcome)
                turned_away = refusal is not None and refusal.code in TURNED_AWAY
                tells = answer is not None and self.world.record.id.encode() in answer.SerializeToString()
                if turned_away == is_welcome or (told and tells != bool(caller.standing & told[0])):
                    said = f"{refusal.reason} {refusal.places}" if refusal else "answered"
                    wrong.setdefault(f"{door}: {said}", []).append(caller.name)
        self.assertFalse(wrong, "\n".join(f"{said} {callers}" for said, callers in wrong.items()))

    def test_no_page_is_shown_to_whom_it_is_not_for(self):
        rows, found = table("pages.txt"), pages()
        self.assertEqual(set(rows), found, "each page has its row in pages.txt, and no other has")
        wrong = {}
        for address in sorted(found):
            for caller in self.world.callers:
                answer = self.world.page(address, caller)
                # A program has no browser to be signed in with.
                standing = caller.standing if hasattr(caller.person, "session") else {"anyone"}
                is_welcome = bool(standing & rows[address][0])
                if answer.shown != is_welcome and not (is_welcome and "entrance" in rows[address][0]):
                    wrong.setdefault(f"{address}: {answer.said}", []).append(caller.name)
        self.assertFalse(wrong, "\n".join(f"{said} {callers}" for said, callers in wrong.items()))


if __name__ == "__main__":
    unittest.main()

"""Invites somebody to the demo network as its operator: for the browser's test of signing in by a practice."""

import os
import pathlib
import sys
import uuid

from service import Service, names, sign_in

OPERATOR = "operator@holdfast-network.example"


def invite(data_dir, email):
    identity = Service(data_dir, "identity")
    operator = sign_in(identity, data_dir, OPERATOR)
    places = identity.call("ListPractices", token=operator).practices
    practice = next(place for place in places if names(place, "kind") == "ORGANIZATION_KIND_PRACTICE")
    identity.call(
        "InviteAccount", token=operator, request_id=str(uuid.uuid4()), tenant_id=practice.tenant_id, email=email,
        display_name="Dana Beispielhaft", discipline="speech",
    )


if __name__ == "__main__":
    invite(pathlib.Path(os.environ["HOLDFAST_DATA_DIR"]), sys.argv[1])

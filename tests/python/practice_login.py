"""Sets a practice's own sign-in provider and invites somebody there, as the demo network's operator: for the browser's test."""

import json
import os
import pathlib
import sys
import uuid

from service import Service, names, sign_in

OPERATOR = "operator@holdfast-network.example"


def set_up(data_dir, wish):
    identity = Service(data_dir, "identity")
    operator = sign_in(identity, data_dir, OPERATOR)
    places = identity.call("ListPractices", token=operator).practices
    practice = next(place for place in places if names(place, "kind") == "ORGANIZATION_KIND_PRACTICE")
    place = {"tenant_id": practice.tenant_id, "practice_id": practice.practice_id}
    identity.call(
        "SetSignInProvider", token=operator, request_id=str(uuid.uuid4()), client_secret=wish["client_secret"],
        provider={
            **place, "issuer": wish["issuer"], "client_id": wish["client_id"], "scopes": ["groups"],
            "email_domains": [wish["domain"]], "role_claim": "groups", "second_factor_amr": ["mfa"],
            "role_mappings": [{"value": wish["group"], "assignment": {"role": "ROLE_THERAPIST", **place}}],
        },
    )
    for email in wish["invited"]:
        identity.call(
            "InviteAccount", token=operator, request_id=str(uuid.uuid4()), tenant_id=practice.tenant_id, email=email,
            display_name="Dana Beispielhaft", discipline="speech",
        )


if __name__ == "__main__":
    set_up(pathlib.Path(os.environ["HOLDFAST_DATA_DIR"]), json.loads(sys.argv[1]))

"""Who may call: the version in the path, the token, what the token may see."""

from __future__ import annotations

import re

from local.sandbox.graph.errors import Refused, no_object, refusal
from local.sandbox.room.desk import Call
from local.sandbox.room.house import House
from local.sandbox.room.setup import AccessToken, PhoneNumber

VERSION = re.compile(r"v(1[3-9]|[2-9][0-9])\.0")


def bearer(house: House, call: Call) -> AccessToken:
    """Answer the token of a call; raises `Refused` (190)."""
    word, _, value = call.headers.get("authorization", "").partition(" ")
    token = house.directory.tokens.get(value) if word.lower() == "bearer" else None
    if token is None:
        raise Refused(refusal(190))
    if token.expired:
        words = "Error validating access token: Session has expired"
        raise Refused(refusal(190, message=words))
    return token


def versioned(call: Call) -> None:
    """Raise `Refused` (2500) for a version that is not there."""
    if not VERSION.fullmatch(call.ids["version"]):
        rest = call.path.removeprefix("/graph/").partition("/")[2]
        raise Refused(refusal(2500, message=f"Unknown path components: /{rest}"))


def admitted(house: House, call: Call) -> PhoneNumber:
    """Answer the phone number of a call's path, which its token may use; else `Refused`."""
    versioned(call)
    number_id = call.ids["phone_number_id"]
    if number_id not in bearer(house, call).phone_number_ids:
        raise Refused(no_object(number_id, call.method.lower()))
    return house.directory.numbers[number_id]

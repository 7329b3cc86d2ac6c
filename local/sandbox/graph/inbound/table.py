"""The table of customers' messages, and the fields that each kind has beside its own."""

from __future__ import annotations

from typing import Any

from local.sandbox.graph.inbound.messages import AD, MESSAGES
from local.sandbox.graph.inbound.oddities import ODDITIES
from local.sandbox.room import kinds
from local.sandbox.room.kinds import Body, Kind, present

KINDS: dict[str, Kind] = {**MESSAGES, **ODDITIES}
COMMON: Body = {
    "wamid": None,
    "timestamp": None,
    "reply_to": None,
    "reply_from": None,
    "forwarded": None,
    "frequently_forwarded": None,
    "referred_product": None,
    "referral": None,
    "group_id": None,
    "errors": None,
}
"""Fields of every kind. `referral` may be True for an ad of our own."""


def fields(name: str, given: Body) -> Body:
    """Every field of the kind, filled; raises `WrongKindError`."""
    return kinds.filled(KINDS, name, given, COMMON)


def item(name: str, filled: Body) -> Body:
    """Build the item of messages[], but for `from` and what else the sender adds."""
    made = KINDS[name].build(filled)
    context: dict[str, Any] = present(
        **{"from": filled["reply_from"]},
        id=filled["reply_to"],
        forwarded=filled["forwarded"],
        frequently_forwarded=filled["frequently_forwarded"],
        referred_product=filled["referred_product"],
    )
    if context:
        made = {"context": context, **made}
    referral = AD if filled["referral"] is True else filled["referral"]
    more = present(referral=referral, group_id=filled["group_id"], errors=filled["errors"])
    return {**made, **more}

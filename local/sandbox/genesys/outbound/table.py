"""The table of what agents and the platform send."""

from __future__ import annotations

from local.sandbox.genesys.outbound.plain import PLAIN
from local.sandbox.genesys.outbound.structured import STRUCTURED
from local.sandbox.room import kinds
from local.sandbox.room.kinds import Body, Kind

KINDS: dict[str, Kind] = {**PLAIN, **STRUCTURED}


def fields(name: str, given: Body) -> Body:
    """Every field of the kind, filled; raises `WrongKindError`."""
    return kinds.filled(KINDS, name, given, {})


def body(name: str, filled: Body) -> Body:
    """Build what is the kind's own in the webhook's body."""
    return KINDS[name].build(filled)

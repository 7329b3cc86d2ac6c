"""Who is suspended: their events wait in the park, in order. Asked by `Admission`."""

from __future__ import annotations

import time
from collections.abc import Callable

from connector.values import Held
from shared.messaging.envelope import Event, EventType
from shared.runtime.errors import BadInput
from shared.runtime.logging import logger
from shared.runtime.periodic import every
from shared.storage.database import Database

log = logger()

EVERY_S = 0.5  # a suspension takes effect within a second


class Suspended:
    """Who is suspended now. Mostly nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: frozenset[str] = frozenset()  # ids of tenants and of channels
        self._returned: dict[str, float] = {}  # Unix seconds
        self._on_return: list[Callable[[], None]] = []

    def on_return(self, call: Callable[[], None]) -> None:
        """Call this whenever somebody is suspended no more."""
        self._on_return.append(call)

    async def run(self) -> None:
        """Look until cancelled. What was known holds while PostgreSQL is away."""
        await every(EVERY_S, self.look, "suspensions")

    async def look(self) -> None:
        """Learn them anew. Raises Unavailable."""
        rows = await self._database.rows("select * from connector_suspended()", idempotent=True)
        known = frozenset(str(row["channel_id"] or row["tenant_id"]) for row in rows)
        before, self._known = self._known, known
        if known != before:
            log.info("suspended", extra={"tenants_and_channels": len(known)})
        if before - known:
            self._returned |= dict.fromkeys(before - known, time.time())
            for call in self._on_return:
                call()

    def since(self, held: Held) -> float:
        """From when it ages, in Unix seconds: not while it was kept from going."""
        ids = (held.tenant, held.channel or "")
        return max(held.first_seen, *(self._returned.get(one, 0.0) for one in ids))

    def holds(self, held: Held) -> bool:
        """Whether it has to wait. Not what the door made to say so to an agent, nor raw bytes."""
        if not self._known or self._known.isdisjoint((held.tenant, held.channel or "")):
            return False
        try:
            event = Event.decode(held.body)
        except BadInput:
            return False  # the function will refuse it
        return event.type != EventType.RAW and not event.data.get("suspended")

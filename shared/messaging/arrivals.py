"""What came in, noted by the doors: the ledger's left side, told by nobody behind the queue.

Beside the message path: a webhook never waits for it, and PostgreSQL may be away for a while.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Literal

from shared.messaging.envelope import Event, EventType
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput, ParleyError
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.runtime.periodic import background, every
from shared.services.keeping import MOST_ARRIVALS, Arrival, KeepingClient

log = logger()
UNNOTED = counter("ledger_unnoted", "Messages that came in and could not be noted in the ledger")

EVERY_S = 1.0
MOST_KEPT = 100_000  # while state is away; beyond it the oldest are forgotten, and counted
LAST_S = 3.0  # at the end of the process

_DIRECTIONS: dict[str, Literal["inbound", "outbound"]] = {
    EventType.WHATSAPP_MESSAGE: "inbound",
    EventType.GENESYS_MESSAGE: "outbound",
}


class Book:
    """Collects arrivals and tells state of them. One a process."""

    def __init__(self, state: KeepingClient) -> None:
        self._state = state
        self._waiting: deque[Arrival] = deque()
        self._said = True

    @classmethod
    @asynccontextmanager
    async def open(cls, state: KeepingClient) -> AsyncIterator[Book]:
        """A book for the length of the block; its end tells what is left."""
        book = cls(state)
        try:
            async with background(every(EVERY_S, book._tell_all, "arrivals")):
                yield book
        finally:
            await book._last_words()

    def note(self, events: Iterable[Event]) -> None:
        """These are durable and answered. Only messages are counted."""
        now = utcnow()
        for event in events:
            direction = _DIRECTIONS.get(event.type)
            if direction is None or event.tenantid is None:
                continue
            if len(self._waiting) >= MOST_KEPT:
                self._waiting.popleft()
                UNNOTED.inc()
            self._waiting.append(
                Arrival(
                    event_id=event.id,
                    tenant_id=event.tenantid,
                    direction=direction,
                    arrived_at=now,
                )
            )

    async def _tell_all(self) -> None:
        try:
            while self._waiting:
                await self._tell()
        except ParleyError as error:
            self._say(error.detail)

    async def _tell(self) -> None:
        """Tell some; what was not taken stays in front."""
        some = [self._waiting.popleft() for _ in range(min(MOST_ARRIVALS, len(self._waiting)))]
        try:
            await self._state.arrived(some)
        except BadInput:
            UNNOTED.inc(len(some))
            raise
        except BaseException:
            self._waiting.extendleft(reversed(some))
            raise
        self._said = True

    def _say(self, detail: str) -> None:
        if self._said:  # once, not every second
            log.warning("ledger_waits", extra={"detail": detail, "messages": len(self._waiting)})
        self._said = False

    async def _last_words(self) -> None:
        try:
            async with asyncio.timeout(LAST_S):
                while self._waiting:
                    await self._tell()
        except (ParleyError, TimeoutError):
            UNNOTED.inc(len(self._waiting))
            log.warning("ledger_not_told", extra={"messages": len(self._waiting)})

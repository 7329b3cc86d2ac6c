"""Events that were answered 200 without an effect of their own: said to the ledger before the ack.

A message that was sent, or refused, has its row in `message_tracking`, which the ledger reads by
itself. A duplicate, a sign of typing or a note of the account has none.
"""

from __future__ import annotations

from collections import deque

from connector.values import Held
from shared.messaging.topology import INBOUND_WHATSAPP_STATUSES
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger
from shared.storage.database import Database

log = logger()

SEEN = frozenset({"delivered", "partly", "refused"})  # outcomes that state has written down
MOST_KEPT = 10_000  # while PostgreSQL is away


class Notes:
    """Tells the ledger. Never raises, and never holds an event up for long."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[str, str, str]] = deque(maxlen=MOST_KEPT)

    async def answered(self, exchange: str, held: Held, outcome: str) -> None:
        """A function answered 200 and said this."""
        if exchange == INBOUND_WHATSAPP_STATUSES or not held.tenant or outcome in SEEN:
            return
        self._waiting.append((held.event_id, held.tenant, outcome))
        await self.tell()

    async def tell(self) -> None:
        """Write down what waits; what fails is tried with the next one."""
        while self._waiting:
            event_id, tenant, outcome = note = self._waiting.popleft()
            try:
                await self._database.call(
                    "ledger_answer", event_id=event_id, tenant_id=tenant, answer=outcome
                )
            except ParleyError as error:
                self._waiting.appendleft(note)
                log.warning("ledger_failed", extra={"detail": error.detail})
                return

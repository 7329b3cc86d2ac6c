"""The ledger kept up to date: what is done is taken out, what is not is shown as numbers.

in = done + refused + waiting + parked + dead, and what is older than a while and in none of them
is missing, unless the queues or the spool may still hold it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connector import counts
from connector.lease import Lease
from connector.notes import Notes
from shared.messaging.publisher import Publisher
from shared.messaging.sending import TENANTS_SHOWN
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, OUTBOUND_GENESYS_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.logging import logger
from shared.runtime.metrics import Bounded
from shared.runtime.periodic import every
from shared.storage.database import Database

log = logger()

EXCHANGES = {"inbound": INBOUND_WHATSAPP_MESSAGES, "outbound": OUTBOUND_GENESYS_MESSAGES}
FATES = ("parked", "dead", "waiting", "overdue")
DAY = timedelta(days=1)
LONGEST_SHARE = 10  # it rests so many times as long as it took


@dataclass(frozen=True)
class Places:
    """Where an overdue message may still be."""

    publisher: Publisher
    spooled: Callable[[], int]

    async def depth(self, exchange: str) -> int:
        """Messages in an exchange's queues and in the spool. Raises Unavailable."""
        return await self.publisher.waiting(exchange) + self.spooled()


class Ledger:
    """Settles and shows. One connector at a time does it."""

    def __init__(self, database: Database, notes: Notes, places: Places, grace: float) -> None:
        """`grace`: seconds after which a message that is nowhere is overdue."""
        self._database = database
        self._notes = notes
        self._places = places
        self._grace = grace
        self._tenant = Bounded(TENANTS_SHOWN)
        self._missing: Counter[str] = Counter()

    async def run(self, lease: Lease, seconds: float) -> None:
        """Keep it every so many seconds while the lease is ours, until cancelled."""
        clock = asyncio.get_running_loop().time
        took = 0.0

        async def turn() -> None:
            nonlocal took
            began = clock()
            try:
                await self._turn(lease)
            finally:
                took = clock() - began

        await every(lambda: max(seconds, LONGEST_SHARE * took), turn, "ledger", at_once=True)

    async def _turn(self, lease: Lease) -> None:
        await self._notes.tell()
        if lease.mine:
            await self.keep()
        else:
            counts.LEDGER.clear()

    async def keep(self) -> None:
        """Settle what is done, then show all. Raises Unavailable."""
        await self._database.call("ledger_settle")
        day = await self._page(utcnow() - DAY)
        fates = await self._rows(
            "select * from ledger_fates(null, null, null, :grace)", grace=self._grace
        )
        self._show(day, fates)
        overdue: Counter[str] = Counter()
        for row in fates:
            overdue[row["direction"]] += row["overdue"]
        for direction, exchange in EXCHANGES.items():
            await self._look_for(direction, exchange, overdue[direction])

    async def _look_for(self, direction: str, exchange: str, overdue: int) -> None:
        missing = 0
        if overdue:
            missing = max(0, overdue - await self._places.depth(exchange))
        counts.MISSING.labels(direction).set(missing)
        if missing > self._missing[direction]:
            log.error("messages_missing", extra={"direction": direction, "messages": missing})
        self._missing[direction] = missing

    def _show(self, day: list[dict[str, Any]], fates: list[dict[str, Any]]) -> None:
        sums: Counter[tuple[str, str, str]] = Counter()
        for row in day:
            tenant = self._tenant(row["tenant_id"])
            for fate in ("arrived", "done", "refused"):
                sums[tenant, row["direction"], fate] += row[fate]
        for row in fates:
            tenant = self._tenant(row["tenant_id"])
            for fate in FATES:
                sums[tenant, row["direction"], fate] += row[fate]
        counts.LEDGER.clear()
        for labels, number in sums.items():
            counts.LEDGER.labels(*labels).set(number)

    async def _page(self, since: Any) -> list[dict[str, Any]]:
        return await self._rows(
            "select * from ledger_page(null, :since, null, :grace)",
            since=since,
            grace=self._grace,
        )

    async def _rows(self, sql: str, **arguments: Any) -> list[dict[str, Any]]:
        return await self._database.rows(sql, idempotent=True, **arguments)

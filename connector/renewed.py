"""A tenant whose credential was renewed waits no longer: its events are tried at once.

A credential is renewed when it is applied, and when its provider takes it that did not before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from shared.runtime.logging import logger
from shared.runtime.periodic import every
from shared.storage.database import Database

log = logger()

EVERY_S = 0.5
BEFORE_START_S = 600.0  # what was renewed while no connector ran
REMEMBERED_S = 60.0  # longer than a look may be late
AGAIN_AFTER_S = (0.0, 2.0, 10.0)  # an attempt that was under way may have failed a moment later


class Renewed:
    """Looks for renewed credentials, and tells the routes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, float] = {}  # tenant -> when its newest renewal was, Unix seconds
        self._due: list[tuple[float, str]] = []  # when to tell (the clock's seconds), of whom
        self._seconds = BEFORE_START_S
        self._on_renewal: list[Callable[[Collection[str]], None]] = []

    def on_renewal(self, call: Callable[[Collection[str]], None]) -> None:
        """Call this with the tenants whose events may be tried now."""
        self._on_renewal.append(call)

    async def run(self) -> None:
        """Look until cancelled."""
        await every(EVERY_S, self.look, "renewals")

    async def look(self) -> None:
        """Tell the routes of whom it is time to try. Raises Unavailable."""
        rows = await self._database.rows(
            "select tenant_id::text, renewed_at from connector_renewed(:seconds)",
            idempotent=True,
            seconds=self._seconds,
        )
        now = self._clock()
        for row in rows:
            tenant, at = row["tenant_id"], row["renewed_at"]
            if self._known.get(tenant) != at:
                self._known[tenant] = at
                self._due += [(now + wait, tenant) for wait in AGAIN_AFTER_S]
                log.info("credential_renewed", extra={"tenant_id": tenant})
        self._seconds = REMEMBERED_S
        tenants = sorted({tenant for at, tenant in self._due if at <= now})
        if not tenants:
            return
        await self._database.call("connector_hasten", tenants=tuple(tenants))
        self._due = [(at, tenant) for at, tenant in self._due if at > now]
        for call in self._on_renewal:
            call(tenants)

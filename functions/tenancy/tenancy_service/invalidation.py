"""Redis told of a change: at once, and by whichever replica lives until Redis agrees.

The keys are written down with the change (`stale_keys`). A look-up is held back for as long as a
door that read the old row may still write it; a token is deleted, and again after that time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from shared.runtime.ending import ended
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger
from shared.runtime.periodic import every
from shared.services.auth import TokenRequest
from shared.services.tenancy import TIMEOUT
from shared.storage.cache import Cache
from shared.storage.database import Database, Row
from shared.tenancy.directory import HELD_BACK, cache_key, signing_key
from shared.tokens.store import token_key
from tenancy_service.planning import Plan
from tenancy_service.rows import AppRow, ChannelRow, CredentialRow, StaleKey, Stored, TenantRow
from tenancy_service.rows import Row as Configured

log = logger()

LATE_READERS_S = 1.5 * TIMEOUT
LOOK_S = 2.0  # how often a replica looks for what another has left
TRY_AGAIN_S = 0.25


def stale_keys(stored: Stored, plan: Plan) -> set[StaleKey]:
    """Keys of Redis that may hold what the plan changes: old and new identifiers, and tokens."""
    keys = {StaleKey(key, lookup=True) for row in stored.rows() for key in _lookups(row)}
    for row in plan.rows:
        keys |= {StaleKey(key, lookup=True) for key in _lookups(row)}
        if isinstance(row, CredentialRow):
            request = TokenRequest(tenant_id=row.tenant_id, provider=row.kind, credential=row.name)
            keys.add(StaleKey(token_key(request), lookup=False))
    return keys


class Invalidator:
    """Sees to `stale_keys` for one process: `start` it in the loop, `close` it at the end."""

    def __init__(self, cache: Cache, database: Database, late: float = LATE_READERS_S) -> None:
        self._cache = cache
        self._database = database
        self._late = late
        self._turn = asyncio.Lock()
        self._refused = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def tell(self) -> bool:
        """Tell Redis what is written down; False when it does not agree yet: seen to behind."""
        try:
            told = await self._sweep()
        except ParleyError as error:
            log.warning("stale_keys_wait", extra={"code": error.code})
            told = False
        if not told:
            self._refused.set()
        return told

    def start(self) -> None:
        """Begin to look for what is left, by this replica or by another."""
        self._task = asyncio.create_task(every(0.0, self._look_again, "stale keys"))

    async def close(self) -> None:
        """Stop; what is left is in the table."""
        if self._task is not None:
            await ended(self._task)

    async def _look_again(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._refused.wait(), LOOK_S)
            await asyncio.sleep(TRY_AGAIN_S)
        self._refused.clear()
        await self.tell()

    async def _sweep(self) -> bool:
        async with self._turn:
            rows = await self._database.rows(
                "select key, lookup, until, until <= clock_timestamp() as late from stale_keys"
                " where not told or until <= clock_timestamp()",
                idempotent=True,
            )
            if not rows:
                return True
            if not await self._told(rows):
                return False
            over = [row for row in rows if row["lookup"] or row["late"]]
            await self._note("delete from stale_keys s using {these}", over)
            again = [row for row in rows if row not in over]
            await self._note("update stale_keys s set told = true from {these}", again)
            return True

    async def _note(self, statement: str, rows: list[Row]) -> None:
        """Run it for these rows; not for what was written down anew, which has another `until`."""
        if rows:
            these = "unnest(:keys ::text[], :untils ::timestamptz[]) d (key, until)"
            await self._database.rows(
                statement.format(these=these) + " where s.key = d.key and s.until = d.until",
                idempotent=True,
                keys=tuple(row["key"] for row in rows),
                untils=tuple(row["until"] for row in rows),
            )

    async def _told(self, rows: list[Row]) -> bool:
        lookups = {row["key"]: HELD_BACK for row in rows if row["lookup"]}
        tokens = [row["key"] for row in rows if not row["lookup"]]
        held_back = not lookups or await self._cache.set_many(lookups, self._late)
        return held_back and await self._cache.delete(*tokens)


def _lookups(row: Configured) -> Iterator[str]:
    if isinstance(row, ChannelRow):
        yield cache_key("channel", row.id)
        yield cache_key("phone", row.phone_number_id)
        yield cache_key("integration", row.integration_id)
        yield cache_key("waba", row.waba_id)
        yield signing_key("genesys", row.integration_id)
    elif isinstance(row, AppRow):
        yield signing_key("meta", row.name)
    elif isinstance(row, TenantRow):
        yield cache_key("tenant", row.id)
        yield cache_key("slug", row.slug)

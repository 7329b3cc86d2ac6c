"""Caches told of a change: deleted at once, again when late readers are done, until Redis agrees.

A door that read the old row just before the change may write it into Redis just after the delete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from shared.services.auth import TokenRequest
from shared.services.tenancy import TIMEOUT
from shared.storage.cache import Cache
from shared.tenancy.directory import cache_key
from shared.tokens.store import token_key
from tenancy_service.planning import Plan
from tenancy_service.rows import ChannelRow, CredentialRow, Stored

LATE_READERS_S = 1.5 * TIMEOUT
TRY_AGAIN_S = 2.0


def keys_of(stored: Stored, plan: Plan) -> set[str]:
    """Redis keys that may hold what the plan changes: old and new identifiers, and tokens."""
    channels = [*stored.channels, *(row for row in plan.rows if isinstance(row, ChannelRow))]
    keys = {key for channel in channels for key in _channel_keys(channel)}
    for row in plan.rows:
        if isinstance(row, CredentialRow):
            keys.add(
                token_key(
                    TokenRequest(tenant_id=row.tenant_id, provider=row.kind, credential=row.name)
                )
            )
    return keys


class Invalidator:
    """Deletes keys for one process."""

    def __init__(self, cache: Cache, late: float = LATE_READERS_S) -> None:
        self._cache = cache
        self._late = late
        self._tasks: set[asyncio.Task[None]] = set()

    async def delete(self, keys: Iterable[str]) -> bool:
        """Delete now, and see to the rest behind; False when Redis has not agreed yet."""
        wanted = sorted(keys)
        done = await self._cache.delete(*wanted)
        task = asyncio.create_task(self._see_to_it(wanted, done=done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return done

    async def close(self) -> None:
        """Stop what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _see_to_it(self, keys: list[str], *, done: bool) -> None:
        if not done:
            await self._until_deleted(keys)
        await asyncio.sleep(self._late)
        await self._until_deleted(keys)

    async def _until_deleted(self, keys: list[str]) -> None:
        while not await self._cache.delete(*keys):  # noqa: ASYNC110  # Redis tells us nothing
            await asyncio.sleep(TRY_AGAIN_S)


def _channel_keys(channel: ChannelRow) -> list[str]:
    return [
        cache_key("phone", channel.phone_number_id),
        cache_key("integration", channel.integration_id),
        cache_key("waba", channel.waba_id),
    ]

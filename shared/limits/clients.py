"""Keeps OAuth clients of Genesys within their minute: messages first, the least used client first.

Shared in Redis; what a process hears in the headers of an answer goes there with its next call.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.limits import client_lua, client_math, counts
from shared.limits.client_math import Budget, Client, Heard, Kind, Spent, Taken
from shared.limits.kept import Kept
from shared.limits.values import Held, Limit
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.storage.cache import Cache

log = logger()

KEPT = 10_000  # clients that a process remembers
_COUNT, _ALLOWED, _RESET = "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"
_NUMBER = re.compile(r"[0-9]{1,9}")


def heard(headers: Mapping[str, str]) -> Heard | None:
    """What the headers of an answer tell of the client's minute; None when they do not."""
    told = [headers.get(name, "").strip() for name in (_COUNT, _ALLOWED, _RESET)]
    if not all(_NUMBER.fullmatch(one) for one in told):
        return None
    count, allowed, reset = map(int, told)
    return Heard(count, allowed, float(min(reset, 2 * 60)))


@dataclass(frozen=True)
class Clients:
    """The budgets of all clients, for one process. `share`: its part while Redis is away."""

    cache: Cache
    budget: Budget
    share: float
    longest_wait: float = 0.5
    clock: Callable[[], float] = time.monotonic
    _heard: Kept[list[tuple[Heard, float]]] = field(default_factory=lambda: Kept(KEPT, list))
    _own: Kept[Client] = field(default_factory=lambda: Kept(KEPT, Client))

    async def take(self, tenant_id: str, names: Sequence[str], kind: Kind) -> str | Held:
        """Count one call; the name of the client to make it with. Waits a little if that helps."""
        keys, waited = [_key(tenant_id, name) for name in names], False
        while True:
            answer = await self._take(keys, kind)
            if isinstance(answer, Taken):
                label = f"{tenant_id}/{names[answer.place]}"
                counts.LEFT.labels(counts.client_label(label)).set(answer.left)
                return names[answer.place]
            if waited or answer.wait > self.longest_wait:
                limit: Limit = "client" if kind == "message" else "receipts"
                counts.HELD.labels(limit).inc()
                return Held(limit, answer.retry_after)
            waited = True
            counts.WAITS.labels("client").observe(answer.wait)
            await asyncio.sleep(answer.wait)

    async def _take(self, keys: Sequence[str], kind: Kind) -> Taken | Spent:
        told = [self._told(key) for key in keys]
        try:
            return await self.take_shared(keys, kind, told)
        except Unavailable:
            counts.LOCAL.labels("client").inc()
            return self._take_own(keys, kind, told)

    async def take_shared(
        self, keys: Sequence[str], kind: Kind, told: Sequence[Heard | None]
    ) -> Taken | Spent:
        """As `client_math.take`, for all replicas. Raises Unavailable."""
        budget = self.budget
        arguments: list[str | float] = [int(kind == "receipt"), budget.per_minute, budget.reserve]
        for one in told:
            known = one or Heard(-1, 0, 0.0)
            arguments += [known.count, known.allowed, known.reset, known.age]
        verdict, one, other = await self.cache.run_script(client_lua.TAKE, keys, arguments)
        if verdict == client_lua.TAKEN:
            return Taken(one, other)
        return Spent(one / 1_000_000, other / 1_000_000)

    def _take_own(
        self, keys: Sequence[str], kind: Kind, told: Sequence[Heard | None]
    ) -> Taken | Spent:
        # The count is everybody's; of it we know our own part.
        ours = [None if one is None else replace(one, count=0) for one in told]
        clients = [self._own.of(key) for key in keys]
        budget = replace(self.budget, part=self.share)
        return client_math.take(clients, kind, budget, ours, self.clock())

    def hear(self, tenant_id: str, name: str, headers: Mapping[str, str]) -> None:
        """Note what an answer told of its client."""
        told = heard(headers)
        if told is not None:
            self._heard.of(_key(tenant_id, name))[:] = [(told, self.clock())]

    def _told(self, key: str) -> Heard | None:
        """The newest that this process heard; None when its window is surely over."""
        for told, at in self._heard.of(key):
            age = self.clock() - at
            if age < told.reset + 1:
                return replace(told, age=age)
        return None

    async def give_back(self, tenant_id: str, name: str) -> None:
        """The call was not made: count it no more."""
        key = _key(tenant_id, name)
        try:
            await self.cache.run_script(client_lua.GIVE_BACK, [key], [])
        except Unavailable:
            own = self._own.of(key)
            own.used = max(0.0, own.used - 1)

    async def hold(self, tenant_id: str, name: str, seconds: float) -> None:
        """Genesys takes no call of this client for so long."""
        counts.TOLD.labels("client").inc()
        key, now = _key(tenant_id, name), self.clock()
        own = self._own.of(key)
        own.held_until = max(own.held_until, now + seconds)
        with suppress(Unavailable):
            await self.cache.run_script(client_lua.HOLD, [key], [seconds])
        log.warning("client_held", extra={"client": name, "seconds": round(seconds)})


def _key(tenant_id: str, name: str) -> str:
    """All of a tenant's in one slot of a cluster, by the braces."""
    return f"limit:{{{tenant_id}}}:{name}"

"""On which line a person's events travel, whatever id names them: pointers in Redis, id by id.

Rule: an id stays on the line on which it last travelled, so nothing of it is overtaken by itself;
an id that has none takes the line of those that are named with it. Two ids that each have one keep
them. A webhook that says that ids change holds them until its events are durable, so that nothing
that comes after it is published before it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.runtime.errors import Unavailable
from shared.storage.cache import Cache

KEPT_S = 48 * 3600.0  # twice an event's longest life (docs/adr/0003): it is renewed at its half
HOLD_S = 6.0  # of a holder that died; whoever lives has a webhook durable before, or fails
WAIT_S = 2.0  # then an event goes on without the holder's
PAUSE_S = 0.02

# KEYS: an id's pointer each. ARGV: seconds that a pointer is kept, that a hold lasts, whether to
# wait for holds; then of each group: how many ids, the line of its own, the token of a holder.
# Gives each group's line, or nothing while somebody else holds one of its ids.
RIDE = """
local kept, hold, waits = tonumber(ARGV[1]) * 1000, tonumber(ARGV[2]) * 1000, ARGV[3] == '1'
local lines, first, arg = {}, 1, 4
while arg <= #ARGV do
  local last, line, token = first + tonumber(ARGV[arg]) - 1, ARGV[arg + 1], ARGV[arg + 2]
  local found, held = {}, false
  for i = last, first, -1 do
    found[i] = redis.call('get', KEYS[i])
    if found[i] then line = found[i] end
    local by = redis.call('get', KEYS[i] .. ':hold')
    held = held or (by and by ~= token)
  end
  if held and waits then
    lines[#lines + 1] = ''
  else
    for i = first, last do
      if not found[i] then
        redis.call('set', KEYS[i], line, 'px', kept)
      elseif found[i] == line and redis.call('pttl', KEYS[i]) < kept / 2 then
        redis.call('pexpire', KEYS[i], kept)
      end
      if token ~= '' then redis.call('set', KEYS[i] .. ':hold', token, 'px', hold) end
    end
    lines[#lines + 1] = line
  end
  first, arg = last + 1, arg + 3
end
return lines
"""
LET_GO = """
for _, key in ipairs(KEYS) do
  if redis.call('get', key .. ':hold') == ARGV[1] then redis.call('del', key .. ':hold') end
end
return 0
"""


@dataclass(frozen=True)
class Rider:
    """A person of one channel: the ids that name them, and the line when none of these has one.

    `holds`: ids change, so whoever names one of them waits until this webhook is durable.
    """

    tenant_id: str
    channel_id: str
    ids: Sequence[str]
    own: str
    holds: bool = False

    @property
    def keys(self) -> list[str]:
        """The names of the pointers."""
        return [pointer(self.tenant_id, self.channel_id, one) for one in self.ids]


def pointer(tenant_id: str, channel_id: str, id_: str) -> str:
    """The name in Redis of what an id points to."""
    return f"line:{tenant_id}:{channel_id}:{hashlib.sha256(id_.encode()).hexdigest()[:32]}"


def pointers(tenant_id: str) -> str:
    """A pattern of all pointers of a tenant."""
    return f"line:{tenant_id}:*"


class Lines:
    """A door's side of the pointers."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    @asynccontextmanager
    async def of(self, riders: Sequence[Rider]) -> AsyncIterator[list[str]]:
        """The riders' lines; what holds is held for the length of the block.

        Without Redis everybody has a line of their own.
        """
        token = secrets.token_hex(8)
        try:
            yield await self._take(riders, token)
        finally:
            held = [key for rider in riders if rider.holds for key in rider.keys]
            if held:
                await self._let_go(held, token)

    async def _take(self, riders: Sequence[Rider], token: str) -> list[str]:
        lines: dict[int, str] = {}
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while left := [number for number in range(len(riders)) if number not in lines]:
            waits = asyncio.get_running_loop().time() < deadline
            try:
                found = await self._ask([riders[number] for number in left], token, waits=waits)
            except Unavailable:
                found = [riders[number].own for number in left]
            lines |= {number: line for number, line in zip(left, found, strict=True) if line}
            if len(lines) < len(riders):
                await asyncio.sleep(PAUSE_S)
        return [lines[number] for number in range(len(riders))]

    async def _ask(self, riders: Sequence[Rider], token: str, *, waits: bool) -> list[str]:
        keys = [key for rider in riders for key in rider.keys]
        asked: list[str | float] = [KEPT_S, HOLD_S, int(waits)]
        for rider in riders:
            asked += [len(rider.ids), rider.own, token if rider.holds else ""]
        found = await self._cache.run_script(RIDE, keys, asked)
        return [one.decode() if isinstance(one, bytes) else str(one) for one in found]

    async def _let_go(self, keys: Sequence[str], token: str) -> None:
        try:
            await self._cache.run_script(LET_GO, keys, [token])
        except Unavailable:  # it ends by itself
            return

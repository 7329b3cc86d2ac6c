"""How much those who call our API may ask: a bucket a caller and one a tenant, taken from together.

A bucket holds a minute's calls and fills as fast; shared in Redis, on its clock. While Redis is
away each process keeps to its share, by the same arithmetic.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.limits import counts
from shared.limits.kept import Kept
from shared.limits.number_lua import STATES
from shared.runtime.errors import Unavailable
from shared.storage.cache import Cache

WINDOW: Final = 60.0  # seconds in which an empty bucket is full again
KEPT: Final = 10_000  # buckets that a process remembers
SLACK: Final = 1e-6  # seconds: what adding thirds leaves behind

# KEYS the buckets; ARGV for each the seconds that this call costs.
# A state is the moment when the bucket is full again. Answers 1 or 0 (nothing taken), then the
# microseconds until each is full.
TAKE: Final = (
    STATES
    + f"""
local debts, taken = {{}}, 1
for place, key in ipairs(KEYS) do
  local full_at = read(key, 1)[1]
  local debt = math.min({WINDOW}, math.max(0, full_at - now))
  debts[place] = debt
  if debt + tonumber(ARGV[place]) > {WINDOW} + {SLACK:f} then taken = 0 end
end
local answer = {{taken}}
for place, key in ipairs(KEYS) do
  local debt = debts[place]
  if taken == 1 then
    debt = debt + tonumber(ARGV[place])
    write(key, {{now + debt}}, 1, {WINDOW})
  end
  answer[place + 1] = math.floor(debt * 1000000 + 0.5)
end
return answer
"""
)


@dataclass(frozen=True)
class Quota:
    """A bucket by its name, and how many calls a minute it takes."""

    name: str
    per_minute: int


@dataclass(frozen=True)
class Answer:
    """Whether the call may go on, and what the tightest bucket says. Seconds, whole calls."""

    allowed: bool
    limit: int
    remaining: int
    reset: int  # until it is full again
    retry_after: int  # of a call that may not


def take(debts: Sequence[float], costs: Sequence[float]) -> tuple[bool, list[float]]:
    """Take from all buckets or from none; seconds until each is full. The twin of `TAKE`."""
    held = [min(WINDOW, max(0.0, debt)) for debt in debts]
    after = [debt + cost for debt, cost in zip(held, costs, strict=True)]
    if any(debt > WINDOW + SLACK for debt in after):
        return False, held
    return True, after


@dataclass(frozen=True)
class Callers:
    """The buckets of all callers, for one process. `share`: its part while Redis is away."""

    cache: Cache
    share: float
    clock: Callable[[], float] = time.monotonic
    _full_at: Kept[list[float]] = field(default_factory=lambda: Kept(KEPT, lambda: [0.0]))

    async def take(self, quotas: Sequence[Quota], calls: int = 1) -> Answer:
        """Count what costs as much as `calls` of the cheapest."""
        costs = [calls * WINDOW / quota.per_minute for quota in quotas]
        try:
            taken, *debts = await self.cache.run_script(
                TAKE, [quota.name for quota in quotas], costs
            )
            return _answer(quotas, costs, bool(taken), [debt / 1_000_000 for debt in debts])
        except Unavailable:
            counts.LOCAL.labels("caller").inc()
            return self._take_own(quotas, calls)

    def _take_own(self, quotas: Sequence[Quota], calls: int) -> Answer:
        ours = [Quota(q.name, max(1, math.floor(q.per_minute * self.share))) for q in quotas]
        now, states = self.clock(), [self._full_at.of(quota.name) for quota in ours]
        # At least one dear call fits into what is left of a small quota.
        costs = [min(WINDOW, calls * WINDOW / quota.per_minute) for quota in ours]
        taken, debts = take([state[0] - now for state in states], costs)
        for state, debt in zip(states, debts, strict=True):
            state[0] = now + debt
        return _answer(ours, costs, taken, debts)


def _answer(
    quotas: Sequence[Quota],
    costs: Sequence[float],
    taken: bool,  # noqa: FBT001  # private
    debts: Sequence[float],
) -> Answer:
    left = [q.per_minute * (WINDOW - d) / WINDOW for q, d in zip(quotas, debts, strict=True)]
    waits = [debt + cost - WINDOW for debt, cost in zip(debts, costs, strict=True)]
    wait = max(waits)
    place = left.index(min(left)) if taken else waits.index(wait)
    return Answer(
        allowed=taken,
        limit=quotas[place].per_minute,
        remaining=math.floor(left[place] + SLACK),
        reset=math.ceil(debts[place]),
        retry_after=0 if taken else max(1, math.ceil(wait)),
    )

"""Keeps WhatsApp numbers within what Meta allows: each number, and each number with a customer.

One round trip to Redis a message, for both. While Redis is away each process keeps to its share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from shared.limits import counts, number_lua, number_math
from shared.limits.kept import Kept
from shared.limits.number_math import Number, Pair
from shared.limits.values import Admission, Ask, Go, Held, Lane, Limit, Rules
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.storage.cache import Cache

log = logger()

_TURNED_AWAY: dict[int, Limit] = {
    number_lua.NUMBER: "number",
    number_lua.PAIR: "pair",
    number_lua.HOLD: "hold",
}
KEPT = 50_000  # pairs that a process remembers


class Numbers:
    """The limits of all numbers, for one process. `share`: its part while Redis is away."""

    def __init__(self, cache: Cache, rules: Rules, *, share: float) -> None:
        self._shared = SharedNumbers(cache, rules)
        self._own = OwnNumbers(rules, share)
        self._rules = rules
        self._shown: Kept[float] = Kept(KEPT, float)

    async def enter(self, lane: Lane) -> Held | None:
        """Count one message and wait for its turn; or tell that its turn is too far off."""
        waited = 0.0
        while True:
            answer = await self._admit(lane)
            if isinstance(answer, Go):
                await self._wait(lane, answer)
                return None
            if isinstance(answer, Ask) and waited + answer.wait <= self._rules.longest_wait:
                waited += answer.wait
                counts.WAITS.labels("pair").observe(answer.wait)
                await asyncio.sleep(answer.wait)
                continue
            held = answer if isinstance(answer, Held) else Held("pair", answer.wait)
            counts.HELD.labels(held.limit).inc()
            return held

    async def _admit(self, lane: Lane) -> Admission:
        try:
            answer = await self._shared.admit(lane)
        except Unavailable:
            counts.LOCAL.labels("number").inc()
            answer = self._own.admit(lane)
        if isinstance(answer, Go):
            self._show(lane.number, answer.rate)
        return answer

    def _show(self, number: str, rate: float) -> None:
        if self._shown.of(number) != rate:
            self._shown[number] = rate
            counts.RATE.labels(counts.number_label(number)).set(rate)

    async def _wait(self, lane: Lane, go: Go) -> None:
        if go.wait <= 0:
            return
        counts.WAITS.labels("number").observe(go.wait)
        try:
            await asyncio.sleep(go.wait)
        except asyncio.CancelledError:
            await self.give_back(lane)
            raise

    async def give_back(self, lane: Lane) -> None:
        """It surely was not sent: count it no more."""
        try:
            await self._shared.give_back(lane)
        except Unavailable:
            self._own.give_back(lane)

    async def slow_down(self, lane: Lane) -> None:
        """Meta said that the number sends too much."""
        counts.TOLD.labels("number").inc()
        rate = self._own.slow_down(lane)
        with suppress(Unavailable):
            rate = await self._shared.slow_down(lane)
        self._show(lane.number, rate)
        log.warning("number_slowed", extra={"rate": round(rate, 1)})

    async def hold(self, lane: Lane, seconds: float) -> None:
        """Meta wants nothing of the number for so long."""
        counts.TOLD.labels("hold").inc()
        self._own.hold(lane, seconds)
        with suppress(Unavailable):
            await self._shared.hold(lane, seconds)
        log.warning("number_held", extra={"seconds": round(seconds)})

    async def hold_pair(self, lane: Lane) -> float:
        """Meta said that the customer gets too much: how long nothing more will go to them."""
        counts.TOLD.labels("pair").inc()
        seconds = self._own.hold_pair(lane)
        try:
            return await self._shared.hold_pair(lane)
        except Unavailable:
            return seconds


@dataclass(frozen=True)
class SharedNumbers:
    """In Redis, for all replicas. Every call raises Unavailable while it is away."""

    cache: Cache
    rules: Rules

    async def admit(self, lane: Lane) -> Admission:
        """As `number_math.admit`."""
        rules = self.rules
        verdict, micros, rate = await self.cache.run_script(
            number_lua.ADMIT,
            _keys(lane),
            [
                lane.per_second,
                rules.longest_wait,
                rules.pair_seconds,
                rules.pair_burst,
                rules.payback,
            ],
        )
        wait = micros / 1_000_000
        if verdict == number_lua.GO:
            return Go(wait, rate / 1000)
        return Ask(wait) if verdict == number_lua.ASK else Held(_TURNED_AWAY[verdict], wait)

    async def give_back(self, lane: Lane) -> None:
        """As `number_math.give_back`."""
        arguments = [lane.per_second, self.rules.pair_seconds]
        await self.cache.run_script(number_lua.GIVE_BACK, _keys(lane), arguments)

    async def slow_down(self, lane: Lane) -> float:
        """As `number_math.slow_down`."""
        arguments = [lane.per_second]
        rate = await self.cache.run_script(number_lua.SLOW_DOWN, _keys(lane)[:1], arguments)
        return float(rate) / 1000

    async def hold(self, lane: Lane, seconds: float) -> None:
        """As `number_math.hold`."""
        arguments = [lane.per_second, seconds]
        await self.cache.run_script(number_lua.HOLD_NUMBER, _keys(lane)[:1], arguments)

    async def hold_pair(self, lane: Lane) -> float:
        """As `number_math.hold_pair`."""
        return float(await self.cache.run_script(number_lua.HOLD_PAIR, _keys(lane)[1:], []))


def _keys(lane: Lane) -> list[str]:
    """Both in one slot of a cluster, by the braces."""
    number = f"limit:{{{lane.number}}}"
    return [number] if lane.customer is None else [number, f"{number}:{lane.customer}"]


@dataclass
class OwnNumbers:
    """In this process alone, with its share of each limit."""

    whole: Rules
    share: float
    clock: Callable[[], float] = time.monotonic
    _numbers: Kept[Number] = field(default_factory=lambda: Kept(KEPT, Number))
    _pairs: Kept[Pair] = field(default_factory=lambda: Kept(KEPT, Pair))

    @property
    def rules(self) -> Rules:
        """Those of the share."""
        return self.whole.share(self.share)

    def admit(self, lane: Lane) -> Admission:
        """As `number_math.admit`."""
        lane = self._part(lane)
        number, pair = self._of(lane)
        return number_math.admit(number, pair, lane, self.rules, self.clock())

    def give_back(self, lane: Lane) -> None:
        """As `number_math.give_back`."""
        lane = self._part(lane)
        number, pair = self._of(lane)
        number_math.give_back(number, pair, lane, self.rules, self.clock())

    def slow_down(self, lane: Lane) -> float:
        """As `number_math.slow_down`."""
        return number_math.slow_down(self._of(lane)[0], self._part(lane), self.clock())

    def hold(self, lane: Lane, seconds: float) -> None:
        """As `number_math.hold`."""
        number_math.hold(self._of(lane)[0], self.clock(), seconds)

    def hold_pair(self, lane: Lane) -> float:
        """As `number_math.hold_pair`."""
        return number_math.hold_pair(self._pairs.of(_keys(lane)[-1]), self.clock())

    def _of(self, lane: Lane) -> tuple[Number, Pair | None]:
        pair = None if lane.customer is None else self._pairs.of(_keys(lane)[-1])
        return self._numbers.of(lane.number), pair

    def _part(self, lane: Lane) -> Lane:
        return Lane(lane.number, lane.per_second * self.share, lane.customer)

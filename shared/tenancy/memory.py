"""What a process remembers of another's answers: bounded, asked once, old ones used in need."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.runtime.errors import Unavailable, Unknown
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.storage.single_flight import SingleFlight

log = logger()

STALE = counter("stale_answers", "Old answers used because the source was away", ("about",))

Value = TypeVar("Value")
Ask = Callable[[], Awaitable[Value | None]]


@dataclass(slots=True)
class _Known(Generic[Value]):
    value: Value | None
    learned: float  # when it was true
    asked: float  # when we last asked, in vain or not
    due: float  # when to ask again


@dataclass(frozen=True)
class MemoryLimits:
    """Ages in seconds, size in entries (as many again for keys that nobody has)."""

    fresh: float
    unknown: float = 1.0
    again: float = 1.0  # `again` asks no more often than this
    stale: float = 900.0
    retry: float = 5.0  # how often a source that is away is asked again
    entries: int = 10_000


class Memory(Generic[Value]):
    """Answers by key. None is an answer too: nobody has that key."""

    def __init__(
        self, about: str, limits: MemoryLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`about` names the counter's label."""
        self._about = about
        self._limits = limits
        self._clock = clock
        self._known: dict[str, _Known[Value]] = {}
        # Keys that strangers make up must not push out what we know.
        self._strangers: dict[str, _Known[Value]] = {}
        self._flight: SingleFlight[str, Value | None] = SingleFlight()

    async def get(self, key: str, ask: Ask[Value]) -> Value | None:
        """Return the answer, asking when it is due. Raises what `ask` raises."""
        known = self._find(key)
        if known is not None and self._clock() < known.due:
            return known.value
        return await self._flight.join(key, lambda: self._learn(key, ask))

    async def again(self, key: str, ask: Ask[Value]) -> Value | None:
        """Ask once more before it is due, unless that was done a moment ago."""
        known = self._find(key)
        if known is not None and self._clock() - known.asked < self._limits.again:
            return known.value
        return await self._flight.join(key, lambda: self._learn(key, ask))

    def last(self, key: str) -> Value | None:
        """What was learned last of a key, however old; None as well when nobody had it."""
        known = self._known.get(key)
        return None if known is None else known.value

    def _find(self, key: str) -> _Known[Value] | None:
        return self._known.get(key) or self._strangers.get(key)

    async def _learn(self, key: str, ask: Ask[Value]) -> Value | None:
        asked = self._clock()
        try:
            value = await ask()
        except (Unavailable, Unknown) as error:
            known = self._known.get(key)
            if known is None or asked - known.learned > self._limits.stale:
                raise
            self._use_old(known, error)
            return known.value
        known = self._known.get(key)
        if known is not None and known.value is value:  # the source was not asked: still the same
            known.learned, known.due = asked, self._clock() + self._limits.fresh
        else:
            self._keep(key, value)
        return value

    def _use_old(self, known: _Known[Value], error: Unavailable | Unknown) -> None:
        known.asked = self._clock()
        known.due = known.asked + self._limits.retry
        STALE.labels(self._about).inc()
        age = round(known.asked - known.learned)
        log.warning("old_answer_used", extra={"about": self._about, "age": age, "code": error.code})

    def _keep(self, key: str, value: Value | None) -> None:
        now = self._clock()
        self._known.pop(key, None)
        self._strangers.pop(key, None)
        store = self._strangers if value is None else self._known
        if len(store) >= self._limits.entries:
            del store[next(iter(store))]  # learned longest ago
        lifetime = self._limits.unknown if value is None else self._limits.fresh
        store[key] = _Known(value, learned=now, asked=now, due=now + lifetime)

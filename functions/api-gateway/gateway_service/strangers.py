"""Bounds how often those whom nobody knows make us ask tenancy: made-up keys, made-up origins.

Who was known is asked for whatever strangers do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.limits.kept import Kept
from shared.runtime.errors import Unavailable
from shared.runtime.metrics import counter

TURNED_AWAY = counter("gateway_strangers", "Questions about the unknown that were not asked")

# For one replica, unknown names at once and in the long run: over all, and of one source half.
BURST, PER_SECOND = 200.0, 40.0
SOURCE_BURST, SOURCE_PER_SECOND = BURST / 2, PER_SECOND / 2
KEPT = 10_000

T = TypeVar("T")


class Bucket:
    """So many at once, and so many a second in the long run."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left = burst
        self._at = clock()

    def has(self) -> bool:
        """Whether one may be taken now."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        return self._left >= 1

    def take(self, count: int = 1) -> None:
        """Take it; -1 gives one back."""
        self._left -= count


class Strangers:
    """A bucket for all of them, and one for each place that they come from, in one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._all = Bucket(BURST, PER_SECOND, clock)
        self._sources = Kept(KEPT, lambda: Bucket(SOURCE_BURST, SOURCE_PER_SECOND, clock))
        self._known: Kept[None] = Kept(KEPT, lambda: None)

    async def ask(
        self, name: str, source: str, question: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        """The answer, where it may be asked; `source`: where who asks comes from.

        Raises Unavailable when too many unknown came, from there or from everywhere.
        """
        if name in self._known:
            return self._note(name, await question())
        taken = self._take(source)  # before the answer is here: a crowd comes at once
        found = self._note(name, await question())
        if found is not None:  # it was none of them
            for bucket in taken:
                bucket.take(-1)
        return found

    def _note(self, name: str, found: T | None) -> T | None:
        if found is None:
            self._known.pop(name, None)
        else:
            self._known.of(name)
        return found

    def _take(self, source: str) -> tuple[Bucket, Bucket]:
        buckets = (self._sources.of(source), self._all)
        if not all(bucket.has() for bucket in buckets):
            TURNED_AWAY.inc()
            raise Unavailable("too many come whom nobody knows", retry_after=1)
        for bucket in buckets:
            bucket.take()
        return buckets

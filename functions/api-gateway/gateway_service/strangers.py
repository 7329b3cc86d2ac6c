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

BURST = 100.0  # unknown names at once ...
PER_SECOND = 20.0  # ... and in the long run, for one replica
KEPT = 10_000

T = TypeVar("T")


class Strangers:
    """One bucket for all of them, in one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = BURST
        self._at = clock()
        self._known: Kept[None] = Kept(KEPT, lambda: None)

    async def ask(self, name: str, question: Callable[[], Awaitable[T | None]]) -> T | None:
        """The answer, where it may be asked. Raises Unavailable when too many unknown came."""
        known = name in self._known
        if not known:
            self._take()  # before the answer is here: a crowd comes at once
        found = await question()
        if found is None:
            self._known.pop(name, None)
        else:
            self._known.of(name)
            self._left += not known  # it was none of them
        return found

    def _take(self) -> None:
        self._refill()
        if self._left < 1:
            TURNED_AWAY.inc()
            raise Unavailable("too many come whom nobody knows", retry_after=1)
        self._left -= 1

    def _refill(self) -> None:
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND)
        self._at = now

"""Rates as the real services count them. Every map here is bounded."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Bounded(OrderedDict[str, V], Generic[V]):
    """A map that forgets what was not used for longest."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def obtain(self, key: str, make: Callable[[], V]) -> V:
        """Answer the value of `key`, made if missing."""
        value = self.get(key)
        if value is None:
            value = self[key] = make()
            if len(self) > self._limit:
                self.popitem(last=False)
        else:
            self.move_to_end(key)
        return value

    def keep(self, key: str, value: V) -> V:
        """Put `value` at `key`, in place of what was there."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._limit:
            self.popitem(last=False)
        return value


class Bucket:
    """Tokens that come back at `rate` a second, at most `burst` of them."""

    __slots__ = ("_at", "_tokens")

    def __init__(self, burst: float) -> None:
        self._tokens = burst
        self._at = time.monotonic()

    def take(self, rate: float, burst: float) -> bool:
        """Take one, or answer False."""
        now = time.monotonic()
        self._tokens = min(burst, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Window:
    """Requests counted in windows of 60 s: what the inin-ratelimit headers tell."""

    __slots__ = ("_ends", "count")

    LENGTH_S = 60.0

    def __init__(self) -> None:
        self.count = 0
        self._ends = time.monotonic() + self.LENGTH_S

    def enter(self) -> int:
        """Count a request; answers the whole seconds to the end of the window, at least 1."""
        now = time.monotonic()
        if now >= self._ends:
            self.count = 0
            self._ends = now + self.LENGTH_S
        self.count += 1
        return max(1, round(self._ends - now))

"""One question at a time: whoever asks the same meanwhile waits for the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SingleFlight(Generic[Key, Value]):
    """Joins concurrent calls of one key. A caller who gives up does not cancel the others."""

    def __init__(self) -> None:
        self._flights: dict[Key, asyncio.Task[Value]] = {}

    async def join(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Return, or raise, what the running call of `key` gives; start it if there is none."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(_run(call))
            flight.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(flight)

    def _landed(self, key: Key, flight: asyncio.Task[Value]) -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # seen, even when every caller has given up


async def _run(call: Callable[[], Awaitable[Value]]) -> Value:
    return await call()

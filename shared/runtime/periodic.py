"""Work that is done again and again for as long as its owner lives.

Rule: every long-lived loop is an `every` (or an `until`, which waits for something). Whatever the
work raises is counted, logged once per kind until the work succeeds, and followed by a longer
pause; only the loop's own cancellation ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from shared.runtime.ending import ended
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger
from shared.runtime.metrics import counter

log = logger()

FAILURES = counter("loop_failures", "Times that the work of a long-lived loop failed", ("loop",))

SHORTEST_S = 0.05  # the step of a loop without a pause of its own
LONGEST_S = 2.0  # a pause grows up to this after failures; one that is longer stays as it is
KINDS_KEPT = 50  # kinds of failure that are remembered as logged

T = TypeVar("T")

Pause = float | Callable[[], float]
"""Seconds, or what gives them anew before each pause."""


async def every(
    seconds: Pause, work: Callable[[], Awaitable[object]], name: str, *, at_once: bool = False
) -> None:
    """Do the work until cancelled, with a pause of `seconds` before each time.

    `name` tells the loop in logs and metrics. `at_once`: the first time without a pause.
    """
    loop = _Loop(seconds, name)
    if at_once:
        await loop.attempt(work)
    while True:
        await asyncio.sleep(loop.pause())
        await loop.attempt(work)


async def until(seconds: Pause, work: Callable[[], Awaitable[bool]], name: str) -> None:
    """As `every`, until the work answers True."""
    loop = _Loop(seconds, name)
    done: bool | None = False
    while not done:
        await asyncio.sleep(loop.pause())
        done = await loop.attempt(work)


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something beside the block, and end it with the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await ended(task)


def after_failures(seconds: float, failures: int) -> float:
    """The pause after so many failures in a row: doubled, up to a limit, and never less."""
    if not failures:
        return seconds
    return max(seconds, min(max(seconds, SHORTEST_S) * 2.0 ** min(failures, 16), LONGEST_S))


class _Loop:
    """What one loop remembers between two times."""

    def __init__(self, seconds: Pause, name: str) -> None:
        self._seconds = seconds
        self._name = name
        self._failures = 0  # in a row
        self._logged: set[str] = set()

    def pause(self) -> float:
        """Seconds until the next time."""
        seconds = self._seconds() if callable(self._seconds) else self._seconds
        return after_failures(seconds, self._failures)

    async def attempt(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do it once; None when it failed."""
        try:
            result = await work()
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            self._failed(error)  # something that the work waited for was cancelled, not the loop
        except Exception as error:  # noqa: BLE001  # a surprise must not end the loop
            self._failed(error)
        else:
            self._succeeded()
            return result
        return None

    def _succeeded(self) -> None:
        if self._failures:
            log.info("loop_recovered", extra={"loop": self._name, "failures": self._failures})
        self._failures = 0
        self._logged.clear()

    def _failed(self, error: BaseException) -> None:
        self._failures += 1
        FAILURES.labels(self._name).inc()
        words = {"detail": error.detail} if isinstance(error, ParleyError) else describe(error)
        kind = repr(words)
        if kind in self._logged or len(self._logged) >= KINDS_KEPT:
            return
        self._logged.add(kind)
        if isinstance(error, ParleyError):
            log.warning("loop_failed", extra={"loop": self._name} | words)
        else:
            log.error("loop_failed", extra={"loop": self._name} | words)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

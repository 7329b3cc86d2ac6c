"""Lines whose number others choose: some are written, the rest is counted.

Rule: in a window of a minute there are so many lines of one event and cause, and one at its end
that says how many more there were. Whoever sends a thousand bad items fills no log with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from shared.runtime.logging import logger

log = logger()

LINES = 20  # of one event and cause in a window
WINDOW_S = 60.0
CAUSES = 200  # windows at once; what comes beyond shares one an event

Causes = tuple[tuple[str, str], ...]
Key = tuple[str, Causes]


@dataclass
class _Window:
    ends: float
    seen: set[str] = field(default_factory=set)
    written: int = 0
    unsaid: int = 0


class Windows:
    """Which lines are written; `lines_not_shown` says at a window's end how many were not, if any.

    On an event loop that is at its end, else before the next line of its key.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, seconds: float = WINDOW_S
    ) -> None:
        """`seconds`: the length of a window."""
        self._clock = clock
        self._seconds = seconds
        self._windows: dict[Key, _Window] = {}

    def admits(self, event: str, causes: Causes, once: str | None = None) -> bool:
        """Whether to write a line of this event. `once`: what is the same is written only once."""
        key = (event, causes)
        if key not in self._windows and len(self._windows) >= CAUSES:
            key = (event, ())
        window = self._window(key)
        if window.written >= LINES or once in window.seen:
            window.unsaid += 1
            return False
        window.written += 1
        if once is not None:
            window.seen.add(once)
        return True

    def _window(self, key: Key) -> _Window:
        known = self._windows.get(key)
        if known is not None and self._clock() < known.ends:
            return known
        if known is not None:
            self._end(key, known)
        window = self._windows[key] = _Window(self._clock() + self._seconds)
        with contextlib.suppress(RuntimeError):  # no loop: the next line ends it
            # Without this request's keys: the line is of many requests.
            asyncio.get_running_loop().call_later(
                self._seconds, lambda: self._end(key, window), context=Context()
            )
        return window

    def _end(self, key: Key, window: _Window) -> None:
        if self._windows.get(key) is not window:
            return
        del self._windows[key]
        if window.unsaid:
            event, causes = key
            extra = {"event": event, **dict(causes), "lines": window.unsaid}
            log.warning("lines_not_shown", extra=extra)


class Repeats:
    """Called as a logger is, with `cause`: what of a line tells one cause from another."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, seconds: float = WINDOW_S
    ) -> None:
        """One a process."""
        self._windows = Windows(clock, seconds=seconds)

    def warning(
        self,
        event: str,
        *,
        cause: Mapping[str, str | None],
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Write `event` with `cause` and `extra`, or count it."""
        self._write(log.warning, event, cause, extra)

    def error(
        self,
        event: str,
        *,
        cause: Mapping[str, str | None],
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Write `event` with `cause` and `extra`, or count it."""
        self._write(log.error, event, cause, extra)

    def _write(
        self,
        write: Callable[..., None],
        event: str,
        cause: Mapping[str, str | None],
        extra: Mapping[str, Any] | None,
    ) -> None:
        told = {name: value for name, value in cause.items() if value is not None}
        if self._windows.admits(event, tuple(told.items())):
            write(event, extra={**told, **(extra or {})})


repeats = Repeats()

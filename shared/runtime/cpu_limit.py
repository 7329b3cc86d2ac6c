"""A limit on the CPU time that a handler takes between two awaits: meanwhile nobody else is served.

Rule: one request stops its process for LIMIT_S of CPU time at most, then fails with TooMuchWork.

A timer ticks while the process works (SIGPROF). Python runs the signal's handler in the main
thread, between two bytecodes or inside a match of `re`, so what it raises ends the very step that
took too long. What holds the processor inside a C function to its end is not reached: the
connector sets the event aside that does that.
"""

from __future__ import annotations

import signal
import types
from collections.abc import Awaitable, Generator
from typing import Any, TypeVar

from shared.runtime.errors import TooMuchWork

TICK_S = 0.5
# A 3 MB webhook, the largest that the doors take, is read in under half a second.
LIMIT_S = 5.0

T = TypeVar("T")


class Steps:
    """How long the step of a handler that runs now has run, in ticks of CPU time."""

    def __init__(self) -> None:
        """No handler runs."""
        self._running = False
        self._ticks = 0

    def begin(self) -> None:
        """A handler goes on."""
        self._running, self._ticks = True, 0

    def end(self) -> None:
        """It waits for something, or is done."""
        self._running = False

    def tick(self) -> None:
        """TICK_S of CPU time have passed. Raises TooMuchWork in a step that is over the limit."""
        if not self._running:
            return
        self._ticks += 1
        if self._ticks > LIMIT_S / TICK_S:
            self._ticks = 0  # it may need time to end
            raise TooMuchWork(f"over {LIMIT_S:g} s of CPU time without a pause")


_steps = Steps()


def enforce() -> None:
    """Begin to watch. Call it in the main thread of a process that serves a function."""

    def on_tick(_: int, __: types.FrameType | None) -> None:
        _steps.tick()

    signal.signal(signal.SIGPROF, on_tick)
    signal.setitimer(signal.ITIMER_PROF, TICK_S, TICK_S)


@types.coroutine
def limited(work: Awaitable[T]) -> Generator[Any, Any, T]:
    """Await `work`, a handler's coroutine, each of its steps under the limit."""
    steps = work.__await__()
    go_on, value = steps.send, None
    while True:
        _steps.begin()
        try:
            asked = go_on(value)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            _steps.end()
        try:
            go_on, value = steps.send, (yield asked)
        except BaseException as error:  # noqa: BLE001  # a cancellation goes on into the handler
            go_on, value = steps.throw, error

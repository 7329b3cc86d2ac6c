"""An event loop whose time passes only while nothing happens: limits are reached without waiting.

How long something waits at most is then counted in its own limits, however busy the machine is. It
serves where all that answers lives in the same loop, and all else is a `frozen_server`.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_S = 0.01  # of real time, in which the kernel or a thread may still bring something


class _Selector(selectors.DefaultSelector):
    """Waits for nobody: if nothing is ready, the time of the loop moves on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(LOOK_S)
        if not found:
            self.now += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it on such a loop."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work())


async def seconds_of(work: Awaitable[object]) -> float:
    """How long it takes by the loop's time, whether it ends well or not."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(work, return_exceptions=True)
    return loop.time() - began

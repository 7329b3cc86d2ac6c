"""Repeats an idempotent call of another function until it is answered, for a while.

What was not answered in the end is Unavailable, never Unknown: a repeat is harmless, so it is an
outage to be waited out and no fault of the event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.runtime.errors import Unavailable, Unknown

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds

T = TypeVar("T")


async def insist(call: Callable[[], Awaitable[T]], seconds: float = 0) -> T:
    """The answer. Raises Unavailable after so long without one; what was refused, at once."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, FIRST_PAUSE
    while True:
        try:
            return await call()
        except (Unavailable, Unknown) as error:
            if loop.time() + pause > deadline:
                raise Unavailable(error.detail, retry_after=error.retry_after) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)

"""How often a process comes late to its work: its loop is long, or the machine has others to run.

Told with every answer between functions, so that who sends the work can send less of it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message, Send

from shared.runtime.periodic import background, every

HEADER = "Parley-Late"  # a part of one: 0.125 is every eighth look
STEP_S = 0.05
LATE_S = 0.002  # a sleep that ends later than this was kept waiting
WEIGHT = 0.05  # of the newest look: the last second counts


class Lag:
    """Measured by short sleeps: how many of them end late."""

    def __init__(self) -> None:
        """Nothing is known yet: it is on time."""
        self.late = 0.0
        self._looked = 0.0

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measure for the length of the block."""
        self._looked = time.perf_counter()
        async with background(every(STEP_S, self._look, "lateness")):
            yield

    async def _look(self) -> None:
        self.note(time.perf_counter() - self._looked - STEP_S)
        self._looked = time.perf_counter()

    def note(self, seconds: float) -> None:
        """A sleep ended so much too late."""
        self.late += WEIGHT * ((seconds > LATE_S) - self.late)

    def told(self, send: Send) -> Send:
        """The same, with the part of late looks on the answer's beginning."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = (HEADER.lower().encode(), b"%.3f" % self.late)
                message["headers"] = [*message.get("headers", []), told]
            await send(message)

        return sending

"""What state could not be told in time is told until it hears it: an outcome, or a claim given up.

Otherwise a claim that nobody holds, or a send whose fate is known, would wait for a lease to end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from shared.runtime.errors import ParleyError, Unavailable, Unknown
from shared.runtime.logging import describe, logger
from shared.runtime.metrics import counter

log = logger()
UNTOLD = counter("untold", "What state was told late, by how it ended", ("fate",))

MOST = 500  # at once; more are left to their leases
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
PATIENCE_S = 900.0
LAST_S = 5.0  # of a process that ends

Telling = Callable[[], Awaitable[bool]]
"""One call; False: state has heard it, and it must be said again."""


class Untold:
    """The tellings of one process that are under way."""

    def __init__(self, patience: float = PATIENCE_S) -> None:
        """`patience`: seconds; then the lease has ended it."""
        self._patience = patience
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, *tellings: Telling) -> None:
        """Say all of them, one after the other, beside whatever else is done."""
        if len(self._tasks) >= MOST:
            UNTOLD.labels("left").inc()
            return
        task = asyncio.create_task(self._tell(tellings))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until nothing is left to be told."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @asynccontextmanager
    async def told_before_the_end(self, seconds: float = LAST_S) -> AsyncIterator[None]:
        """After the block, wait a little for what is left: the end of the process forgets it."""
        try:
            yield
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.settled()

    async def _tell(self, tellings: Sequence[Telling]) -> None:
        fate = "told"
        try:
            async with asyncio.timeout(self._patience):
                for telling in tellings:
                    await _until_heard(telling)
        except TimeoutError:
            fate = "left"
        except ParleyError as error:  # another attempt has taken over: it knows better
            fate = error.code
        except Exception as error:  # noqa: BLE001  # the process ends, and its connections with it
            log.warning("untold", extra=describe(error))
            fate = "left"
        UNTOLD.labels(fate).inc()
        log.info("told_late", extra={"fate": fate})


async def _until_heard(telling: Telling) -> None:
    pause = FIRST_PAUSE_S
    while True:
        try:
            if await telling():
                return
        except (Unavailable, Unknown):
            pass  # again
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
